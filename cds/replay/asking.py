"""Two ways to put a request to the service: to a desk in this process, and over HTTP.

Both answer in HTTP's words, so that a replay cannot tell them apart. Over HTTP the server must run with
``CDS_TEST_CLOCK=1`` (it refuses the header ``CDS-Now`` otherwise). Environment proxies are not used, redirects are
not followed, and no request of a case leads to any other address than the one given.
"""

from collections.abc import Sequence
from typing import Protocol

import httpx
import orjson

from cds.errors import ServiceFault
from cds.facts.dates import Moment
from cds.facts.wrong_patient import WrongPatient
from cds.hooks.faults import EnvelopeRejected, PrefetchMissing, UnknownService
from cds.replay.answer import Answer, Ask
from cds.replay.case import Json
from cds.replay.moments import header_of

_TIMEOUT_SECONDS = 30.0  # generous: a replay wants the answer, the deadline is the service's own business


class NoDiscovery(ServiceFault):
    """The address answered no CDS Hooks discovery."""


class Answering(Protocol):
    """The part of the desk that a replay needs."""

    def answer(self, service_id: str, body: bytes, moment: Moment, *, pinned: bool) -> bytes:
        """The response body for a request body."""


def ask_in_process(desk: Answering) -> Ask:
    """Asks a desk of this process; refusals become the statuses that the API gives them.

    Any other fault is let through: the replay counts it as an error, as it does a 500, and names it.
    """

    def ask(service_id: str, request: Json, moment: Moment) -> Answer:
        try:
            body = desk.answer(service_id, orjson.dumps(request), moment, pinned=True)
        except PrefetchMissing:
            return Answer(412)
        except (EnvelopeRejected, WrongPatient):
            return Answer(400)
        except UnknownService:
            return Answer(404)
        return Answer(200, orjson.loads(body))

    return ask


class HTTPService:
    """A CDS Hooks service behind a base address; close it after use."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        """``url`` is the base address, with or without ``/cds-services``."""
        base = url.rstrip("/").removesuffix("/cds-services")
        self._client = httpx.Client(base_url=base, timeout=_TIMEOUT_SECONDS, trust_env=False, transport=transport)

    def services(self) -> Sequence[Json]:
        """The entries of its discovery; raises :class:`NoDiscovery` if none answers."""
        try:
            response = self._client.get("/cds-services")
            response.raise_for_status()
            services: Sequence[Json] = orjson.loads(response.content)["services"]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, LookupError, TypeError) as fault:
            raise NoDiscovery(type(fault).__name__) from fault
        return services

    def ask(self, service_id: str, request: Json, moment: Moment) -> Answer:
        """One hook call at a pinned moment."""
        headers = {"Content-Type": "application/json", "CDS-Now": header_of(moment)}
        response = self._client.post(f"/cds-services/{service_id}", content=orjson.dumps(request), headers=headers)
        body = orjson.loads(response.content) if response.status_code == httpx.codes.OK else None
        return Answer(response.status_code, body if isinstance(body, dict) else None)

    def close(self) -> None:
        """Free its connections."""
        self._client.close()
