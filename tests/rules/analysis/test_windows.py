"""Windows that end before they begin are told; what may be right is let through."""

import pytest

from tests.health.problem_pages import RULESET, laid_over, ruleset_problems

PERIODS = "periods:\n  year: calendar year\n  study: {from: 2026-01-01, until: 2026-01-31}\n"


def told(window: str, source: str = "any: lab, in: potassium") -> list[str]:
    numbers = "30 28 31 60 5 4 3 2 1 12 366 364 90 days hours months"
    text = f'{PERIODS}definitions:\n  m: {{says: "Potassium or warfarin {numbers}", {source}, {window}}}\n'
    return [p.code for p in ruleset_problems(laid_over(RULESET, text)) if p.code in ("CDS436", "CDS418")]


@pytest.mark.parametrize(
    "window",
    [
        "from: 2 days before now, until: 5 days before now",
        "within: 30 days, until: 60 days before now",
        "within: 30 days, before: 31 days before now",
        "after: now",
        "from: 3 days after now",
        "from: 2 hours after now, until: 1 hour after now",
        "after: now, before: now",
        "from: now, before: now",
        "after: 2 days before now, until: 2 days before now",
        "from: year end, until: year start",
        "after: year start, before: year start",
        "from: 366 days after year start, until: year end",
        "from: 31 days after study start, until: study end",
        "from: 12 months after birth, until: 11 months after birth, within: 2 years",
        "from: 1 month before now, until: 2 months before now",
        "after: day of latest-creatinine, until: 3 days before latest-creatinine",
    ],
)
def test_a_window_that_ends_before_it_begins_is_told_once(window):
    assert told(window) == ["CDS436"]


@pytest.mark.parametrize(
    "window",
    [
        "from: 5 days before now, until: 2 days before now",
        "within: 60 days, until: 30 days before now",
        "within: 30 days, until: 30 days before now",
        "from: now",
        "from: now, until: now",
        "from: 2 days before now, until: 2 days before now",
        "from: 1 month before now, until: 30 days before now",  # of a month of 28 days
        "from: 1 day before now, until: 24 hours before now",  # a day reaches as far as a day
        "from: year start, until: year end",
        "from: 364 days after year start, until: year end",
        "from: 90 days after birth, until: now",  # nobody knows how far now is from it
        "from: year end, until: 1 year after year start",
        "from: study end, until: 30 days after study start",
        "during: day of now",
    ],
)
def test_a_window_that_may_hold_a_day_is_let_through(window):
    assert told(window) == []


def test_a_draft_may_be_dated_after_now():
    assert told("after: now", "any: order, in: warfarin") == []
    assert told("after: now, until: now", "any: order, in: warfarin") == ["CDS436"]


def test_a_moment_is_nothing_that_lasts():
    assert told("during: now") == ["CDS418"]
