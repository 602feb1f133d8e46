# ruff: noqa: E501 -- one mistake a line reads best
"""Parameters: a site's value must be one that the author allowed, and the default is no exception."""

import pytest

from cds.facts.dates import Duration
from tests.rules.source.written import FILE, RULESET, assert_told, changed, read

MISTAKES = [
    ("CDS405", "default: 5.5 mmol/L,", "§default: much,", '"much" is not a quantity, a duration, a day of the year, yes or no', ""),
    ("CDS408", "allowed: from 30 days to 365 days", "§allowed: from 91 days to 365 days", 'may not be "90 days"', "allowed"),
    ("CDS408", "allowed: from 30 days to 365 days", "§allowed: from 1 mg to 5 mg", 'may not be "90 days"', "allowed"),
    ("CDS408", "allowed: from 30 days to 365 days", "§allowed: from 1 hour to 2 days", 'may not be "90 days"', "allowed"),
    ("CDS408", "allowed: [5.0 mmol/L, 5.5 mmol/L]", "§allowed: [5.0 mmol/L]", 'may not be "5.5 mmol/L"', "allowed"),
    ("CDS409", "allowed: from 30 days to 365 days", "allowed: §up to 365 days", "a list of values, or `from a to b`", ""),
    ("CDS409", "allowed: from 30 days to 365 days", "allowed: §from few to many", "a list of values", ""),
    ("CDS101", "default: yes}", "default: yes, §alowed: [yes]}", 'has no key "alowed"', 'did you mean "allowed"?'),
    ("CDS109", "strict: {says: Whether to be strict, default: yes}", "strict: §{default: yes}", 'needs the key "says"', ""),
    ("CDS201", "  strict: {says", "  §Strict!: {says: S, default: yes}\n  strict: {says", "name of a parameter", "small"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "old", "new", "gist", "hint"), MISTAKES)
def test_a_mistake_in_a_parameter_is_told_with_its_place(code, old, new, gist, hint):
    assert_told(code, old, new, gist, hint)


def site(**values: str):
    return read(RULESET, site={name.replace("_", "-"): value for name, value in values.items()})


def test_the_defaults_hold_where_a_site_says_nothing():
    ruleset, _ = read(RULESET)
    assert ruleset.parameters["result-age"].default == Duration(90, "day")
    assert (ruleset.parameters["limit"].text, ruleset.parameters["strict"].default) == ("5.5 mmol/L", True)


@pytest.mark.parametrize("value", ["30 days", "365 days", "6 months", "12 weeks"])
def test_a_site_may_choose_what_is_allowed_both_ends_included(value):
    ruleset, problems = site(result_age=value)
    assert problems == []
    assert ruleset.parameters["result-age"].text == value
    assert ruleset.definitions["latest-k"].clause.source.filters.within == ruleset.parameters["result-age"].default


@pytest.mark.parametrize("value", ["29 days", "366 days", "2 years", "90 mg", "719 hours", "yes"])
def test_a_site_may_not_choose_what_is_not_allowed(value):
    ruleset, problems = site(result_age=value)
    assert ruleset is None
    assert ("CDS408", 12) in [(p.code, p.location.line) for p in problems]


@pytest.mark.parametrize("value", ["", "soon", "ninety days"])
def test_a_site_value_that_cannot_be_read_does_not_fall_back_to_the_default(value):
    ruleset, problems = site(result_age=value)
    assert ruleset is None
    assert "CDS405" in [p.code for p in problems]


def test_a_site_value_for_no_parameter_is_told():
    ruleset, problems = site(result_aeg="90 days")
    assert ruleset is None
    assert [(p.code, str(p.location)) for p in problems] == [("CDS227", f"{FILE}:12:3")]
    assert problems[0].hint == 'did you mean "result-age"?'


def test_a_listed_value_is_compared_as_a_value_not_as_a_text():
    ruleset, problems = site(limit="5 mmol/L")
    assert (problems, ruleset.parameters["limit"].text) == ([], "5 mmol/L")


def test_a_switch_may_be_turned_off_but_not_made_a_number():
    assert site(strict="no")[0].parameters["strict"].default is False
    ruleset, _ = read(changed("default: yes}", "default: yes, allowed: [yes, no]}"), site={"strict": "3 mg"})
    assert ruleset is None


@pytest.mark.parametrize("value", ["yes", "3 mg", "no"])
def test_a_site_value_of_another_kind_is_not_allowed_even_where_the_author_gave_no_bounds(value):
    text = changed(", allowed: from 30 days to 365 days", "")
    assert read(text, site={"result-age": "2 weeks"})[1] == []
    ruleset, problems = read(text, site={"result-age": value})
    assert ruleset is None
    assert "CDS408" in [p.code for p in problems]


@pytest.mark.parametrize(
    ("text", "gist"),
    [
        ("periods: {s: §the year}", '"the year" is not a period'),
        ("periods: {s: §year from July}", '"July" is not a day of the year'),
        ("periods: {s: §year from 29 February}", '"29 February" is not a day of the year'),
        ("periods: {s: §year from 31 June}", '"31 June" is not a day of the year'),
        ("periods: {s: §year from result-age}", '"result-age" is not a day of the year'),
        ("periods: {s: §{from: 2026-02-01, until: 2026-01-31}}", "ends before it begins"),
    ],
)
def test_what_is_no_period_is_told_with_its_place(text, gist):
    assert_told("CDS419", "evidence:\n  label:", f"{text}\nevidence:\n  label:", gist, "")


def test_a_period_shares_its_name_with_nothing_else():
    for name in ("result-age", "latest-k"):
        _, problems = read(changed("evidence:\n  label:", f"periods: {{{name}: calendar year}}\nevidence:\n  label:"))
        assert "CDS204" in [problem.code for problem in problems]


def test_a_parameter_that_is_a_day_of_the_year_is_no_quantity_and_no_switch():
    july = "strict: {says: Whether to be strict, default: 1 July}"
    _, problems = read(changed("strict: {says: Whether to be strict, default: yes}", july))
    assert [problem.code for problem in problems] == ["CDS404"]
    assert 'the parameter "strict" is not yes or no' in problems[0].message
