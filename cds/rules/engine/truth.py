"""Three-valued truth (Kleene): unknown is a value, and never the same as no."""

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """What a definition is for a patient: it holds, it fails, or nobody can tell."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"

    # Enum hashes by name, in Python code; members are singletons, so identity says the same ten times faster.
    __hash__ = object.__hash__

    def reversed(self) -> "Truth":
        """Kleene negation: unknown stays unknown."""
        return _REVERSED[self]

    def __bool__(self) -> bool:
        raise TypeError("a three-valued truth is not a yes or no: compare it with Truth.HOLDS or Truth.FAILS")


_REVERSED = {Truth.HOLDS: Truth.FAILS, Truth.FAILS: Truth.HOLDS, Truth.UNKNOWN: Truth.UNKNOWN}


def weakest(parts: Iterable[Truth]) -> Truth:
    """All-of: fails if any fails, else unknown if any is unknown, else holds."""
    found = Truth.HOLDS
    for part in parts:
        if part is Truth.FAILS:
            return Truth.FAILS
        if part is Truth.UNKNOWN:
            found = Truth.UNKNOWN
    return found


def strongest(parts: Iterable[Truth]) -> Truth:
    """Any-of: holds if any holds, else unknown if any is unknown, else fails."""
    found = Truth.FAILS
    for part in parts:
        if part is Truth.HOLDS:
            return Truth.HOLDS
        if part is Truth.UNKNOWN:
            found = Truth.UNKNOWN
    return found


def at_least(n: int, parts: Iterable[Truth]) -> Truth:
    """At least ``n``: holds if so many hold, fails if so many cannot hold any more, else unknown."""
    truths = list(parts)
    holding = truths.count(Truth.HOLDS)
    if holding >= n:
        return Truth.HOLDS
    return Truth.FAILS if holding + truths.count(Truth.UNKNOWN) < n else Truth.UNKNOWN


def truth_of(value: bool) -> Truth:
    """A plain yes or no as a truth."""
    return Truth.HOLDS if value else Truth.FAILS
