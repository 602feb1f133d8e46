"""The files of the spool, as seen from outside the process that writes them. Reads; removes what is complete."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cds.records.frames import PREAMBLE_BYTES, Frame, stream_of, unpack
from cds.records.spool import SUFFIX

#: A file with something in it that is no record is kept under this name, for a person to look at.
DAMAGED_SUFFIX = ".damaged"
#: A record that the database will never take is kept under this name, for a person to look at.
REFUSED_SUFFIX = ".refused"


@dataclass(slots=True)
class Segment:
    """One file, and how far it was read. ``offset`` is where the next unread record begins."""

    path: Path
    offset: int = PREAMBLE_BYTES
    stream: str = ""

    def unread(self) -> Iterator[tuple[Frame, int]]:
        """The whole records behind ``offset``, each with the offset behind it; does not move ``offset``.

        Raises :class:`cds.records.frames.Damaged`, and ``FileNotFoundError`` when it is complete and gone.
        """
        with self.path.open("rb") as file:
            if not self.stream:
                self.stream = stream_of(file.read(PREAMBLE_BYTES))
            file.seek(self.offset)
            yield from unpack(self.stream, file.read(), self.offset)

    def size(self) -> int:
        """Bytes in the file now."""
        return self.path.stat().st_size

    def is_written_to(self) -> bool:
        """Whether a living process holds it."""
        file = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
        return False

    def remove(self) -> None:
        """All of it is in SQL."""
        self.path.unlink(missing_ok=True)

    def set_aside(self) -> None:
        """It holds what is no record: kept, and never read again."""
        self.path.rename(self.path.with_suffix(DAMAGED_SUFFIX))


def segments(folder: Path) -> list[Path]:
    """The spool files there are, oldest of each stream first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def unshipped_bytes(folder: Path) -> int:
    """How much lies in the spool. A file that is still written to counts whole, shipped or not."""
    total = 0
    for path in segments(folder):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total
