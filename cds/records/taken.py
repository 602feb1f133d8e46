"""What the workers of this machine have taken up of the log of activations: a file each, in ``CDS_STATE/live``.

A worker holds its file locked for as long as it lives, so what an ended one left is known as such and removed.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from cds.logs import get_logger

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TakenUp:
    """Of one worker: the newest act that it answers with, and what of it it could not use."""

    process: int
    act: int
    refused: tuple[str, ...]


class Taken:
    """The file of the present worker."""

    def __init__(self, state: Path) -> None:
        self._path = state / "live" / f"{os.getpid()}.json"
        self._file: int | None = None

    def tell(self, act: int, refused: Sequence[str]) -> None:
        """Say what this worker answers with; a disk that is full keeps nobody from answering."""
        content = orjson.dumps({"process": os.getpid(), "act": act, "refused": list(refused)})
        try:
            if self._file is None:
                self._file = self._new_file(content)
            os.pwrite(self._file, content, 0)
            os.ftruncate(self._file, len(content))
        except OSError as fault:
            _log.warning("activation_untold", fault=type(fault).__name__)

    def _new_file(self, content: bytes) -> int:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = self._path.with_suffix(".new")
        file = os.open(made, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        os.write(file, content)
        made.rename(self._path)  # only whole and under its lock does anybody get to see it
        return file


def taken_up(state: Path) -> tuple[TakenUp, ...]:
    """Of every worker that runs here with this state folder."""
    return tuple(_read(state / "live"))


def _read(folder: Path) -> Iterator[TakenUp]:
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(OSError, ValueError, KeyError):
            if _is_left_over(path):
                path.unlink()
                continue
            told = orjson.loads(path.read_bytes())
            yield TakenUp(told["process"], told["act"], tuple(told["refused"]))


def _is_left_over(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
