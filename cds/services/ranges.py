"""Ranges of versions: ``>=1.0.0 <2.0.0``, ``=1.4.2``, ``*``; all comparisons must hold."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

Numbers = tuple[int, int, int]
_BOUND = re.compile(r"(>=|<=|>|<|=)([0-9]{1,6})\.([0-9]{1,6})\.([0-9]{1,6})\Z")
_COMPARE: dict[str, Callable[[Numbers, Numbers], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Range:
    """Versions that pass every bound; no bound: all."""

    bounds: tuple[tuple[str, Numbers], ...]
    text: str

    def admits(self, version: str) -> bool:
        """Whether ``1.4.2`` is in the range."""
        major, minor, patch = (int(part) for part in version.split("."))
        return all(_COMPARE[sign]((major, minor, patch), bound) for sign, bound in self.bounds)


def read_range(text: str) -> Range | None:
    """The range a text states; None if it states none."""
    if text.strip() == "*":
        return Range((), "*")
    bounds = []
    for word in text.split():
        match = _BOUND.match(word)
        if match is None:
            return None
        bounds.append((match[1], (int(match[2]), int(match[3]), int(match[4]))))
    return Range(tuple(bounds), text) if bounds else None
