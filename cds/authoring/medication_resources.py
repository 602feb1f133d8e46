"""Medications and orders of a case, as FHIR R4 resources.

A ``daily-dose`` is written as that dose once a day, so that it travels through the same reading of dosages as a real
order. Which draft replaces which medication is decided in ``case_request``, where all facts of a case are known.
"""

import re

from cds.authoring.clinical_resources import SUBJECT
from cds.authoring.told import (
    Resource,
    Told,
    amount_of,
    concept,
    concept_of,
    dose_of,
    duration_of,
    flag_of,
    id_of,
    listed,
    node_of,
    present,
    time_of,
    word_of,
)
from cds.documents.yaml_tree import Text

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_ERROR = "entered-in-error"
_REQUEST = ("active", "on-hold", "cancelled", "completed", _ERROR, "stopped", "draft", "unknown")
_SERVICE = ("draft", "active", "on-hold", "revoked", "completed", _ERROR, "unknown")
_DISPENSE = (
    "preparation",
    "in-progress",
    "cancelled",
    "on-hold",
    "completed",
    _ERROR,
    "stopped",
    "declined",
    "unknown",
)
_ADMINISTRATION = ("in-progress", "not-done", "on-hold", "completed", _ERROR, "stopped", "unknown")
_INTENTS = (
    "proposal",
    "plan",
    "order",
    "original-order",
    "reflex-order",
    "filler-order",
    "instance-order",
    "option",
)

_COUNT = r"(?P<count>\d+)(?: to (?P<most>\d+))?"
_SPAN = r"(?:(?P<period>\d+)(?: to (?P<longest>\d+))? )?(?P<unit>minute|hour|day|week|month)s?"
_PER = re.compile(rf"{_COUNT} (?:per|a) {_SPAN}\Z")
_EVERY = re.compile(rf"every {_SPAN}\Z")
_UNITS = {"minute": "min", "hour": "h", "day": "d", "week": "wk", "month": "mo"}


def medication_request(told: Told) -> Resource:
    """A MedicationRequest: a ``medication`` is active; a ``prescription`` is completed (a past one) unless told
    otherwise; a draft is a draft, written today. ``replaced`` is an active request (LANGUAGE section 4).
    """
    draft = told.kind in {"order", "draft"}
    usual = "draft" if draft else "completed" if told.kind == "prescription" else "active"
    status = word_of(told, "status", (*_REQUEST, "replaced") if told.kind == "medication" else _REQUEST, usual)
    supply = duration_of(told, "days-supply")
    course = present({"start": time_of(told, "start"), "end": time_of(told, "end")})
    dispense = present(
        {
            "validityPeriod": course or None,
            "quantity": amount_of(told, "quantity"),
            "expectedSupplyDuration": supply,
        }
    )
    return {
        "status": "active" if status == "replaced" else status,
        "intent": word_of(told, "intent", _INTENTS, "order"),
        "category": listed(concept_of(told, "category", f"{_TERMINOLOGY}/medicationrequest-category")),
        "doNotPerform": flag_of(told, "do-not-perform"),
        "medicationCodeableConcept": concept(told, told.table),
        "subject": SUBJECT,
        "authoredOn": _written(told, draft),
        "reasonCode": listed(concept_of(told, "reason")),
        "dosageInstruction": listed(_dosage(told)),
        "dispenseRequest": dispense or None,
        "priorPrescription": _reference(id_of(told, "replaces")) if draft else None,
    }


def intended_statement(told: Told) -> Resource:
    """A MedicationStatement of what the patient means to take, from that day on: FHIR has no such request."""
    return {
        "status": "intended",
        "medicationCodeableConcept": concept(told, told.table),
        "subject": SUBJECT,
        "effectiveDateTime": time_of(told, "on"),
        "dosage": listed(_dosage(told)),
    }


