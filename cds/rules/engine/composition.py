"""What the engine is given: compositions over numbered symbols, and nothing else.

A *symbol* is a small integer that stands for one definition. Leaves are judged before (typed Python); the engine
chains compositions from them. A rule's ``when`` is an all-of and its ``unless`` an any-of: the engine never needs
"not", because a negated part reads the symbol's other side.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Protocol

from cds.frozen import value
from cds.rules.engine.truth import Truth


@value()
class Part:
    """One part of a composition: a symbol, read as it is or swapped (``not x``)."""

    symbol: int
    negated: bool = False


@value()
class Composition:
    """``symbol`` is all-of, any-of or at-least ``n`` of its parts. (none-of is any-of, read negated by its users
    or compiled as all-of over negated parts.)
    """

    symbol: int
    kind: Literal["all-of", "any-of", "at-least"]
    parts: tuple[Part, ...]
    n: int = 0


class Engine(Protocol):
    """Solves compositions. Holds no state between calls; safe to call from several threads."""

    def solve(self, leaves: Mapping[int, Truth], goals: Iterable[int]) -> dict[int, Truth]:
        """The truth of each goal (composition symbols) and of every composition it rests on.

        ``leaves`` gives the truth of symbols that are not compositions; one that is missing is unknown.
        """

    def close(self) -> None:
        """Free what was loaded; the engine is not used again."""


class EngineMaker(Protocol):
    """Compiles compositions (any order, no cycles) into an engine."""

    def __call__(self, compositions: Sequence[Composition]) -> Engine: ...
