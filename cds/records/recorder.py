"""What the rest of the service records with: the spool with a shipper behind it, or nothing at all."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cds.logs import get_logger
from cds.metrics.meter import UNCOUNTED, Meter
from cds.records.frames import Kind
from cds.records.keys import Keyring
from cds.records.launch import ensure_shipper
from cds.records.segments import DAMAGED_SUFFIX, REFUSED_SUFFIX, unshipped_bytes
from cds.records.spool import NotRecorded, Spool

_log = get_logger(__name__)

#: Seconds between looks whether a shipper runs.
_WATCH_SECONDS = 5.0
#: Bytes in the spool from which on the database is called behind. Each worker's open file counts whole, up to 4 MiB.
_BEHIND_BYTES = 256 * 1024 * 1024

Health = Mapping[str, str | int]


class Recorder(Protocol):
    """Keeps records. Safe to call from several threads, and after a fork."""

    @property
    def keeps_nothing(self) -> bool:
        """True when there is nothing behind it: callers may spare themselves the work."""

    def now(self) -> datetime:
        """The real time, whatever moment a request pinned."""

    def record(self, kind: Kind, clear: bytes, secret: bytes) -> None:
        """Keep a record; ``secret`` is sealed. Raises :class:`NotRecorded` unless the operator chose best effort."""

    def health(self) -> Health:
        """How recording is doing: words and counts. ``state`` is ``recording``, ``behind`` (the database is),
        ``failing`` (nothing can be answered) or, by the operator's choice, ``not-recording``.
        """


class SpoolRecorder:
    """Records into the spool below ``state`` and sees to it that a shipper moves them to the database."""

    keeps_nothing = False

    def __init__(
        self,
        state: Path,
        url: str | None,
        keys: Keyring,
        now: Callable[[], datetime],
        *,
        required: bool = True,
        meter: Meter = UNCOUNTED,
    ) -> None:
        self._state = state
        self._url = url
        self._folder = state / "spool"
        self._spool = Spool(self._folder, keys)
        self._required = required
        self._meter = meter
        self.now = now
        self._shipper: object = None
        self._watched_at = 0.0
        self._watching = threading.Lock()
        self._failures = 0
        self._is_failing = False

    def open(self) -> None:
        """Make this process's file and start a shipper now, in a worker that has just been forked."""
        try:
            self._spool.open()
        except NotRecorded as fault:
            self._note(fault)
        else:
            self._see_to_shipping()

    def record(self, kind: Kind, clear: bytes, secret: bytes) -> None:
        """As the interface says."""
        try:
            self._spool.append(kind, clear, secret)
        except NotRecorded as fault:
            self._note(fault)
            if self._required:
                raise
            return
        if self._is_failing:
            self._is_failing = False
            _log.info("recording_again")
        if time.monotonic() - self._watched_at > _WATCH_SECONDS:
            self._see_to_shipping()

    def health(self) -> Health:
        """As the interface says. ``unshipped``: bytes in the spool, of which some may be shipped already."""
        unshipped = unshipped_bytes(self._folder)
        if self._is_failing and not self._spool.has_room():
            state = "failing" if self._required else "not-recording"
        else:
            state = "behind" if unshipped > _BEHIND_BYTES else "recording"
        aside = {suffix[1:]: len(list(self._folder.glob(f"*{suffix}"))) for suffix in (REFUSED_SUFFIX, DAMAGED_SUFFIX)}
        return {"state": state, "unshipped": unshipped, "failures": self._failures, **aside}

    def close(self) -> None:
        """Let go of this process's file."""
        self._spool.close()

    def _see_to_shipping(self) -> None:
        if not self._watching.acquire(blocking=False):
            return  # another thread is at it
        try:
            self._watched_at = time.monotonic()
            self._shipper = ensure_shipper(self._state, self._url) or self._shipper
        except OSError as fault:
            _log.error("shipper_absent", fault=type(fault).__name__)
        finally:
            self._watching.release()

    def _note(self, fault: NotRecorded) -> None:
        self._failures += 1
        self._meter.count("not_recorded")
        if not self._is_failing:
            self._is_failing = True
            _log.error("not_recorded", reason=fault.reason)


class NullRecorder:
    """Keeps nothing: for replays and checks, which answer nobody."""

    keeps_nothing = True

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now

    def record(self, kind: Kind, clear: bytes, secret: bytes) -> None:
        """Nothing."""

    def health(self) -> Health:
        """It does not record."""
        return {"state": "off"}
