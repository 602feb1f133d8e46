"""One number from several results: the newest one decides, or nobody can tell; never "the latest normal one"."""

import pytest

from tests.patients import condition, encounter, medication_request, observation
from tests.rules.judge.telling import judged, truth

K = {"latest": "lab", "in": ["potassium"]}
LATEST = {"k": K, "high": {"value": "k", "is": "above 5 mmol/L"}}
SURE = {"among": "sure"}


def k(value, on="2026-04-01", id="a", unit="mmol/L", **more):  # noqa: A002 -- a FHIR name
    return observation(value, unit, on=on, id=id, loinc="2823-3", **more)


def shown(value) -> str:
    """``5``, ``4..6``, ``4..`` or the state."""
    quantity = getattr(value, "quantity", None)
    if quantity is None:
        return type(value).__name__
    low, high = quantity.interval.low, quantity.interval.high
    return f"{low}" if low == high else f"{'' if low is None else low}..{'' if high is None else high}"


def latest(*results, **more):
    return shown(judged({"k": {**K, **more}}, *results).value("k", None))


def test_an_older_worse_result_does_not_win():
    assert truth(LATEST, "high", k(6, "2026-03-01"), k(4, "2026-04-01", "b")) == "fails"


def test_an_older_better_result_does_not_win():
    assert truth(LATEST, "high", k(4, "2026-03-01"), k(6, "2026-04-01", "b")) == "holds"


@pytest.mark.parametrize(
    "doubtful",
    [
        pytest.param(k(6, unit="no-such-unit", id="b", on="2026-04-02"), id="without a readable unit"),
        pytest.param(k(None, id="b", on="2026-04-02"), id="without a value"),
        pytest.param(k(6, id="b", on=None), id="undated"),
        pytest.param(k(6, id="b", on="2026-04"), id="dated to a month that goes on after the other"),
        pytest.param(k(6, id="b", on="not-a-date"), id="with a date that cannot be read"),
        pytest.param(k(6, id="b", on="2026-04-02", status="unheard-of"), id="with a status that cannot be read"),
        pytest.param(k(6, id="b", on="2027-01-01"), id="dated after now"),
    ],
)
def test_a_result_that_may_be_newer_and_cannot_be_used_lets_no_older_one_decide(doubtful):
    assert truth(LATEST, "high", k(4, "2026-04-01"), doubtful) == "unknown"


@pytest.mark.parametrize(
    "doubtful",
    [
        pytest.param(k(6, id="b", on=None), id="undated"),
        pytest.param(k(6, id="b", on="not-a-date"), id="with a date that cannot be read"),
        pytest.param(k(6, id="b", on="2026-04-02", status="unheard-of"), id="with a status that cannot be read"),
        pytest.param(k(6, id="b", on="2027-01-01"), id="dated after now"),
    ],
)
def test_among_the_sure_ones_the_newest_is_known_whatever_may_be_newer(doubtful):
    assert latest(k(3, "2026-03-01", "c"), k(4, "2026-04-01"), doubtful, **SURE) == "4"


def test_among_the_sure_ones_a_result_that_only_may_pass_is_passed_over():
    """A result of some day of 2025 may be newer than one of June, or older than the time that counts."""
    may_be = k(6, "2025", "b")
    assert latest(k(4, "2025-06-01"), may_be, within="1 year") == "Unclear"
    assert latest(k(4, "2025-06-01"), may_be, within="1 year", **SURE) == "4"


def test_among_the_sure_ones_a_newest_without_a_value_stays_unknown():
    assert latest(k(4, "2026-04-01"), k(None, id="b", on="2026-04-02"), **SURE) == "Unclear"


def test_where_none_is_sure_it_is_not_said_that_there_is_none():
    assert latest(k(6, id="b", on=None), **SURE) == "Unclear"
    assert latest(k(6, id="b", on="2027-01-01"), **SURE) == "Unclear"
    assert latest(**SURE) == "Nothing"


def test_an_older_result_that_cannot_be_used_decides_nothing():
    assert truth(LATEST, "high", k(4, "2026-04-01"), k(6, "2026-03-31", "b", unit="no-such-unit")) == "fails"


def test_results_that_were_not_supplied_leave_the_latest_unknown():
    assert truth(LATEST, "high", unsupplied=["Observation"]) == "unknown"


def test_a_preliminary_result_is_not_the_latest():
    assert latest(k(4, "2026-04-01"), k(9, "2026-04-02", "b", status="preliminary")) == "4"


def test_two_results_of_one_day_give_the_range_of_both():
    assert latest(k(4), k(6, id="b")) == "4..6"
    assert truth(LATEST, "high", k(4), k(6, id="b")) == "unknown"
    assert truth(LATEST, "high", k(5.5), k(6, id="b")) == "holds"


def test_an_hour_decides_between_two_results_of_one_day():
    assert latest(k(4, "2026-04-01T08:00:00Z"), k(6, "2026-04-01T09:00:00Z", "b")) == "6"


def test_a_tie_is_broken_as_the_author_says():
    assert latest(k(4), k(6, id="b"), **{"on-tie": "highest"}) == "6"
    assert latest(k(4), k(6, id="b"), **{"on-tie": "lowest"}) == "4"


