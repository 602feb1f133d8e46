"""Numbers made of numbers and truths: what is not known makes them ranges, and ranges decide what they can."""

import pytest

from tests.patients import condition, draft, medication_request, observation
from tests.rules.judge.telling import MME, judged, truth
from tests.rules.judge.test_picking import k, shown

STROKE = condition(snomed="230690007")
BASE = {
    "stroke": {"any": "condition", "in": ["stroke"]},
    "diabetes": {"any": "procedure", "in": ["diabetes"]},
    "k": {"latest": "lab", "in": ["potassium"]},
    "egfr": {"latest": "lab", "in": ["egfr"]},
}


def number(definition, *resources, **how):
    return shown(judged({**BASE, "n": definition}, *resources, **how).value("n", None))


SCORE = {"score": {"stroke": 2, "diabetes": 1}}


def test_a_score_adds_what_holds_and_spans_what_is_unknown():
    assert number(SCORE) == "0"
    assert number(SCORE, STROKE) == "2"
    assert number(SCORE, STROKE, unsupplied=["Procedure"]) == "2..3"
    assert number(SCORE, unsupplied=["Procedure", "Condition"]) == "0..3"


def test_a_score_range_decides_every_limit_outside_it():
    definitions = {**BASE, "n": SCORE, **{f"at-least-{n}": {"value": "n", "is": f"at least {n}"} for n in (2, 3, 4)}}
    judging = judged(definitions, STROKE, unsupplied=["Procedure"])
    assert [judging.truth(f"at-least-{n}").value for n in (2, 3, 4)] == ["holds", "unknown", "fails"]


def test_a_score_may_take_points_away():
    assert number({"score": {"stroke": 2, "diabetes": -1}}, STROKE, unsupplied=["Procedure"]) == "1..2"


BANDS = {"points": "k", "bands": {"below 3.5 mmol/L": 2, "from 3.5 to 5.0 mmol/L": 0, "above 5.0 mmol/L": 3}}


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([k(3.49)], "2"),
        ([k(3.5)], "0"),
        ([k(5.0)], "0"),
        ([k(5.01)], "3"),
        ([], "0..3"),  # absent takes all
        ([k(4, unit="no-such-unit")], "0..3"),
        ([k(3), k(4, id="b")], "0..2"),
    ],
)
def test_points_are_those_of_every_band_the_number_touches(results, expected):
    assert number(BANDS, *results) == expected


def test_points_of_a_score_are_added_with_their_range():
    judging = judged({**BASE, "p": BANDS, "n": {"score": {"p": "add", "stroke": 1}}}, STROKE)
    assert shown(judging.value("n", None)) == "1..4"


CHOOSE = {"choose": [{"stroke": "k"}, {"otherwise": "egfr"}]}
EGFR = observation(50, "mmol/L", id="e", loinc="98979-8")


def test_the_first_branch_that_holds_is_chosen_and_doubt_spans_the_open_ones():
    assert number(CHOOSE, STROKE, k(4), EGFR) == "4"
    assert number(CHOOSE, k(4), EGFR) == "50"
    assert number(CHOOSE, k(4), EGFR, unsupplied=["Condition"]) == "4..50"
    assert number(CHOOSE, EGFR, unsupplied=["Condition"]) == "Unclear"


def test_without_otherwise_there_may_be_no_number_at_all():
    only = {"choose": [{"stroke": "k"}]}
    assert number(only, k(4)) == "Nothing"
    assert number(only, k(4), unsupplied=["Condition"]) == "Unclear"


def test_a_number_that_may_not_be_chosen_is_no_answer_to_a_test():
    definitions = {**BASE, "n": {"choose": [{"stroke": "k"}]}, "high": {"value": "n", "is": "above 3 mmol/L"}}
    assert truth(definitions, "high", k(4), unsupplied=["Condition"]) == "unknown"


FIRST = {"first-of": ["k", "egfr"]}


def test_the_first_known_number_is_taken_and_absent_only_if_all_are():
    assert number(FIRST, k(4), EGFR) == "4"
    assert number(FIRST, EGFR) == "50"
    assert number(FIRST, k(4, unit="no-such-unit"), EGFR) == "50"
    assert number(FIRST, k(4, unit="no-such-unit")) == "Unclear"
    assert number(FIRST) == "Nothing"


RATIO = {"ratio": ["k", "egfr"]}


