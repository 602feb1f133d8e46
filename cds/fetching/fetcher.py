"""The templates that a call left open, fetched side by side within one deadline.

Each process has one thread with an event loop: what is late is cancelled there and lets go of its connection, however
slowly a server drips. What comes is read exactly as a prefetch of the same data would be.
"""

import asyncio
import contextlib
import math
import os
import ssl
import threading
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar

import httpx

from cds.fetching.addresses import listed_base, template_url
from cds.fetching.pages import Pages, next_link
from cds.fetching.reading import Reader
from cds.fetching.reasons import NotFetched, Reason
from cds.fetching.scopes import Coverage, coverage
from cds.hooks.prefetch import Supplied, Supply, Template, read_supplied
from cds.hooks.request import HookRequest
from cds.logs import get_logger

_Result = TypeVar("_Result")

_log = get_logger(__name__)
_LIMITS = httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=30)
#: What the loop's thread may take beyond the deadline to say so.
_GRACE = 0.05
#: How many templates a process asks one server for at once, and seconds after which the next four are asked for
#: although none of these is there yet. A dozen new connections at once overflow the queue of a small server (five, in
#: Python's own); the system tries again after a second, which no call has. A slow one is asked for all side by side.
_AT_ONCE = 4
_PATIENCE = 0.03
#: Seconds that a worker takes at most to load what its first call needs.
_LOADING = 5.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What there is for each template, and for those that something is still missing of, why (by key).

    is_of_now: a server was, or could have been, part of it: the same bytes may mean other data a moment later.
    """

    supplied: tuple[Supplied, ...]
    missing: Mapping[str, str] = field(default_factory=dict)
    is_of_now: bool = False


@dataclass(frozen=True, slots=True)
class _Gap:
    """A template to fetch. page: the client's own first page, if it sent one that says where the next is."""

    supply: Supplied
    page: Mapping[str, Any] | None


