"""A modifier extension may turn the meaning of a record round: what has one is unknown, not read as if without."""

import pytest

from cds.facts.attributes import Measured, Unreadable, read_attribute
from tests.facts.reading import CODE_OF_NO_RULE, DIABETES, NOW, POTASSIUM, WARFARIN, read
from tests.patients import condition, draft, medication_request, observation

MODIFIED = {"modifierExtension": [{"url": "https://example.org/only-planned", "valueBoolean": True}]}


def omitted(record):
    return [(omission.reference, omission.reason, sorted(omission.kinds)) for omission in record.omissions]


@pytest.mark.parametrize(
    ("resource", "kinds"),
    [
        (condition(id="x", snomed=DIABETES, more=MODIFIED), ["condition"]),
        (observation(5.0, "mmol/L", id="x", loinc=POTASSIUM, more=MODIFIED), ["observation"]),
        (medication_request(id="x", rxnorm=WARFARIN, more=MODIFIED), ["medication", "prescription"]),
    ],
)
def test_a_record_with_one_is_an_omission_of_its_codes(resource, kinds):
    record = read(resource)
    assert record.facts == {}
    assert omitted(record) == [(f"{resource['resourceType']}/x", "modifier-extension", kinds)]
    assert record.omissions[0].codings


def test_an_empty_list_of_them_is_none():
    assert read(condition(snomed=DIABETES, more={"modifierExtension": []})).omissions == ()


def test_a_record_that_no_rule_can_read_is_passed_over_with_or_without_one():
    assert read(condition(snomed=CODE_OF_NO_RULE, more=MODIFIED)).omissions == ()


def test_a_draft_with_one_is_neither_an_order_nor_does_it_replace_what_is_in_use():
    prior = {"priorPrescription": {"reference": "MedicationRequest/m1"}}
    record = read(
        medication_request(id="m1", rxnorm=WARFARIN),
        drafts=[draft(id="o1", rxnorm=WARFARIN, more=MODIFIED | prior)],
        hook="order-sign",
    )
    assert omitted(record) == [("MedicationRequest/o1", "modifier-extension", ["draft", "order"])]
    assert {fact.status for fact in record.facts["medication"]} == {"active"}
    assert "order" not in record.facts


def test_a_dosage_with_one_has_no_dose():
    plain = medication_request(rxnorm="7804", dose=(20, "mg"), per_day=2)
    (fact,) = read(plain).facts["medication"]
    assert isinstance(read_attribute(fact, "daily-dose", NOW), Measured)
    plain["dosageInstruction"][0] |= MODIFIED
    (fact,) = read(plain).facts["medication"]
    assert read_attribute(fact, "daily-dose", NOW) == Unreadable("dose-unreadable")
