"""Orders on record that are no drugs, as facts of kind ``service-request`` and ``device-request``.

Both say what somebody asked for, not what was done. The status is the resource's own, but for two that turn its
meaning: ``do-not-perform`` (it says what is not to be done), and an intent that orders nothing (``plan``,
``proposal``). Drafts being signed are ``order`` and ``draft``, never these.
"""

from cds.facts.codes import NO_CODE, Codebook, Look
from cds.facts.entry import BAD_STATUS, Entry, Found, read_when, status_of
from cds.facts.references import Medications
from cds.facts.shapes import JSONObject, objects

SERVICE_KINDS = frozenset({"service-request"})
DEVICE_KINDS = frozenset({"device-request"})
#: FHIR R5's ``DeviceRequest.doNotPerform`` as R4 carries it: the one modifier extension that is read.
DEVICE_NOT_WANTED = "http://hl7.org/fhir/5.0/StructureDefinition/extension-DeviceRequest.doNotPerform"
_STATUS = frozenset({"draft", "active", "on-hold", "revoked", "completed"})
_ORDERING = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
_NOT_ORDERING = frozenset({"proposal", "plan", "directive", "option"})


def look_at_device(resource: JSONObject, book: Codebook, _: Medications) -> tuple[Look, object]:
    """The codes of the device; one named by a reference alone could be any device."""
    concept = resource.get("codeCodeableConcept")
    return (NO_CODE if concept is None else book.look(concept)), concept


def read_service_request(entry: Entry) -> tuple[Found, ...]:
    """One order of a test, a procedure or a referral, dated by the day it was written."""
    return _request(entry, "service-request", SERVICE_KINDS, entry.resource.get("doNotPerform"))


def read_device_request(entry: Entry) -> tuple[Found, ...]:
    """One order of a device, dated by the day it was written."""
    said = [e for e in objects(entry.resource.get("modifierExtension")) if e.get("url") == DEVICE_NOT_WANTED]
    if len(said) > 1:
        return (entry.omission(BAD_STATUS, DEVICE_KINDS),)
    return _request(entry, "device-request", DEVICE_KINDS, said[0].get("valueBoolean", "") if said else None)


def _request(entry: Entry, kind: str, kinds: frozenset[str], prohibited: object) -> tuple[Found, ...]:
    status, intent = status_of(entry.resource, _STATUS), entry.resource.get("intent")
    known = intent is None or (isinstance(intent, str) and intent in _ORDERING | _NOT_ORDERING)
    if status is None or not known or not isinstance(prohibited, bool | None):
        return (entry.omission(BAD_STATUS, kinds),)
    plan = status == "draft" or intent in _NOT_ORDERING
    when = read_when(entry.resource, ("authoredOn",), entry.moment, plan=plan)
    if isinstance(when, str):
        return (entry.omission(when, kinds),)
    if prohibited:
        return (entry.fact(kind, "do-not-perform", when),)
    return (entry.fact(kind, str(intent) if intent in _NOT_ORDERING else status, when),)
