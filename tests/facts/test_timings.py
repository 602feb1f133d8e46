"""Timings that are malformed or contradict themselves are unreadable, or an interval: never the lower of the two."""

from fractions import Fraction

import pytest

from cds.facts.timings import is_over, times_per_day
from cds.units.quantity import Interval
from tests.facts.reading import NOW

DAILY = {"coding": [{"code": "QD"}]}


def times(low, high=None):
    return Interval(Fraction(low), Fraction(low if high is None else high))


@pytest.mark.parametrize(
    "repeat",
    [
        {"frequency": 8, "period": 1, "periodUnit": "day"},
        {"frequency": 8, "period": 1, "periodUnit": ["d"]},
        {"frequency": 8, "period": 1},
        {"frequency": 8},
        {"frequency": 8, "periodUnit": "d"},
        {"period": 3, "periodUnit": "h"},
        {"frequency": 8, "periodMax": 8, "periodUnit": "d"},
        {"frequency": "8", "period": 1, "periodUnit": "d"},
        {"frequency": 8, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00"]},
        {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00", "20:00"]},
        {"frequency": 8, "timeOfDay": ["08:00"]},
        {"timeOfDay": ["08:00", 14, "20:00"]},
        {"timeOfDay": ["08:00", None]},
        {"timeOfDay": "08:00"},
        {"timeOfDay": []},
        {"timeOfDay": ["08:00"], "when": ["MORN", "NIGHT"]},
        {"when": ["MORN", 7]},
        [{"frequency": 1, "period": 1, "periodUnit": "d"}, {"frequency": 8, "period": 1, "periodUnit": "d"}],
        "8 times a day",
        [],
    ],
)
def test_a_repeat_that_cannot_be_read_is_not_replaced_by_a_code(repeat):
    assert times_per_day({"repeat": repeat}) is None
    for code in (DAILY, {"text": "daily"}, "QD"):
        assert times_per_day({"repeat": repeat, "code": code}) is None


@pytest.mark.parametrize(
    "code",
    [7, True, [], [7], {"coding": "QID"}, {"coding": [7, {"code": "QD"}]}, {"coding": [{"code": 4}]}, {"text": 4}],
)
def test_a_code_that_cannot_be_read_is_not_passed_over(code):
    assert times_per_day({"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}, "code": code}) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("four times daily", times(1, 4)),
        ("Take 4 times a day", times(1, 4)),
        ("4x/day", times(1, 4)),
        ("twice per day", times(1, 2)),
        ("every 6 hours", times(1, 4)),
        ("every four to six hours", times(1)),  # no number that we read: nothing is added
        ("every 4-6 hours as needed", times(1, 6)),
        ("one tablet TID", times(1, 3)),
        ("QID", times(1, 4)),
        ("several times daily", None),
        ("once daily", times(1)),
        ("every morning", times(1)),
        ("every month", times(1)),
        ("1 time(s) daily", times(1)),
    ],
)
def test_words_beside_a_code_count(text, found):
    assert times_per_day({"code": {**DAILY, "text": text}}) == found
    assert times_per_day({"code": {"coding": [{"code": "QD", "display": text}]}}) == found


def test_codes_that_differ_are_an_interval():
    assert times_per_day({"code": {"coding": [{"code": "QD"}, {"code": "QID"}]}}) == times(1, 4)


def test_named_times_and_a_frequency_that_agree_are_exact():
    daily = {"period": 1, "periodUnit": "d"}
    assert times_per_day({"repeat": {**daily, "frequency": 2, "timeOfDay": ["08:00", "20:00"]}}) == times(2)
    assert times_per_day({"repeat": {**daily, "frequency": 1, "when": ["MORN", "NIGHT"]}}) == times(1, 2)
    assert times_per_day({"repeat": {**daily, "frequency": 3, "when": ["MORN"]}}) == times(3)
    assert times_per_day({"repeat": {**daily, "frequency": 3, "when": ["AC"]}}) == times(3)


def test_bounds_said_twice_end_nothing():
    over = {"boundsPeriod": {"end": "2026-01-01"}}
    assert is_over({"timing": {"repeat": over}}, NOW)
    assert not is_over({"timing": {"repeat": {**over, "boundsDuration": {"value": 9, "unit": "mo"}}}}, NOW)
    assert not is_over({"timing": {"repeat": [over, {}]}}, NOW)
