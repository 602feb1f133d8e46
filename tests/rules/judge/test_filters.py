"""Windows at their edges, conditions on attributes, statuses: a filter that cannot be told makes a fact possible."""

from datetime import UTC, datetime

import pytest

from tests.patients import allergy, condition, draft, encounter, medication_request, observation
from tests.rules.judge.telling import moment, ruleset, truth, verdicts

AT = moment(datetime(2026, 5, 1, 12, 30, tzinfo=UTC))


def within(window, on, at=AT):
    definitions = {"n": {"any": "lab", "in": ["potassium"], "within": window}}
    return truth(definitions, "n", observation(4, "mmol/L", on=on, loinc="2823-3"), at=at)


@pytest.mark.parametrize(
    ("window", "on", "expected"),
    [
        ("365 days", "2025-05-01", "holds"),
        ("365 days", "2025-04-30", "fails"),
        ("365 days", "2025-05-01T00:00:00Z", "holds"),  # calendar days, whatever the hour
        ("365 days", "2025-04-30T23:59:59Z", "fails"),
        ("1 year", "2025-05-01", "holds"),
        ("1 year", "2025-04-30", "fails"),
        ("12 months", "2025-05-01", "holds"),
        ("2 months", "2026-03-01", "holds"),
        ("2 months", "2026-02-28", "fails"),
        ("365 days", "2026-05-01", "holds"),
        ("365 days", "2026-05-01T12:30:00Z", "holds"),  # now itself
        ("48 hours", "2026-04-29T12:30:00Z", "holds"),
        ("48 hours", "2026-04-29T12:29:59Z", "fails"),
        ("48 hours", "2026-04-29T14:30:00+02:00", "holds"),
        ("48 hours", "2026-04-30", "holds"),
        ("48 hours", "2026-04-29", "unknown"),  # a day without an hour
        ("48 hours", "2026-04-28", "fails"),
        ("30 minutes", "2026-05-01T12:00:00Z", "holds"),
        ("30 minutes", "2026-05-01T11:59:59.999Z", "fails"),
        ("30 days", "2026-04", "unknown"),  # 1 April is the edge, inside; see below
        ("29 days", "2026-04", "unknown"),
        ("32 days", "2026-04", "holds"),
        ("30 days", "2026-03", "fails"),
        ("30 days", "2026", "unknown"),
        ("30 days", "2025", "fails"),
        ("30 days", None, "unknown"),
    ],
)
def test_a_window_includes_both_of_its_ends(window, on, expected):
    if (window, on) == ("30 days", "2026-04"):
        expected = "holds"  # 1 May less 30 days is 1 April: every day of April lies inside
    assert within(window, on) == expected


def test_a_minute_without_its_second_may_lie_on_either_side_of_the_edge():
    at = moment(datetime(2026, 5, 1, 12, 30, 30, tzinfo=UTC))
    assert within("30 minutes", "2026-05-01T12:00Z", at) == "unknown"
    assert within("30 minutes", "2026-05-01T12:01Z", at) == "holds"
    assert within("30 minutes", "2026-05-01T11:59Z", at) == "fails"


def test_the_last_day_of_february_is_a_month_before_the_last_of_march():
    at = moment(datetime(2026, 3, 31, 12, tzinfo=UTC))
    assert (within("1 month", "2026-02-28", at), within("1 month", "2026-02-27", at)) == ("holds", "fails")


def test_the_days_are_those_of_the_organisation():
    at = moment(datetime(2026, 5, 1, 1, tzinfo=UTC), "America/New_York")  # there it is still 30 April
    assert within("10 days", "2026-04-20", at) == "holds"
    assert within("10 days", "2026-04-20T03:00:00Z", at) == "fails"  # 19 April there


def test_a_result_dated_after_now_is_neither_found_nor_nothing():
    assert within("10 days", "2026-05-02") == "unknown"


