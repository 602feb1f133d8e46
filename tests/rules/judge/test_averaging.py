"""The average: exact in fractions, and a range, or nothing, where a value may or may not belong to it."""

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.patients import encounter, observation
from tests.rules.judge.telling import judged, truth

K = {"average": "lab", "in": ["potassium"]}


def k(value, on="2026-04-01", id="a", unit="mmol/L", **more):  # noqa: A002 -- a FHIR name
    return observation(value, unit, on=on, id=id, loinc="2823-3", **more)


def averaged(phrase, *results, **how):
    return truth({"k": {**K, "within": "90 days", "is": phrase}}, "k", *results, **how)


@pytest.mark.parametrize(
    ("values", "phrase", "verdict"),
    [
        ((5.0, 5.2), "at least 5.1 mmol/L", "holds"),
        ((5.0, 5.1999), "at least 5.1 mmol/L", "fails"),
        ((4.0, 4.0, 5.0), "below 4.4 mmol/L", "holds"),
        ((5.0,), "exactly 5 mmol/L", "holds"),
    ],
)
def test_both_sides_of_a_limit(values, phrase, verdict):
    assert averaged(phrase, *(k(value, id=f"r{n}") for n, value in enumerate(values))) == verdict


def test_none_is_absent_and_what_was_not_supplied_is_not_known():
    absent = {"k": {**K, "is": "above 5 mmol/L", "if-absent": "fails"}}
    assert truth(absent, "k") == "fails"
    assert truth(absent, "k", unsupplied=["Observation"]) == "unknown"
    assert averaged("above 5 mmol/L") == "unknown"


def test_a_value_that_cannot_be_read_leaves_it_unknown():
    assert averaged("above 1 mmol/L", k(6), k(6, id="b", unit="no-such-unit")) == "unknown"
    assert averaged("above 1 mmol/L", k(6), k(None, id="b")) == "unknown"
    assert averaged("above 1 mmol/L", k(6), k(6, id="b", on="no-such-date")) == "unknown"


def test_units_convert_also_between_mass_and_amount():
    told = {"c": {"average": "lab", "in": ["creatinine"], "is": "from 0.99 to 1.01 mg/dL"}}
    one = observation(1.0, "mg/dL", on="2026-04-01", id="a", loinc="2160-0")
    other = observation(88.4, "umol/L", on="2026-04-01", id="b", loinc="14682-9")
    assert truth(told, "c", one, other) == "holds"


def test_the_readings_of_the_last_visit():
    told = {
        "visit": {"latest": "encounter"},
        "k": {**K, "during": "day of visit", "is": "at least 5 mmol/L"},
    }
    visits = [
        encounter(start="2026-04-01T09:00:00Z", end="2026-04-01T10:00:00Z"),
        encounter(id="e2", start="2026-01-01"),
    ]
    readings = [k(4.8, "2026-04-01T09:10:00Z"), k(5.2, "2026-04-01T09:20:00Z", "b"), k(9.0, "2026-03-31", "c")]
    assert truth(told, "k", *visits, *readings) == "holds"
    assert truth(told, "k", *visits, *readings[:1], *readings[2:]) == "fails"


def test_it_has_a_day_if_all_its_values_are_of_one():
    judging = judged({"k": K}, k(4, "2026-04-01T08:00:00Z"), k(5, "2026-04-01T09:00:00Z", "b"))
    assert judging.value("k", None).when.first_day.isoformat() == "2026-04-01"
    assert judged({"k": K}, k(4, "2026-04-01"), k(5, "2026-04-02", "b")).value("k", None).when is None


amounts = st.sampled_from([2.0, 4.9, 5.0, 5.1, 6.0, 9.5])


@settings(max_examples=150, deadline=None)
@given(st.lists(amounts, min_size=1, max_size=4), st.lists(amounts, max_size=3))
def test_it_holds_of_every_choice_of_the_values_that_may_belong_to_it(sure, perhaps):
    """A value dated to a month that the window cuts may belong to it or not."""
    told = [k(value, "2026-04-20", f"s{n}") for n, value in enumerate(sure)]
    told += [k(value, "2026-01", f"p{n}") for n, value in enumerate(perhaps)]
    interval = judged({"k": {**K, "within": "100 days"}}, *told).value("k", None).quantity.interval
    choices = [list(chosen) for size in range(len(perhaps) + 1) for chosen in combinations(perhaps, size)]
    means = [sum(map(Fraction, map(str, sure + chosen))) / len(sure + chosen) for chosen in choices]
    assert (interval.low, interval.high) == (min(means), max(means))
