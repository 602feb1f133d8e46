"""What passes when a definition names no status: what is meant, not what is struck out (docs/language.md, 4)."""

import pytest

from tests.patients import administration, allergy, dispense, draft, medication_request
from tests.rules.judge.telling import outcomes, rule, ruleset, truth

ORDERED = {"k": {"says": "Ordered", "any": "order", "in": "warfarin"}}
DRAFTED = {"k": {"says": "Drafted", "any": "draft", "in": "warfarin"}}
PRESCRIBED = {"k": {"says": "Prescribed", "any": "prescription", "in": "warfarin"}}
GIVEN = {"k": {"says": "Given", "any": "administration", "in": "warfarin"}}
DISPENSED = {"k": {"says": "Dispensed", "any": "dispense", "in": "warfarin"}}
SOME_ALLERGY = {"k": {"says": "Some allergy", "any": "allergy"}}
EVERY_ALLERGY = {"k": {"says": "Some allergy at any time", "any": "allergy", "status": "any"}}
TO_A_PLACE = {"k": {"says": "Allergic to what is no drug", "any": "allergy", "in": "stroke"}}
COUNTED = {"k": {"says": "At least one allergy", "count": "allergy", "is": "at least 1"}}
ALLERGIC = {"k": {"says": "Allergic", "any": "allergy", "in": "warfarin"}}
WARFARIN = "11289"


@pytest.mark.parametrize("told", [ORDERED, DRAFTED])
def test_a_draft_that_says_do_not_give_is_no_order(told):
    struck_out = draft(rxnorm=WARFARIN, more={"doNotPerform": True})
    assert truth(told, "k", drafts=[struck_out]) == "fails"
    assert truth(told, "k", drafts=[draft(rxnorm=WARFARIN)]) == "holds"


def test_a_prescription_that_says_do_not_give_is_none():
    assert truth(PRESCRIBED, "k", medication_request(rxnorm=WARFARIN, more={"doNotPerform": True})) == "fails"
    assert truth(PRESCRIBED, "k", medication_request(rxnorm=WARFARIN, status="stopped")) == "holds"


def test_what_was_not_given_or_not_handed_over_did_not_happen():
    assert truth(GIVEN, "k", administration(rxnorm=WARFARIN, more={"status": "not-done"})) == "fails"
    assert truth(DISPENSED, "k", dispense(rxnorm=WARFARIN, more={"status": "cancelled"})) == "fails"
    assert truth(DISPENSED, "k", dispense(rxnorm=WARFARIN)) == "holds"


def test_an_allergy_without_a_status_counts():
    assert truth(ALLERGIC, "k", allergy(rxnorm=WARFARIN, status=None)) == "holds"
    assert truth(ALLERGIC, "k", allergy(rxnorm=WARFARIN, status="resolved")) == "fails"


def test_an_empty_allergy_list_is_no_answer_but_no_known_allergy_is_one():
    assert truth(ALLERGIC, "k") == "unknown"
    assert truth(ALLERGIC, "k", allergy(snomed="716186003")) == "fails"


@pytest.mark.parametrize("engine", ["reference", "durable"])
@pytest.mark.parametrize("told", [SOME_ALLERGY, EVERY_ALLERGY, COUNTED, TO_A_PLACE])
def test_no_known_allergy_counts_as_no_allergy_whatever_is_asked(told, engine):
    assert truth(told, "k", allergy(snomed="716186003"), engine=engine) == "fails"
    assert truth(told, "k", engine=engine) == "unknown"


@pytest.mark.parametrize(
    ("told", "expected"), [(ALLERGIC, "fails"), (SOME_ALLERGY, "unknown"), (TO_A_PLACE, "unknown")]
)
def test_no_known_drug_allergy_answers_what_asks_for_drugs_alone(told, expected):
    assert truth(told, "k", allergy(snomed="409137002")) == expected


@pytest.mark.parametrize("code", ["429625007", "428607008", "1003774007"])
def test_no_known_allergy_of_another_kind_says_nothing_of_drugs(code):
    assert truth(ALLERGIC, "k", allergy(snomed=code)) == "unknown"
    assert truth(SOME_ALLERGY, "k", allergy(snomed=code)) == "unknown"


def test_an_allergy_beside_a_denial_stands():
    both = allergy("al1", snomed="716186003"), allergy("al2", rxnorm=WARFARIN)
    assert truth(ALLERGIC, "k", *both) == truth(SOME_ALLERGY, "k", *both) == "holds"


def test_a_denial_in_doubt_leaves_the_question_open():
    doubtful = allergy(snomed="716186003", more={"verificationStatus": {"coding": [{"code": "unconfirmed"}]}})
    assert truth(ALLERGIC, "k", doubtful) == "unknown"
    assert truth(ALLERGIC, "k", allergy(snomed="716186003"), unsupplied=["AllergyIntolerance"]) == "unknown"


@pytest.mark.parametrize("engine", ["reference", "durable"])
@pytest.mark.parametrize(
    ("listed", "outcome"),
    [("716186003", "silent"), ("764146007", "fires"), ("409137002", "unknown"), ("429625007", "unknown")],
)
def test_a_rule_about_any_allergy_is_silent_where_there_is_none(listed, outcome, engine):
    told = ruleset(SOME_ALLERGY, {"due": rule(["k"])})
    assert outcomes(told, allergy(snomed=listed), engine=engine).get("due", "silent") == outcome


def report(code="2823-3", status="final", concluded=("10828004",)):
    return {
        "resourceType": "DiagnosticReport", "id": "r1", "status": status, "effectiveDateTime": "2026-02-01",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "subject": {"reference": "Patient/p1"},
        "conclusionCode": [{"coding": [{"system": "http://snomed.info/sct", "code": code}]} for code in concluded],
    }  # fmt: skip


REPORTED = {"k": {"says": "Reported", "any": ["report", "lab"], "in": "potassium", "where": {"value": "stroke"}}}


@pytest.mark.parametrize(("status", "expected"), [("final", "holds"), ("appended", "holds"), ("preliminary", "fails")])
def test_a_report_that_is_finished_counts_as_a_result_does(status, expected):
    assert truth(REPORTED, "k", report(status=status, concluded=("230690007",))) == expected


def test_one_of_its_conclusions_is_enough_and_none_at_all_is_unknown():
    assert truth(REPORTED, "k", report(concluded=("10828004", "230690007"))) == "holds"
    assert truth(REPORTED, "k", report(concluded=("10828004",))) == "fails"
    assert truth(REPORTED, "k", report(concluded=())) == "unknown"
