"""Three-valued truth (Kleene): unknown is a value, and never the same as no."""

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """What a definition is for a patient: it holds, it fails, or nobody can tell."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"

    def reversed(self) -> "Truth":
        """Kleene negation: unknown stays unknown."""
        return _REVERSED[self]

    def __bool__(self) -> bool:
        raise TypeError("a three-valued truth is not a yes or no: compare it with Truth.HOLDS or Truth.FAILS")


_REVERSED = {Truth.HOLDS: Truth.FAILS, Truth.FAILS: Truth.HOLDS, Truth.UNKNOWN: Truth.UNKNOWN}


def weakest(parts: Iterable[Truth]) -> Truth:
    """All-of: fails if any fails, else unknown if any is unknown, else holds."""
    found = set(parts)
    if Truth.FAILS in found:
        return Truth.FAILS
    return Truth.UNKNOWN if Truth.UNKNOWN in found else Truth.HOLDS


def strongest(parts: Iterable[Truth]) -> Truth:
    """Any-of: holds if any holds, else unknown if any is unknown, else fails."""
    found = set(parts)
    if Truth.HOLDS in found:
        return Truth.HOLDS
    return Truth.UNKNOWN if Truth.UNKNOWN in found else Truth.FAILS


def truth_of(value: bool) -> Truth:
    """A plain yes or no as a truth."""
    return Truth.HOLDS if value else Truth.FAILS
