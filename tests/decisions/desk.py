"""A service of small rulesets answering real bytes, with a cache in memory or none; no files, no socket."""

import json
from typing import Any

from cds import clock
from cds.access.client import ANONYMOUS, Client
from cds.cache.judgements import JudgementCache
from cds.cache.memory import Memory
from cds.cache.null import NullStore
from cds.cache.store import ResultStore
from cds.decisions.answer import Shell, answer
from cds.decisions.budget import UNLIMITED, Budget
from cds.decisions.selected import Selected, assemble, compile_all
from cds.documents.problem import Location
from cds.facts.dates import Moment
from cds.records.recorder import NullRecorder
from cds.rules.engine.crosscheck import make_engine
from cds.rules.ruleset import Ruleset
from cds.services.catalogue import Service
from tests.cache.stores import keys
from tests.patients import bundle, patient
from tests.rules.judge.telling import moment

INSTANCE = "0b1f0000-0000-4000-8000-000000000001"
DECISION = "org.cds-rules.decision"


def selected(*rulesets: Ruleset, hook: str = "order-sign", not_effective: tuple[str, ...] = ()) -> Selected:
    service = Service("told", hook, "Told", "Synthetic.", {}, Location("services.yaml"))
    return assemble(service, rulesets, not_effective, compile_all(rulesets, make_engine("reference")), rulesets)


def cache(store: ResultStore | None = None, memory: Memory | None = None) -> JudgementCache:
    return JudgementCache(store or NullStore(), keys(), memory)


def body(
    *resources: Any,
    drafts: Any = (),
    about: Selected | None = None,
    unsupplied: Any = (),
    instance: str = INSTANCE,
    person: dict[str, Any] | None = None,
    **members: Any,
) -> bytes:
    """A request with these resources under the keys that the service asks for."""
    prefetch: dict[str, Any] = {}
    for template in about.templates if about else ():
        came = [resource for resource in resources if resource["resourceType"] == template.resource_type]
        if template.key not in unsupplied:
            prefetch[template.key] = (person or patient()) if template.is_read else bundle(*came)
    context = {"userId": "Practitioner/p", "patientId": "p1", "draftOrders": bundle(*drafts, type="collection")}
    hook = about.service.hook if about else "order-sign"
    if hook == "patient-view":
        del context["draftOrders"]
    told = {"hook": hook, "hookInstance": instance, "context": context, "prefetch": prefetch, **members}
    return json.dumps(told).encode()


def answered(
    about: Selected,
    request: bytes,
    at: Moment | None = None,
    shell: Shell | None = None,
    client: Client = ANONYMOUS,
    *,
    pinned: bool = False,
    budget: Budget = UNLIMITED,
) -> dict[str, Any]:
    return json.loads(answer(about, request, at or moment(), shell or fresh(), client, pinned=pinned, budget=budget))


def fresh() -> Shell:
    return Shell(cache(), {}, unrecorded())


def remembering(store: ResultStore, memory: Memory | None = None) -> Shell:
    return Shell(cache(store, memory), {}, unrecorded())


def unrecorded() -> NullRecorder:
    return NullRecorder(clock.now)


def advice(response: dict[str, Any]) -> dict[str, Any]:
    """An answer without what differs between a fresh and a cached one."""
    decision = {key: value for key, value in response["extension"][DECISION].items() if key != "cached"}
    return {"cards": response["cards"], "decision": decision}
