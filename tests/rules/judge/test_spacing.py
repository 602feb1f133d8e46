"""``spaced``: doses and results that lie far enough apart; dates told coarsely give a range."""

from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.patients import observation
from tests.rules.judge.telling import judged, truth


def k(on, id="a", **more):  # noqa: A002 -- a FHIR name
    return observation(5, "mmol/L", on=on, id=id, loinc="2823-3", **more)


def counted(apart, *dates, **how):
    told = [k(on, f"r{number}") for number, on in enumerate(dates)]
    number = judged({"n": {"count": "lab", "in": ["potassium"], "spaced": apart}}, *told, **how).value("n", None)
    interval = number.quantity.interval
    return interval.low, interval.high


@pytest.mark.parametrize(
    ("apart", "dates", "expected"),
    [
        ("90 days", ("2026-01-01", "2026-04-01"), 2),
        ("90 days", ("2026-01-01", "2026-03-31"), 1),
        ("28 days", ("2026-01-01", "2026-01-15", "2026-01-29", "2026-02-25", "2026-02-26"), 3),
        ("1 month", ("2026-01-31", "2026-02-28"), 2),
        ("1 month", ("2026-01-31", "2026-02-27"), 1),
        ("4 hours", ("2026-01-01T08:00:00Z", "2026-01-01T12:00:00Z"), 2),
        ("4 hours", ("2026-01-01T08:00:00Z", "2026-01-01T11:59:59Z"), 1),
        ("1 day", ("2026-01-01T23:59:59Z", "2026-01-02T00:00:00Z"), 2),
        ("90 days", (), 0),
        ("90 days", ("2026-01-01",), 1),
    ],
)
def test_facts_far_enough_apart_are_counted_from_the_earliest_on(apart, dates, expected):
    assert counted(apart, *dates) == (expected, expected)
    assert counted(apart, *reversed(dates)) == (expected, expected)


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("2026-01", "2026-04-15"), (1, 2)),
        (("2025", "2026-04-15"), (2, 2)),
        (("2025", "2026"), (1, 2)),
        ((None,), (1, 1)),
        ((None, "2026-01-01"), (1, 2)),
        ((None, None, "2026-01-01", "2026-05-01"), (2, 4)),
    ],
)
def test_dates_that_are_not_told_exactly_give_a_range(dates, expected):
    low, high = counted("90 days", *dates)
    assert low <= expected[0]  # never more than surely lie apart
    assert (low, high)[1] == expected[1]


def test_what_was_not_supplied_leaves_it_open_upward():
    assert counted("90 days", unsupplied=["Observation"]) == (0, None)
    told = {"n": {"count": "lab", "in": ["potassium"], "spaced": "90 days", "is": "at least 2"}}
    bad = k("2026-01-01", "b", status="unheard-of")
    assert truth(told, "n", k("2026-01-01"), k("2026-04-01", "c"), bad) == "holds"
    assert truth(told, "n", k("2026-01-01"), bad) == "unknown"


# --- the oracle: the largest choice that is far enough apart, tried out ----------------------------


def later(day: date, apart: str) -> date:
    number, unit = apart.split()
    if unit == "days":
        return day + timedelta(days=int(number))
    year, month = divmod(day.year * 12 + day.month - 1 + int(number), 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def most(days: tuple[date, ...], apart: str) -> int:
    """Tried out: the largest of all choices in which each is far enough after the one before."""
    best = 0
    for chosen in product((False, True), repeat=len(days)):
        kept = sorted(day for day, keep in zip(days, chosen, strict=True) if keep)
        if all(second >= later(first, apart) for first, second in pairwise(kept)):
            best = max(best, len(kept))
    return best


days = st.dates(date(2025, 11, 1), date(2026, 4, 30))
tellings = st.one_of(
    days.map(lambda day: (day.isoformat(), (day,))),
    days.map(lambda day: (day.isoformat(), (day,))),
    st.sampled_from(["2025-12", "2026-01"]).map(
        lambda month: (month, tuple(date.fromisoformat(f"{month}-{day:02}") for day in (1, 15, 31)))
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(tellings, max_size=5), st.sampled_from(["28 days", "1 month", "60 days"]))
def test_the_range_holds_in_every_world_and_is_exact_where_the_dates_are(told, apart):
    low, high = counted(apart, *(on for on, _ in told))
    found = {most(world, apart) for world in product(*(worlds for _, worlds in told))}
    assert low <= min(found)
    assert high >= max(found)
    assert low == high or any(len(worlds) > 1 for _, worlds in told)