def test_a_stay_that_overlaps_the_window_counts():
    definitions = {"n": {"any": "encounter", "within": "10 days"}}
    assert truth(definitions, "n", encounter(start="2026-01-01", end="2026-04-21"), at=AT) == "holds"
    assert truth(definitions, "n", encounter(start="2026-01-01", end="2026-04-20"), at=AT) == "fails"
    going = encounter(start="2026-01-01", end=None, more={"status": "in-progress"})
    assert truth(definitions, "n", going, at=AT) == "holds"
    assert truth(definitions, "n", encounter(start="2026-01-01", end=None), at=AT) == "unknown"  # it is finished


def test_a_stay_that_goes_on_is_in_every_window_of_hours():
    """Told by days, it was taken for something of an hour that nobody knows: unknown."""
    definitions = {"n": {"any": "encounter", "within": "3 hours"}}
    going = {"status": "in-progress"}
    assert truth(definitions, "n", encounter(start="2026-04-29", end=None, more=going), at=AT) == "holds"
    assert truth(definitions, "n", encounter(start="2026-04-29T08:00:00Z", end=None, more=going), at=AT) == "holds"
    assert truth(definitions, "n", encounter(start="2026-04-29", end="2026-05-01"), at=AT) == "unknown"


def where(condition, attributes, kind="order"):
    definitions = {"n": {"any": kind, "in": ["opioids"], "where": condition}}
    return truth(definitions, "n", drafts=[draft(rxnorm="7052", more=attributes)])


def category(code):
    return {"category": [{"coding": [{"code": code}]}]}


@pytest.mark.parametrize(
    ("wanted", "code", "expected"),
    [
        (["community"], "community", "holds"),
        (["community"], "inpatient", "fails"),
        (["community"], None, "unknown"),
        (["community", "not recorded"], None, "holds"),
        (["community", "not recorded"], "inpatient", "fails"),
        ("recorded", "inpatient", "holds"),
        ("recorded", None, "fails"),
        ("not recorded", None, "holds"),
        ("not recorded", "inpatient", "fails"),
    ],
)
def test_a_missing_attribute_is_unknown_unless_the_condition_speaks_of_it(wanted, code, expected):
    assert where({"category": wanted}, category(code) if code else {}) == expected


@pytest.mark.parametrize(
    ("wanted", "told", "expected"),
    [
        ("no", None, "unknown"),
        (["no", "not recorded"], None, "holds"),
        (["no", "not recorded"], False, "holds"),
        (["no", "not recorded"], True, "fails"),
        (["yes", "not recorded"], None, "holds"),
        (["yes", "not recorded"], True, "holds"),
        (["yes", "not recorded"], False, "fails"),
    ],
)
def test_a_yes_or_no_may_let_pass_what_is_not_recorded(wanted, told, expected):
    """In a list it was read as a code word, which no yes or no ever is: the condition never held."""
    dosage = [{"text": "one tablet"}] if told is None else [{"asNeededBoolean": told}]
    assert where({"as-needed": wanted}, {"dosageInstruction": dosage}) == expected


def test_every_condition_must_hold_and_one_that_fails_settles_it():
    both = {"category": ["community"], "intent": ["proposal"]}
    assert where(both, category("inpatient")) == "fails"
    assert where({**both, "intent": ["order"]}, category("community")) == "holds"
    assert where({**both, "intent": ["order"]}, {}) == "unknown"


def test_an_attribute_in_words_alone_is_unknown():
    assert where({"category": ["community"]}, {"category": [{"text": "community"}]}) == "unknown"


def dose(limit, told):
    definitions = {"n": {"any": "medication", "in": ["ibuprofen"], "where": {"daily-dose": limit}}}
    return truth(definitions, "n", medication_request(rxnorm="5640", **told))


def test_a_limit_on_an_attribute_is_a_test_of_its_interval():
    assert dose("at least 2400 mg/d", {"dose": (800, "mg"), "per_day": 3}) == "holds"
    assert dose("above 2.4 g/d", {"dose": (800, "mg"), "per_day": 3}) == "fails"
    assert dose("at least 2400 mg/d", {"per_day": 3}) == "unknown"


ACVPU = {
    "alertness": {"latest": "lab", "in": ["alertness"]},
    "worse": {"value": "alertness", "in": ["not-alert"]},
    "alert": {"value": "alertness", "not-in": ["not-alert"]},
    "worse-if-recorded": {"value": "alertness", "in": ["not-alert"], "if-absent": "fails"},
}


