"""Answers to requests that came before, byte for byte: the cache's first tier, in the memory of one process.

A client that retries, or a screen that is opened again, sends the same bytes within minutes. They are kept for the
process alone, a few and not for long, and hold for the same moments as the entries of the store.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

_MOST = 512
_SECONDS = 300


@dataclass(frozen=True, slots=True)
class _Kept:
    payload: bytes
    valid_from: datetime
    valid_until: datetime
    until: float  # on the monotonic clock


class Repeats:
    """At most 512 payloads, each for at most five minutes. Safe to call from several threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()

    @staticmethod
    def key(context: Iterable[bytes], body: Iterable[memoryview]) -> bytes:
        """The digest of what an answer depends on, and of the bytes that came; parts cannot run together."""
        whole = sha256()
        for part in context:
            whole.update(len(part).to_bytes(8, "big") + part)
        for piece in body:
            whole.update(len(piece).to_bytes(8, "big"))
            whole.update(piece)
        return whole.digest()

    def lookup(self, key: bytes, instant: datetime) -> bytes | None:
        """What was kept under the key, if it holds at this moment of decision."""
        kept = self._kept.get(key)
        if kept is None or kept.until < self._monotonic():
            return None
        return kept.payload if kept.valid_from <= instant < kept.valid_until else None

    def keep(self, key: bytes, payload: bytes, valid_from: datetime, valid_until: datetime) -> None:
        """Keep it for readers whose moment is in ``[valid_from, valid_until)``; the oldest makes room."""
        now = self._monotonic()
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = _Kept(payload, valid_from, valid_until, now + _SECONDS)
            while len(self._kept) > _MOST or next(iter(self._kept.values())).until < now:
                self._kept.popitem(last=False)
