"""FHIR references: whose a resource is, and which Medication a request means.

Used by ``record`` for every resource. Only a relative ``Patient/x``, and a ``urn:uuid`` that a resource of the same
request resolves, name another patient for sure; an absolute address may be the same person on another server, so it
is never taken as proof (SETTLED, "Wrong patient").
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from cds.facts.modifiers import modified_by
from cds.facts.shapes import JSONObject, objects
from cds.hooks.members import LONGEST_ID
from cds.hooks.prefetch import Supplied

Owner = Literal["ours", "another-patient", "not-a-patient", "unnamed", "unreadable"]
_URN = "urn:uuid:"
_LONGEST_NAME = 64 + 1 + LONGEST_ID


def local_reference(reference: object) -> str | None:
    """``Type/id`` of a relative or absolute reference, without its version; a ``urn:uuid`` and ``#x`` as they are."""
    if not isinstance(reference, str):
        return None
    bare = reference.split("/_history/", 1)[0].strip()
    if bare.startswith(("urn:", "#")):
        return bare
    parts = bare.rsplit("/", 2)
    return "/".join(parts[-2:]) if bare else None


def name_of(resource_type: object, identity: object) -> str | None:
    """``Type/id``; None without an id, and for one so long that no answer shall repeat it: it cannot be named."""
    if not isinstance(resource_type, str) or not isinstance(identity, str) or not identity:
        return None
    name = f"{resource_type}/{identity}"
    return name if len(name) <= _LONGEST_NAME else None


def references_of(value: object) -> list[str]:
    """The local references of a Reference or an array of them."""
    found = (local_reference(holder.get("reference")) for holder in objects(value))
    return [reference for reference in found if reference is not None]


class Subject:
    """The patient of the context, against whom every subject is judged."""

    __slots__ = ("_others", "_supplied", "ours", "patient_id", "reference")

    def __init__(self, patient_id: str, supplied: Sequence[Supplied]) -> None:
        self.patient_id = patient_id
        self.reference = f"Patient/{patient_id}"
        #: References known to be this patient's; most resources of a request name the same one.
        self.ours: set[str] = {self.reference}
        self._supplied = supplied
        self._others: frozenset[str] | None = None

    def owner(self, holder: object) -> Owner:
        """Whose a resource is, by its ``subject`` or ``patient`` element. None recorded: it came as this patient's."""
        if holder is None:
            return "ours"
        reference = holder.get("reference") if isinstance(holder, dict) else holder
        if reference is None:
            return "ours"  # by identifier only: nothing to compare with
        if not isinstance(reference, str):
            return "unreadable"
        owner = self._named(reference.split("/_history/", 1)[0].strip())
        if owner == "ours":
            self.ours.add(reference)
        return owner

    def _named(self, reference: str) -> Owner:
        if reference in {self.reference, self.patient_id}:
            return "ours"
        if reference.startswith("Patient/"):
            return "another-patient"
        if reference.startswith(_URN):
            return "another-patient" if reference in self._other_patients() else "ours"
        if "/" not in reference and ":" not in reference and not reference.startswith("#"):
            return "unnamed"  # a bare word: an id of nobody in particular
        absolute = "://" in reference or reference.startswith(("urn:", "#"))
        return "ours" if absolute else "not-a-patient"

    def _other_patients(self) -> frozenset[str]:
        if self._others is None:
            patients = (r for r in _of_type(self._supplied, "Patient") if r.get("id") != self.patient_id)
            names = (name for r in patients for name in (r.get("_fullUrl"), f"{_URN}{r.get('id')}"))
            ours = {f"{_URN}{self.patient_id}"}
            self._others = frozenset(name for name in names if isinstance(name, str)) - ours
        return self._others


class Medications:
    """The Medication resources of a request, found by reference; indexed when the first one is asked for."""

    __slots__ = ("_drafts", "_index", "_supplied")

    def __init__(self, supplied: Sequence[Supplied], drafts: Sequence[Mapping[str, Any]]) -> None:
        self._supplied = supplied
        self._drafts = drafts
        self._index: dict[str, JSONObject | None] | None = None

    def resolve(self, holder: object, resource: JSONObject) -> JSONObject | None:
        """The Medication that a ``medicationReference`` of ``resource`` means.

        ``None`` if it did not come, or says that more must be understood than stands there.
        """
        found = self._find(holder, resource)
        return None if found is None or modified_by(found) else found

    def _find(self, holder: object, resource: JSONObject) -> JSONObject | None:
        reference = local_reference(holder.get("reference")) if isinstance(holder, dict) else None
        if reference is None:
            return None
        if reference.startswith("#"):
            contained = objects(resource.get("contained"))
            return next((c for c in contained if f"#{str(c.get('id')).lstrip('#')}" == reference), None)
        if self._index is None:
            self._index = _indexed([*_of_type(self._supplied, "Medication"), *_drafted(self._drafts)])
        return self._index.get(reference)


def _indexed(medications: Iterable[JSONObject]) -> dict[str, JSONObject | None]:
    index: dict[str, JSONObject | None] = {}
    for medication in medications:
        identity, url = medication.get("id"), medication.get("_fullUrl")
        for name in (f"Medication/{identity}", f"{_URN}{identity}", url):
            if isinstance(name, str) and (isinstance(identity, str) or name == url):
                known = index.setdefault(name, medication)
                if known is not None and known.get("code") != medication.get("code"):
                    index[name] = None  # two different drugs under one name: neither
    return index


def _of_type(supplied: Sequence[Supplied], resource_type: str) -> list[JSONObject]:
    return [
        resource
        for supply in supplied
        for resource in supply.resources
        if isinstance(resource, dict) and resource.get("resourceType") == resource_type
    ]


def _drafted(drafts: Sequence[Mapping[str, Any]]) -> list[JSONObject]:
    return [draft for draft in drafts if isinstance(draft, dict) and draft.get("resourceType") == "Medication"]
