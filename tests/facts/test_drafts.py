import pytest

from cds.facts.fact import Vocabulary
from cds.facts.wrong_patient import WrongPatient
from tests.facts.reading import HYPERTENSION, IBUPROFEN, POTASSIUM, VOCABULARY, WARFARIN, only, read, reasons
from tests.patients import concept, draft, medication_request, patient, service_request

SANDBOX = {  # the HL7 sandbox, before and after a medicine is picked (spec/real-clients.md)
    "resourceType": "MedicationRequest",
    "id": "request-123",
    "status": "draft",
    "category": {"coding": [{"code": "outpatient"}]},
    "reasonCode": [],
    "subject": {"reference": "Patient/p1"},
}
NOTHING_PICKED = [
    SANDBOX,
    {**SANDBOX, "medicationCodeableConcept": {"coding": [{}]}},
    {**SANDBOX, "medicationCodeableConcept": {}},
    {**SANDBOX, "medicationReference": {}},
    {"resourceType": "ServiceRequest", "id": "s", "code": {"coding": [{}]}, "subject": {"reference": "Patient/p1"}},
    {"resourceType": "ServiceRequest", "id": "s", "subject": {"reference": "Patient/p1"}},
]


def test_at_order_sign_every_draft_is_an_order():
    record = read(drafts=[draft(rxnorm=WARFARIN), draft(id="o2", rxnorm=IBUPROFEN)], hook="order-sign")
    assert [fact.reference for fact in record.facts["order"]] == ["MedicationRequest/o1", "MedicationRequest/o2"]
    assert len(record.facts["draft"]) == 2


def test_at_order_select_only_the_selected_drafts_are_orders():
    record = read(
        drafts=[draft(rxnorm=WARFARIN), draft(id="o2", rxnorm=IBUPROFEN)],
        hook="order-select",
        selections=frozenset({"MedicationRequest/o2"}),
    )
    assert only(record, "order").reference == "MedicationRequest/o2"
    assert len(record.facts["draft"]) == 2


def test_at_other_hooks_a_draft_is_no_order():
    assert set(read(drafts=[draft(rxnorm=WARFARIN)]).facts) == {"draft"}


@pytest.mark.parametrize("status", ["active", "draft", None, "on-hold", "Draft ", "ACTIVE", "proposed", "requested"])
def test_a_draft_is_a_draft_whatever_the_client_wrote(status):
    record = read(drafts=[draft(rxnorm=WARFARIN, status=status)], hook="order-sign")
    assert only(record, "order").status == "draft"
    assert "medication" not in record.facts


def test_a_draft_that_says_what_not_to_do_is_no_order_of_it():
    record = read(drafts=[draft(rxnorm=WARFARIN, more={"doNotPerform": True})], hook="order-sign")
    assert only(record, "order").status == "do-not-perform"


def test_a_draft_entered_in_error_is_nothing():
    assert read(drafts=[draft(rxnorm=WARFARIN, status="entered-in-error")], hook="order-sign").facts == {}


@pytest.mark.parametrize(
    "status", ["Entered-In-Error", "entered-in-error ", "enteredInError", "unknown", "foo", "", 7, []]
)
def test_a_draft_whose_status_leaves_open_whether_it_stands_is_neither_judged_nor_dropped(status):
    prior = {"priorPrescription": {"reference": "MedicationRequest/m1"}}
    odd = draft(id="o1", rxnorm=WARFARIN, more={"status": status} | prior)
    record = read(medication_request(id="m1", rxnorm=WARFARIN), drafts=[odd], hook="order-sign")
    assert {"draft", "order"}.isdisjoint(record.facts)
    (omission,) = record.omissions
    assert (omission.reference, omission.reason) == ("MedicationRequest/o1", "bad-status")
    assert omission.kinds == {"draft", "order"}
    assert {coding.code for coding in omission.codings} >= {WARFARIN}
    assert {fact.status for fact in record.facts["medication"]} == {"active"}  # and it replaces nothing


@pytest.mark.parametrize("nothing", NOTHING_PICKED)
def test_a_draft_in_which_nothing_was_picked_is_ignored(nothing):
    for vocabulary in (VOCABULARY, Vocabulary(frozenset(), frozenset({"order", "draft"}))):
        record = read(drafts=[nothing], hook="order-sign", vocabulary=vocabulary)
        assert (record.facts, record.omissions, record.unmapped) == ({}, (), ())


@pytest.mark.parametrize(
    "picked",
    [
        {"medicationReference": {"identifier": {"system": "urn:example:formulary", "value": "4711"}}},
        {"medicationReference": {"extension": [{"url": "urn:example:why", "valueCode": "masked"}]}},
        {"medicationCodeableConcept": {"extension": [{"url": "urn:example:why", "valueCode": "masked"}]}},
    ],
)
def test_a_draft_whose_drug_is_told_in_a_way_that_cannot_be_read_could_be_anything(picked):
    record = read(drafts=[{**SANDBOX, **picked}], hook="order-sign")
    assert [omission.reason for omission in record.omissions] == ["unresolved-medication"]


