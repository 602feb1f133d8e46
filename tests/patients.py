"""Patients told in one line: builders of FHIR R4 JSON for the tests of every package.

    condition(snomed="38341003", on="2020-01-01")
    draft(rxnorm="7052", dose=(50, "mg"), per_day=1, id="o1")

Codes are given by system name, as in a value set; ``None`` leaves an element out; ``more`` adds or replaces elements
as they are, for the odd shapes that real senders have.
"""

# ruff: noqa: A002 -- elements keep their FHIR names, id among them
from collections.abc import Sequence
from typing import Any

from cds.hooks.prefetch import Supplied, Supply, Template
from cds.terminology.coding import SYSTEM_NAMES, UCUM

Resource = dict[str, Any]

PATIENT = "p1"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


def concept(text: str | None = None, **codes: str) -> Resource:
    """A CodeableConcept: ``concept(rxnorm="7052")``, ``concept("heart attack")``."""
    codings = [{"system": SYSTEM_NAMES[system], "code": code} for system, code in codes.items()]
    return _present({"coding": codings or None, "text": text})


def quantity(value: float, unit: str, comparator: str | None = None) -> Resource:
    """A UCUM Quantity."""
    return _present({"value": value, "comparator": comparator, "unit": unit, "system": UCUM, "code": unit})


def word(code: str, system: str) -> Resource:
    """A CodeableConcept of one HL7 code: ``word("active", "condition-clinical")``."""
    return {"coding": [{"system": f"{_TERMINOLOGY}/{system}", "code": code}]}


def patient(
    id: str | None = PATIENT, born: str | None = "1960-05-01", sex: str | None = "female", **more: Any
) -> Resource:
    """A Patient."""
    return _present({"resourceType": "Patient", "id": id, "birthDate": born, "gender": sex, **more})


def condition(
    id: str = "c1",
    on: str | None = None,
    status: str | None = "active",
    verification: str | None = "confirmed",
    more: Resource | None = None,
    **codes: str,
) -> Resource:
    """A Condition: ``condition(snomed="38341003")``."""
    return _resource(
        "Condition",
        id,
        more,
        clinicalStatus=status and word(status, "condition-clinical"),
        verificationStatus=verification and word(verification, "condition-ver-status"),
        code=concept(**codes),
        onsetDateTime=on,
    )


def observation(
    value: float | None = None,
    unit: str = "1",
    *,
    on: str | None = "2026-01-01",
    id: str = "l1",
    status: str = "final",
    more: Resource | None = None,
    **codes: str,
) -> Resource:
    """An Observation: ``observation(5.4, "mmol/L", loinc="2823-3")``."""
    measured = None if value is None else quantity(value, unit)
    return _resource(
        "Observation", id, more, status=status, code=concept(**codes), effectiveDateTime=on, valueQuantity=measured
    )


def dosage(dose: tuple[float, str] | None, per_day: float | None, every_hours: float | None = None) -> Resource:
    """A dosage instruction; a unit such as ``tablet`` is written as senders do, in braces."""
    amount = None
    if dose is not None:
        counted = dose[1].isalpha() and len(dose[1]) > 2
        amount = quantity(dose[0], f"{{{dose[1]}}}" if counted else dose[1])
    repeat = {"frequency": per_day, "period": 1, "periodUnit": "d"} if per_day is not None else None
    if every_hours is not None:
        repeat = {"frequency": 1, "period": every_hours, "periodUnit": "h"}
    return _present({"timing": repeat and {"repeat": repeat}, "doseAndRate": amount and [{"doseQuantity": amount}]})


def medication_request(
    *,
    id: str = "m1",
    on: str | None = "2026-01-01",
    status: str | None = "active",
    intent: str | None = "order",
    dose: tuple[float, str] | None = None,
    per_day: float | None = None,
    every_hours: float | None = None,
    more: Resource | None = None,
    **codes: str,
) -> Resource:
    """A MedicationRequest: ``medication_request(rxnorm="11289")``."""
    instruction = dosage(dose, per_day, every_hours)
    return _resource(
        "MedicationRequest",
        id,
        more,
        status=status,
        intent=intent,
        medicationCodeableConcept=concept(**codes),
        authoredOn=on,
        dosageInstruction=[instruction] if instruction else None,
    )