def answer(**coding):
    return observation(loinc="80288-4", more={"valueCodeableConcept": {"coding": [coding]}})


@pytest.mark.parametrize(
    ("results", "worse", "alert", "recorded"),
    [
        ([answer(system="http://snomed.info/sct", code="422768004")], "holds", "fails", "holds"),
        ([answer(system="http://snomed.info/sct", code="248234008")], "fails", "holds", "fails"),
        ([], "unknown", "unknown", "fails"),
        ([answer(code="248234008")], "fails", "holds", "fails"),  # the set has no such code in any system
        ([answer(code="422768004")], "unknown", "unknown", "unknown"),  # without its system: perhaps
        ([observation(loinc="80288-4", more={"valueString": "unresponsive"})], "unknown", "unknown", "unknown"),
        ([observation(15, "1", loinc="80288-4")], "unknown", "unknown", "unknown"),  # a number answers no such question
    ],
)
def test_an_answer_in_codes(results, worse, alert, recorded):
    got = tuple(truth(ACVPU, name, *results) for name in ("worse", "alert", "worse-if-recorded"))
    assert got == (worse, alert, recorded)


def test_two_different_answers_of_one_day_are_no_answer():
    first = answer(system="http://snomed.info/sct", code="422768004")
    second = {**answer(system="http://snomed.info/sct", code="248234008"), "id": "other"}
    assert truth(ACVPU, "worse", first, second) == "unknown"


def test_only_usual_statuses_pass_unless_others_are_named():
    resolved = condition(snomed="230690007", status="resolved")
    assert truth({"n": {"any": "condition", "in": ["stroke"]}}, "n", resolved) == "fails"
    assert truth({"n": {"any": "condition", "in": ["stroke"], "status": "any"}}, "n", resolved) == "holds"
    assert truth({"n": {"any": "condition", "in": ["stroke"], "status": ["resolved"]}}, "n", resolved) == "holds"


def test_a_finders_own_status_is_kept_beside_a_kind():
    """Facts that come by a finder passed its status; those that come by their kind pass the usual ones."""
    definitions = {
        "ever": {"any": "condition", "in": ["stroke"], "status": "any"},
        "n": {"any": ["ever", "condition"], "in": ["stroke"]},
    }
    assert truth(definitions, "n", condition(snomed="230690007", status="resolved")) == "holds"


def test_what_cannot_be_read_is_possible_and_of_other_codes_is_not():
    bad = condition(snomed="230690007", status="unheard-of")
    other = condition(snomed="73211009", status="unheard-of")
    definitions = {
        "n": {"any": "condition", "in": ["stroke"]},
        "d": {"any": "condition", "in": ["diabetes"]},
    }
    assert truth(definitions, "n", bad) == "unknown"
    assert truth(definitions, "n", other) == "fails"
    assert truth(definitions, "d", other) == "unknown"


def test_an_allergy_to_the_ordered_ingredient_is_found_by_it():
    definitions = {
        "drug": {"any": "order", "in": ["ibuprofen", "warfarin"]},
        "allergies": {"any": "allergy", "in": ["ibuprofen", "warfarin"]},
        "allergic": {"for-each": "drug", "any": "allergies", "same": ["ingredient"]},
        "n": {"any": "drug", "that": ["allergic"]},
    }
    assert truth(definitions, "n", allergy(rxnorm="5640"), drafts=[draft(rxnorm="5640")]) == "holds"
    assert truth(definitions, "n", allergy(rxnorm="11289"), drafts=[draft(rxnorm="5640")]) == "fails"


def answered(phrase, **value):
    told = {"d": {"any": "lab", "in": ["potassium"], "where": {"value": phrase}}}
    return truth(told, "d", observation(on="2026-04-01", loinc="2823-3", more=value))


