"""The oracle: the same answers as the engine, in plain Python.

It stands beside the engine in every evaluation (``crosscheck``) and in its place under ``CDS_ENGINE=reference``.
It refuses to know anything of nets or of durable-rules: what it shared with them it could not check.
"""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from cds.rules.engine.composition import Composition, Part
from cds.rules.engine.faults import EngineFault, NetRefused
from cds.rules.engine.truth import Truth, at_least

_KINDS = ("all-of", "any-of", "at-least")
_PLANS_KEPT = 256  # callers ask for few different goals; one who does not is served all the same, a little later


class ReferenceEngine:
    """Judges compositions in an order in which parts come first. Made by :func:`make_reference`."""

    def __init__(self, in_order: Sequence[Composition]) -> None:
        self._in_order = tuple(in_order)
        self._by_symbol = {composition.symbol: composition for composition in in_order}
        self._plans: dict[tuple[int, ...], tuple[Composition, ...]] = {}
        self._closed = False

    def solve(self, leaves: Mapping[int, Truth], goals: Iterable[int]) -> dict[int, Truth]:
        """See :class:`cds.rules.engine.composition.Engine`. Raises EngineFault for a goal that is no composition."""
        if self._closed:
            raise EngineFault("closed")
        asked = tuple(goals)
        plan = self._plans.get(asked)
        if plan is None:
            plan = self._plan(asked)
        # A composition that the caller gave a truth for is judged all the same, before anything reads it.
        truths = dict(leaves)
        for composition in plan:
            truths[composition.symbol] = _judge(composition, truths)
        return {composition.symbol: truths[composition.symbol] for composition in plan}

    def close(self) -> None:
        """The engine is not used again."""
        self._closed = True

    def _plan(self, goals: tuple[int, ...]) -> tuple[Composition, ...]:
        needed: set[int] = set()
        waiting = list(goals)
        for goal in goals:
            if goal not in self._by_symbol:
                raise EngineFault("unknown-goal", str(goal))
        while waiting:
            symbol = waiting.pop()
            if symbol in self._by_symbol and symbol not in needed:
                needed.add(symbol)
                waiting.extend(part.symbol for part in self._by_symbol[symbol].parts)
        plan = tuple(composition for composition in self._in_order if composition.symbol in needed)
        if len(self._plans) >= _PLANS_KEPT:
            self._plans.clear()  # rare, and each is made again when it is asked for
        self._plans[goals] = plan
        return plan


def make_reference(compositions: Sequence[Composition]) -> ReferenceEngine:
    """An evaluator of compositions given in any order. Raises NetRefused for what has no meaning, and for cycles."""
    by_symbol: dict[int, Composition] = {}
    for composition in compositions:
        _check(composition)
        if composition.symbol in by_symbol:
            raise NetRefused(composition.symbol, "defined-twice")
        by_symbol[composition.symbol] = composition
    graph = {symbol: [part.symbol for part in found.parts] for symbol, found in sorted(by_symbol.items())}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise NetRefused(min(error.args[1]), "cycle") from error
    return ReferenceEngine([by_symbol[symbol] for symbol in order if symbol in by_symbol])


def _check(composition: Composition) -> None:
    if composition.kind not in _KINDS:
        raise NetRefused(composition.symbol, "unknown-kind")
    if not composition.parts:
        raise NetRefused(composition.symbol, "no-parts")
    if composition.kind == "at-least" and not 1 <= composition.n <= len(composition.parts):
        raise NetRefused(composition.symbol, "n-out-of-range")
    if min(composition.symbol, *(part.symbol for part in composition.parts)) < 0:
        raise NetRefused(composition.symbol, "bad-symbol")


def _judge(composition: Composition, truths: Mapping[int, Truth]) -> Truth:
    found, unknown, kind = truths.get, Truth.UNKNOWN, composition.kind
    if kind == "at-least":
        return at_least(composition.n, [_of(part, truths) for part in composition.parts])
    # All-of: fails if any fails, else unknown if any is, else holds. Any-of: the same with the two turned about.
    settling, result = (Truth.FAILS, Truth.HOLDS) if kind == "all-of" else (Truth.HOLDS, Truth.FAILS)
    for part in composition.parts:
        truth = found(part.symbol, unknown)
        if truth is unknown:
            result = unknown
        elif (truth.reversed() if part.negated else truth) is settling:
            return settling
    return result


def _of(part: Part, truths: Mapping[int, Truth]) -> Truth:
    truth = truths.get(part.symbol, Truth.UNKNOWN)
    return truth.reversed() if part.negated else truth