class Fetcher:
    """Fetches for hook calls; safe to call from several threads, and from processes forked after it was made.

    seconds: the time for all that one call needs. transport: for tests, instead of the network.
    """

    def __init__(self, seconds: float, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._seconds = seconds
        self._transport = transport
        # The certificates that the machine trusts, as for key sets: hospitals add their own.
        self._trust = ssl.create_default_context()
        self._lock = threading.Lock()
        self._line: _Line | None = None

    def open(self) -> None:
        """Make this process's thread now, in a worker that has just been forked, and load what a first call would."""
        line = self._open_line()
        if self._transport is None:
            line.run(_load(line.http), _LOADING)

    def complete(
        self, request: HookRequest, supplied: Sequence[Supplied], servers: Iterable[str], left: float = math.inf
    ) -> Fetched:
        """The supply with what could be fetched of what it lacks.

        servers: bases that this client may name. left: seconds until the answer is due.
        """
        as_sent = tuple(supplied)
        if request.fhir_server is None or not (gaps := _gaps(request, as_sent)):
            return Fetched(as_sent)
        came, missing = self._fetch(request, gaps, servers, min(self._seconds, left))
        if missing:
            _log.warning("not_fetched", reasons={key: str(reason) for key, reason in sorted(missing.items())})
        told = {key: str(reason) for key, reason in missing.items()}
        return Fetched(tuple(came.get(s.template.key, s) for s in as_sent), told, is_of_now=True)

    def _fetch(
        self, request: HookRequest, gaps: list[_Gap], servers: Iterable[str], seconds: float
    ) -> tuple[dict[str, Supplied], dict[str, Reason]]:
        """By key: what came, and why not all of it did."""
        grant = request.fhir_authorization
        if grant is None or request.fhir_server is None:
            return {}, _every(gaps, Reason.NO_AUTHORIZATION)
        base = listed_base(request.fhir_server, servers)
        if base is None:
            return {}, _every(gaps, Reason.NOT_LISTED)
        line = self._open_line()
        reader = Reader(line.http, grant.access_token)
        if grant.expires_in <= 0 or not reader.is_usable():
            return {}, _every(gaps, Reason.UNUSABLE_TOKEN)
        call = _Call(base, request.context, grant.scope, reader, seconds, line.turns_at(base))
        results = line.run(call.fetch_all(gaps), seconds + _GRACE)
        if results is None:
            return {}, _every(gaps, Reason.DEADLINE)
        came = {gap.supply.template.key: supply for gap, (supply, _) in zip(gaps, results, strict=True)}
        return came, {
            gap.supply.template.key: why for gap, (_, why) in zip(gaps, results, strict=True) if why is not None
        }

    def _open_line(self) -> "_Line":
        """Threads and connections do not survive a fork: each process opens its own at its first need."""
        with self._lock:
            if self._line is None or self._line.process != os.getpid():
                self._line = _Line(self._http())
            return self._line

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=self._transport,
            verify=self._trust,
            timeout=self._seconds,
            limits=_LIMITS,
            follow_redirects=False,
            # Neither proxies nor passwords out of the environment.
            trust_env=False,
            # A session that a server opens for one user must never serve the next.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    def close(self) -> None:
        """Ends the thread and the connections of this process."""
        with self._lock:
            if self._line is not None and self._line.process == os.getpid():
                self._line.close()
            self._line = None


def _gaps(request: HookRequest, supplied: Iterable[Supplied]) -> list[_Gap]:
    """What did not come, or failed, or came with a ``next`` page. A null that says "none" is no gap."""
    gaps = []
    for supply in supplied:
        if supply.state in (Supply.ABSENT, Supply.FAILED):
            gaps.append(_Gap(supply, None))
        elif supply.state is Supply.INCOMPLETE and not supply.template.is_read:
            page = (request.prefetch or {}).get(supply.template.key)
            if isinstance(page, dict) and next_link(page) is not None:
                gaps.append(_Gap(supply, page))
    return gaps


def _every(gaps: Iterable[_Gap], reason: Reason) -> dict[str, Reason]:
    return {gap.supply.template.key: reason for gap in gaps}


@dataclass(frozen=True, slots=True)
class _Call:
    """One hook call at one listed server."""

    base: str
    context: Mapping[str, Any]
    scope: str
    reader: Reader
    seconds: float
    turns: asyncio.Semaphore

    async def fetch_all(self, gaps: Iterable[_Gap]) -> list[tuple[Supplied, Reason | None]]:
        due = asyncio.get_running_loop().time() + self.seconds
        return await asyncio.gather(*(self._fetch_in_turn(place, gap, due) for place, gap in enumerate(gaps)))

    async def _fetch_in_turn(self, place: int, gap: _Gap, due: float) -> tuple[Supplied, Reason | None]:
        is_its_turn = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE * max(1, place // _AT_ONCE)):
                is_its_turn = await self.turns.acquire()
        try:
            return await self._fetch(gap, due)
        finally:
            if is_its_turn:
                self.turns.release()

    async def _fetch(self, gap: _Gap, due: float) -> tuple[Supplied, Reason | None]:
        """What there is now for one template, and why it is not all, if it is not."""
        template = gap.supply.template
        covered = coverage(self.scope, template.resource_type, is_read=template.is_read)
        if covered is Coverage.NONE:
            return gap.supply, Reason.SCOPE
        pages, reason, value = Pages(self.base), None, None
        try:
            async with asyncio.timeout_at(due):
                if template.is_read:
                    value = await self._read(template)
                else:
                    pages = Pages(self.base, gap.page)
                    url = None if gap.page is not None else template_url(self.base, template.query, self.context)
                    await pages.read(self.reader, url)
        except NotFetched as fault:
            reason = fault.reason
        except TimeoutError:
            reason = Reason.DEADLINE
        except Exception as fault:  # noqa: BLE001 - whatever a server provokes, only its template is missing
            _log.warning("fetching_failed", fault=type(fault).__name__)
            reason = Reason.FAILED
        value = value or pages.bundle
        if reason is None and covered is Coverage.PART and not template.is_read:
            reason = Reason.PARTIAL_SCOPE
        return (gap.supply if value is None else _as_prefetched(template, value, reason)), reason

    async def _read(self, template: Template) -> Mapping[str, Any]:
        resource = await self.reader.read(template_url(self.base, template.query, self.context))
        kind = resource.get("resourceType")
        if kind != template.resource_type:
            raise NotFetched(Reason.OUTCOME if kind == "OperationOutcome" else Reason.UNREADABLE)
        return resource


def _as_prefetched(template: Template, value: Mapping[str, Any], reason: Reason | None) -> Supplied:
    """As the same value is read that a client sends; what is not all of it proves nothing absent."""
    (supply,) = read_supplied({template.key: value}, (template,))
    return replace(supply, state=Supply.INCOMPLETE) if reason and supply.state is Supply.DATA else supply


async def _load(http: httpx.AsyncClient) -> None:
    """The libraries below load much of themselves at a first request: one that fails at once, for nobody has port 0."""
    with contextlib.suppress(httpx.HTTPError, OSError):
        await http.get("http://127.0.0.1:0/")


class _Line:
    """A thread with an event loop, and the connections that live in it."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.process = os.getpid()
        self._turns: dict[str, asyncio.Semaphore] = {}  # by base, as listed by the operator
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fetching", daemon=True)
        self._thread.start()

    def turns_at(self, base: str) -> asyncio.Semaphore:
        """Who may ask this server now; for the loop of this line only."""
        return self._turns.setdefault(base, asyncio.Semaphore(_AT_ONCE))

    def run(self, work: Coroutine[Any, Any, _Result], seconds: float) -> _Result | None:
        """The result, or None if there is none in time; what is late is cancelled."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            return None

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.http.aclose(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
