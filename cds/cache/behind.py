"""A Redis store that no answer waits for: entries are written behind it, and asked for only where one may lie.

A round trip to another process costs a good part of a judgement. So what is put is handed to a thread, which writes
many entries at once a moment later; and a key is only asked for when the server's hints say that somebody wrote it.
What waits is bounded: a server that is away or slow loses entries (counted), never an answer and never memory.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable

from cds.cache.breaker import Breaker
from cds.cache.hints import Hints, names
from cds.cache.redis_store import Entry, RedisStore, connect
from cds.cache.store import Health
from cds.metrics.meter import UNCOUNTED, Meter

#: Entries that wait at most, and that are written at once.
_MOST_WAITING = 512
_MOST_BYTES = 16 * 1024 * 1024
_BATCH, _BATCH_BYTES = 64, 4 * 1024 * 1024
#: Seconds: between what is put and its writing, and between two readings of the hints. Nobody waits for either.
_GATHER = 0.1
_REFRESH = 1.0
#: Seconds for the thread's own calls: a batch is larger than what a request asks for, and nobody waits.
_BATCH_SECONDS = 0.5
_CLOSE_SECONDS = 1.0


class BehindStore:
    """A :class:`cds.cache.store.ResultStore` that asks ``reading`` and writes to ``writing``, both on one server.

    Safe to call from several threads, and after a fork: each process starts its thread at its first call.
    """

    def __init__(self, reading: RedisStore, writing: RedisStore, seconds: Callable[[], float] = time.time) -> None:
        self._reading = reading
        self._writing = writing
        self._seconds = seconds
        self._hints = Hints()
        self._waiting: deque[Entry] = deque()
        self._bytes = 0
        self._counting = threading.Lock()
        self._dropped = 0
        self._unasked = 0
        self._used = threading.Event()
        self._ends = threading.Event()
        self._starting = threading.Lock()
        self._owner = 0
        self._thread: threading.Thread | None = None
        self._refreshed_at = float("-inf")

    def get(self, key: bytes) -> bytes | None:
        """What lies under the key, if the hints say that something may."""
        self._wake()
        if not self._hints.may_hold(key):
            self._unasked += 1
            return None
        return self._reading.get(key)

    def put(self, key: bytes, value: bytes, seconds: int) -> None:
        """Have the value written soon, unless too many wait already."""
        with self._counting:
            if len(self._waiting) >= _MOST_WAITING or self._bytes + len(value) > _MOST_BYTES:
                self._dropped += 1
                return
            self._waiting.append((key, value, seconds))
            self._bytes += len(value)
        self._wake()

    def catch_up(self) -> None:
        """Write what waits, and read the hints if it is time: what the thread does, over and over."""
        while self._waiting:
            batch = self._taken()
            self._writing.put_all(batch, names(self._seconds())[0])
        if time.monotonic() - self._refreshed_at >= _REFRESH:
            self._refreshed_at = time.monotonic()
            maps = self._writing.get_all(names(self._seconds()))
            if maps is not None:
                self._hints.load(maps)

    def _taken(self) -> list[Entry]:
        """What is written next: of large entries fewer, because one round trip must end in time."""
        batch: list[Entry] = []
        size = 0
        with self._counting:
            while self._waiting and len(batch) < _BATCH and size < _BATCH_BYTES:
                batch.append(self._waiting.popleft())
                size += len(batch[-1][1])
            self._bytes -= size
        return batch

    def health(self) -> Health:
        """The server's health, and what this process counted.

        ``waiting``: entries to be written; ``dropped``: not written, because too many waited; ``unasked``: keys that
        nobody is known to have written. Failures and refusals are those of asking and writing together.
        """
        writing, told = self._writing.health(), dict(self._reading.health())
        for name in ("failures", "refusals", "crowded", "skipped"):
            told[name] = int(told[name]) + int(writing[name])
        return {**told, "waiting": len(self._waiting), "dropped": self._dropped, "unasked": self._unasked}

    def close(self) -> None:
        """Write what waits, as far as a second goes, and close the connections."""
        thread = self._thread if self._owner == os.getpid() else None
        if thread is not None:
            self._ends.set()
            self._used.set()
            thread.join(_CLOSE_SECONDS)
        self._reading.close()
        self._writing.close()

    def _wake(self) -> None:
        if self._owner != os.getpid():
            self._start()
        if not self._used.is_set():
            self._used.set()

    def _start(self) -> None:
        with self._starting:
            if self._owner == os.getpid():
                return
            self._used, self._ends = threading.Event(), threading.Event()
            self._thread = threading.Thread(target=self._work, name="cache-behind", daemon=True)
            self._thread.start()
            self._owner = os.getpid()

    def _work(self) -> None:
        """Sleeps until somebody uses the store, and a little longer, so that there is something to gather."""
        while not self._ends.is_set():
            self._used.wait()
            self._used.clear()
            self._ends.wait(_GATHER)
            self.catch_up()


def open_behind(url: str, meter: Meter = UNCOUNTED) -> BehindStore:
    """A store on the server at ``url``; no connection is opened yet. Raises ``ValueError`` as :func:`connect` does."""
    breaker = Breaker()
    reading = connect(url, breaker=breaker, meter=meter)
    writing = connect(url, answer_seconds=_BATCH_SECONDS, breaker=breaker, meter=meter)
    return BehindStore(reading, writing)
