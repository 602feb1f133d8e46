"""Both engines at once: where they differ, nobody answers.

``CDS_CROSS_CHECK`` chooses how often (``always`` by default). A difference is a fault of the whole evaluation, never a
vote: it refuses to guess which of the two is right.
"""

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Literal

from cds.rules.engine.chain import make_durable
from cds.rules.engine.composition import Composition, Engine, EngineMaker
from cds.rules.engine.faults import EnginesDiffer
from cds.rules.engine.reference import make_reference
from cds.rules.engine.truth import Truth

EngineName = Literal["durable", "reference"]
CrossCheck = Literal["always", "sample", "off"]
#: How many inputs each compiled net remembers: a net of four inputs has 81 in all, and few of them occur.
REMEMBERED = 256
_SAMPLED = 100  # under ``sample``, the first evaluation and then every one hundredth is checked


class CrossCheckedEngine:
    """An engine whose answers are compared with an oracle's before anyone sees them.

    solved, checked, differed: how many evaluations so far, for the metrics of the process.
    """

    def __init__(self, engine: Engine, oracle: Engine, mode: CrossCheck = "always", sampled: int = _SAMPLED) -> None:
        self.solved = 0
        self.checked = 0
        self.differed = 0
        self._engine = engine
        self._oracle = oracle
        self._every = {"always": 1, "sample": sampled, "off": 0}[mode]
        self._counting = Lock()

    def solve(self, leaves: Mapping[int, Truth], goals: Iterable[int]) -> dict[int, Truth]:
        """See :class:`cds.rules.engine.composition.Engine`. Raises EnginesDiffer where the two disagree."""
        asked = tuple(goals)
        found = self._engine.solve(leaves, asked)
        if self._is_due():
            expected = self._oracle.solve(leaves, asked)
            if found != expected:
                with self._counting:
                    self.differed += 1
                raise EnginesDiffer(_differing(found, expected))
        return found

    def close(self) -> None:
        """Close both."""
        try:
            self._engine.close()
        finally:
            self._oracle.close()

    def _is_due(self) -> bool:
        with self._counting:
            due = self._every > 0 and self.solved % self._every == 0
            self.solved += 1
            self.checked += due
        return due


def make_engine(
    name: EngineName = "durable", cross_check: CrossCheck = "always", remember: int = REMEMBERED
) -> EngineMaker:
    """The maker that the settings ask for. ``reference`` runs without durable-rules, and so without a cross-check.

    remember: see :func:`cds.rules.engine.chain.make_durable`; what is remembered is cross-checked like all else.
    """

    def make(compositions: Sequence[Composition]) -> Engine:
        if name == "reference":
            return make_reference(compositions)
        if cross_check == "off":
            return make_durable(compositions, remember=remember)
        oracle = make_reference(compositions)
        return CrossCheckedEngine(make_durable(compositions, remember=remember), oracle, cross_check)

    return make


def _differing(found: Mapping[int, Truth], expected: Mapping[int, Truth]) -> tuple[int, ...]:
    both = found.keys() | expected.keys()
    return tuple(sorted(symbol for symbol in both if found.get(symbol) is not expected.get(symbol)))
