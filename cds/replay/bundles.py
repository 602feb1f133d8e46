"""A FHIR Bundle (one patient's record) to cases: the patient is viewed, and the newest active order is signed.

Pure. ``urn:uuid:`` references are resolved inside the Bundle, because a CDS Hooks request names resources as
``Type/id``. A record names no moment, so the moment of the replay counts. It refuses to invent an order: a record
without an active one is viewed only.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from cds.replay.case import Case, Json
from cds.replay.resources import reference_of, resources_in

ORDER_TYPES = frozenset(
    {
        "MedicationRequest",
        "ServiceRequest",
        "DeviceRequest",
        "NutritionOrder",
        "VisionPrescription",
        "CommunicationRequest",
    }
)


def cases_of_bundle(name: str, bundle: Json, origin: str = "") -> Iterator[Case]:
    """``name#patient-view`` with the whole record, and ``name#order-sign`` if there is an active order."""
    resources = resolved(bundle)
    patient = next((r for r in resources if r["resourceType"] == "Patient" and r.get("id")), None)
    context = {"patientId": patient["id"]} if patient else {}
    yield Case(f"{name}#patient-view", "", "", _request("patient-view", context, resources), {}, origin)
    order = newest_active_order(resources)
    if order is not None:
        rest = [resource for resource in resources if resource is not order]
        drafts = {"resourceType": "Bundle", "entry": [{"resource": {**order, "status": "draft"}}]}
        signing = _request("order-sign", {**context, "draftOrders": drafts}, rest)
        yield Case(f"{name}#order-sign", "", "", signing, {}, origin)


def _request(hook: str, context: Json, resources: list[Json]) -> Json:
    record = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}
    return {"hook": hook, "context": context, "prefetch": {"record": record}}


def newest_active_order(resources: list[Json]) -> Json | None:
    """The active order with the newest ``authoredOn`` (of several on that date: the one with the highest id)."""
    active = [r for r in resources if r["resourceType"] in ORDER_TYPES and r.get("status") == "active" and _is_order(r)]
    return max(active, key=lambda r: (str(r.get("authoredOn", "")), str(r.get("id", ""))), default=None)


def _is_order(resource: Json) -> bool:
    return resource.get("intent", "order") in ("order", "original-order", "instance-order")


def resolved(bundle: Json) -> list[Json]:
    """The Bundle's resources, ``urn:uuid:`` references rewritten to ``Type/id`` where the Bundle answers them.

    A resource that is addressed by urn but has no id gets the uuid as its id.
    """
    entries = bundle.get("entry")
    names: dict[str, str] = {}
    found: list[Json] = []
    for entry in entries if isinstance(entries, list) else ():
        for resource in resources_in(entry.get("resource") if isinstance(entry, dict) else None):
            url = entry.get("fullUrl")
            if isinstance(url, str) and url.startswith("urn:uuid:"):
                identified = {"id": url.removeprefix("urn:uuid:"), **resource}
                names[url] = reference_of(identified)
                found.append(identified)
            else:
                found.append(resource)
    return [renamed(resource, names) for resource in found] if names else found


def renamed(node: Any, names: Mapping[str, str]) -> Any:
    """The JSON with every ``reference`` that stands in ``names`` replaced; what has none is not copied."""
    if isinstance(node, dict):
        changed = {key: renamed(value, names) for key, value in node.items() if isinstance(value, (dict, list))}
        changed = {key: value for key, value in changed.items() if value is not node[key]}
        reference = node.get("reference")
        if isinstance(reference, str) and reference in names:
            changed["reference"] = names[reference]
        return {**node, **changed} if changed else node
    if isinstance(node, list):
        items = [renamed(item, names) for item in node]
        return items if any(new is not old for new, old in zip(items, node, strict=True)) else node
    return node
