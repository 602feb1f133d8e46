"""Hook calls told in one line, for the tests of hooks, api and conformance."""

import json
from typing import Any

INSTANCE = "5ca1ab1e-0000-4000-8000-000000000001"
PATIENT = "synth-pat-1"


def draft(draft_id: str = "d1", **members: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": draft_id,
        "subject": {"reference": f"Patient/{PATIENT}"},
        **members,
    }


def bundle(*resources: Any, **members: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources], **members}


def call(hook: str = "patient-view", *, context: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"userId": "Practitioner/p1", "patientId": PATIENT}
    if hook in ("order-select", "order-sign"):
        base["draftOrders"] = bundle(draft())
    if hook == "order-select":
        base["selections"] = ["MedicationRequest/d1"]
    return {"hook": hook, "hookInstance": INSTANCE, "context": {**base, **(context or {})}, **members}


def without(tree: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in tree.items() if name not in names}


def as_bytes(tree: Any) -> bytes:
    return json.dumps(tree).encode()
