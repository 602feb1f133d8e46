import pytest

from cds.terminology.coding import RXNORM, Coding
from tests.facts.reading import CODE_OF_NO_RULE, IBUPROFEN, OXYCODONE, WARFARIN, only, read, reasons, statuses
from tests.patients import (
    administration,
    concept,
    dispense,
    draft,
    medication_request,
    medication_statement,
    supply,
)

WARFARIN_5_MG = "855332"  # Warfarin Sodium 5 MG Oral Tablet


def reference_to(name, **more):
    return {"medicationCodeableConcept": None, "medicationReference": {"reference": name}, **more}


def medication(name="med1", **codes):
    return {"resourceType": "Medication", "id": name, "code": concept(**codes)}


def test_an_active_request_is_a_prescription_and_a_medication_in_use():
    record = read(medication_request(rxnorm=WARFARIN))
    assert only(record, "prescription").status == "active"
    assert only(record, "medication").status == "active"
    assert only(record, "medication").reference == "MedicationRequest/m1"


def test_a_product_matches_by_its_ingredient():
    fact = only(read(medication_request(rxnorm=WARFARIN_5_MG)), "medication")
    assert {Coding(RXNORM, WARFARIN), Coding(RXNORM, WARFARIN_5_MG)} <= fact.codings


@pytest.mark.parametrize("word", ["stopped", "completed", "on-hold", "cancelled", "draft"])
def test_a_request_that_is_not_active_is_not_in_use(word):
    assert statuses(read(medication_request(status=word, rxnorm=WARFARIN))) == [word]


@pytest.mark.parametrize("intent", [None, "order", "original-order", "reflex-order", "filler-order", "instance-order"])
def test_orders_of_every_intent_are_in_use(intent):
    assert statuses(read(medication_request(intent=intent, rxnorm=WARFARIN))) == ["active"]


@pytest.mark.parametrize("intent", ["plan", "proposal", "option"])
def test_a_plan_is_not_in_use(intent):
    assert statuses(read(medication_request(intent=intent, rxnorm=WARFARIN))) == [intent]


def test_a_request_not_to_give_is_neither_prescribed_nor_in_use():
    record = read(medication_request(rxnorm=WARFARIN, more={"doNotPerform": True}))
    assert statuses(record) == statuses(record, "prescription") == ["do-not-perform"]


@pytest.mark.parametrize(
    "more", [{"status": None}, {"status": "unknown"}, {"status": 7}, {"intent": "wish"}, {"doNotPerform": "true"}]
)
def test_a_request_whose_use_cannot_be_read_is_an_omission(more):
    record = read(medication_request(rxnorm=WARFARIN, more=more))
    assert record.facts == {}
    assert reasons(record) == {"MedicationRequest/m1": "bad-status"}


def test_a_request_that_is_one_of_the_drafts_is_not_a_medication():
    record = read(
        medication_request(id="o1", rxnorm=WARFARIN), drafts=[draft(id="o1", rxnorm=WARFARIN)], hook="order-sign"
    )
    assert "medication" not in record.facts
    assert only(record, "order").reference == "MedicationRequest/o1"


def test_another_drug_under_the_same_id_as_a_draft_is_still_a_medication():
    """Clients give every draft one constant id: it must not hide what the patient takes."""
    record = read(
        medication_request(id="x1", rxnorm=WARFARIN), drafts=[draft(id="x1", rxnorm=IBUPROFEN)], hook="order-sign"
    )
    assert only(record, "medication").status == "active"
    assert only(record, "order").codings == {Coding(RXNORM, IBUPROFEN)}


@pytest.mark.parametrize(
    "reference", ["MedicationRequest/m1", "https://ehr.example/r4/MedicationRequest/m1/_history/2"]
)
def test_what_a_draft_replaces_is_replaced(reference):
    renewal = draft(rxnorm=WARFARIN, more={"priorPrescription": {"reference": reference}})
    assert statuses(read(medication_request(rxnorm=WARFARIN), drafts=[renewal], hook="order-sign")) == ["replaced"]


def test_a_stopped_request_stays_stopped_although_a_draft_replaces_it():
    renewal = draft(rxnorm=WARFARIN, more={"priorPrescription": {"reference": "MedicationRequest/m1"}})
    record = read(medication_request(status="stopped", rxnorm=WARFARIN), drafts=[renewal], hook="order-sign")
    assert statuses(record) == ["stopped"]


