"""The Redis (or Valkey) store: sealed results for every worker of this machine, or of many machines.

Refuses to hurt: time-outs of tens of milliseconds, no retries (redis-py's defaults block for seconds on an outage), a
breaker of our own, and no fault ever raised. Nothing that it logs carries a key, a value or the server's URL, which may
hold a password.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import redis
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.exceptions import ChildDeadlockedError, MaxConnectionsError, RedisError, ResponseError
from redis.retry import Retry

from cds.cache.breaker import Breaker
from cds.cache.hints import STAY, place_of
from cds.cache.store import Health
from cds.logs import get_logger
from cds.metrics.meter import UNCOUNTED, Meter

_log = get_logger(__name__)

#: Seconds. A healthy server answers in well under 1 ms; past this, judging again is cheaper than waiting.
ANSWER_SECONDS = 0.03
CONNECT_SECONDS = 0.05
#: Connections per worker process; a worker has a handful of threads and each uses one at a time.
CONNECTIONS = 16

#: Every way in which a call can fail without our doing; all of them are misses.
_FAULTS = (RedisError, OSError, ChildDeadlockedError)


#: What is put: key, value, and the seconds for which it is kept.
Entry = tuple[bytes, bytes, int]


class Client(Protocol):
    """The commands that we use, as redis-py has them."""

    def get(self, name: bytes) -> Any: ...
    def set(self, name: bytes, value: bytes, *, ex: int, nx: bool = False) -> Any: ...
    def mget(self, keys: Iterable[bytes]) -> Any: ...
    def pipeline(self, *, transaction: bool) -> Any: ...
    def close(self) -> None: ...


class RedisStore:
    """A :class:`cds.cache.store.ResultStore` on a Redis client. The client connects at the first call, never before."""

    def __init__(self, client: Client, breaker: Breaker | None = None, meter: Meter = UNCOUNTED) -> None:
        self._client = client
        self._breaker = breaker or Breaker()
        self._meter = meter
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._refusal_logged = False

    def get(self, key: bytes) -> bytes | None:
        """What lies under the key, or ``None``; back within the time-outs, whatever the server does."""
        if not self._is_asked():
            return None
        try:
            found = self._client.get(key)
        except _FAULTS as fault:
            self._note(fault)
            return None
        self._answered()
        return found if isinstance(found, bytes) else None

    def put(self, key: bytes, value: bytes, seconds: int) -> None:
        """Ask the server to keep the value for so many seconds."""
        if not self._is_asked():
            return
        try:
            self._client.set(key, value, ex=seconds)
        except _FAULTS as fault:
            self._note(fault)
            return
        self._answered()

    def put_new(self, key: bytes, value: bytes, seconds: int) -> bool | None:
        """Keep the value for so many seconds unless something lies under the key already.

        True: kept; False: something lay there; None: nobody can tell (no answer in time, or the server refused).
        """
        if not self._is_asked():
            return None
        try:
            kept = self._client.set(key, value, ex=seconds, nx=True)
        except _FAULTS as fault:
            self._note(fault)
            return None
        self._answered()
        return bool(kept)

    def put_all(self, entries: Sequence[Entry], hints: bytes) -> None:
        """Ask the server to keep all of these, in one round trip, and to set their bits in the string ``hints``."""
        if not entries or not self._is_asked():
            return
        bits = [word for key, _, _ in entries for word in (b"SET", b"u1", place_of(key), 1)]
        try:
            batch = self._client.pipeline(transaction=False)
            for key, value, seconds in entries:
                batch.set(key, value, ex=seconds)
            batch.execute_command(b"BITFIELD", hints, *bits)
            batch.expire(hints, STAY)
            answers = batch.execute(raise_on_error=False)
        except _FAULTS as fault:
            self._note(fault)
            return
        refusals = [answer for answer in answers if isinstance(answer, Exception)]
        for refusal in refusals:
            self._note(refusal)
        if not refusals:
            self._answered()

    def get_all(self, keys: Sequence[bytes]) -> list[bytes] | None:
        """What lies under each key, nothing being no bytes; ``None`` when nobody can tell."""
        if not self._is_asked():
            return None
        try:
            found = self._client.mget(keys)
        except _FAULTS as fault:
            self._note(fault)
            return None
        self._answered()
        return [value if isinstance(value, bytes) else b"" for value in found]

    def health(self) -> Health:
        """``state`` is ``answering`` or ``resting`` (the breaker is open); counts are this process's own.

        ``failures``: no answer in time; ``refusals``: the server said no (full, read-only); ``crowded``: all of this
        process's connections were busy; ``skipped``: not asked, because the breaker was open.
        """
        state = "resting" if self._breaker.is_open else "answering"
        with self._lock:
            counts = {name: self._counts[name] for name in ("failures", "refusals", "crowded", "skipped")}
        return {"store": "redis", "state": state, **counts}

    def close(self) -> None:
        """Close the connections; a later call would open new ones."""
        try:
            self._client.close()
        except _FAULTS as fault:
            self._note(fault)

    def _is_asked(self) -> bool:
        """Whether the server is asked now; counted, if not."""
        if self._breaker.allows():
            return True
        self._count("skipped")
        return False

    def _answered(self) -> None:
        if self._breaker.succeeded():
            _log.info("cache_available")

    def _note(self, fault: Exception) -> None:
        if isinstance(fault, MaxConnectionsError):
            self._count("crowded")  # our own limit: says nothing about the server
        elif isinstance(fault, ResponseError):
            self._refused(fault)
        else:
            self._count("failures")
            if self._breaker.failed():
                _log.warning("cache_unavailable", fault=type(fault).__name__)

    def _refused(self, fault: Exception) -> None:
        """The server answered, quickly, with a no: a full server still reads, so the breaker stays as it is."""
        self._count("refusals")
        self._answered()
        if not self._refusal_logged:
            self._refusal_logged = True
            _log.warning("cache_refused", fault=type(fault).__name__)

    def _count(self, name: str) -> None:
        with self._lock:
            self._counts[name] += 1
        self._meter.count("cache_unavailable", name)


def connect(
    url: str,
    *,
    answer_seconds: float = ANSWER_SECONDS,
    connect_seconds: float = CONNECT_SECONDS,
    breaker: Breaker | None = None,
    meter: Meter = UNCOUNTED,
) -> RedisStore:
    """A store on the server at ``url`` (``redis://``, ``rediss://`` or ``unix://``); no connection is opened yet.

    Our time-outs and formats win over options in the URL. Raises ``ValueError`` for a URL that is none of these or has
    options that redis-py does not know, without repeating it: it may hold a password.
    """
    try:
        pool = redis.ConnectionPool(**{**parse_url(url), **_options(answer_seconds, connect_seconds)})  # type: ignore[no-untyped-call]
        pool.connection_class(**pool.connection_kwargs)  # connects nowhere, but finds unknown options now
    except (ValueError, TypeError, RedisError):
        raise ValueError("the Redis URL cannot be used") from None
    # from_pool: closing the client closes the pool, which nobody else uses.
    return RedisStore(redis.Redis.from_pool(pool), breaker, meter)


def _options(answer_seconds: float, connect_seconds: float) -> dict[str, Any]:
    return {
        "socket_timeout": answer_seconds,
        "socket_connect_timeout": connect_seconds,
        "retry": Retry(NoBackoff(), 0),
        "retry_on_timeout": False,
        "retry_on_error": [],
        "max_connections": CONNECTIONS,
        "decode_responses": False,
        "health_check_interval": 0,
        "protocol": 2,  # RESP3, redis-py's default, fails on older servers' HELLO; we need none of it
        "driver_info": None,  # saves two round trips per connection
    }
