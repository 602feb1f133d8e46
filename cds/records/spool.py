"""The spool: where this process puts a record before the answer leaves. It survives the end of the process.

One append-only file per process and some megabytes, in ``CDS_STATE/spool``, locked for as long as somebody writes it: a
file that nobody locks is complete, and the shipper removes it once SQL has all of it. It does not survive the loss of
the machine's power (durability ``process``); the sealed part is never on disk in clear.

Refuses to leave half a record behind: what could not be written whole is taken back, and the caller told.
"""

import contextlib
import errno
import fcntl
import os
import threading
import uuid
from pathlib import Path

from cds.errors import ServiceFault
from cds.records.frames import PREAMBLE_BYTES, Kind, pack, preamble
from cds.records.keys import Keyring
from cds.records.sealing import seal

SUFFIX = ".spool"
#: A file that is being made; nothing was recorded in it yet.
NEW_SUFFIX = ".new"
#: Bytes after which a file is closed and the next one begun, so that what is shipped can go.
SEGMENT_BYTES = 4 * 1024 * 1024
#: More than most records are.
_ROOM_BYTES = 256 * 1024


class NotRecorded(ServiceFault):
    """A record could not be kept; ``reason`` is the kind of fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def place_of(stream: str, seq: int) -> bytes:
    """What a sealed part is bound to: it does not open as another record's."""
    return f"{stream}/{seq}".encode()


class Spool:
    """Appends records for this process. Safe to call from several threads, and after a fork."""

    def __init__(self, folder: Path, keys: Keyring, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._keys = keys
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        self._owner = 0
        self._file: int | None = None
        self._size = 0
        self._number = 0
        self._stream = ""
        self._seq = 0

    def open(self) -> None:
        """Make this process's file now rather than at the first record; raises :class:`NotRecorded`."""
        with self._lock:
            self._opened()

    def append(self, kind: Kind, clear: bytes, secret: bytes) -> tuple[str, int]:
        """Keep a record and say its stream and number; ``secret`` is sealed. Raises :class:`NotRecorded`."""
        with self._lock:
            file = self._opened()
            stream, seq = self._stream, self._seq
            frame = pack(seq, kind, clear, seal(self._keys, secret, place_of(stream, seq)))
            self._write(file, frame)
            self._seq += 1
            self._size += len(frame)
            if self._size >= self._segment_bytes:
                self._close()
            return stream, seq

    def has_room(self) -> bool:
        """Whether a record could be written now: tried, in a file of its own."""
        path = self._folder / f"{os.getpid()}.room"
        try:
            path.write_bytes(b"\0" * _ROOM_BYTES)
        except OSError:
            return False
        finally:
            with contextlib.suppress(OSError):
                path.unlink()
        return True

    def close(self) -> None:
        """Let go of the file: the shipper may have all of it."""
        with self._lock:
            if self._owner == os.getpid():
                self._close()

    def _opened(self) -> int:
        if self._owner != os.getpid():
            # A forked worker begins a stream of its own; the parent's file stays the parent's.
            self._owner, self._file = os.getpid(), None
            self._begin_stream()
        if self._file is None:
            try:
                self._file = self._new_file()
            except OSError as fault:
                raise NotRecorded(reason_of(fault)) from None
            self._number += 1
            self._size = PREAMBLE_BYTES
        return self._file

    def _begin_stream(self) -> None:
        self._stream, self._number, self._seq = uuid.uuid4().hex, 0, 0

    def _new_file(self) -> int:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{self._stream}-{self._number:08d}{SUFFIX}"
        made = path.with_suffix(NEW_SUFFIX)
        file = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write_whole(file, preamble(self._stream))
            # Only under its lock does the shipper get to see it: an unlocked file would be taken for a dead process's.
            made.rename(path)
        except OSError:
            os.close(file)
            with contextlib.suppress(OSError):
                made.unlink()
            raise
        return file

    def _write(self, file: int, frame: bytes) -> None:
        try:
            _write_whole(file, frame)
        except OSError as fault:
            self._take_back(file)
            raise NotRecorded(reason_of(fault)) from None

    def _take_back(self, file: int) -> None:
        """Cut off what was written of a record; where even that fails, nothing may follow it in this file."""
        try:
            os.ftruncate(file, self._size)
        except OSError:
            self._close()
            self._begin_stream()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _write_whole(file: int, content: bytes) -> None:
    """One write, so that nothing else can come between; a full disk takes less than it was given."""
    if os.write(file, content) != len(content):
        raise OSError(errno.ENOSPC, "")


def reason_of(fault: OSError) -> str:
    """The name of an operating system's fault, without paths."""
    return errno.errorcode.get(fault.errno or 0, type(fault).__name__)
