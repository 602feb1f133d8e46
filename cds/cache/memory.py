"""What was judged in the last minutes, in the memory of one process: a hit here leaves neither process nor thread.

Two of these stand in front of the store: one finds a judgement by the facts, the other by the very bytes of a request,
which a client that retries, or a screen that is opened again, sends within minutes. What is kept holds for the same
moments as in the store. It is not sealed: nobody else reads this memory, and it is never written down.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

_MOST = 512
_MOST_BYTES = 16 * 1024 * 1024
_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Kept:
    """A payload, and the moments ``[valid_from, valid_until)`` for which it holds."""

    payload: bytes = field(repr=False)
    valid_from: datetime
    valid_until: datetime
    until: float = math.inf  # how long it is kept, on the monotonic clock


class Memory:
    """At most 512 payloads and 16 MiB, each for at most five minutes. Safe to call from several threads."""

    def __init__(
        self, most: int = _MOST, most_bytes: int = _MOST_BYTES, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._bytes = 0

    def lookup(self, key: bytes, instant: datetime) -> Kept | None:
        """What was kept under the key, if it holds at this moment of decision."""
        kept = self._kept.get(key)
        if kept is None or kept.until < self._monotonic():
            return None
        return kept if kept.valid_from <= instant < kept.valid_until else None

    def keep(self, key: bytes, payload: bytes, valid_from: datetime, valid_until: datetime) -> None:
        """Keep it for readers whose moment is in ``[valid_from, valid_until)``; the oldest makes room."""
        now = self._monotonic()
        with self._lock:
            if (replaced := self._kept.pop(key, None)) is not None:
                self._bytes -= len(replaced.payload)
            self._kept[key] = Kept(payload, valid_from, valid_until, now + _SECONDS)
            self._bytes += len(payload)
            while self._kept and (self._is_over() or next(iter(self._kept.values())).until < now):
                self._bytes -= len(self._kept.popitem(last=False)[1].payload)

    def _is_over(self) -> bool:
        return len(self._kept) > self._most or self._bytes > self._most_bytes


def repeat_key(context: Iterable[bytes], body: Iterable[memoryview]) -> bytes:
    """The digest of what an answer depends on, and of the bytes that came; parts cannot run together."""
    whole = sha256()
    for part in context:
        whole.update(len(part).to_bytes(8, "big") + part)
    for piece in body:
        whole.update(len(piece).to_bytes(8, "big"))
        whole.update(piece)
    return whole.digest()