@pytest.mark.parametrize(
    ("word", "status"),
    [("active", "active"), ("intended", "active"), ("not-taken", "not-taken"), ("stopped", "stopped")],
)
def test_a_statement_is_in_use_if_active_or_intended(word, status):
    record = read(medication_statement(status=word, rxnorm=WARFARIN))
    assert only(record, "medication").status == status
    assert set(record.facts) == {"medication"}


@pytest.mark.parametrize("resource_of", [dispense, administration])
@pytest.mark.parametrize(("on", "status"), [("2025-11-21", "active"), ("2025-11-20", "past"), ("2026-03-01", "active")])
def test_a_supply_counts_for_a_hundred_days_the_last_one_included(resource_of, on, status):
    assert statuses(read(resource_of(on=on, rxnorm=WARFARIN))) == [status]


def test_a_supply_is_also_a_fact_of_its_own_kind():
    assert only(read(dispense(on="2020-01-01", rxnorm=WARFARIN)), "dispense").status == "completed"
    assert only(read(administration(on="2020-01-01", rxnorm=WARFARIN)), "administration").status == "completed"


@pytest.mark.parametrize(("on", "reason"), [(None, "no-date"), ("2025-11", "coarse-date"), ("2025", "coarse-date")])
def test_a_supply_whose_day_decides_nothing_leaves_use_unknown(on, reason):
    record = read(dispense(on=on, rxnorm=WARFARIN))
    assert only(record, "dispense").reference == "MedicationDispense/d1"
    assert "medication" not in record.facts
    (omission,) = record.omissions
    assert (omission.reason, omission.kinds) == (reason, {"medication"})


@pytest.mark.parametrize("word", ["preparation", "declined", "cancelled", "in-progress"])
def test_what_was_not_handed_over_is_neither_fact_nor_omission(word):
    record = read(dispense(rxnorm=WARFARIN, more={"status": word}))
    assert (record.facts, record.omissions) == ({}, ())


def test_a_supply_is_dated_by_handing_over_else_by_preparation():
    fact = only(read(dispense(on=None, rxnorm=WARFARIN, more={"whenPrepared": "2026-02-01"})), "dispense")
    assert fact.when is not None
    assert fact.when.first_day.isoformat() == "2026-02-01"


def test_an_administration_counts_from_its_end():
    period = {"effectiveDateTime": None, "effectivePeriod": {"start": "2025-01-01", "end": "2026-02-01"}}
    assert statuses(read(administration(rxnorm=WARFARIN, more=period))) == ["active"]


def test_an_administration_whose_end_nobody_told_may_have_ended_long_ago():
    def told(start, status="completed"):
        period = {"effectiveDateTime": None, "effectivePeriod": {"start": start}, "status": status}
        return read(administration(rxnorm=WARFARIN, more=period))

    (omission,) = told("2025-01-01").omissions
    assert (omission.reason, omission.kinds) == ("coarse-date", {"medication"})
    assert statuses(told("2025-01-01", "in-progress")) == ["active"]
    assert statuses(told("2026-02-01")) == ["active"]


@pytest.mark.parametrize(("word", "is_over"), [("active", False), ("intended", False), ("stopped", True)])
def test_a_statement_without_an_end_goes_on_while_it_is_taken(word, is_over):
    told = {"status": word, "effectiveDateTime": None, "effectivePeriod": {"start": "2020-01-01"}}
    fact = only(read(medication_statement(rxnorm=WARFARIN, more=told)), "medication")
    assert fact.when is not None
    assert fact.when.untold_end is is_over


def test_a_dose_not_given_is_not_a_medication_in_use():
    record = read(administration(rxnorm=WARFARIN, more={"status": "not-done"}))
    assert statuses(record) == statuses(record, "administration") == ["not-done"]


def test_a_supply_on_an_active_request_does_not_count_the_drug_twice():
    supplied_on = {"authorizingPrescription": [{"reference": "MedicationRequest/m1"}]}
    record = read(dispense(rxnorm=WARFARIN, more=supplied_on), medication_request(rxnorm=WARFARIN))
    assert sorted(statuses(record)) == ["active", "supplied"]
    record = read(dispense(rxnorm=WARFARIN, more=supplied_on), medication_request(status="stopped", rxnorm=WARFARIN))
    assert sorted(statuses(record)) == ["active", "stopped"]
    record = read(dispense(rxnorm=WARFARIN, more=supplied_on))
    assert statuses(record) == ["active"]


def test_a_supply_on_a_request_that_is_being_replaced_is_replaced_too():
    supplied_on = {"authorizingPrescription": [{"reference": "MedicationRequest/m1"}]}
    renewal = draft(rxnorm=WARFARIN, more={"priorPrescription": {"reference": "MedicationRequest/m1"}})
    record = read(
        dispense(rxnorm=WARFARIN, more=supplied_on),
        medication_request(rxnorm=WARFARIN),
        drafts=[renewal],
        hook="order-sign",
    )
    assert statuses(record) == ["replaced", "replaced"]