def test_a_broken_tie_between_ranges_is_still_a_range():
    """The higher of 5 and "below 7" lies between 5 and 7; nobody knows that it is 7."""
    below = k(7, id="b", more={"valueQuantity": {**k(7)["valueQuantity"], "comparator": "<"}})
    assert latest(k(5), below, **{"on-tie": "highest"}) == "5..7"


def test_a_tie_is_only_broken_where_there_is_one():
    """A result of some day in April may be older or newer than that of 10 April: which is the latest, nobody knows."""
    assert latest(k(4, "2026-04-10"), k(6, "2026-04", "b"), **{"on-tie": "lowest"}) == "4..6"


def test_the_earliest_mirrors_the_latest():
    definitions = {"k": {**K, "earliest": "lab"}}
    del definitions["k"]["latest"]
    assert shown(judged(definitions, k(4, "2026-03-01"), k(6, "2026-04-01", "b")).value("k", None)) == "4"
    assert shown(judged(definitions, k(4, "2026-03-01"), k(6, "2026-03", "b")).value("k", None)) == "4..6"


def extreme(which, *results, **how):
    return judged({"k": {which: "lab", "in": ["potassium"]}}, *results, **how).value("k", None)


def test_the_highest_and_the_lowest_of_several():
    results = k(4, "2026-03-01"), k(6, "2026-02-01", "b"), k(5, "2026-04-01", "c")
    assert (shown(extreme("highest", *results)), shown(extreme("lowest", *results))) == ("6", "4")


def test_the_day_of_the_highest_is_its_own_and_not_that_of_the_newest():
    value = extreme("highest", k(6, "2026-02-01", "b"), k(5, "2026-04-01", "c"))
    assert value.when.first_day.isoformat() == "2026-02-01"


def test_what_cannot_be_read_opens_the_highest_upward_and_the_lowest_downward():
    results = k(4), k(6, id="b", unit="no-such-unit")
    assert (shown(extreme("highest", *results)), shown(extreme("lowest", *results))) == ("4..", "..4")


def test_what_was_not_supplied_leaves_no_highest_without_a_result():
    assert shown(extreme("highest", unsupplied=["Observation"])) == "Unclear"
    assert shown(extreme("highest")) == "Nothing"


STROKES = {"n": {"count": "condition", "in": ["stroke"]}}


def test_none_counted_is_zero_and_never_absent():
    assert shown(judged(STROKES).value("n", None)) == "0"


def test_what_was_not_supplied_opens_a_count_upward():
    assert shown(judged(STROKES, unsupplied=["Condition"]).value("n", None)) == "0.."


def test_a_possible_fact_widens_a_count():
    definitions = {"n": {**STROKES["n"], "within": "30 days"}}
    strokes = condition(id="a", on="2026-04-20", snomed="230690007"), condition(id="b", snomed="230690007")
    assert shown(judged(definitions, *strokes).value("n", None)) == "1..2"


def test_one_resource_is_counted_once_however_it_is_found():
    definitions = {
        "any-warfarin": {"any": ["medication", "prescription"], "in": ["warfarin"]},
        "n": {"count": ["any-warfarin", "medication"]},
    }
    assert shown(judged(definitions, medication_request(rxnorm="11289")).value("n", None)) == "1"


def distinct(key, *resources, kind="medication", sets=("opioids",)):
    definitions = {"n": {"count": kind, "in": list(sets), "distinct": key}}
    return shown(judged(definitions, *resources).value("n", None))


def test_two_products_of_one_ingredient_are_one_ingredient():
    products = medication_request(id="a", rxnorm="7804"), medication_request(id="b", rxnorm="1049621")  # oxycodone 5 MG
    assert distinct("ingredient", *products) == "1"
    assert distinct("ingredient", *products, medication_request(id="c", rxnorm="7052")) == "2"


def test_a_fact_with_two_codes_of_one_meaning_is_one_code():
    both = condition(id="a", snomed="73211009", icd10cm="E11.9")
    other = condition(id="b", icd10cm="E11.9")
    assert distinct("code", both, kind="condition", sets=("diabetes",)) == "1"
    assert distinct("code", both, other, kind="condition", sets=("diabetes",)) == "1"
    assert distinct("code", condition(id="c", snomed="73211009"), other, kind="condition", sets=("diabetes",)) == "2"


def test_days_are_counted_once_and_a_period_covers_all_of_its_days():
    def days(*resources):
        return shown(judged({"n": {"count": "encounter", "distinct": "day"}}, *resources).value("n", None))

    assert days(encounter("a", "2026-04-01", "2026-04-01"), encounter("b", "2026-04-01", "2026-04-01")) == "1"
    assert days(encounter("a", "2026-04-01", "2026-04-05"), encounter("b", "2026-04-05", "2026-04-06")) == "6"


def test_an_undated_fact_is_one_more_day_or_none():
    results = k(4, "2026-04-01"), k(5, None, "b")
    definitions = {"n": {"count": "lab", "in": ["potassium"], "distinct": "day"}}
    assert shown(judged(definitions, *results).value("n", None)).startswith("1..")
