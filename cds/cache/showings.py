"""Which cards a patient's record was shown before, and when: for rules that say ``again-after``.

A showing is found by a hash, under our key, of client, patient, ruleset, rule and subject: who reads the store learns
none of them. What lies there is sealed: who writes to the store can hide no card. Nothing is promised: a store that is
away, slow, full or empty knows of no showing, and the card is shown. Nothing here raises because of what a store did.
"""

import hmac
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from cds.cache.embedded import EmbeddedServer
from cds.cache.judgements import CacheSettings
from cds.cache.redis_store import connect
from cds.metrics.meter import UNCOUNTED, Meter
from cds.records.keys import Keys, load_keys
from cds.records.sealing import seal, unseal

_PREFIX = b"cds:s:"
#: The first part of every key: raise it when the layout of keys or values changes.
_FORMAT = b"shown-1"
_INSTANT = struct.Struct(">q")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class ShowingStore(Protocol):
    """What is asked of a store: :class:`cds.cache.redis_store.RedisStore` has it."""

    def get_all(self, keys: Sequence[bytes]) -> list[bytes] | None: ...
    def put(self, key: bytes, value: bytes, seconds: int) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Showing:
    """When a card was shown, and in which hook instance: a retry of that one is no repetition."""

    at: datetime
    hook_instance: str


class Showings:
    """Showings in a store; with None, no showing is ever known. Safe to call from several threads."""

    def __init__(self, store: ShowingStore | None, keys: Keys | None) -> None:
        self._store = store
        self._keys = keys

    def last(self, names: Sequence[Iterable[str]]) -> list[Showing | None]:
        """The last showing under each name, as far as anybody can tell, in one round trip."""
        if self._store is None or self._keys is None:
            return [None] * len(names)
        keys = [self._key(self._keys, name) for name in names]
        found = self._store.get_all(keys) or [b""] * len(keys)
        return [self._opened(self._keys, key, value) for key, value in zip(keys, found, strict=True)]

    def note(self, name: Iterable[str], showing: Showing, seconds: int) -> None:
        """Remember a showing for so many seconds."""
        if self._store is None or self._keys is None:
            return
        key = self._key(self._keys, name)
        value = _INSTANT.pack((showing.at - _EPOCH) // _MICROSECOND) + showing.hook_instance.encode()
        self._store.put(key, seal(self._keys.cache, value, key), seconds)

    def close(self) -> None:
        """Give back the store's connections."""
        if self._store is not None:
            self._store.close()

    @staticmethod
    def _key(keys: Keys, name: Iterable[str]) -> bytes:
        """Each part is preceded by its length, so that no two names run together into the same bytes."""
        parts = (_FORMAT, *(part.encode() for part in name))
        message = b"".join([len(part).to_bytes(8, "big") + part for part in parts])
        return _PREFIX + hmac.digest(keys.hmac, message, "sha256").hex().encode()

    @staticmethod
    def _opened(keys: Keys, key: bytes, value: bytes) -> Showing | None:
        opened = unseal(keys.cache, value, key) if value else None
        if opened is None or len(opened) < _INSTANT.size:
            return None
        (microseconds,) = _INSTANT.unpack_from(opened)
        return Showing(_EPOCH + timedelta(microseconds=microseconds), opened[_INSTANT.size :].decode())


#: Knows of no showing: every card is shown.
NO_SHOWINGS = Showings(None, None)


def open_showings(settings: CacheSettings, server: EmbeddedServer | None, meter: Meter = UNCOUNTED) -> Showings:
    """Where the settings' cache is: in their Redis, else in the embedded server, else nowhere. Opens no connection.

    Raises as :func:`cds.cache.judgements.open_cache` does.
    """
    url = settings.redis_url or (server.url if server else None)
    return Showings(connect(url, meter=meter), load_keys(settings.keys_file, settings.state)) if url else NO_SHOWINGS
