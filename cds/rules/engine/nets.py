"""Compositions as small nets, in the order in which they run. Plain data, no engine.

The cost of an evaluation grows with the size of the net that it runs in, and its memory with each net of another form.
So a net decides one symbol from up to eight, and there are a dozen forms of nets in all: each is compiled once for the
whole process, and tried with every input that it can have (docs/decisions/0026). Limits of the engine beyond which it
hangs, crashes or answers wrongly are far away from nets so small; what has no meaning, or would take too many of them,
is refused here, before the engine sees anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from cds.rules.engine.clauses import FreshSymbols, Net, nets_of
from cds.rules.engine.composition import Composition
from cds.rules.engine.faults import NetRefused

#: Of one composition. A list of 2,000 parts takes 287; "at least 8 of 20" takes 187, "at least 14 of 28" 391.
MOST_NETS = 400


def partition(compositions: Sequence[Composition]) -> tuple[Net, ...]:
    """Nets that depend on earlier nets only; the same for the same compositions in any order.

    Raises NetRefused, naming the composition and the reason, for what cannot be compiled safely.
    """
    compositions = sorted(compositions, key=lambda composition: composition.symbol)
    fresh = FreshSymbols(compositions)
    nets: dict[int, Net] = {}
    for composition in compositions:
        for number, net in enumerate(nets_of(composition, fresh), start=1):
            if number > MOST_NETS:
                raise NetRefused(composition.symbol, "too-large")
            if net.symbol in nets:
                raise NetRefused(net.symbol, "defined-twice")
            nets[net.symbol] = net
    return tuple(_in_order(nets))


def needed(nets: Iterable[Net], goals: Iterable[int]) -> frozenset[int]:
    """The goals and every symbol that they rest on, as far as the nets decide it (splits of wide lists included)."""
    reads: Mapping[int, tuple[int, ...]] = {net.symbol: net.reads for net in nets}
    found: set[int] = set()
    waiting = list(goals)
    while waiting:
        symbol = waiting.pop()
        if symbol in reads and symbol not in found:
            found.add(symbol)
            waiting.extend(reads[symbol])
    return frozenset(found)


def _in_order(nets: Mapping[int, Net]) -> list[Net]:
    """Every net after those it reads."""
    graph = {symbol: [read for read in net.reads if read in nets] for symbol, net in nets.items()}
    try:
        return [nets[symbol] for symbol in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        raise NetRefused(min(error.args[1]), "cycle") from error
