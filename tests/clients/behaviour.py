"""One documented behaviour of a client, read from a pack, and the request that it is.

The patient is that of the journey ``warfarin-with-ibuprofen``, at its moment. ``prefetch`` says how keys come (else as
data): ``absent``, ``null``, ``empty``, ``bare``, ``outcome``, ``outcome-among-entries``, ``page``. ``feedback`` is sent
instead of a call, ``token`` is an attempt of the token lab at a service that asks for tokens (or ``absent``), ``fhir``
how the client's FHIR server is, ``context`` what the context has beside.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from werkzeug.test import TestResponse

from tests.clients.drafts import DRAFTS, PATIENT
from tests.clients.services import asking_for_tokens, bad_token, fetching
from tests.journeys.golden import MOMENT, REQUESTS, service_of
from tests.journeys.service import client_with_feedback

PACKS = Path(__file__).parent / "packs"
JOURNEY = json.loads(next(file for file in REQUESTS if file.stem == "warfarin-with-ibuprofen").read_bytes())
SERVER = "http://localhost:8080/fhir"
_OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
_COMES: dict[str, Callable[[Any], Any]] = {
    "null": lambda _: None,
    "empty": lambda _: {"resourceType": "Bundle", "type": "searchset"},
    "bare": lambda bundle: bundle["entry"][0]["resource"],
    "outcome": lambda _: _OUTCOME,
    "outcome-among-entries": lambda bundle: {**bundle, "entry": [*bundle["entry"], {"resource": _OUTCOME}]},
    "page": lambda bundle: {**bundle, "link": [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]},
}


@dataclass(frozen=True)
class Behaviour:
    """told: the entry of the pack. client, headers: of the whole pack."""

    client: str
    headers: dict[str, str]
    told: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.client}: {self.told['name']}"


def behaviours() -> Iterator[Behaviour]:
    for file in sorted(PACKS.glob("*.yaml")):
        pack = yaml.safe_load(file.read_text(encoding="utf-8"))
        whole = {"no-fhir-server": pack.get("no-fhir-server", False)}
        yield from (Behaviour(pack["client"], pack["headers"], whole | told) for told in pack["behaviours"])


def sent(behaviour: Behaviour, *, reordered: bool = False) -> TestResponse:
    """The response to the behaviour's request."""
    told = behaviour.told
    headers = {**behaviour.headers, **told.get("headers", {}), "CDS-Now": MOMENT}
    path = told.get("path", f"/cds-services/{{{told.get('hook')}}}{'/feedback' * ('feedback' in told)}")
    for hook in ("patient-view", "order-select", "order-sign", "encounter-discharge"):
        path = path.replace(f"{{{hook}}}", service_of(hook))
    body = None
    if "feedback" in told:
        body = json.dumps({"feedback": told["feedback"]})
    elif "hook" in told:
        body = json.dumps(_request(told, reordered=reordered))
    http = client_with_feedback()
    if "token" in told:
        http = asking_for_tokens()
        if (attempt := told["token"]) != "absent":
            headers["Authorization"] = bad_token(attempt, path)
    elif "fhir" in told:
        http = fetching(told["fhir"])
    method = told.get("method", "POST")
    # environ_overrides: the path as it was typed, doubled slashes and all.
    return http.open(method=method, data=body, headers=headers, environ_overrides={"PATH_INFO": path})


def _request(told: dict[str, Any], *, reordered: bool) -> dict[str, Any]:
    context: dict[str, Any] = {"patientId": PATIENT, "userId": "Practitioner/COREPRACTITIONER1"}
    drafts = [DRAFTS[name] for name in told.get("drafts", ("picked",))]
    if told["hook"] == "order-select":
        context["selections"] = list(dict.fromkeys(f"{draft['resourceType']}/{draft['id']}" for draft in drafts))
    if told["hook"] in ("order-select", "order-sign"):
        context["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": draft} for draft in drafts]}
    context |= told.get("context", {})
    for member in told.get("without", ()):
        del context[member]
    request = {
        "hookInstance": JOURNEY["hookInstance"],
        "hook": told["hook"],
        "fhirServer": SERVER,
        "context": context,
        "prefetch": told["prefetch-as-is"] if "prefetch-as-is" in told else _prefetch(told.get("prefetch", {})),
        **told.get("members", {}),
    }
    if told.get("no-fhir-server"):
        del request["fhirServer"]
    if reordered:
        request["prefetch"] = dict(reversed(request["prefetch"].items()))
        request = dict(reversed(request.items()))
    return request


def _prefetch(comes: dict[str, str]) -> dict[str, Any]:
    return {
        key: _COMES[comes[key]](value) if key in comes else value
        for key, value in JOURNEY["prefetch"].items()
        if comes.get(key) != "absent"
    }
