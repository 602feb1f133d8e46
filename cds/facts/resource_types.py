"""The table of resource types that are read: where each names its patient and its codes, and what it becomes.

A new type is one module and one row here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cds.facts import (
    adverse_events,
    allergies,
    conditions,
    encounters,
    immunizations,
    medications,
    observations,
    procedures,
    reports,
    requests,
)
from cds.facts.codes import Codebook, Look, joined
from cds.facts.dates import Moment, Span
from cds.facts.entry import Entry, Found
from cds.facts.references import Medications
from cds.facts.shapes import JSONObject

#: Status and time; None if the resource must be looked at more closely.
Usual = Callable[[JSONObject, Moment], tuple[str, Span] | None]
Looker = Callable[[JSONObject, Codebook, Medications], tuple[Look, object]]


@dataclass(frozen=True, slots=True)
class ResourceType:
    """How one resource type is read.

    kinds: what it may become. read: facts and omissions of one resource of interest. code: the element with its
    codes, which a first glance reads. look: all its codes and the concept that names it, where ``code`` is not all.
    subject: the element that names the patient.
    modifiers: the modifier extensions that its reader knows; with any other the resource is not read.
    read_usual: for a type that comes in great numbers and is of one kind (``usual_kind``), a short way for what has
        nothing unusual.
    lists_unmapped: whether a code that no value set can match is worth telling (LANGUAGE section 4).
    """

    kinds: frozenset[str]
    read: Callable[[Entry], tuple[Found, ...]]
    look: Looker | None = None
    code: str = "code"
    subject: str = "subject"
    modifiers: frozenset[str] = frozenset()
    read_usual: Usual | None = None
    usual_kind: str = ""
    lists_unmapped: bool = False


def _look_at_allergy(resource: JSONObject, book: Codebook, _: Medications) -> tuple[Look, object]:
    return joined([book.look(concept) for concept in allergies.allergy_concepts(resource)]), resource.get("code")


def _look_at_encounter(resource: JSONObject, book: Codebook, _: Medications) -> tuple[Look, object]:
    """An encounter without any type is complete: its class and its time say enough."""
    types = resource.get("type")
    if type(types) is list and len(types) == 1 and types[0] is not None:  # the usual case
        return book.look(types[0]), types[0]
    concepts = [concept for concept in (types if isinstance(types, list) else [types]) if concept is not None]
    return joined([book.look(concept) for concept in concepts] or [Look()]), next(iter(concepts), None)


_medicine = partial(
    ResourceType, look=medications.look_at_medication, code="medicationCodeableConcept", lists_unmapped=True
)

#: Requests come first: a supply is read in the light of the request behind it.
RESOURCE_TYPES: dict[str, ResourceType] = {
    "MedicationRequest": _medicine(medications.REQUEST_KINDS, medications.read_request),
    "MedicationStatement": _medicine(medications.STATEMENT_KINDS, medications.read_statement),
    "MedicationDispense": _medicine(medications.DISPENSE_KINDS, medications.read_dispense),
    "MedicationAdministration": _medicine(medications.ADMINISTRATION_KINDS, medications.read_administration),
    "Condition": ResourceType(conditions.KINDS, conditions.read_condition, lists_unmapped=True),
    "Observation": ResourceType(
        observations.KINDS,
        observations.read_observation,
        read_usual=observations.read_usual,
        usual_kind="observation",
    ),
    "DiagnosticReport": ResourceType(reports.KINDS, reports.read_report),
    "Procedure": ResourceType(procedures.KINDS, procedures.read_procedure),
    "Immunization": ResourceType(
        immunizations.KINDS, immunizations.read_immunization, code="vaccineCode", subject="patient"
    ),
    "AllergyIntolerance": ResourceType(
        allergies.KINDS, allergies.read_allergy, _look_at_allergy, subject="patient", lists_unmapped=True
    ),
    "ServiceRequest": ResourceType(requests.SERVICE_KINDS, requests.read_service_request),
    "DeviceRequest": ResourceType(
        requests.DEVICE_KINDS,
        requests.read_device_request,
        requests.look_at_device,
        code="codeCodeableConcept",
        modifiers=frozenset({requests.DEVICE_NOT_WANTED}),
    ),
    "AdverseEvent": ResourceType(adverse_events.KINDS, adverse_events.read_adverse_event, code="event"),
    "Encounter": ResourceType(encounters.KINDS, encounters.read_encounter, _look_at_encounter),
}
