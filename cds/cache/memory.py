"""What was judged in the last minutes, in the memory of one process: a hit here leaves neither process nor thread.

Two of these stand in front of the store: one finds a judgement by the facts, the other by the very bytes of a request,
which a client that retries, or a screen that is opened again, sends within minutes. What is kept holds for the same
moments as in the store. It is not sealed: nobody else reads this memory, and it is never written down. What is over is
removed whether or not anybody calls.
"""

import math
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

_MOST = 512
#: With what is made of the payloads, three times as much.
_MOST_BYTES = 6 * 1024 * 1024
_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Kept:
    """A payload, and the moments ``[valid_from, valid_until)`` for which it holds.

    made: for what readers make of the payload, as long as it is kept; about twice its size.
    """

    payload: bytes = field(repr=False)
    valid_from: datetime
    valid_until: datetime
    until: float = math.inf  # how long it is kept, on the monotonic clock
    made: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)


def _later(seconds: float, call: Callable[[], None]) -> None:
    # Weak: a memory that nobody uses any more need not last until then.
    weak = weakref.WeakMethod(call)
    timer = threading.Timer(seconds, lambda: still() if (still := weak()) is not None else None)
    timer.daemon = True
    timer.start()


class Memory:
    """At most 512 payloads and 6 MiB, each for at most five minutes. Safe to call from several threads.

    later: has a function called after so many seconds.
    """

    def __init__(
        self,
        most: int = _MOST,
        most_bytes: int = _MOST_BYTES,
        monotonic: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], None]], None] = _later,
    ) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._monotonic = monotonic
        self._later = later
        self._is_tidied = False
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._bytes = 0

    def lookup(self, key: bytes, instant: datetime) -> Kept | None:
        """What was kept under the key, if it holds at this moment of decision."""
        kept = self._kept.get(key)
        if kept is None or kept.until < self._monotonic():
            return None
        return kept if kept.valid_from <= instant < kept.valid_until else None

    def keep(
        self,
        key: bytes,
        payload: bytes,
        valid_from: datetime,
        valid_until: datetime,
        *,
        made: dict[Any, Any] | None = None,
    ) -> None:
        """Keep it for readers whose moment is in ``[valid_from, valid_until)``; the oldest makes room.

        made: what was made of the payload already, to be shared.
        """
        now = self._monotonic()
        with self._lock:
            if (replaced := self._kept.pop(key, None)) is not None:
                self._bytes -= len(replaced.payload)
            self._kept[key] = Kept(payload, valid_from, valid_until, now + _SECONDS, {} if made is None else made)
            self._bytes += len(payload)
            self._make_room(now)
            begins, self._is_tidied = not self._is_tidied, True
        if begins:
            self._later(_SECONDS, self._tidy)

    def _tidy(self) -> None:
        """Remove what is over; come again when the oldest of the rest is."""
        now = self._monotonic()
        with self._lock:
            self._make_room(now)
            oldest = next(iter(self._kept.values()), None)
            self._is_tidied = oldest is not None
        if oldest is not None:
            self._later(max(oldest.until - now, 0.0) + 1.0, self._tidy)

    def _make_room(self, now: float) -> None:
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
