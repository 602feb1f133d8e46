"""One in-memory record from a case, and the service's prefetch filled from it. Pure.

The record is taken to be complete, as the cases say: a search for which it holds nothing is an empty searchset. But
where the case itself says that not everything came (an OperationOutcome, a ``next`` page), so do we, in every search.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from cds.replay.case import Json
from cds.replay.resources import is_incomplete, reference_of, resources_in

#: Context resources that support the drafts and are no drafts themselves; drafts never enter the record.
_SUPPORTING = frozenset({"Medication", "Patient", "Encounter", "Practitioner", "PractitionerRole", "Organization"})
#: Resources that may name their drug by reference; a search for them would bring the Medication along.
_NAMING_DRUGS = frozenset(
    {"MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration", "MedicationOrder"}
)


def gather(request: Json) -> list[Json]:
    """The case's resources: all of its prefetch, and what supports the drafts of its context; each once.

    Two that share a reference but differ stay two: which of them is right is not ours to say.
    """
    prefetch, context = request.get("prefetch"), request.get("context")
    found = list(resources_in(list(prefetch.values()))) if isinstance(prefetch, dict) else []
    found = [resource for resource in found if resource["resourceType"] != "OperationOutcome"]
    if isinstance(context, dict):
        found += [r for r in resources_in(list(context.values())) if r["resourceType"] in _SUPPORTING]
    return list(_each_once(found))


def _each_once(resources: Iterable[Json]) -> Iterable[Json]:
    seen: dict[str, list[Json]] = {}
    for resource in resources:
        reference = reference_of(resource)
        if reference and resource in seen.setdefault(reference, []):
            continue
        if reference:
            seen[reference].append(resource)
        yield resource


def fill(
    templates: Mapping[str, str], record: list[Json], request: Json, context: Json, changes: Counter[str]
) -> dict[str, Any]:
    """The prefetch by the service's keys. A read that the record cannot answer is left out, not sent as null."""
    doubts = _doubts(request, changes)
    prefetch: dict[str, Any] = {}
    for key, template in templates.items():
        kind, is_read = asked_for(template)
        if is_read:
            resource = _read(kind, record, context)
            if resource is None:
                changes["read-left-absent"] += 1
            else:
                prefetch[key] = resource
        else:
            prefetch[key] = _searchset(kind, record, doubts, changes)
    changes["prefetch-refilled"] += 1
    return prefetch


def asked_for(template: str) -> tuple[str, bool]:
    """The resource type of a template, and whether it is a read: the text before ``?`` or ``/``.

    ``{{context.userId}}`` alone is a read of any type (``""``).
    """
    if template.startswith("{{"):
        return "", True
    kind, _, _ = template.partition("?")
    if "/" in kind:
        return kind.partition("/")[0], True
    return kind, False


def _read(kind: str, record: list[Json], context: Json) -> Json | None:
    user = str(context.get("userId", ""))
    if not kind:
        wanted = {user}
    elif kind == "Patient":
        wanted = {f"Patient/{context['patientId']}"}
    elif kind == "Encounter":
        wanted = {f"Encounter/{context.get('encounterId', '')}"}
    else:
        wanted = {user} if user.startswith(f"{kind}/") else set()
    return next((resource for resource in record if reference_of(resource) in wanted), None)


def _searchset(kind: str, record: list[Json], doubts: Mapping[str, Any], changes: Counter[str]) -> dict[str, Any]:
    matches = [resource for resource in record if resource["resourceType"] == kind]
    entries = [_entry(resource, "match") for resource in matches]
    if kind in _NAMING_DRUGS:
        drugs = [resource for resource in record if resource["resourceType"] == "Medication"]
        entries += [_entry(resource, "include") for resource in drugs]
        changes["medication-included"] += len(drugs)
    if not matches:
        changes["search-empty"] += 1
    entries += [_entry(outcome, "outcome") for outcome in doubts["outcomes"]]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(matches), "entry": entries}
    return {**bundle, "link": doubts["next"]} if doubts["next"] else bundle


def _entry(resource: Json, mode: str) -> dict[str, Any]:
    return {"resource": resource, "search": {"mode": mode}}


def _doubts(request: Json, changes: Counter[str]) -> Mapping[str, Any]:
    """What the case's own prefetch says about not being complete."""
    values = request.get("prefetch")
    doubtful = [value for value in (values if isinstance(values, dict) else {}).values() if is_incomplete(value)]
    changes["incomplete-everywhere"] += bool(doubtful)
    outcomes = [r for value in doubtful for r in resources_in(value) if r["resourceType"] == "OperationOutcome"]
    links = [link for value in doubtful for link in value.get("link", []) if link.get("relation") == "next"]
    return {"outcomes": outcomes, "next": links[:1]}
