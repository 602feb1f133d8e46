"""Calls that got no answer: what is kept of each, so that none is lost in silence.

Nothing of a patient: when, who called which service, the status, the kind of fault, the hook instance. Each call that
was let in is written before its answer leaves, as decisions are. A flood is not: beyond a hundred at once and one a
second, calls are counted by kind and written together, so that bad requests can fill neither the disk nor the database.
Who was not let in, or came when there was no time, could send any number at no cost: those are only ever counted, by
kinds of which there are few, and written once a minute.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from cds.records.frames import Kind
from cds.records.recorder import Recorder
from cds.records.spool import NotRecorded

#: How many may come at once, each written by itself, and how many more each second.
_AT_ONCE, _A_SECOND = 100, 1.0
#: Seconds for which a flood is counted before it is written; of those who were not let in, too.
_COUNTING, _COUNTING_OUTSIDE = 10.0, 60.0
#: The kinds that are told apart in one.
_MOST_KINDS = 100


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that got no answer.

    call: ``hook``, ``feedback`` or ``discovery``; service: its id, if it is one; fault: its type, and for a token the
    check that it failed. outside: it was not let in, so it is only counted.
    """

    call: str
    service: str
    client: str
    status: int
    fault: str
    hook_instance: str | None = None
    outside: bool = False


class Refusals:
    """Keeps refused calls with a recorder. Safe to call from several threads, and after a fork; it never raises."""

    def __init__(self, recorder: Recorder, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._recorder = recorder
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._allowed = float(_AT_ONCE)
        self._allowed_at = monotonic()
        self._counted: Counter[Refused] = Counter()
        self._outside: Counter[Refused] = Counter()

    def note(self, refused: Refused) -> None:
        """Keep it: by itself, or as one of many."""
        if self._recorder.keeps_nothing:
            return
        with self._lock:
            by_itself = not refused.outside and self._is_allowed()
            if not by_itself:
                self._count(refused)
        if by_itself:
            self._write([_row(refused, self._recorder.now(), 1)])

    def finish(self) -> None:
        """Write what was counted and not written yet."""
        self._write_counted()
        self._write_outside()

    def _write_counted(self) -> None:
        with self._lock:
            counted, self._counted = self._counted, Counter()
        self._write_all(counted)

    def _write_outside(self) -> None:
        with self._lock:
            counted, self._outside = self._outside, Counter()
        self._write_all(counted)

    def _is_allowed(self) -> bool:
        now = self._monotonic()
        self._allowed = min(_AT_ONCE, self._allowed + (now - self._allowed_at) * _A_SECOND)
        self._allowed_at = now
        if self._allowed < 1:
            return False
        self._allowed -= 1
        return True

    def _count(self, refused: Refused) -> None:
        counted = self._outside if refused.outside else self._counted
        if not counted:
            seconds = _COUNTING_OUTSIDE if refused.outside else _COUNTING
            later = threading.Timer(seconds, self._write_outside if refused.outside else self._write_counted)
            later.daemon = True
            later.start()
        kind = replace(refused, hook_instance=None)
        if kind not in counted and len(counted) >= _MOST_KINDS:
            kind = Refused("", "", "", refused.status, "", outside=refused.outside)
        counted[kind] += 1

    def _write_all(self, counted: Counter[Refused]) -> None:
        now = self._recorder.now()
        if counted:
            self._write([_row(kind, now, calls) for kind, calls in counted.items()])

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