def test_the_sloppy_draft_of_a_real_client_is_read():
    picked = {**SANDBOX, "medicationCodeableConcept": {"text": "Warfarin", **concept(rxnorm=WARFARIN)}}
    fact = only(read(drafts=[picked], hook="order-sign"), "order")
    assert (fact.display, fact.reference) == ("Warfarin", "MedicationRequest/request-123")


def test_a_draft_with_text_only_is_unmapped():
    free = draft(more={"medicationCodeableConcept": {"text": "blood thinner"}})
    record = read(drafts=[free], hook="order-sign")
    assert (record.facts, record.omissions, record.unmapped) == ({}, (), ("MedicationRequest/o1",))


def test_a_draft_whose_medication_did_not_come_could_be_anything():
    lost = draft(more={"medicationCodeableConcept": None, "medicationReference": {"reference": "Medication/x"}})
    (omission,) = read(drafts=[lost], hook="order-sign").omissions
    assert (omission.reason, omission.kinds, omission.codings) == ("unresolved-medication", {"draft", "order"}, None)


def test_a_medication_among_the_drafts_resolves_their_references():
    named = draft(more={"medicationCodeableConcept": None, "medicationReference": {"reference": "Medication/x"}})
    helper = {"resourceType": "Medication", "id": "x", "code": concept(rxnorm=WARFARIN)}
    record = read(drafts=[named, helper], hook="order-sign")
    assert only(record, "order").reference == "MedicationRequest/o1"


def test_orders_of_other_types_are_read_by_their_code():
    record = read(drafts=[service_request(loinc=POTASSIUM)], hook="order-sign")
    assert only(record, "order").reference == "ServiceRequest/s1"


def test_a_draft_without_id_has_a_name_of_its_own():
    record = read(drafts=[draft(id=None, rxnorm=WARFARIN)], hook="order-sign")
    assert only(record, "order").reference == "#draft-1"


def test_whether_a_draft_without_id_was_selected_nobody_can_tell():
    record = read(drafts=[draft(id=None, rxnorm=WARFARIN)], hook="order-select", selections=frozenset())
    assert "order" not in record.facts
    (omission,) = record.omissions
    assert (omission.reason, omission.kinds) == ("no-id", {"order"})


def test_a_selection_without_its_draft_is_not_forgotten():
    record = read(drafts=[], hook="order-select", selections=frozenset({"MedicationRequest/gone"}))
    assert reasons(record) == {"MedicationRequest/gone": "unresolved-selection"}


@pytest.mark.parametrize("on", ["2027-01-01", "next week", 7])
def test_the_date_of_a_draft_never_hides_it(on):
    assert only(read(drafts=[draft(rxnorm=WARFARIN, on=on)], hook="order-sign"), "order").status == "draft"


def test_a_draft_that_is_no_object_is_an_omission():
    assert reasons(read(drafts=["text"], hook="order-sign")) == {"#draft-1": "malformed"}


def test_a_draft_about_something_else_is_an_omission():
    odd = draft(rxnorm=WARFARIN, more={"subject": {"reference": "Group/g1"}})
    assert reasons(read(drafts=[odd], hook="order-sign")) == {"MedicationRequest/o1": "wrong-subject"}


def test_a_code_without_system_in_a_draft_is_a_candidate():
    odd = draft(more={"medicationCodeableConcept": {"coding": [{"code": WARFARIN}]}})
    (omission,) = read(drafts=[odd], hook="order-sign").omissions
    assert omission.reason == "no-system"
    assert {coding.code for coding in omission.codings or ()} == {WARFARIN}


def test_a_draft_of_no_interest_is_passed_over():
    assert read(drafts=[service_request(snomed="1")], hook="order-sign").facts == {}
    assert read(drafts=[service_request(snomed=HYPERTENSION)], hook="order-sign").facts.keys() == {"draft", "order"}


def test_a_draft_whose_subject_names_nobody_is_the_patients_own():
    odd = draft(rxnorm=WARFARIN, more={"subject": {"reference": "example-context"}})
    assert set(read(drafts=[odd], hook="order-sign").facts) == {"draft", "order"}


@pytest.mark.parametrize("more", [{"doNotPerform": "yes"}, {"resourceType": 7}])
def test_a_draft_whose_meaning_cannot_be_read_is_an_omission(more):
    record = read(drafts=[draft(rxnorm=WARFARIN, more=more)], hook="order-sign")
    assert record.facts == {}
    assert [omission.reason for omission in record.omissions] == ["malformed"]


def test_a_patient_among_the_drafts_must_be_the_one_of_the_context():
    with pytest.raises(WrongPatient):
        read(drafts=[patient("p2")], hook="order-sign")
    assert read(drafts=[patient("p1")], hook="order-sign").omissions == ()