def test_a_number_passes_where_the_condition_asks_for_one():
    unit = {"system": "http://unitsofmeasure.org", "code": "mmol/L"}
    stroke = {"coding": [{"system": "http://snomed.info/sct", "code": "230690007"}]}
    assert answered("a number", valueQuantity={"value": 4, **unit}) == "holds"
    assert answered("a number", valueBoolean=True) == "fails"
    assert answered("a number", valueCodeableConcept=stroke) == "fails"
    assert answered(["a number", "stroke"], valueCodeableConcept=stroke) == "holds"
    assert answered(["a number", "diabetes"], valueCodeableConcept=stroke) == "fails"
    assert answered("a number") == "fails"
    assert answered("a number", valueString="see letter") == "unknown"


def test_a_value_that_the_record_says_is_absent_is_not_recorded():
    absent = {"dataAbsentReason": {"text": "not performed"}}
    assert answered("recorded", **absent) == "fails"
    assert answered("not recorded", **absent) == "holds"
    assert answered("a number", **absent) == "fails"
    assert answered("above 5 mmol/L", **absent) == "unknown"


UACR = {"uacr": {"loinc": {"9318-7": "uACR"}, "molar-mass": "113.1222 g/mol", "molar-mass-source": "dossier"}}
#: 3.39366 mg/mmol of creatinine with 113.1222 g/mol are 30 mg/g, exactly.
AT_30 = 3.393666


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (30, "mg/g", "holds"),
        (29.9, "mg/g", "fails"),
        (AT_30, "mg/mmol", "holds"),
        (AT_30 - 0.000001, "mg/mmol", "fails"),
        (4, "mg", "unknown"),  # of what?
    ],
)
def test_a_condition_on_the_facts_converts_between_mass_and_amount_by_the_molar_mass_of_their_code(
    value, unit, expected
):
    asked = {"any": "lab", "in": "uacr", "where": {"value": "at least 30 mg/g"}}
    of_all = {"any": "uacrs", "where": {"value": "at least 30 mg/g"}}
    definitions = {
        "uacrs": {"any": "lab", "in": "uacr"},
        "n": asked,
        "of-all": of_all,
        "newest": {"latest": "uacrs"},
        "high": {"value": "newest", "is": "at least 30 mg/g"},
        "it-high": {"for-each": "uacrs", "value": "it.value", "is": "at least 30 mg/g"},
        "some-high": {"any": "uacrs", "that": ["it-high"]},
    }
    fact = observation(value, unit, loinc="9318-7")
    judging = verdicts(ruleset(definitions, value_sets=UACR), fact).judging
    for name in ("n", "of-all", "high", "some-high"):
        assert (name, judging.truth(name).value) == (name, expected)


def test_two_molar_masses_for_one_code_convert_nothing():
    other = {"same-code": {**UACR["uacr"], "molar-mass": "180.16 g/mol"}}
    asked = {"any": "lab", "in": "uacr", "where": {"value": "at least 30 mg/g"}}
    definitions = {"n": asked, "other": {"any": "lab", "in": "same-code"}}
    fact = observation(4, "mg/mmol", loinc="9318-7")
    assert verdicts(ruleset(definitions, value_sets=UACR | other), fact).judging.truth("n").value == "unknown"


TOMORROW = "2026-05-02T09:00:00Z"


@pytest.mark.parametrize(
    ("window", "ordered", "planned"),
    [
        ({"within": "30 days"}, "holds", "fails"),
        ({"from": "30 days before now"}, "holds", "fails"),
        ({"after": "30 days before now"}, "holds", "fails"),
        ({"within": "24 hours"}, "holds", "fails"),
        ({"from": "24 hours before now"}, "holds", "fails"),
        ({"from": "30 days before now", "until": "now"}, "fails", "fails"),
        ({"from": "30 days before now", "until": "2 days after now"}, "holds", "holds"),
    ],
)
def test_a_draft_is_being_written_now_whatever_its_date_and_a_planned_visit_is_not(window, ordered, planned):
    """Within, and from without an end, say the same."""
    visit = {**encounter(start=TOMORROW, end=None), "status": "planned"}
    assert truth({"n": {"any": "encounter", **window}}, "n", visit, at=AT) == planned
    order = draft(rxnorm="11289", on=TOMORROW)
    assert truth({"n": {"any": "order", "in": ["warfarin"], **window}}, "n", drafts=[order], at=AT) == ordered
