"""Whose resource is it: the one question the adapter may not get wrong. Pure.

Judged as the service does (SETTLED "Wrong patient"): a relative ``Patient/x``, or a ``urn:uuid`` that the case
itself resolves. An absolute reference may be the same person on another server and is left to the service.
"""

from collections.abc import Sequence

from cds.replay.case import Json
from cds.replay.resources import subject_of


def is_foreign(resource: Json, patient_id: str, record: Sequence[Json]) -> bool:
    """True if the resource is, or is about, another patient than ``patient_id``."""
    if resource["resourceType"] == "Patient":
        return resource.get("id") != patient_id
    subject = subject_of(resource)
    if subject.startswith("Patient/"):
        return subject.removeprefix("Patient/").split("/", 1)[0] != patient_id
    if subject.startswith("urn:uuid:"):
        named = subject.removeprefix("urn:uuid:")
        return named != patient_id and any(r["resourceType"] == "Patient" and r.get("id") == named for r in record)
    return False
