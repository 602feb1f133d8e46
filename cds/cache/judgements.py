"""What was judged for a patient, with the moments for which it holds: the cache that ``decisions`` sees.

First this process's own memory is looked in, then the store that all workers (and machines) share.
An entry is found by a hash of everything that its meaning depends on, and opens only under that hash. It holds for the
moments ``[from, until)`` that are sealed inside it: a reader outside them has a miss, whatever the store says about
expiry. So clocks that differ, replays and moments that go backwards cannot change an answer. Nothing here raises
because of what a store did or gave back.
"""

import hmac
import struct
import threading
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from cds.cache.behind import open_behind
from cds.cache.embedded import EmbeddedServer
from cds.cache.memory import Kept, Memory
from cds.cache.null import NullStore
from cds.cache.store import Health, ResultStore
from cds.metrics.meter import UNCOUNTED, Meter
from cds.records.keys import Keys, load_keys
from cds.records.sealing import seal, unseal

#: The first part of every key. Raise it when the layout of keys or values changes: old entries are then never read.
_FORMAT = b"1"
_PREFIX = b"cds:j:"
#: Seconds. Expiry only tidies; the shortest lets an answer for a pinned moment in the past be found again at all.
_SHORTEST_STAY = 60
_LONGEST_STAY = 24 * 60 * 60

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INTERVAL = struct.Struct(">qq")


class CacheSettings(Protocol):
    """What the cache reads of the settings."""

    @property
    def state(self) -> Path:
        """``CDS_STATE``."""

    @property
    def keys_file(self) -> Path | None:
        """``CDS_KEYS_FILE``."""

    @property
    def redis_url(self) -> str | None:
        """``CDS_REDIS_URL``."""


class JudgementCache:
    """Sealed judgements in a store, and the last few of this process before it. Safe to call from several threads.

    repeats: payloads by the bytes of a request, of this process alone. memory: what else it remembers itself.
    """

    def __init__(self, store: ResultStore, keys: Keys, memory: Memory | None = None, meter: Meter = UNCOUNTED) -> None:
        self.repeats = Memory()
        self._memory = Memory(most=0) if isinstance(store, NullStore) else memory or Memory()
        self._store = store
        self._keys = keys
        self._meter = meter
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    @property
    def keeps_nothing(self) -> bool:
        """True when there is no store behind it: callers may then spare themselves the key."""
        return isinstance(self._store, NullStore)

    def key(self, parts: Iterable[bytes]) -> bytes:
        """The key of everything that the judgement depends on, in order; shows nothing of it to who reads the store.

        Each part is preceded by its length, so that no two lists of parts run together into the same bytes.
        """
        message = b"".join([len(part).to_bytes(8, "big") + part for part in (_FORMAT, *parts)])
        return _PREFIX + hmac.digest(self._keys.hmac, message, "sha256").hex().encode()

    def lookup(self, key: bytes, instant: datetime) -> Kept | None:
        """What was remembered under the key, if it holds at this moment of decision (an aware datetime)."""
        moment = _microseconds(instant)
        near = self._memory.lookup(key, instant)
        if near is not None:
            self._count("near")
            return near
        sealed = self._store.get(key)
        if sealed is None:
            self._count("misses")
            return None
        opened = unseal(self._keys.cache, sealed, key)
        if opened is None or len(opened) < _INTERVAL.size:
            self._count("unopenable")
            return None
        valid_from, valid_until = _INTERVAL.unpack_from(opened)
        if not valid_from <= moment < valid_until:
            self._count("outside")
            return None
        self._count("hits")
        found = Kept(opened[_INTERVAL.size :], _instant(valid_from), _instant(valid_until))
        self._memory.keep(key, found.payload, found.valid_from, found.valid_until, made=found.made)
        return found

    def remember(
        self,
        key: bytes,
        payload: bytes,
        valid_from: datetime,
        valid_until: datetime,
        now: datetime,
        *,
        made: dict[Any, Any] | None = None,
    ) -> None:
        """Keep the payload for readers whose moment is in ``[valid_from, valid_until)``.

        All are aware datetimes; ``now`` only sets how long the store is asked to keep it. Of an empty interval
        nothing is kept. made: what this process made of the payload.
        """
        start, end = _microseconds(valid_from), _microseconds(valid_until)
        if start >= end:
            return
        left = -(-(end - _microseconds(now)) // 1_000_000)  # seconds, rounded up
        stay = max(_SHORTEST_STAY, min(left, _LONGEST_STAY))
        self._memory.keep(key, payload, valid_from, valid_until, made=made)
        self._store.put(key, seal(self._keys.cache, _INTERVAL.pack(start, end) + payload, key), stay)

    def health(self) -> Health:
        """The store's health, and what this process counted.

        ``near``: found in this process's memory; ``hits``: in the store; ``misses``: nothing there; ``outside``: an
        entry for other moments; ``unopenable``: tampered with, or sealed by a key that we lack.
        """
        with self._lock:
            counts = {name: self._counts[name] for name in ("near", "hits", "misses", "outside", "unopenable")}
        return {**self._store.health(), **counts}

    def close(self) -> None:
        """Give back the store's connections."""
        self._store.close()

    def _count(self, name: str) -> None:
        with self._lock:
            self._counts[name] += 1
        self._meter.count("cache_lookups", name)


def open_cache(settings: CacheSettings, server: EmbeddedServer | None, meter: Meter = UNCOUNTED) -> JudgementCache:
    """The cache that the settings ask for: their Redis, else the embedded server, else none. Opens no connection.

    Raises :class:`cds.records.keys.KeysUnusable`, and ``ValueError`` for a Redis URL that is none.
    """
    url = settings.redis_url or (server.url if server else None)
    store = open_behind(url, meter) if url else NullStore()
    return JudgementCache(store, load_keys(settings.keys_file, settings.state), meter=meter)


def _microseconds(instant: datetime) -> int:
    """Microseconds since 1970, exactly; a naive datetime is a mistake of the caller's (``TypeError``)."""
    return (instant - _EPOCH) // _MICROSECOND


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
