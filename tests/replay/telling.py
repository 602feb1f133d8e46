"""Builders for small synthetic cases: a case told in one line. Nobody here is a patient."""

import uuid
from typing import Any

from cds.replay.case import Case

SERVICES = [
    {"hook": "patient-view", "id": "view", "prefetch": {"Patient": "Patient/{{context.patientId}}"}},
    {
        "hook": "order-sign",
        "id": "sign",
        "prefetch": {
            "Patient": "Patient/{{context.patientId}}",
            "MedicationRequest": "MedicationRequest?patient={{context.patientId}}&_sort=-date",
            "Observation": "Observation?patient={{context.patientId}}&code=http://loinc.org|1",
            "Observation-2": "Observation?patient={{context.patientId}}&code=http://loinc.org|2",
        },
    },
    {"hook": "order-select", "id": "select", "prefetch": {}},
]
UUID = "7f9a2c0e-0000-4000-8000-000000000001"


def patient(name: str = "p1") -> dict[str, Any]:
    return {"resourceType": "Patient", "id": name, "birthDate": "1960-01-01"}


def order(name: str | None = "m1", subject: str | None = "Patient/p1", **more: Any) -> dict[str, Any]:
    made = {"resourceType": "MedicationRequest", "status": "active", "intent": "order", **more}
    if name is not None:
        made["id"] = name
    return {**made, "subject": {"reference": subject}} if subject else made


def bundle(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources], **more}


def case(
    hook: str = "order-sign",
    *,
    context: dict[str, Any] | None = None,
    prefetch: Any = None,
    expect: dict[str, Any] | None = None,
    name: str = "c1",
    topic: str = "t1",
    as_of: str = "2023-05-01",
    **request: Any,
) -> Case:
    told = {"patientId": "p1", "userId": "Practitioner/x", "draftOrders": bundle(order("d1"))}
    request = {"hook": hook, "hookInstance": UUID, "context": told if context is None else context, **request}
    if prefetch is not None:
        request["prefetch"] = prefetch
    return Case(name, topic, as_of, request, {"type": "fire", "fire": True} if expect is None else expect, "here:1")


def card(ruleset: str = "r", rule: str = "a", indicator: str = "warning", **finding: Any) -> dict[str, Any]:
    return {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{ruleset}/{rule}/{indicator}")),
        "summary": "Something to think about",
        "indicator": indicator,
        "source": {"label": "Somebody"},
        "extension": {"org.cds-rules.finding": {"ruleset": ruleset, "rule": rule, **finding}},
    }
