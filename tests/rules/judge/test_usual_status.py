"""What passes when a definition names no status: what is meant, not what is struck out (docs/language.md, 4)."""

import pytest

from tests.patients import administration, allergy, dispense, draft, medication_request
from tests.rules.judge.telling import truth

ORDERED = {"k": {"says": "Ordered", "any": "order", "in": "warfarin"}}
DRAFTED = {"k": {"says": "Drafted", "any": "draft", "in": "warfarin"}}
PRESCRIBED = {"k": {"says": "Prescribed", "any": "prescription", "in": "warfarin"}}
GIVEN = {"k": {"says": "Given", "any": "administration", "in": "warfarin"}}
DISPENSED = {"k": {"says": "Dispensed", "any": "dispense", "in": "warfarin"}}
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
