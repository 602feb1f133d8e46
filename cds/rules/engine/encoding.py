"""A net as durable-rules reads it: the text of its rules, and the text of each fact, made once at load.

One fact per side, one property per fact, always 1; a rule tests ``s<number> = 1``. Nothing else ever reaches the
engine: no text, no numbers of a patient, no negation (field guide, sections 2 and 9). It makes text and runs nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cds.rules.engine.clauses import WIDEST, Net, Side
from cds.rules.engine.truth import Truth, truth_of

#: The one session name there ever is: the engine tells names apart by a 32-bit hash, and two patients must not meet.
SESSION = "L"
#: Fires once when the net is loaded. Deleting a session in a slot in which no rule ever fired kills the process.
SENTINEL = f'[{{"sid":"{SESSION}","z":1}}]'
_SENTINEL_RULE = {"z": {"all": [{"m": {"z": 1}}], "pri": 9000}}
_ALIASES = "abcdefgh"
#: Of one net: both sides of each part, and of what it decides.
_MOST_SIDES = 2 * (WIDEST + 1)


@dataclass(frozen=True, slots=True)
class Shape:
    """All text that evaluating a net needs, without a word of what its symbols are: nets of one shape are one net.

    rules: the ruleset for the engine. gives: by rule name, the number of the side that it concludes, as the rules do.
    """

    rules: str
    gives: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EncodedNet:
    """A shape, and what one net means by it.

    inputs: symbol, the fact that says that it holds, the fact that says that it fails. Rules read both, always.
    conclusions: by number, the truth that is concluded.
    """

    shape: Shape
    inputs: tuple[tuple[int, str, str], ...]
    conclusions: Mapping[int, Truth]


def encode(net: Net) -> EncodedNet:
    """The net as text; every fact's id and property is one of a fixed list, checked for colliding hashes."""
    numbers: dict[Side, int] = {}
    for clause in net.clauses:
        for side in (*clause.needs, clause.gives):
            numbers.setdefault(side, len(numbers))
    shape = _shape(tuple((tuple(numbers[n] for n in clause.needs), numbers[clause.gives]) for clause in net.clauses))
    return EncodedNet(
        shape=shape,
        inputs=tuple(
            (symbol, _fact(numbers[Side(symbol)]), _fact(numbers[Side(symbol, True)])) for symbol in net.reads
        ),
        conclusions={numbers[side]: truth_of(not side.fails) for _, side in net.clauses},
    )


@lru_cache(maxsize=256)  # rulesets are many, the shapes of their conditions few; one that is not kept is made anew
def _shape(clauses: tuple[tuple[tuple[int, ...], int], ...]) -> Shape:
    """The text for clauses over numbered sides: what each needs, and what it gives."""
    rules = {f"r{index}": {"all": _patterns(needs)} for index, (needs, _) in enumerate(clauses)}
    return Shape(
        rules=json.dumps(rules | _SENTINEL_RULE, separators=(",", ":")),
        gives={f"r{index}": gives for index, (_, gives) in enumerate(clauses)},
    )


def colliding(names: list[str]) -> bool:
    """Whether two of the names have one FNV-1a hash of 32 bits, by which alone the engine knows them."""
    return len({_fnv(name) for name in names}) < len(set(names))


def _patterns(needs: tuple[int, ...]) -> list[dict[str, dict[str, int]]]:
    return [{alias: {f"s{number}": 1}} for alias, number in zip(_ALIASES, needs, strict=False)]


@lru_cache(maxsize=_MOST_SIDES)
def _fact(number: int) -> str:
    return f'{{"sid":"{SESSION}","id":"f{number}","s{number}":1}}'


def _fnv(name: str) -> int:
    found = 0x811C9DC5
    for byte in name.encode():
        found = ((found ^ byte) * 16777619) & 0xFFFFFFFF
    return found


# Other properties that the engine sees or adds: ids and session of a fact, its own session record, our sentinel.
_PROPERTIES = ["id", "sid", "$s", "z", *(f"s{number}" for number in range(_MOST_SIDES))]
_IDS = [f"sid-{SESSION}", *(f"f{number}" for number in range(_MOST_SIDES))]
if colliding(_PROPERTIES) or colliding(_IDS):  # a constant of this module, so a matter of our own making
    raise AssertionError("two engine names share a hash: rename them")