def test_a_ratio_is_the_first_in_percent_of_the_second_whatever_their_units():
    assert number(RATIO, k(4), egfr(8, "2026-04-01")) == "50"
    assert number(RATIO, k(4), egfr(8000, "2026-04-01", "umol/L")) == "50"
    assert number(RATIO, k(0), egfr(8, "2026-04-01")) == "0"
    assert number(RATIO, k(4), egfr(8, "2026-04-01", "mL/min")) == "Unclear"


def test_a_ratio_of_nothing_or_without_a_part_is_absent_and_without_a_readable_one_unclear():
    assert number(RATIO, k(4), egfr(0, "2026-04-01")) == "Nothing"
    assert number(RATIO, k(4)) == "Nothing"
    assert number(RATIO, egfr(8, "2026-04-01")) == "Nothing"
    assert number(RATIO, k(4), egfr(8, "2026-04-01", "no-such-unit")) == "Unclear"
    assert number(RATIO, k(-4), egfr(8, "2026-04-01")) == "Unclear"


def test_a_ratio_of_ranges_reaches_from_the_least_to_the_most_that_it_may_be():
    definitions = {
        **BASE,
        "part": {"score": {"stroke": 1, "diabetes": 1}},
        "whole": {"score": {"stroke": 2, "diabetes": 2}},
        "n": {"ratio": ["part", "whole"]},
    }
    judging = judged(definitions, STROKE, unsupplied=["Procedure"])  # 1..2 of 2..4
    assert shown(judging.value("n", None)) == "25..100"


NEWEST = {"newest-of": ["k", "egfr"]}


def egfr(value, on, unit="mmol/L", id="e"):  # noqa: A002 -- a FHIR name
    return observation(value, unit, on=on, id=id, loinc="98979-8")


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([k(4, "2026-04-02"), egfr(50, "2026-04-01")], "4"),
        ([k(4, "2026-04-01"), egfr(50, "2026-04-02")], "50"),
        ([k(4, "2026-04-01"), egfr(50, "2026-04-01")], "4"),  # the first named
        ([k(4, "2026-04-01T08:00:00Z"), egfr(50, "2026-04-01T20:00:00Z")], "4"),  # days decide, not hours
        ([k(4, "2026-04-01")], "4"),
        ([], "Nothing"),
        ([k(4, "2026-04-01", unit="no-such-unit"), egfr(50, "2026-04-02")], "50"),  # unreadable, but older
        ([k(4, "2026-04-01", unit="no-such-unit"), egfr(50, "2026-04-01")], "50"),  # of the same day: not newer
        ([k(4, "2026-04-02", unit="no-such-unit"), egfr(50, "2026-04-01")], "Unclear"),
        ([k(4, None), egfr(50, "2026-04-01")], "Unclear"),
        ([k(4, "2026-04"), egfr(50, "2026-04-10")], "4..50"),  # either may be the newest
        ([k(4, "2026-04"), egfr(50, "2026-05-01")], "50"),
    ],
)
def test_the_newest_day_decides_between_numbers(results, expected):
    assert number(NEWEST, *results) == expected


def test_a_result_that_could_not_be_read_at_all_may_be_the_newest_beside_an_older_one_that_could():
    """The omitted potassium may be of any day: the older one that was read says nothing about it."""
    lost = k(9, "no-date-at-all", "b")
    assert number(NEWEST, k(4, "2026-01-01"), lost, egfr(50, "2026-04-01")) == "Unclear"


def test_numbers_that_were_not_supplied_may_be_newer():
    definitions = {**BASE, "d": {"count": "procedure", "in": ["diabetes"]}, "n": {"newest-of": ["k", "egfr"]}}
    assert shown(judged(definitions, unsupplied=["Observation"]).value("n", None)) == "Unclear"


EGFR_2021 = {
    "creatinine": {"latest": "lab", "in": ["creatinine"]},
    "egfr": {
        "formula": "ckd-epi-2021",
        "inputs": {"creatinine": "creatinine", "age": "patient.age", "sex": "patient.sex"},
    },
}


def creatinine(value, unit="mg/dL", on="2026-04-01"):
    return observation(value, unit, on=on, loinc="2160-0")


def test_a_formula_is_absent_without_an_essential_input_and_unknown_with_one_that_cannot_be_read():
    assert shown(judged(EGFR_2021).value("egfr", None)) == "Nothing"
    assert shown(judged(EGFR_2021, creatinine(1, "no-such-unit")).value("egfr", None)) == "Unclear"
    assert shown(judged(EGFR_2021, creatinine(1), sex=None).value("egfr", None)) == "Unclear"
    assert shown(judged(EGFR_2021, creatinine(1), born=None).value("egfr", None)) == "Unclear"


