# ruff: noqa: E501 -- one resource a line reads best
"""The status words that a ruleset may name are those that the readers give to facts."""

import pytest

from cds.facts.statuses import STATUSES
from tests.facts.reading import HYPERTENSION, POTASSIUM, WARFARIN, read
from tests.patients import PATIENT, concept

WORDS = sorted(
    {word for words in STATUSES.values() for word in words} | {"entered-in-error", "unknown", "ended", "busy"}
)
DRUG, PROBLEM, RESULT = concept(rxnorm=WARFARIN), concept(snomed=HYPERTENSION), concept(loinc=POTASSIUM)
SUBJECT = {"subject": {"reference": f"Patient/{PATIENT}"}}
OF_PATIENT = {"patient": {"reference": f"Patient/{PATIENT}"}}
RESOURCES = [
    {"resourceType": "Observation", "code": RESULT, "valueInteger": 1, **SUBJECT},
    {"resourceType": "DiagnosticReport", "code": RESULT, **SUBJECT},
    {"resourceType": "MedicationRequest", "intent": "order", "medicationCodeableConcept": DRUG, **SUBJECT},
    {"resourceType": "MedicationRequest", "intent": "plan", "medicationCodeableConcept": DRUG, **SUBJECT},
    {"resourceType": "MedicationStatement", "medicationCodeableConcept": DRUG, **SUBJECT},
    {"resourceType": "MedicationDispense", "medicationCodeableConcept": DRUG, "whenHandedOver": "2026-02-20", **SUBJECT},
    {"resourceType": "MedicationDispense", "medicationCodeableConcept": DRUG, "whenHandedOver": "2024-02-20", **SUBJECT},
    {"resourceType": "MedicationAdministration", "medicationCodeableConcept": DRUG, "effectiveDateTime": "2026-02-20", **SUBJECT},
    {"resourceType": "Procedure", "code": PROBLEM, **SUBJECT},
    {"resourceType": "Immunization", "vaccineCode": concept(cvx="140"), "occurrenceDateTime": "2026-02-20", **OF_PATIENT},
    {"resourceType": "ServiceRequest", "intent": "order", "code": PROBLEM, **SUBJECT},
    {"resourceType": "ServiceRequest", "intent": "directive", "code": PROBLEM, **SUBJECT},
    {"resourceType": "ServiceRequest", "intent": "order", "doNotPerform": True, "code": PROBLEM, **SUBJECT},
    {"resourceType": "DeviceRequest", "intent": "order", "codeCodeableConcept": PROBLEM, **SUBJECT},
    {"resourceType": "Encounter", "class": {"code": "AMB"}, "type": [PROBLEM], "period": {"start": "2026-02-20"}, **SUBJECT},
]  # fmt: skip


def statuses_of(resource):
    record = read({"id": "x", **resource})
    return {(kind, fact.status) for kind, facts in record.facts.items() for fact in facts}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource["resourceType"])
def test_no_fact_has_a_status_that_a_ruleset_could_not_name(resource):
    found = {each for word in WORDS for each in statuses_of({**resource, "status": word})}
    assert found
    assert {(kind, word) for kind, word in found if word not in STATUSES[kind]} == set()


@pytest.mark.parametrize("kind", ["observation", "report", "procedure", "immunization", "encounter", "administration"])
def test_every_status_of_a_kind_is_one_that_some_record_gives(kind):
    found = {each for resource in RESOURCES for word in WORDS for each in statuses_of({**resource, "status": word})}
    assert {word for of, word in found if of == kind} == STATUSES[kind]


def test_a_supply_of_an_active_request_is_not_in_use_a_second_time():
    request = {**RESOURCES[2], "id": "r1", "status": "active"}
    supply = {
        **RESOURCES[5],
        "id": "s1",
        "status": "completed",
        "authorizingPrescription": [{"reference": "MedicationRequest/r1"}],
    }
    record = read(request, supply)
    assert sorted(fact.status for fact in record.facts["medication"]) == ["active", "supplied"]
