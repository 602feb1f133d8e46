"""A FHIR server told in one line each, behind a transport without a socket; it remembers what it was asked."""

import asyncio
import json
from typing import Any

import httpx

from cds.fetching.fetcher import Fetched, Fetcher
from cds.hooks.prefetch import Template, read_supplied
from cds.hooks.request import HookRequest, read_request
from tests.decisions.desk import INSTANCE
from tests.patients import bundle, patient

BASE = "https://fhir.example.org/r4"
ACCESS = "access-7d20be"
CONDITION = Template("Condition", "Condition", "Condition?patient={{context.patientId}}")
LABS = Template("Observation", "Observation", "Observation?patient={{context.patientId}}&code=http://loinc.org|2823-3")
CONDITIONS = "Condition?patient=p1"
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
GRANT = {"access_token": ACCESS, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs", "subject": "cds"}


class Answer:
    """One response: ``chunks`` come one by one, each after ``pause`` seconds."""

    def __init__(self, body: Any = None, status: int = 200, *, delay=0.0, pause=0.0, chunks=None, **headers: str):
        self.status, self.delay, self.pause = status, delay, pause
        self.chunks = chunks or [body if isinstance(body, bytes) else json.dumps(body).encode()]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.headers = {"content-type": "application/fhir+json; charset=utf-8"} | named


class _Chunks(httpx.AsyncByteStream):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def __aiter__(self):
        for chunk in self._answer.chunks:
            await asyncio.sleep(self._answer.pause)
            yield chunk


class Server:
    """``answers``: by address below the base. What has none is a 404."""

    def __init__(self, answers: dict[str, Any] | None = None) -> None:
        self.answers = answers if answers is not None else everything()
        self.requests: list[httpx.Request] = []
        self.running = self.most_at_once = 0
        self.fault: Exception | None = None

    @property
    def asked(self) -> list[str]:
        """Addresses in the order asked, below the base where they are."""
        return [_below(str(request.url)) for request in self.requests]

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.fault is not None:
            raise self.fault
        answer = self.answers.get(_below(str(request.url)), Answer(OUTCOME, 404))
        answer = answer if isinstance(answer, Answer) else Answer(answer)
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            await asyncio.sleep(answer.delay)
        finally:
            self.running -= 1
        return httpx.Response(answer.status, headers=answer.headers, stream=_Chunks(answer))


def _below(url: str) -> str:
    return url.removeprefix(f"{BASE}/").replace("%7C", "|")


def everything() -> dict[str, Any]:
    """A patient without problems and results."""
    return {
        "Patient/p1": patient(),
        CONDITIONS: bundle(),
        "Observation?patient=p1&code=http://loinc.org|2823-3": bundle(),
    }


def page(*resources: Any, following: str | None = None, **more: Any) -> dict[str, Any]:
    links = {"link": [{"relation": "self", "url": "x"}, {"relation": "next", "url": following}]} if following else {}
    return {**bundle(*resources), **links, **more}


def fetcher(server: Server, seconds: float = 5.0) -> Fetcher:
    return Fetcher(seconds, httpx.MockTransport(server))


def request(prefetch: Any = None, grant: Any = GRANT, fhir_server: str | None = BASE, **context: Any) -> HookRequest:
    told = {
        "hook": "patient-view",
        "hookInstance": INSTANCE,
        "context": {"userId": "Practitioner/p", "patientId": "p1", **context},
        "prefetch": prefetch or {},
    }
    told |= {"fhirServer": fhir_server} if fhir_server else {}
    told |= {"fhirAuthorization": grant} if grant else {}
    return read_request(json.dumps(told).encode(), frozenset({"patient-view"}))


def completed(
    server: Server, prefetch: Any = None, *templates: Template, servers=(BASE,), seconds: float = 5.0, **told: Any
) -> Fetched:
    """What there is of these templates (the conditions, if none are named) after fetching."""
    call, wanted = request(prefetch, **told), templates or (CONDITION,)
    ours = fetcher(server, seconds)
    try:
        return ours.complete(call, read_supplied(call.prefetch, wanted), servers)
    finally:
        ours.close()