def draft(id: str = "o1", more: Resource | None = None, **told: Any) -> Resource:
    """A draft MedicationRequest; as ``medication_request``, status draft."""
    return medication_request(id=id, more=more, **{"status": "draft", **told})


def service_request(id: str = "s1", more: Resource | None = None, **codes: str) -> Resource:
    """A draft ServiceRequest."""
    return _resource("ServiceRequest", id, more, status="draft", intent="order", code=concept(**codes))


def medication_statement(
    id: str = "st1", status: str = "active", more: Resource | None = None, **codes: str
) -> Resource:
    """A MedicationStatement."""
    return _resource("MedicationStatement", id, more, status=status, medicationCodeableConcept=concept(**codes))


def dispense(id: str = "d1", on: str | None = "2026-01-01", more: Resource | None = None, **codes: str) -> Resource:
    """A MedicationDispense, handed over on that day."""
    medicine = concept(**codes)
    return _resource(
        "MedicationDispense", id, more, status="completed", medicationCodeableConcept=medicine, whenHandedOver=on
    )


def administration(
    id: str = "a1", on: str | None = "2026-01-01", more: Resource | None = None, **codes: str
) -> Resource:
    """A MedicationAdministration, completed."""
    medicine = concept(**codes)
    return _resource(
        "MedicationAdministration",
        id,
        more,
        status="completed",
        medicationCodeableConcept=medicine,
        effectiveDateTime=on,
    )


def allergy(id: str = "al1", status: str | None = "active", more: Resource | None = None, **codes: str) -> Resource:
    """An AllergyIntolerance."""
    clinical = status and word(status, "allergyintolerance-clinical")
    return _resource("AllergyIntolerance", id, more, "patient", clinicalStatus=clinical, code=concept(**codes))


def procedure(id: str = "pr1", on: str | None = "2026-01-01", more: Resource | None = None, **codes: str) -> Resource:
    """A completed Procedure."""
    return _resource("Procedure", id, more, status="completed", code=concept(**codes), performedDateTime=on)


def immunization(id: str = "i1", on: str | None = "2026-01-01", more: Resource | None = None, **codes: str) -> Resource:
    """A completed Immunization."""
    vaccine = concept(**codes)
    return _resource(
        "Immunization", id, more, "patient", status="completed", vaccineCode=vaccine, occurrenceDateTime=on
    )


def encounter(
    id: str = "e1",
    start: str = "2026-01-01",
    end: str | None = "2026-01-01",
    more: Resource | None = None,
    **codes: str,
) -> Resource:
    """A finished Encounter."""
    types = [concept(**codes)] if codes else None
    return _resource(
        "Encounter", id, more, status="finished", type=types, period=_present({"start": start, "end": end})
    )


def bundle(*resources: Resource, type: str = "searchset") -> Resource:
    """A Bundle of resources."""
    return {"resourceType": "Bundle", "type": type, "entry": [{"resource": resource} for resource in resources]}


def supplied(*resources: Resource, also: Sequence[Supplied] = ()) -> tuple[Supplied, ...]:
    """What hooks would hand over if every resource came in the answer of a template of its own type."""
    types = dict.fromkeys(resource["resourceType"] for resource in resources)
    answers = [
        supply(kind, *[resource for resource in resources if resource["resourceType"] == kind]) for kind in types
    ]
    return (*answers, *also)


def supply(resource_type: str, *resources: Any, state: Supply = Supply.DATA, key: str | None = None) -> Supplied:
    """The answer to one template: a read for Patient, a search for the rest."""
    is_read = resource_type == "Patient"
    query = "Patient/{{context.patientId}}" if is_read else f"{resource_type}?patient={{{{context.patientId}}}}"
    return Supplied(Template(key or resource_type, resource_type, query, is_read), state, resources)


def _resource(
    resource_type: str, id: str | None, more: Resource | None, subject: str = "subject", **elements: Any
) -> Resource:
    about = {subject: {"reference": f"Patient/{PATIENT}"}}
    return _present({"resourceType": resource_type, "id": id, **about, **elements, **(more or {})})


def _present(elements: Resource) -> Resource:
    return {name: value for name, value in elements.items() if value is not None}
