"""Compositions grouped into small nets, in the order in which they run. Plain data, no engine.

The cost of an evaluation grows with the size of the net that it runs in, so nets are small: a composition shares its
net with the one that alone reads it, and with no other. So rulesets have many nets of few shapes, and a shape is
compiled once. Limits of the engine beyond which
it hangs, crashes or answers wrongly are refused here, before it sees anything.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from cds.rules.engine.clauses import Block, Clause, FreshSymbols, Side, blocks_of
from cds.rules.engine.composition import Composition
from cds.rules.engine.faults import NetRefused

#: Field guide, section 9. The engine's own ends are 64 tests true at once below one node (error 303, the rest of the
#: batch is lost) and 511 distinct first tests (512: every evaluation errors, 513: the compile hangs).
MOST_PATTERNS_PER_SIDE = 60
MOST_SIDES = 500
#: Steps of one "at least" can need many rules; 4096 per net is the engine's end (error 106), this is ours.
MOST_CLAUSES = 1000
#: Of a chain of single readers, as many in one net: small enough to meet inputs again, and a shape met often.
MOST_BLOCKS = 4


@dataclass(frozen=True)
class Net:
    """A chain of blocks that run together, each after those it reads. Its inputs are leaves, or decided by others."""

    blocks: tuple[Block, ...]

    @cached_property
    def decides(self) -> frozenset[int]:
        """The symbols it finds the truth of, its inner steps not counted."""
        return frozenset(block.symbol for block in self.blocks)

    @cached_property
    def inputs(self) -> tuple[int, ...]:
        """The symbols it reads and does not decide, each once."""
        read = dict.fromkeys(symbol for block in self.blocks for symbol in block.reads)
        return tuple(symbol for symbol in read if symbol not in self.decides)

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses of all blocks, in order."""
        return tuple(clause for block in self.blocks for clause in block.clauses)


def partition(compositions: Sequence[Composition]) -> tuple[Net, ...]:
    """Nets that depend on earlier nets only; the same for the same compositions in any order.

    Raises NetRefused, naming the composition and the reason, for what cannot be compiled safely.
    """
    compositions = sorted(compositions, key=lambda composition: composition.symbol)
    fresh = FreshSymbols(compositions)
    blocks: dict[int, Block] = {}
    for composition in compositions:
        for block in blocks_of(composition, fresh):
            if block.symbol in blocks:
                raise NetRefused(block.symbol, "defined-twice")
            if not _fits([block]):
                raise NetRefused(composition.symbol, "too-large")
            blocks[block.symbol] = block
    return tuple(_in_turn(_families(_in_order(blocks))))


def needed(nets: Iterable[Net], goals: Iterable[int]) -> frozenset[int]:
    """The goals and every symbol that they rest on, as far as the nets decide it (splits of wide lists included)."""
    reads: Mapping[int, tuple[int, ...]] = {block.symbol: block.reads for net in nets for block in net.blocks}
    found: set[int] = set()
    waiting = list(goals)
    while waiting:
        symbol = waiting.pop()
        if symbol in reads and symbol not in found:
            found.add(symbol)
            waiting.extend(reads[symbol])
    return frozenset(found)


def _in_order(blocks: Mapping[int, Block]) -> list[Block]:
    """Every block after those it reads."""
    graph = {symbol: [read for read in block.reads if read in blocks] for symbol, block in blocks.items()}
    try:
        return [blocks[symbol] for symbol in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        raise NetRefused(min(error.args[1]), "cycle") from error


def _families(in_order: Sequence[Block]) -> list[list[Block]]:
    """Blocks with the single reader they have, as far as they fit together; all others start a family of their own.

    Only the last block of a family is read from outside it, so families can never wait for each other in a circle.
    """
    readers: dict[int, list[int]] = {}
    for block in in_order:
        for read in block.reads:
            readers.setdefault(read, []).append(block.symbol)
    family_of: dict[int, list[Block]] = {}
    families: list[list[Block]] = []
    for block in reversed(in_order):
        read_by = readers.get(block.symbol, [])
        family = family_of[read_by[0]] if len(read_by) == 1 else []
        if not family or not _fits([*family, block]):
            family = []
            families.append(family)
        family.insert(0, block)
        family_of[block.symbol] = family
    return families


def _in_turn(families: Sequence[list[Block]]) -> Iterator[Net]:
    """Each family as a net of its own, after those that it reads: nets of one shape share what is compiled."""
    depth: dict[int, int] = {}
    level: dict[int, int] = {}
    for family in reversed(families):  # families were found readers first
        outside = [depth[read] for block in family for read in block.reads if read in depth]
        level[family[-1].symbol] = 1 + max(outside, default=-1)
        depth.update((block.symbol, level[family[-1].symbol]) for block in family)
    for family in sorted(families, key=lambda family: (level[family[-1].symbol], family[-1].symbol)):
        yield Net(tuple(family))


def _fits(blocks: Sequence[Block]) -> bool:
    if len(blocks) > MOST_BLOCKS:
        return False
    if sum(len(clause.needs) + 1 for block in blocks for clause in block.clauses) <= MOST_PATTERNS_PER_SIDE:
        return True  # far from every limit: no side has more patterns, and there are no more sides or clauses
    patterns: Counter[Side] = Counter()
    clauses = 0
    for block in blocks:
        for clause in block.clauses:
            clauses += 1
            patterns.update(clause.needs)
    sides = len(patterns.keys() | {clause.gives for block in blocks for clause in block.clauses})
    return clauses <= MOST_CLAUSES and sides <= MOST_SIDES and max(patterns.values()) <= MOST_PATTERNS_PER_SIDE
