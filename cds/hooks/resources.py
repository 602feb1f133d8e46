"""The FHIR part of a hook context, checked by hand: Bundles of drafts, tasks, an allergy.

Full schemas over FHIR cost a hundred times the envelope, and real drafts are not valid FHIR anyway (the HL7 sandbox
sends an object where R4 has an array). So only what identifies a resource is judged here: that it is one, of a type
that may stand there (CTX-04, 07, 08, 09), and about this patient (CTX-13). Statuses, codes and doses are the facts'
business.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from cds.hooks.faults import FieldFault

JSONObject = Mapping[str, Any]
_NOTHING: frozenset[str] = frozenset()


def bundle_faults(bundle: object, types: Collection[str] = _NOTHING) -> list[FieldFault]:
    """What is wrong with a context Bundle; ``types`` limits its resources, none means any (CTX-04, CTX-09, CTX-10)."""
    if not isinstance(bundle, dict):
        return [FieldFault("", "must be a Bundle, as a JSON object", "structure")]
    if bundle.get("resourceType") != "Bundle":
        return [FieldFault("", 'must be a Bundle, with resourceType "Bundle"', "structure")]
    if bundle.get("implicitRules"):
        # It must be understood before the Bundle is read (FHIR R4), and none is; drafts must not go by unjudged.
        return [FieldFault("implicitRules", "is not understood here, so the Bundle cannot be read", "not-supported")]
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        return [FieldFault("entry", "must be an array, or be left out", "structure")]
    return [
        fault.inside(f"entry[{index}]") for index, entry in enumerate(entries) for fault in _entry_faults(entry, types)
    ]


def _entry_faults(entry: object, types: Collection[str]) -> list[FieldFault]:
    if not isinstance(entry, dict):
        return [FieldFault("", "must be an object", "structure")]
    return [fault.inside("resource") for fault in resource_faults(entry.get("resource"), types)]


def resource_faults(resource: object, types: Collection[str] = _NOTHING) -> list[FieldFault]:
    """What keeps a value from being a resource of one of ``types`` (none: of any type)."""
    if not isinstance(resource, dict):
        return [FieldFault("", "must be a FHIR resource, as a JSON object", "structure")]
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or not kind:
        return [FieldFault("resourceType", "must be the name of a resource type", "required")]
    if types and kind not in types:
        return [FieldFault("resourceType", f"must be {' or '.join(sorted(types))}", "value")]
    return []


def entries_of(bundle: JSONObject) -> tuple[JSONObject, ...]:
    """The resources of a checked Bundle, in order."""
    return tuple([entry["resource"] for entry in bundle.get("entry", ())])


def wrong_subjects(bundle: JSONObject, patient_id: str) -> Iterator[FieldFault]:
    """The resources of a checked Bundle that are about another patient (CTX-13)."""
    entries = bundle.get("entry", ())
    for index, entry in enumerate(entries):
        for fault in wrong_subject(entry["resource"], patient_id, entries):
            yield fault.inside(f"entry[{index}].resource")


def wrong_subject(resource: JSONObject, patient_id: str, entries: Collection[JSONObject] = ()) -> Iterator[FieldFault]:
    """The members of one resource that name another patient than the context does.

    Only a relative ``Patient/x``, and a ``urn:uuid`` that an entry of the same Bundle resolves, are judged: an
    absolute reference may well be the same person on another server.
    """
    if resource["resourceType"] == "Patient" and isinstance(named := resource.get("id"), str) and named != patient_id:
        yield FieldFault("id", "is about another patient than context.patientId", "invariant")
    for member in ("subject", "patient", "for") if resource["resourceType"] == "Task" else ("subject", "patient"):
        holder = resource.get(member)
        if isinstance(holder, dict) and _names_another(holder.get("reference"), patient_id, entries):
            yield FieldFault(f"{member}.reference", "is about another patient than context.patientId", "invariant")


def _names_another(reference: object, patient_id: str, entries: Collection[JSONObject]) -> bool:
    if not isinstance(reference, str):
        return False
    if reference.startswith("Patient/"):
        # A version behind the id ("Patient/x/_history/2") still names x.
        return reference[8:].split("/", 1)[0] != patient_id
    if reference.startswith("urn:uuid:"):
        return any(
            entry.get("fullUrl") == reference
            and entry["resource"].get("resourceType") == "Patient"
            and entry["resource"].get("id", patient_id) != patient_id
            for entry in entries
        )
    return False
