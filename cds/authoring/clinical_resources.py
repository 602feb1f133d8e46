"""Facts of a case that are not medications, as FHIR R4 resources.

One function per resource; each writes only what the author told, so that a case says exactly what it tests. Refuses
nothing itself: unreadable texts are noted by the readers of ``told``.
"""

import re

from cds.authoring.told import (
    PATIENT_ID,
    Resource,
    Told,
    amount_of,
    concept,
    concept_of,
    flag_of,
    id_of,
    listed,
    node_of,
    present,
    quantity,
    tables_of,
    text_of,
    time_of,
    word_of,
)
from cds.documents.yaml_tree import Node, Table, Text
from cds.facts.requests import DEVICE_NOT_WANTED
from cds.rules.source.reader import did_you_mean

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_ERROR = "entered-in-error"
_VERIFICATION = ("unconfirmed", "provisional", "differential", "confirmed", "refuted", _ERROR)
_OBSERVATION = ("registered", "preliminary", "final", "amended", "corrected", "cancelled", _ERROR, "unknown")
_REPORT = (
    *("registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "cancelled"),
    *(_ERROR, "unknown"),
)
_PROCEDURE = ("preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", _ERROR, "unknown")
_REQUEST = ("draft", "active", "on-hold", "revoked", "completed", _ERROR, "unknown")
_INTENT = (
    *("proposal", "plan", "directive", "option"),
    *("order", "original-order", "reflex-order", "filler-order", "instance-order"),
)
#: A value that is a day, such as a quit date: with a month at least, so that a bare number stays a quantity.
_A_DAY = re.compile(r"\d{4}-\d{2}|.* ago$")
#: Why an order says that something is not to be done: FHIR R4 has no element for it.
_WHY_NOT = "http://hl7.org/fhir/StructureDefinition/request-statusReason"
#: Why a cancelled Observation was not made (QI-Core).
_NOT_DONE = "http://hl7.org/fhir/us/qicore/StructureDefinition/qicore-notDoneReason"
_ENCOUNTER = ("planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", _ERROR, "unknown")
#: The words of LANGUAGE section 4 that are not yet codes of v3-ActCode.
_CLASSES = {
    "ambulatory": "AMB",
    "outpatient": "AMB",
    "inpatient": "IMP",
    "emergency": "EMER",
    "virtual": "VR",
    "home": "HH",
}
#: US Core race, OMB categories (CDC race and ethnicity, 2.16.840.1.113883.6.238).
_RACES = {
    "american-indian": "1002-5",
    "asian": "2028-9",
    "black": "2054-5",
    "pacific-islander": "2076-8",
    "white": "2106-3",
    "other": "2131-1",
}
_RACE_SYSTEM = "urn:oid:2.16.840.1.113883.6.238"
_RACE_EXTENSION = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"

SUBJECT = {"reference": f"Patient/{PATIENT_ID}"}


def patient(told: Told) -> Resource:
    """The Patient of the case: what is not told is not in it."""
    born = time_of(told, "born")
    if born is not None and "T" in born:
        told.wrong(
            told.table.get("born") or told.table, "a birth date has no time of day", "such as 65 years ago, 1961-03-01"
        )
    return present(
        {
            "resourceType": "Patient",
            "id": PATIENT_ID,
            "gender": word_of(told, "sex", ("female", "male", "other", "unknown"), None),
            "birthDate": born,
            "extension": _races(told),
            **_deceased(told),
        }
    )


def _deceased(told: Told) -> Resource:
    node = node_of(told, "deceased")
    if isinstance(node, Text) and node.text in {"yes", "no"}:
        return {"deceasedBoolean": flag_of(told, "deceased")}
    return {"deceasedDateTime": time_of(told, "deceased")}


def _races(told: Told) -> list[Resource] | None:
    node = node_of(told, "race")
    words = told.reader.texts(node, '"race"') if node is not None else ()
    for word in words:
        if word.text not in _RACES and word.text not in _RACES.values():
            told.wrong(word, f'"{word.text}" is not a race category', did_you_mean(word.text, _RACES))
    parts = [
        {"url": "ombCategory", "valueCoding": {"system": _RACE_SYSTEM, "code": _RACES.get(word.text, word.text)}}
        for word in words
    ]
    return [{"url": _RACE_EXTENSION, "extension": parts}] if parts else None


def condition(told: Told) -> Resource:
    """A Condition: active and confirmed unless told otherwise."""
    return {
        "clinicalStatus": _status(
            told,
            "status",
            ("active", "recurrence", "relapse", "inactive", "remission", "resolved"),
            "condition-clinical",
        ),
        "verificationStatus": _status(told, "verification", _VERIFICATION, "condition-ver-status"),
        "category": listed(concept_of(told, "category", f"{_TERMINOLOGY}/condition-category")),
        "severity": concept_of(told, "severity"),
        "code": concept(told, told.table),
        "bodySite": listed(concept_of(told, "body-site")),
        "subject": SUBJECT,
        "encounter": _reference("Encounter", id_of(told, "encounter")),
        "onsetDateTime": time_of(told, "on"),
        "abatementDateTime": time_of(told, "end"),
        "recordedDate": time_of(told, "recorded-date"),
    }


def observation(told: Told) -> Resource:
    """An Observation, final unless told otherwise; ``components`` are tables of codes and a value."""
    period = present({"start": time_of(told, "start"), "end": time_of(told, "end")}) or None
    if period and node_of(told, "on") is not None:
        told.wrong(told.table, "a result is dated by `on`, or by `start` and `end`", "leave one out")
    categories = {"lab": "laboratory", "vital": "vital-signs"}
    system = f"{_TERMINOLOGY}/observation-category"
    usual = {"coding": [{"system": system, "code": categories[told.kind]}]} if told.kind in categories else None
    category = concept_of(told, "category", system) if told.table.get("category") is not None else usual
    return {
        "status": word_of(told, "status", _OBSERVATION, "final"),
        "category": listed(category),
        "code": concept(told, told.table),
        "subject": SUBJECT,
        "encounter": _reference("Encounter", id_of(told, "encounter")),
        "effectiveDateTime": time_of(told, "on"),
        "effectivePeriod": period,
        "issued": time_of(told, "issued"),
        **_value(told),
        "interpretation": listed(concept_of(told, "interpretation", f"{_TERMINOLOGY}/v3-ObservationInterpretation")),
        "note": _note(told),
        "bodySite": concept_of(told, "body-site"),
        "method": concept_of(told, "method"),
        "extension": _not_done(concept_of(told, "reason")),
        "component": [_component(told, part) for part in tables_of(told, "components")] or None,
    }


def report(told: Told) -> Resource:
    """A DiagnosticReport, final unless told otherwise; ``value`` is what it concludes, a table of codes."""
    return {
        "status": word_of(told, "status", _REPORT, "final"),
        "category": listed(concept_of(told, "category")),
        "code": concept(told, told.table),
        "subject": SUBJECT,
        "encounter": _reference("Encounter", id_of(told, "encounter")),
        "basedOn": listed(_reference("ServiceRequest", id_of(told, "request"))),
        "effectiveDateTime": time_of(told, "on"),
        "issued": time_of(told, "issued"),
        "conclusionCode": listed(concept_of(told, "value")),
    }


def _not_done(reason: Resource | None) -> list[Resource] | None:
    return None if reason is None else [{"url": _NOT_DONE, "valueCodeableConcept": reason}]


def _component(told: Told, part: Table) -> Resource:
    inner = Told(told.kind, told.id, part, told.moment, told.reader, told.ids)
    return present({"code": concept(inner, part), **_value(inner)})


def _value(told: Told) -> Resource:
    written: Node | None = told.table.get("value")
    if isinstance(written, Table):
        return {"valueCodeableConcept": concept(told, written)}
    if isinstance(written, Text) and written.text in {"yes", "no"}:
        return {"valueBoolean": flag_of(told, "value")}
    if written is not None and node_of(told, "value") is None:
        return {"dataAbsentReason": {"coding": [{"system": f"{_TERMINOLOGY}/data-absent-reason", "code": "unknown"}]}}
    if isinstance(written, Text) and _A_DAY.match(written.text):
        return {"valueDateTime": time_of(told, "value")}
    return {"valueQuantity": amount_of(told, "value")}


def _note(told: Told) -> list[Resource] | None:
    text = text_of(told, "note")
    return None if text is None else [{"text": text}]


def allergy(told: Told) -> Resource:
    """An AllergyIntolerance: active and confirmed unless told otherwise."""
    reaction = present(
        {
            "manifestation": listed(concept_of(told, "manifestation")),
            "severity": word_of(told, "severity", ("mild", "moderate", "severe"), None),
        }
    )
    return {
        "clinicalStatus": _status(told, "status", ("active", "inactive", "resolved"), "allergyintolerance-clinical"),
        "verificationStatus": _status(told, "verification", _VERIFICATION, "allergyintolerance-verification"),
        "type": word_of(told, "type", ("allergy", "intolerance"), None),
        "category": listed(word_of(told, "category", ("food", "medication", "environment", "biologic"), None)),
        "criticality": word_of(told, "criticality", ("low", "high", "unable-to-assess"), None),
        "code": concept(told, told.table),
        "patient": SUBJECT,
        "recordedDate": time_of(told, "on"),
        # R4 demands a manifestation in a reaction; a severity alone says that none was recorded.
        "reaction": [{"manifestation": [{"text": "not recorded"}], **reaction}] if reaction else None,
    }


def procedure(told: Told) -> Resource:
    """A Procedure, completed unless told otherwise."""
    return {
        "status": word_of(told, "status", _PROCEDURE, "completed"),
        "category": concept_of(told, "category"),
        "code": concept(told, told.table),
        "subject": SUBJECT,
        "encounter": _reference("Encounter", id_of(told, "encounter")),
        "performedDateTime": time_of(told, "on"),
        "reasonCode": listed(concept_of(told, "reason")),
        "bodySite": listed(concept_of(told, "body-site")),
    }


def immunization(told: Told) -> Resource:
    """An Immunization, completed unless told otherwise; ``reason`` says why, or for ``not-done`` why not."""
    status = word_of(told, "status", ("completed", _ERROR, "not-done"), "completed")
    reason = concept_of(told, "reason")
    number = text_of(told, "dose-number")
    amount = quantity(number) if number else None
    if number and amount is None:
        told.wrong(told.table.get("dose-number") or told.table, f'"{number}" is not a dose number', "such as 2")
    return {
        "status": status,
        "statusReason": reason if status == "not-done" else None,
        "reasonCode": listed(reason) if status != "not-done" else None,
        "vaccineCode": concept(told, told.table),
        "patient": SUBJECT,
        "occurrenceDateTime": time_of(told, "on"),
        "protocolApplied": None if amount is None else [{"doseNumberPositiveInt": amount["value"]}],
    }


def service_request(told: Told) -> Resource:
    """A ServiceRequest on record: an active order unless told otherwise."""
    return {"code": concept(told, told.table), **_asked(told), "doNotPerform": flag_of(told, "do-not-perform")}


def device_request(told: Told) -> Resource:
    """A DeviceRequest on record: an active order unless told otherwise."""
    prohibited = flag_of(told, "do-not-perform")
    said = None if prohibited is None else [{"url": DEVICE_NOT_WANTED, "valueBoolean": prohibited}]
    return {"codeCodeableConcept": concept(told, told.table), **_asked(told), "modifierExtension": said}


def _asked(told: Told) -> Resource:
    reason, prohibited = concept_of(told, "reason"), flag_of(told, "do-not-perform")
    return {
        "status": word_of(told, "status", _REQUEST, "active"),
        "intent": word_of(told, "intent", _INTENT, "order"),
        "category": listed(concept_of(told, "category")),
        "subject": SUBJECT,
        "encounter": _reference("Encounter", id_of(told, "encounter")),
        "authoredOn": time_of(told, "on"),
        "reasonCode": None if prohibited else listed(reason),
        "extension": [{"url": _WHY_NOT, "valueCodeableConcept": reason}] if prohibited and reason else None,
    }


def adverse_event(told: Told) -> Resource:
    """An AdverseEvent that happened, unless told otherwise (``status: potential``)."""
    return {
        "actuality": word_of(told, "status", ("actual", "potential"), "actual"),
        "event": concept(told, told.table),
        "subject": SUBJECT,
        "encounter": _reference("Encounter", id_of(told, "encounter")),
        "date": time_of(told, "on"),
    }


def encounter(told: Told) -> Resource:
    """An Encounter: finished, the one of the context in progress, unless told otherwise. ``on`` is its first day and,
    unless it goes on, its last.
    """
    current = told.kind == "current-encounter"
    start = time_of(told, "start") or time_of(told, "on")
    end = time_of(told, "end") or (None if current or told.table.get("end") is not None else time_of(told, "on"))
    word = text_of(told, "class")
    disposition = concept_of(told, "discharge-disposition", f"{_TERMINOLOGY}/discharge-disposition")
    coded = {"system": f"{_TERMINOLOGY}/v3-ActCode", "code": _CLASSES.get(word, word)} if word else None
    return {
        "status": word_of(told, "status", _ENCOUNTER, "in-progress" if current else "finished"),
        "class": coded,
        "type": listed(concept(told, told.table)),
        "subject": SUBJECT,
        "reasonCode": listed(concept_of(told, "reason")),
        "period": present({"start": start, "end": end}) or None,
        "hospitalization": None if disposition is None else {"dischargeDisposition": disposition},
    }


def _status(told: Told, key: str, words: tuple[str, ...], system: str) -> Resource | None:
    word = word_of(told, key, words, "active" if key == "status" else "confirmed")
    return None if word is None else {"coding": [{"system": f"{_TERMINOLOGY}/{system}", "code": word}]}


def _reference(resource_type: str, found: str | None) -> Resource | None:
    return None if found is None else {"reference": f"{resource_type}/{found}"}
