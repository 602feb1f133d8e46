"""The log of activations as a chain: each act has a seal over its rows and the seal of the act before.

Whoever changes, adds, removes or exchanges rows of the past breaks every seal from there on. A seal is a plain SHA-256,
so that anybody can check it; who can write to the database could seal a whole forged log anew, and is found out by
whoever noted a seal elsewhere: workers keep a copy of the log on their machines.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from itertools import groupby

import orjson

from cds.records.entry import Entry

#: The first part of what is hashed: another one if what is hashed ever changes.
_FORMAT = b"cds activation 1\n"


@dataclass(frozen=True, slots=True)
class Chain:
    """acts: how many there are. head: the seal of the newest. broken: what does not fit, the oldest first."""

    acts: int
    head: str
    broken: tuple[str, ...]


def seal(before: str, rows: Sequence[Entry]) -> str:
    """Of one act, in hexadecimal. before: the seal of the act before it, "" for the first."""
    told = [orjson.dumps(_told(row), option=orjson.OPT_SORT_KEYS) for row in rows]
    return hashlib.sha256(b"\n".join([_FORMAT + before.encode(), *told])).hexdigest()


def seals_of(log: Iterable[Entry]) -> dict[int, str]:
    """The seal of every act of a log, by number."""
    found: dict[int, str] = {}
    before = ""
    for number, rows in groupby(log, key=lambda row: row.number):
        before = found[number] = seal(before, list(rows))
    return found


def checked(log: Sequence[Entry], sealed: dict[int, str], copy: Sequence[Entry] = ()) -> Chain:
    """The log against its seals, and against what this machine has seen of it."""
    broken: list[str] = []
    numbers = list(dict.fromkeys(row.number for row in log))
    if numbers != list(range(1, len(numbers) + 1)):
        gap = next(n for n, number in enumerate([*numbers, 0], 1) if number != n)
        broken.append(f"act {gap} is missing")
    right = seals_of(log)
    if wrong := [number for number in numbers if sealed.get(number) != right[number]]:
        first = wrong[0]
        what = "has no seal" if first not in sealed else "is not what was sealed, or an act before it is not"
        broken.append(f"act {first} {what}")
    broken += [f"act {number} was sealed and is gone" for number in sorted(sealed.keys() - right.keys())]
    seen = seals_of(copy)
    if gone := [number for number in seen if right.get(number) != seen[number]]:
        broken.append(f"act {gone[0]} is not what this machine has seen of it, or is gone")
    return Chain(len(numbers), sealed.get(numbers[-1], "") if numbers else "", tuple(broken))


def _told(row: Entry) -> dict[str, object]:
    return asdict(row) | {"at": row.at.astimezone(UTC).isoformat(), "site": dict(row.site)}
