"""Gates: whether a condition may hold, asked before the engine is. They keep rules that surely cannot fire from it.

A gate judges leaves one by one and stops at the first that settles the matter, so most leaves are never judged. It is
made once for each condition of a ruleset: what the clause is, and which way it is asked, is settled at load.

A gate that is open promises nothing: the engine decides. So a condition that rests on very many parts, each counted as
often as it is met, is looked at so far and no further; compositions that share parts would double at every level.
"""

from collections.abc import Callable

from cds.rules.definition import Compose, Entry, Find
from cds.rules.engine.truth import Truth
from cds.rules.judge.values import Subject
from cds.rules.judge.verdicts import Verdicts
from cds.rules.ruleset import Ruleset

#: False where the condition surely fails.
Gate = Callable[[Verdicts, Subject | None], bool]


#: Parts of one condition, through all levels. The largest condition of the published rulesets has 32.
MOST_PARTS = 200


def gate_of(ruleset: Ruleset, entry: Entry) -> Gate:
    """The gate of one entry of a list."""
    return _Gates(ruleset).of(entry, negated=False)


class _Gates:
    """Makes one gate of others; ``left`` are the parts that it may still look at."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._left = MOST_PARTS

    def of(self, entry: Entry, *, negated: bool) -> Gate:
        """``negated``: whether it may not hold, in place of whether it may."""
        self._left -= 1
        if self._left < 0:
            return _open
        if entry.prefix not in ("", "not"):
            return _of_prefixed(entry, Truth.HOLDS if negated else Truth.FAILS)
        negated ^= entry.prefix == "not"
        clause = self._ruleset.definitions[entry.name].clause
        if isinstance(clause, Compose):
            return self._of_composition(clause, negated=negated)
        closing = Truth.HOLDS if negated else Truth.FAILS
        source = clause.source if isinstance(clause, Find) else None
        if source is not None and len(source.kinds) == 1 and not source.finders and source.filters.in_sets:
            return _of_spot(entry.name, source.kinds[0], source.filters.in_sets, closing)
        return _of_leaf(entry.name, closing)

    def _of_composition(self, clause: Compose, *, negated: bool) -> Gate:
        kind = clause.kind
        gates = tuple(self.of(part, negated=negated ^ (kind == "none-of")) for part in clause.entries)
        if kind == "at-least":
            needed = len(gates) - clause.n + 1 if negated else clause.n
            return lambda judging, it: sum([gate(judging, it) for gate in gates]) >= needed
        # none-of is all-of over swapped parts; negated, it is any-of over the parts as they are.
        return any_open(gates) if (kind == "any-of") != negated else all_open(gates)


def _open(judging: Verdicts, it: Subject | None) -> bool:  # noqa: ARG001 - as every gate
    return True


def _of_leaf(name: str, closing: Truth) -> Gate:
    return lambda judging, it: judging.truth(name, it) is not closing


def _of_spot(name: str, kind: str, in_sets: tuple[str, ...], closing: Truth) -> Gate:
    """A finder of facts with certain codes: of most there is none, and none that may be missing; then it fails."""
    unless_met = closing is not Truth.FAILS

    def is_open(judging: Verdicts, it: Subject | None) -> bool:
        if kind not in judging.doubtful:
            for in_set in in_sets:
                if judging.in_set(in_set, kind):
                    break
            else:
                return unless_met
        return judging.truth(name, it) is not closing

    return is_open


def _of_prefixed(entry: Entry, closing: Truth) -> Gate:
    return lambda judging, it: judging.entry(entry, it) is not closing


def all_open(gates: tuple[Gate, ...]) -> Gate:
    """Open if every gate is: it stops at the first that is closed."""
    if len(gates) == 1:
        return gates[0]

    def is_open(judging: Verdicts, it: Subject | None) -> bool:
        for gate in gates:  # noqa: SIM110 - the hottest loop of all
            if not gate(judging, it):
                return False
        return True

    return is_open


def any_open(gates: tuple[Gate, ...]) -> Gate:
    """Open if one gate is: it stops at the first."""
    if len(gates) == 1:
        return gates[0]

    def is_open(judging: Verdicts, it: Subject | None) -> bool:
        for gate in gates:  # noqa: SIM110 - the hottest loop of all
            if gate(judging, it):
                return True
        return False

    return is_open