def service_request(told: Told) -> Resource:
    """A draft ServiceRequest: what is ordered is a test or a service."""
    return {
        "status": word_of(told, "status", _SERVICE, "draft"),
        "intent": word_of(told, "intent", _INTENTS, "order"),
        "category": listed(concept_of(told, "category")),
        "code": concept(told, told.table),
        "subject": SUBJECT,
        "authoredOn": _written(told, draft=True),
        "reasonCode": listed(concept_of(told, "reason")),
    }


def medication_dispense(told: Told) -> Resource:
    """A MedicationDispense, handed over ``on`` that day."""
    return {
        "status": word_of(told, "status", _DISPENSE, "completed"),
        "category": concept_of(told, "category", f"{_TERMINOLOGY}/medicationdispense-category"),
        "medicationCodeableConcept": concept(told, told.table),
        "subject": SUBJECT,
        "quantity": amount_of(told, "quantity"),
        "daysSupply": duration_of(told, "days-supply"),
        "whenHandedOver": time_of(told, "on"),
        "dosageInstruction": listed(_dosage(told)),
    }


def medication_administration(told: Told) -> Resource:
    """A MedicationAdministration: ``dose`` is what was given."""
    dose = dose_of(told, "dose") or {}
    dosage = present({"route": _route(told), "dose": dose.get("doseQuantity")})
    if "doseRange" in dose:
        told.wrong(told.table.get("dose") or told.table, "what was given is one dose, not a range", "such as 5 mg")
    return {
        "status": word_of(told, "status", _ADMINISTRATION, "completed"),
        "category": concept_of(told, "category", f"{_TERMINOLOGY}/medication-admin-category"),
        "medicationCodeableConcept": concept(told, told.table),
        "subject": SUBJECT,
        "effectiveDateTime": time_of(told, "on"),
        "reasonCode": listed(concept_of(told, "reason")),
        "dosage": dosage or None,
    }


def _dosage(told: Told) -> Resource | None:
    daily = dose_of(told, "daily-dose", per="/d")
    if daily is not None and (told.table.get("dose") or told.table.get("frequency")) is not None:
        told.reader.problem(
            "CDS607",
            told.table.place("daily-dose"),
            "a daily dose leaves nothing for dose and frequency to say",
            "tell one of them",
        )
    dose = daily or dose_of(told, "dose")
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d"} if daily is not None else _frequency(told)
    timing = present({"boundsDuration": duration_of(told, "duration"), **repeat})
    dosage = {
        "timing": {"repeat": timing} if timing else None,
        "asNeededBoolean": flag_of(told, "as-needed"),
        "route": _route(told),
        "doseAndRate": None if dose is None else [dose],
    }
    return present(dosage) or None


def _frequency(told: Told) -> Resource:
    """``3 per day``, ``1 to 2 per 12 hours``, ``every 6 to 8 hours``."""
    node = node_of(told, "frequency")
    if not isinstance(node, Text):
        return {}
    match = _PER.match(node.text) or _EVERY.match(node.text)
    if match is None:
        told.wrong(node, f'"{node.text}" is not a frequency', "such as 3 per day, 1 to 2 per 12 hours, every 6 hours")
        return {}
    parts = match.groupdict()
    return present(
        {
            "frequency": int(parts.get("count") or 1),
            "frequencyMax": int(parts["most"]) if parts.get("most") else None,
            "period": int(parts["period"] or 1),
            "periodMax": int(parts["longest"]) if parts["longest"] else None,
            "periodUnit": _UNITS[parts["unit"]],
        }
    )


def _written(told: Told, draft: bool) -> str | None:
    """A draft is written today unless its author says otherwise; a record without a date has none."""
    if draft and told.table.get("on") is None:
        return told.moment.today.isoformat()
    return time_of(told, "on")


def _route(told: Told) -> Resource | None:
    return concept_of(told, "route")


def _reference(found: str | None) -> Resource | None:
    return None if found is None else {"reference": f"MedicationRequest/{found}"}
