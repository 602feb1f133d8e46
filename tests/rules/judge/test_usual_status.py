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