def test_a_formula_is_unknown_outside_its_range_and_a_partial_birth_date_gives_a_range():
    assert shown(judged(EGFR_2021, creatinine(1), born="2015-01-01").value("egfr", None)) == "Unclear"
    partial = judged(EGFR_2021, creatinine(1), born="1960").value("egfr", None).quantity.interval
    assert partial.low < partial.high


def test_an_amount_is_read_as_mass_by_the_molar_mass_of_its_value_set():
    mass = judged(EGFR_2021, creatinine(1.0)).value("egfr", None).quantity.interval.low
    amount = judged(EGFR_2021, observation(88.4, "umol/L", loinc="14682-9")).value("egfr", None).quantity.interval.low
    assert abs(mass - amount) < mass / 1000


OPIOIDS = {
    "opioid": {"any": ["medication", "draft"], "in": ["opioids"]},
    "mme": MME,
    "n": {"sum": "mme"},
    **{f"mme-{n}": {"value": "n", "is": f"at least {n} mg/d"} for n in (50, 90)},
}


def mme(*resources, **how):
    judging = judged(OPIOIDS, *resources, **how)
    return shown(judging.value("n", None)), judging.truth("mme-50").value, judging.truth("mme-90").value


def oxycodone(dose, id="m1"):  # noqa: A002 -- a FHIR name
    return medication_request(id=id, rxnorm="7804", dose=dose, per_day=1)


def test_a_sum_of_nothing_is_zero():
    assert mme() == ("0", "fails", "fails")


def test_a_sum_adds_over_all_subjects():
    assert mme(oxycodone((20, "mg")), drafts=[draft(rxnorm="7052", dose=(30, "mg"), per_day=1)])[0] == "60"


def test_a_part_without_a_value_opens_the_sum_upward_and_the_rest_already_decides():
    assert mme(oxycodone((40, "mg")), drafts=[draft(rxnorm="7052")]) == ("60..", "holds", "unknown")
    assert mme(drafts=[draft(rxnorm="7052")]) == ("0..", "unknown", "unknown")


def test_what_was_not_supplied_opens_the_sum_upward():
    unsupplied = ["MedicationStatement"]
    assert mme(oxycodone((40, "mg")), unsupplied=unsupplied) == ("60..", "holds", "unknown")


def test_a_possible_part_adds_from_nothing_to_all():
    definitions = {**OPIOIDS, "opioid": {**OPIOIDS["opioid"], "within": "30 days"}}
    undated = medication_request(id="u", on=None, rxnorm="7804", dose=(20, "mg"), per_day=1)
    dated = medication_request(id="d", on="2026-04-20", rxnorm="7052", dose=(25, "mg"), per_day=1)
    judging = judged(definitions, undated, dated)
    assert shown(judging.value("n", None)) == "25..55"
    assert judging.truth("mme-50").value == "unknown"


def test_a_sum_of_recorded_doses_has_their_unit_even_when_there_are_none():
    definitions = {
        "drug": {"any": "medication", "in": ["ibuprofen"]},
        "dose": {"for-each": "drug", "value": "it.daily-dose"},
        "n": {"sum": "dose"},
        "much": {"value": "n", "is": "at least 3200 mg/d"},
    }
    assert truth(definitions, "much") == "fails"
    assert truth(definitions, "much", medication_request(rxnorm="5640", dose=(800, "mg"), per_day=4)) == "holds"


def rounded(value, unit="Cel", comparator=None):
    result = observation(value, unit, loinc="8310-5")
    if comparator:
        result["valueQuantity"]["comparator"] = comparator
    definitions = {
        "t": {"latest": "lab", "in": ["fever"], "rounded-to": "0.5 Cel"},
        "fever": {"value": "t", "is": "at least 38 Cel"},
    }
    judging = judged(definitions, result)
    return shown(judging.value("t", None)), judging.truth("fever").value


def test_rounding_that_is_meaning_goes_half_away_from_zero():
    assert rounded(37.74) == ("75/2", "fails")
    assert rounded(37.75) == ("38", "holds")
    assert rounded(-0.25) == ("-1/2", "fails")


def test_a_range_is_rounded_at_both_ends_and_stays_a_range():
    assert rounded(37.8, comparator=">") == ("38..", "holds")
    assert rounded(37.8, comparator="<") == ("..38", "unknown")


def test_a_value_in_another_unit_is_rounded_in_the_unit_of_the_step():
    assert rounded(100, "[degF]") == ("38", "holds")