@pytest.mark.parametrize(
    "name",
    ["Medication/med1", "urn:uuid:med1", "https://ehr.example/fhir/Medication/med1", "Medication/med1/_history/1"],
)
def test_a_medication_reference_is_followed(name):
    answer = supply("MedicationRequest", medication_request(more=reference_to(name)), medication(rxnorm=WARFARIN))
    assert only(read(also=[answer]), "medication").status == "active"


def test_a_contained_medication_is_found():
    more = reference_to("#m", contained=[{**medication("m", rxnorm=WARFARIN)}])
    assert only(read(medication_request(more=more)), "medication").status == "active"


def test_a_compound_matches_by_each_of_its_ingredients():
    compound = {
        "resourceType": "Medication",
        "id": "med1",
        "ingredient": [
            {"itemCodeableConcept": concept(rxnorm=OXYCODONE)},
            {"itemCodeableConcept": concept(rxnorm="161")},
        ],
    }
    answer = supply("MedicationRequest", medication_request(more=reference_to("Medication/med1")), compound)
    assert Coding(RXNORM, OXYCODONE) in only(read(also=[answer]), "medication").codings


@pytest.mark.parametrize(
    "more",
    [
        reference_to("Medication/lost"),
        reference_to("#lost"),
        reference_to(None),
        {"medicationCodeableConcept": {}},
        reference_to(7),
    ],
)
def test_a_medication_that_cannot_be_told_could_be_any(more):
    record = read(medication_request(more=more))
    assert record.facts == {}
    (omission,) = record.omissions
    assert (omission.reason, omission.codings) == ("unresolved-medication", None)
    assert omission.kinds == {"prescription", "medication"}


def test_two_medications_under_one_name_are_neither():
    answer = supply(
        "MedicationRequest",
        medication_request(more=reference_to("Medication/med1")),
        medication(rxnorm=WARFARIN),
        medication(rxnorm=IBUPROFEN),
    )
    assert reasons(read(also=[answer])) == {"MedicationRequest/m1": "unresolved-medication"}


def test_a_medication_of_no_interest_is_passed_over():
    record = read(medication_request(rxnorm="161"), medication_statement(snomed=CODE_OF_NO_RULE))
    assert (record.facts, record.omissions, record.unmapped) == ({}, (), ())


def test_a_plan_may_lie_ahead_and_a_prescription_may_not():
    assert statuses(read(medication_request(on="2026-05-01", intent="plan", rxnorm=WARFARIN))) == ["plan"]
    assert reasons(read(medication_request(on="2026-05-01", rxnorm=WARFARIN))) == {
        "MedicationRequest/m1": "future-date"
    }


@pytest.mark.parametrize("resource_of", [dispense, administration, medication_statement])
def test_a_supply_or_statement_that_cannot_be_read_is_an_omission(resource_of):
    (omission,) = read(resource_of(rxnorm=WARFARIN, more={"status": "unknown"})).omissions
    assert omission.reason == "bad-status"
    for date, reason in (("2026-13-01", "bad-date"), ("2026-04-01", "future-date")):
        dated = {"whenHandedOver": date, "effectiveDateTime": date}
        (omission,) = read(resource_of(rxnorm=WARFARIN, more=dated)).omissions
        assert omission.reason == reason


def test_a_clients_constant_id_hides_neither_a_request_nor_a_supply_of_another_drug():
    supplied_on = {"authorizingPrescription": [{"reference": "MedicationRequest/request-123"}]}
    record = read(
        medication_request(id="request-123", rxnorm=WARFARIN),
        dispense(rxnorm=OXYCODONE, more=supplied_on),
        drafts=[draft(id="request-123", rxnorm=IBUPROFEN)],
        hook="order-sign",
    )
    assert statuses(record) == ["active", "active"]
    record = read(
        dispense(rxnorm=WARFARIN, more=supplied_on),
        drafts=[draft(id="request-123", rxnorm=IBUPROFEN)],
        hook="order-sign",
    )
    assert statuses(record) == ["active"]


def test_a_supply_on_the_order_that_is_signed_again_is_replaced():
    supplied_on = {"authorizingPrescription": [{"reference": "MedicationRequest/o1"}]}
    record = read(dispense(rxnorm=WARFARIN, more=supplied_on), drafts=[draft(rxnorm=WARFARIN)], hook="order-sign")
    assert statuses(record) == ["replaced"]
