"""The services that behaviours are put to where the usual one will not do: that asks for tokens, that fetches."""

import asyncio
import json
import time
from dataclasses import replace
from functools import cache
from typing import Any

import httpx
from flask.testing import FlaskClient

from cds.access.client import Client
from cds.access.gate import OpenGate
from cds.access.token_lab import attempts
from cds.api import create_app
from cds.cache.judgements import JudgementCache
from cds.cache.null import NullStore
from cds.decisions.desk import Desk
from cds.fetching.fetcher import Fetcher
from cds.rules.engine.crosscheck import make_engine
from cds.settings import Settings
from tests.access.telling import BASE, gate, lab
from tests.cache.stores import keys
from tests.decisions.desk import unrecorded
from tests.journeys.service import ROOT, SETTINGS, desk

SERVER = "http://localhost:8080/fhir"
#: Seconds for fetching: a slow server takes longer.
_SECONDS = 1.5
_EMPTY = {"resourceType": "Bundle", "type": "searchset", "total": 0}


@cache
def asking_for_tokens() -> FlaskClient:
    # The time for the answer has its own tests; a busy machine must not decide these.
    settings = Settings(auth="jwt", public_url=BASE, test_clock=True, deadline_ms=60_000)
    return create_app(settings, desk(), gate()).test_client()


def bad_token(name: str, path: str) -> str:
    """The Authorization header of an attempt of the token lab, bad in one thing only; or a ``good`` one."""
    made = lab(f"{BASE}{path}", now=time.time)
    if name == "good":
        return f"Bearer {made.good()}"
    (attempt,) = (attempt for attempt in attempts(made) if attempt.name == name)
    return attempt.authorization or ""


class _Body(httpx.AsyncByteStream):
    """As it comes from a network, to be read once."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self):
        yield self._content


def _fhir(told: Any, status: int = 200) -> httpx.Response:
    headers = {"Content-Type": "application/fhir+json"}
    return httpx.Response(status, headers=headers, stream=_Body(json.dumps(told).encode()))


async def _slow(_: httpx.Request) -> httpx.Response:
    await asyncio.sleep(_SECONDS * 20)
    return _fhir(_EMPTY)


async def _failing(_: httpx.Request) -> httpx.Response:
    return _fhir({"error": "Oops"}, 500)


async def _paging(request: httpx.Request) -> httpx.Response:
    if "page" in request.url.params:
        return _fhir(_EMPTY)
    return _fhir({**_EMPTY, "link": [{"relation": "next", "url": f"{SERVER}/Condition?page=2"}]})


@cache
def fetching(kind: str) -> FlaskClient:
    """A service whose clients' FHIR server is ``slow``, ``failing`` or ``paging``."""
    answer = {"slow": _slow, "failing": _failing, "paging": _paging}[kind]
    fetcher = Fetcher(_SECONDS, httpx.MockTransport(answer))
    cache_of_none = JudgementCache(NullStore(), keys())
    its = Desk.open(ROOT / "rulesets", make_engine("reference"), cache_of_none, unrecorded(), fetcher=fetcher)
    # The time for the answer has its own tests; a busy machine must not decide these.
    settings = replace(SETTINGS, deadline_ms=60_000)
    return create_app(settings, its, OpenGate(Client("anonymous", fhir_servers=(SERVER,)))).test_client()
