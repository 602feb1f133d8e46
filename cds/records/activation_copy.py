"""The copy of the log of activations that a machine keeps in ``CDS_STATE``, for when its database is away."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import orjson

from cds.records.entry import Entry

COPY = "activation.json"


def read_copy(state: Path) -> tuple[Entry, ...]:
    """The log as this machine saw it last; empty where it has seen none."""
    try:
        return from_json((state / COPY).read_bytes())
    except (OSError, ValueError):
        return ()


def write_copy(state: Path, log: tuple[Entry, ...]) -> None:
    """Keep what was seen; whole or not at all."""
    beside = state / f".{COPY}.{os.getpid()}"
    with contextlib.suppress(OSError):
        beside.write_bytes(to_json(log))
        beside.replace(state / COPY)


def to_json(log: Sequence[Entry]) -> bytes:
    """The log as JSON, for the copy that a machine keeps for when its database is away."""
    return orjson.dumps([asdict(entry) for entry in log])


def from_json(content: bytes) -> tuple[Entry, ...]:
    """The inverse of :func:`to_json`; raises ``ValueError`` for anything else."""
    try:
        told = cast("list[dict[str, Any]]", orjson.loads(content))
        return tuple(Entry(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in told)
    except (TypeError, KeyError) as fault:
        raise ValueError("not a log of activations") from fault
