"""The shipper: a process of its own that moves records from the spool into SQL, until nobody writes any more.

``launch`` starts it, at most one per spool (a lock says so). A database that is away costs nothing but time: the
records wait. It ends by itself when the last writer has gone and all is shipped, or the database is away then; the next
start goes on where it stopped.
"""

import contextlib
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

from sqlalchemy import Engine

from cds.logs import get_logger
from cds.records.database import DatabaseAway, DatabaseUnusable, migrate, open_database
from cds.records.frames import Damaged, Frame
from cds.records.launch import URL_NAME
from cds.records.segments import REFUSED_SUFFIX, Segment, segments
from cds.records.writing import write

_log = get_logger(__name__)

#: Seconds between looks at the spool, and between tries of a database that is away. A transaction costs much the same
#: for one record as for fifty, and a synced write besides; answers share the machine with it.
_QUIET = 0.25
_AWAY = 2.0
#: Records to a transaction.
_BATCH = 256


class Shipper:
    """Ships what lies in a spool folder, and remembers how far it got."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self._folder = folder
        self._engine = engine
        self._known: dict[Path, Segment] = {}
        self._is_away = False
        self._is_migrated = False

    def ship(self) -> int:
        """Ship all that is there now; how many records. Raises :class:`DatabaseAway`."""
        if not self._is_migrated:
            migrate(self._engine)
            self._is_migrated = True
        paths = segments(self._folder)
        self._known = {path: self._known.get(path) or Segment(path) for path in paths}
        return sum(self._ship_segment(segment) for segment in self._known.values())

    def run(self) -> bool:
        """Ship until no file is left (True), or the database is away and nobody is left to write (False)."""
        while segments(self._folder):
            try:
                shipped = self.ship()
                self._tell_again()
            except DatabaseAway as fault:
                self._tell_away(fault)
                if not self._is_written_to():
                    return False
                time.sleep(_AWAY)
            else:
                if not shipped:
                    time.sleep(_QUIET)
        return True

    def _ship_segment(self, segment: Segment) -> int:
        try:
            # Asked before reading: what is locked by nobody now gets no more records.
            is_complete = not segment.is_written_to()
            size = segment.size()
            if size == segment.offset and not is_complete:
                return 0
            shipped = self._ship_unread(segment)
        except FileNotFoundError:
            return 0
        if is_complete and segment.offset == size:
            segment.remove()
        elif is_complete:
            # Most likely the process died while it wrote this record, and its answer never left; but it may be damage.
            self._set_aside(segment)
        return shipped

    def _ship_unread(self, segment: Segment) -> int:
        shipped, batch, end = 0, list[Frame](), segment.offset
        try:
            for frame, behind in segment.unread():
                batch.append(frame)
                end = behind
                if len(batch) == _BATCH:
                    shipped += self._commit(segment, batch, end)
                    batch = []
        except Damaged:
            pass  # what comes before it counts; the file is set aside once nobody writes to it
        return shipped + self._commit(segment, batch, end)

    def _set_aside(self, segment: Segment) -> None:
        _log.error("spool_damaged", file=segment.path.name, offset=segment.offset)
        segment.set_aside()

    def _commit(self, segment: Segment, batch: list[Frame], end: int) -> int:
        refused = write(self._engine, batch) if batch else []
        for frame in refused:
            self._keep_refused(frame)
        segment.offset = end
        return len(batch)

    def _keep_refused(self, frame: Frame) -> None:
        _log.error("record_refused", stream=frame.stream, seq=frame.seq)
        path = self._folder / f"{frame.stream}-{frame.seq}{REFUSED_SUFFIX}"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(len(frame.clear).to_bytes(8, "big") + frame.clear + frame.sealed)

    def _is_written_to(self) -> bool:
        return any(Segment(path).is_written_to() for path in segments(self._folder))

    def _tell_away(self, fault: DatabaseAway) -> None:
        if not self._is_away:
            self._is_away = True
            _log.error("database_away", fault=str(fault))

    def _tell_again(self) -> None:
        if self._is_away:
            self._is_away = False
            _log.info("database_answers")


def main(state: Path, url: str | None, lock: int) -> None:
    """Ship what lies below ``state``; ``lock`` is a file that this process holds locked. Ends by itself."""
    _yield_to_answers()
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # it ends when the workers have, whom such a signal reaches as well
    folder = state / "spool"
    shipper = Shipper(folder, open_database(url, state))
    while shipper.run():
        # A writer that began meanwhile either sees the lock free and starts another, or its file is seen here.
        fcntl.flock(lock, fcntl.LOCK_UN)
        if not segments(folder):
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return


def _yield_to_answers() -> None:
    """Answers come first: of a busy processor it gets a tenth, and it never pushes an answer aside when it wakes up."""
    os.nice(10)
    if hasattr(os, "SCHED_BATCH"):  # Linux
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    # It has a session of its own, and where Linux groups by sessions a nice process counts within its group alone.
    grouped = Path("/proc/self/autogroup")
    if grouped.exists():
        with contextlib.suppress(OSError):
            grouped.write_text("10")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), os.environ.get(URL_NAME), int(sys.argv[2]))
    except DatabaseUnusable as fault:
        _log.error("database_unusable", reason=fault.reason)
        sys.exit(2)
