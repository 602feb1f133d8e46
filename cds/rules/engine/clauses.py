"""Compositions as small nets of clauses over sides, the form in which the engine can chain them. Plain data, no engine.

A symbol has two *sides*, "it holds" and "it fails"; unknown is neither. A *clause* concludes one side from up to eight
others. Nothing is ever concluded from the lack of a side, so that more knowledge only ever adds conclusions.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cds.frozen import value
from cds.rules.engine.composition import Composition, Part
from cds.rules.engine.faults import NetRefused

#: A rule of more than 16 patterns faults or silently never fires (field guide, section 3); eight leaves room.
WIDEST = 8


class Side(NamedTuple):
    """One thing that can be known of a symbol: that it holds, or (``fails``) that it fails."""

    symbol: int
    fails: bool = False

    def other(self) -> "Side":
        """The opposite side of the same symbol."""
        return Side(self.symbol, not self.fails)


class Clause(NamedTuple):
    """When every side of ``needs`` is known, so is ``gives``. At most eight needs, all different."""

    needs: tuple[Side, ...]
    gives: Side


@value()
class Net:
    """The clauses that decide one symbol from those that it reads: what durable-rules evaluates at once.

    reads: the symbols of its parts, each once. A net reads leaves, and what other nets decide.
    """

    symbol: int
    reads: tuple[int, ...]
    clauses: tuple[Clause, ...]


class FreshSymbols:
    """Symbols that the caller did not use, for the steps between its own."""

    def __init__(self, compositions: Sequence[Composition]) -> None:
        used = [part.symbol for composition in compositions for part in composition.parts]
        self._next = max([-1, *used, *(composition.symbol for composition in compositions)]) + 1

    def take(self) -> int:
        """The next one; never the same twice."""
        self._next += 1
        return self._next - 1


def nets_of(composition: Composition, fresh: FreshSymbols) -> Iterator[Net]:
    """The nets that decide ``composition``, each after those it reads; the last one carries its symbol.

    Raises NetRefused for a composition without meaning.
    """
    _check(composition)
    kind, count = composition.kind, len(composition.parts)
    if kind == "at-least" and 1 < composition.n < count:
        yield from _counted(composition, fresh)
        return
    all_of = kind == "all-of" or (kind == "at-least" and composition.n == count)
    # The engine never matches one fact twice in a rule: a part that is named twice must stand once.
    parts = tuple(dict.fromkeys(composition.parts))
    while len(parts) > WIDEST:
        groups = [parts[start : start + WIDEST] for start in range(0, len(parts), WIDEST)]
        nets = [_plain(fresh.take(), group, all_of) for group in groups]
        yield from nets
        parts = tuple(Part(net.symbol) for net in nets)
    yield _plain(composition.symbol, parts, all_of)


def _check(composition: Composition) -> None:
    if composition.kind not in {"all-of", "any-of", "at-least"}:
        raise NetRefused(composition.symbol, "unknown-kind")
    if not composition.parts:
        raise NetRefused(composition.symbol, "no-parts")
    if composition.kind == "at-least" and not 0 < composition.n <= len(composition.parts):
        raise NetRefused(composition.symbol, "n-out-of-range")
    if composition.symbol < 0 or any(part.symbol < 0 for part in composition.parts):
        raise NetRefused(composition.symbol, "bad-symbol")


def _side(part: Part) -> Side:
    return Side(part.symbol, fails=part.negated)


def _plain(symbol: int, parts: Sequence[Part], all_of: bool) -> Net:
    """All-of: holds once all parts hold, fails with any that fails. Any-of is the mirror image."""
    parts = tuple(dict.fromkeys(parts))
    sides = [_side(part) if all_of else _side(part).other() for part in parts]
    jointly = Side(symbol, fails=not all_of)
    clauses = [Clause(tuple(sides), jointly)]
    clauses += [Clause((side.other(),), jointly.other()) for side in sides]
    return Net(symbol, tuple(dict.fromkeys(part.symbol for part in parts)), tuple(clauses))


def _counted(composition: Composition, fresh: FreshSymbols) -> Iterator[Net]:
    """At-least n of k as a table of steps "at least j of the first i hold", each made from the row before.

    A step holds if it did one part earlier, or if one fewer did and this part holds: any of (before, all of (fewer,
    this)). That "one fewer" fails only where "before" fails too makes the two of them exact in three values. Steps
    from which the end cannot be reached are left out: n * (k-n+1) of them remain.
    """
    n, count = composition.n, len(composition.parts)
    steps: dict[tuple[int, int], Part] = {}
    for i, part in enumerate(composition.parts, start=1):
        for j in range(max(1, n - (count - i)), min(i, n) + 1):
            if i == 1:
                steps[i, j] = part
                continue
            symbol = composition.symbol if (i, j) == (count, n) else fresh.take()
            # j-1 = 0 always holds and j > i-1 always fails: such a step drops out.
            earlier = tuple(steps[i - 1, m] for m in (j, j - 1) if (i - 1, m) in steps)
            if len(earlier) == 1:
                yield _plain(symbol, (*earlier, part), all_of=j == i)
            else:
                before, fewer = earlier
                both = _plain(fresh.take(), (fewer, part), all_of=True)
                yield both
                yield _plain(symbol, (before, Part(both.symbol)), all_of=False)
            steps[i, j] = Part(symbol)
