"""Draft orders as clients write them; not all of them are valid FHIR R4. Ibuprofen for somebody on warfarin."""

from typing import Any

PATIENT = "synthetic-a"
_DRUG = {
    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "310965", "display": "Ibuprofen"}]
}
_SUBJECT = {"reference": f"Patient/{PATIENT}"}
#: The HL7 sandbox: a constant id, an object where R4 has an array, no intent.
OPENED: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "id": "request-123",
    "status": "draft",
    "category": {"coding": [{"code": "community"}]},
    "subject": _SUBJECT,
}
PICKED = OPENED | {
    "medicationCodeableConcept": {"text": "Ibuprofen 200 MG Oral Tablet", **_DRUG},
    "reasonCode": [],
    "dosageInstruction": [
        {
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            "doseAndRate": [{"doseQuantity": {"value": 1, "system": "http://unitsofmeasure.org", "code": "{pill}"}}],
        }
    ],
    "dispenseRequest": {"expectedSupplyDuration": {"value": 30, "unit": "days"}},
}
DRAFTS: dict[str, dict[str, Any]] = {
    "opened": OPENED,
    "picked": PICKED,
    "imaging": {
        "resourceType": "ServiceRequest",
        "id": "example-request-id",
        "status": "draft",
        "intent": "plan",
        "code": {"coding": [{}]},
        "reasonCode": [],
        "subject": _SUBJECT,
    },
    # The sandbox after a suggestion was taken: the text box still shows the old name.
    "renamed": PICKED | {"medicationCodeableConcept": {"text": "Acetaminophen 325 MG Oral Tablet", **_DRUG}},
    "bounded": PICKED
    | {
        "dosageInstruction": [
            {
                "timing": {
                    "repeat": {
                        "boundsPeriod": {"start": "2026-05-01", "end": "2026-05-31"},
                        "frequency": 1,
                        "period": 1,
                        "periodUnit": "d",
                    }
                },
                "doseAndRate": [{"doseQuantity": {"value": 1, "code": "{pill}"}}],
            }
        ]
    },
    "stu3": {
        "resourceType": "MedicationRequest",
        "id": "s3",
        "status": "draft",
        "intent": "order",
        "subject": _SUBJECT,
        "context": {"reference": "Encounter/e1"},
        "requester": {"agent": {"reference": "Practitioner/p1"}},
        "medicationCodeableConcept": {"text": "Ibuprofen", **_DRUG},
        "dosageInstruction": [{"doseQuantity": {"value": 1, "unit": "tablet"}}],
    },
    "long-id": PICKED | {"id": "x" * 200},
    "no-id": {name: value for name, value in PICKED.items() if name != "id"},
    "bare-draft": {
        "resourceType": "MedicationRequest",
        "id": "b1",
        "medicationCodeableConcept": {"text": "Ibuprofen", **_DRUG},
    },
    "dstu2": {
        "resourceType": "MedicationOrder",
        "id": "d2",
        "status": "draft",
        "patient": _SUBJECT,
        "medicationCodeableConcept": {"text": "Ibuprofen", **_DRUG},
    },
    "r5-service": {
        "resourceType": "ServiceRequest",
        "id": "r5",
        "status": "draft",
        "intent": "order",
        "subject": _SUBJECT,
        "code": {"concept": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]}},
    },
    "r5": {
        "resourceType": "MedicationRequest",
        "id": "r5",
        "status": "draft",
        "intent": "order",
        "subject": _SUBJECT,
        "medication": {"concept": {"text": "Ibuprofen", **_DRUG}},
    },
}
