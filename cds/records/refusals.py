"""Calls that were let in and got no answer: what is kept of each, so that none is lost in silence.

Nothing of a patient: when, who called which service, the status, the kind of fault, the hook instance. Each is written
before its answer leaves, as decisions are. A flood is not: beyond a hundred at once and one a second, calls are counted
by kind and written together, so that bad requests can fill neither the disk nor the database.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from cds.records.frames import Kind
from cds.records.recorder import Recorder
from cds.records.spool import NotRecorded

#: How many may come at once, each written by itself, and how many more each second.
_AT_ONCE, _A_SECOND = 100, 1.0
#: Seconds for which a flood is counted before it is written, and the kinds that are told apart in one.
_COUNTING = 10.0
_MOST_KINDS = 100


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that got no answer. call: ``hook`` or ``feedback``; service: its id, if it is one; fault: its type."""

    call: str
    service: str
    client: str
    status: int
    fault: str
    hook_instance: str | None = None


class Refusals:
    """Keeps refused calls with a recorder. Safe to call from several threads, and after a fork; it never raises."""

    def __init__(self, recorder: Recorder, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._recorder = recorder
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._allowed = float(_AT_ONCE)
        self._allowed_at = monotonic()
        self._counted: Counter[Refused] = Counter()

    def note(self, refused: Refused) -> None:
        """Keep it: by itself, or in a flood as one of many."""
        if self._recorder.keeps_nothing:
            return
        with self._lock:
            by_itself = self._is_allowed()
            if not by_itself:
                self._count(refused)
        if by_itself:
            self._write([_row(refused, self._recorder.now(), 1)])

    def finish(self) -> None:
        """Write what was counted and not written yet."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
        now = self._recorder.now()
        if counted:
            self._write([_row(kind, now, calls) for kind, calls in counted.items()])

    def _is_allowed(self) -> bool:
        now = self._monotonic()
        self._allowed = min(_AT_ONCE, self._allowed + (now - self._allowed_at) * _A_SECOND)
        self._allowed_at = now
        if self._allowed < 1:
            return False
        self._allowed -= 1
        return True

    def _count(self, refused: Refused) -> None:
        if not self._counted:
            later = threading.Timer(_COUNTING, self.finish)
            later.daemon = True
            later.start()
        kind = Refused(refused.call, refused.service, refused.client, refused.status, refused.fault)
        if kind not in self._counted and len(self._counted) >= _MOST_KINDS:
            kind = Refused("", "", "", refused.status, "")
        self._counted[kind] += 1

    def _write(self, rows: Sequence[dict[str, object]]) -> None:
        # What cannot be recorded the recorder has logged and counted; there is no answer to hold back.
        with contextlib.suppress(NotRecorded):
            self._recorder.record(Kind.REFUSALS, orjson.dumps({"refusals": rows}), b"")


def _row(refused: Refused, now: datetime, calls: int) -> dict[str, object]:
    return {
        "at": now,
        "call": refused.call,
        "service": refused.service,
        "client": refused.client,
        "status": refused.status,
        "fault": refused.fault,
        "hook_instance": refused.hook_instance,
        "calls": calls,
    }
