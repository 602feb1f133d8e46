"""A modifier extension, or rules of the sender's, may turn the meaning of a record round: what has one is unknown, not
read as if without.
"""

import pytest

from cds.facts.attributes import Measured, Unreadable, read_attribute
from tests.facts.reading import CODE_OF_NO_RULE, DIABETES, NOW, POTASSIUM, WARFARIN, read
from tests.patients import concept, condition, draft, medication_request, observation, patient, supply

MODIFIED = {"modifierExtension": [{"url": "https://example.org/only-planned", "valueBoolean": True}]}
RULES = {"implicitRules": "https://example.org/our-rules"}
EITHER = pytest.mark.parametrize(("more", "reason"), [(MODIFIED, "modifier-extension"), (RULES, "implicit-rules")])


def omitted(record):
    return [(omission.reference, omission.reason, sorted(omission.kinds)) for omission in record.omissions]


@EITHER
@pytest.mark.parametrize(
    ("resource", "kinds"),
    [
        (condition(id="x", snomed=DIABETES), ["condition"]),
        (observation(5.0, "mmol/L", id="x", loinc=POTASSIUM), ["observation"]),
        (medication_request(id="x", rxnorm=WARFARIN), ["medication", "prescription"]),
    ],
)
def test_a_record_with_one_is_an_omission_of_its_codes(resource, kinds, more, reason):
    record = read(resource | more)
    assert record.facts == {}
    assert omitted(record) == [(f"{resource['resourceType']}/x", reason, kinds)]
    assert record.omissions[0].codings


@pytest.mark.parametrize("nothing", [{"modifierExtension": []}, {"implicitRules": ""}, {"implicitRules": None}])
def test_what_says_nothing_modifies_nothing(nothing):
    record = read(condition(snomed=DIABETES, more=nothing), observation(5.0, "mmol/L", loinc=POTASSIUM) | nothing)
    assert record.omissions == ()
    assert set(record.facts) == {"condition", "observation"}


@EITHER
def test_a_patient_with_one_is_somebody_of_whom_nothing_is_known(more, reason):
    record = read(also=[supply("Patient", patient(born="1950-01-01", sex="male") | more)])
    assert (record.patient.birth, record.patient.sex, record.patient.deceased) == (None, None, None)
    assert omitted(record) == [("Patient/p1", reason, [])]


@EITHER
def test_a_medication_with_one_could_be_any_drug(more, reason):
    named = medication_request(
        id="x", more={"medicationCodeableConcept": None, "medicationReference": {"reference": "#drug"}}
    )
    drug = {"resourceType": "Medication", "id": "drug", "code": concept(rxnorm=WARFARIN)}
    assert set(read(named | {"contained": [drug]}).facts) == {"medication", "prescription"}
    record = read(named | {"contained": [drug | more]})
    assert record.facts == {}
    assert omitted(record) == [("MedicationRequest/x", "unresolved-medication", ["medication", "prescription"])]


def test_a_record_that_no_rule_can_read_is_passed_over_with_or_without_one():
    assert read(condition(snomed=CODE_OF_NO_RULE, more=MODIFIED)).omissions == ()


@EITHER
def test_a_draft_with_one_is_neither_an_order_nor_does_it_replace_what_is_in_use(more, reason):
    prior = {"priorPrescription": {"reference": "MedicationRequest/m1"}}
    record = read(
        medication_request(id="m1", rxnorm=WARFARIN),
        drafts=[draft(id="o1", rxnorm=WARFARIN, more=more | prior)],
        hook="order-sign",
    )
    assert omitted(record) == [("MedicationRequest/o1", reason, ["draft", "order"])]
    assert {fact.status for fact in record.facts["medication"]} == {"active"}
    assert "order" not in record.facts


def test_a_dosage_with_one_has_no_dose():
    plain = medication_request(rxnorm="7804", dose=(20, "mg"), per_day=2)
    (fact,) = read(plain).facts["medication"]
    assert isinstance(read_attribute(fact, "daily-dose", NOW), Measured)
    plain["dosageInstruction"][0] |= MODIFIED
    (fact,) = read(plain).facts["medication"]
    assert read_attribute(fact, "daily-dose", NOW) == Unreadable("dose-unreadable")
