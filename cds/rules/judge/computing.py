"""Numbers made of other numbers and truths: sums, scores, points, choices, formulas. Ranges stay ranges."""

from dataclasses import replace
from fractions import Fraction

from cds.facts.fact import Fact
from cds.formulas import EITHER, FAILS, FORMULAS, HOLDS, NotComputable, Possible, apply
from cds.rules.definition import Choose, Compute, FirstOf, NewestOf, Points, Ratio, Score, Sum, ValueOf
from cds.rules.engine.truth import Truth
from cds.rules.judge.operands import read_operand
from cds.rules.judge.values import (
    NOTHING,
    Answer,
    Known,
    Nothing,
    Number,
    Subject,
    Unclear,
    Value,
    Word,
    compare,
    hull,
    joined,
    unclear,
)
from cds.rules.judge.verdicts import Verdicts
from cds.units.quantity import Interval, Quantity

#: A truth as a formula takes it: the truths that it may be.
_POSSIBLE = {Truth.HOLDS: HOLDS, Truth.FAILS: FAILS, Truth.UNKNOWN: EITHER}
_ZERO = Interval(Fraction(0), Fraction(0))


def add_up(judging: Verdicts, clause: Sum, it: Subject | None) -> Number:
    """A sum; a part without a value adds the range its formula can give, so the rest can already reach a limit."""
    total: Quantity | None = None
    facts: list[Fact] = []
    for name, subject, sure in _parts(judging, clause, it):
        part = _part(judging, name, subject)
        if isinstance(part, Unclear | Nothing):
            return part if isinstance(part, Unclear) else unclear("part-absent")
        interval = part.quantity.interval if sure else _from_zero(part.quantity.interval)
        if total is None:
            total = Quantity(interval, part.quantity.unit)
        else:
            same = Known(Quantity(interval, part.quantity.unit)).in_unit(total.unit)
            if same is None:
                return unclear("units-differ", facts=facts)
            total = Quantity(total.interval.plus(same.interval), total.unit)
        facts += part.facts
    unit = _unit(judging, clause)
    total = total or Quantity(_ZERO, unit)
    if _open_above(judging, clause, it):
        total = Quantity(Interval(total.interval.low, None, total.interval.low_open, False), total.unit)
    return Known(total, None, tuple(dict.fromkeys(facts)))


def _parts(judging: Verdicts, clause: Sum, it: Subject | None) -> list[tuple[str, Subject | None, bool]]:
    parts: list[tuple[str, Subject | None, bool]] = []
    for name in clause.names:
        each = judging.ruleset.definitions[name].for_each
        if each and it is None:
            found = judging.found(each, None)
            parts += [(name, subject, True) for subject in found.sure]
            parts += [(name, subject, False) for subject in found.possible]
        else:
            parts.append((name, it, True))
    return parts


def _part(judging: Verdicts, name: str, subject: Subject | None) -> Number:
    number = judging.number(name, subject)
    if isinstance(number, Known):
        return number
    clause = judging.ruleset.definitions[name].clause
    if isinstance(clause, Compute):
        facts = number.facts if isinstance(number, Unclear) else ()
        formula = FORMULAS[clause.formula]
        return Known(Quantity(formula.range, formula.unit), None, facts)
    if isinstance(clause, FirstOf):
        return _part(judging, clause.names[-1], subject)
    return number


def _from_zero(interval: Interval) -> Interval:
    return Interval(Fraction(0), interval.high, False, interval.high_open)


def _unit(judging: Verdicts, clause: Sum) -> str:
    for name in clause.names:
        inner = judging.ruleset.definitions[name].clause
        while isinstance(inner, FirstOf):
            inner = judging.ruleset.definitions[inner.names[0]].clause
        if isinstance(inner, Compute):
            return FORMULAS[inner.formula].unit
        if isinstance(inner, ValueOf) and inner.operand.attribute == "daily-dose":
            return "mg/d"
    return "1"


def _open_above(judging: Verdicts, clause: Sum, it: Subject | None) -> bool:
    eaches = [judging.ruleset.definitions[name].for_each for name in clause.names]
    return it is None and any(judging.found(each, None).more for each in eaches if each)


def score(judging: Verdicts, clause: Score, it: Subject | None) -> Number:
    """Points for what holds; an unknown part gives from none to all of its points."""
    total = _ZERO
    facts: list[Fact] = []
    for name, points in clause.parts:
        if points is None:
            number = judging.number(name, it)
            if not isinstance(number, Known):
                return number if isinstance(number, Unclear) else unclear("part-absent")
            total = total.plus(number.quantity.interval)
            facts += number.facts
            continue
        verdict = judging.truth(name, it)
        if verdict is Truth.HOLDS:
            total = total.plus(Interval.exactly(points))
        elif verdict is Truth.UNKNOWN:
            total = total.plus(Interval(min(points, Fraction(0)), max(points, Fraction(0))))
    return Known(Quantity(total, "1"), None, tuple(facts))


def band_points(judging: Verdicts, clause: Points, it: Subject | None) -> Known:
    """The points of every band that the operand may fall into."""
    value = read_operand(judging, clause.operand, it)
    touched: list[Fraction] = []
    for limit, points in clause.bands:
        quantity = value.in_unit(limit.unit) if isinstance(value, Known) else None
        if quantity is None or compare(quantity.interval, limit.interval) is not Truth.FAILS:
            touched.append(points)
    chosen = touched or [points for _, points in clause.bands]
    facts = value.facts if isinstance(value, Known) else ()
    return Known(Quantity(Interval(min(chosen), max(chosen)), "1"), None, facts)


def choose(judging: Verdicts, clause: Choose, it: Subject | None) -> Number:
    """The first branch that holds; while that is unknown, the range of the branches still open."""
    open_branches: list[Known] = []
    is_settled = False
    for condition, name in clause.branches:
        verdict = judging.truth(condition, it) if condition else Truth.HOLDS
        if verdict is Truth.FAILS:
            continue
        number = judging.number(name, it)
        if not open_branches and verdict is Truth.HOLDS:
            return number
        if not isinstance(number, Known):
            return number if isinstance(number, Unclear) else unclear("part-absent")
        open_branches.append(number)
        is_settled = verdict is Truth.HOLDS
        if is_settled:
            break
    if not open_branches:
        return NOTHING
    # While it may be that no branch holds at all, there may be no number: not even a range.
    return (
        _any_of(open_branches)
        if is_settled
        else unclear("uncertain", facts=[f for b in open_branches for f in b.facts])
    )


def first_of(judging: Verdicts, clause: FirstOf, it: Subject | None) -> Number | Answer:
    """The first known one; absent if all are absent, else unclear."""
    doubts: list[Unclear] = []
    for name in clause.names:
        value = judging.value(name, it)
        if isinstance(value, Known | Answer):
            return value
        if isinstance(value, Unclear):
            doubts.append(value)
    return joined(doubts) if doubts else NOTHING


def newest_of(judging: Verdicts, clause: NewestOf, it: Subject | None) -> Number:
    """The known one with the newest day; unclear if one that cannot be read could be newer.

    Of one day the first named decides. Of dates so coarse that each may be the newest: the range of them all.
    """
    numbers = [judging.number(name, it) for name in clause.names]
    doubts = [number for number in numbers if isinstance(number, Unclear)]
    known = [number for number in numbers if isinstance(number, Known)]
    newest = [number for number in known if not any(_is_newer(other, number) for other in known)]
    if not newest:
        return joined(doubts) if doubts else NOTHING
    open_doubts = [doubt for doubt in doubts if _could_be_newer(doubt, newest)]
    if open_doubts:
        return joined(open_doubts)
    return newest[0] if _of_one_day(newest) else _any_of(newest)


def ratio(judging: Verdicts, clause: Ratio, it: Subject | None) -> Number:
    """The first as a percentage of the second, both at least 0; absent if either is absent, or of nothing (0)."""
    part, whole = (judging.number(name, it) for name in clause.names)
    if isinstance(part, Nothing) or isinstance(whole, Nothing):
        return NOTHING
    if isinstance(part, Unclear) or isinstance(whole, Unclear):
        return joined([number for number in (part, whole) if isinstance(number, Unclear)])
    facts = tuple(dict.fromkeys((*part.facts, *whole.facts)))
    same = whole.in_unit(part.quantity.unit)
    if same is None:
        return unclear("units-differ", facts=facts)
    if same.interval.high == 0:
        return NOTHING
    share = part.quantity.interval.share_of(same.interval)
    return unclear("uncertain", facts=facts) if share is None else Known(Quantity(share, "%"), None, facts)


def _is_newer(number: Known, best: Known) -> bool:
    if number.when is None:
        return False
    return best.when is None or number.when.first_day > best.when.last_day


def _of_one_day(numbers: list[Known]) -> bool:
    if len(numbers) == 1 or all(number.when is None for number in numbers):
        return True
    return len({day for n in numbers if n.when for day in (n.when.first_day, n.when.last_day)}) == 1


def _any_of(numbers: list[Known]) -> Number:
    """One of these, and nobody knows which."""
    around = hull(number.quantity for number in numbers)
    facts = tuple(dict.fromkeys(fact for number in numbers for fact in number.facts))
    if around is None:
        return unclear("units-differ", facts=facts)
    spans = [number.when for number in numbers if number.when is not None]
    return replace(numbers[0], quantity=around, when=max(spans, key=lambda span: span.end, default=None), facts=facts)


def _could_be_newer(doubt: Unclear, newest: list[Known]) -> bool:
    """A doubt about facts of an earlier or the same day cannot overrule; one about facts that nobody has seen can."""
    if not doubt.facts or doubt.maybe_more:
        return True
    # The newest is of this day or later, however coarsely the dates were told.
    days = [number.when.first_day for number in newest if number.when is not None]
    return not days or any(fact.when is None or fact.when.last_day > max(days) for fact in doubt.facts)


def compute(judging: Verdicts, clause: Compute, it: Subject | None) -> Number:
    """A formula over its inputs; absent if an essential input is absent, unclear with the reason otherwise."""
    formula = FORMULAS[clause.formula]
    inputs: dict[str, Quantity | str | Possible | None] = {}
    molar: dict[str, Fraction] = {}
    known: list[Known | Answer] = []
    doubts: list[Unclear] = []
    for key, operand in clause.inputs.items():
        if formula.inputs[key].is_truth:
            inputs[key] = _POSSIBLE[judging.truth(operand.root, it)]
            continue
        value = read_operand(judging, operand, it)
        if isinstance(value, Unclear):
            if not formula.inputs[key].open_if_unknown:
                doubts.append(value)
            continue
        inputs[key] = _input(value, formula.inputs[key].words)
        if isinstance(value, Known) and value.molar_mass is not None:
            molar[key] = value.molar_mass
        if isinstance(value, Known | Answer):
            known.append(value)
    facts = tuple(dict.fromkeys(fact for value in (*known, *doubts) for fact in value.facts))
    if any(needed.essential and key in inputs and inputs[key] is None for key, needed in formula.inputs.items()):
        return NOTHING
    if doubts:
        return joined(doubts, facts)
    result = apply(formula, inputs, molar)
    if result is None:
        return NOTHING
    if isinstance(result, NotComputable):
        return unclear(f"not-computable:{result.reason}", facts=facts)
    dated = [value.when for value in known if value.when is not None]
    return Known(result, min(dated, key=lambda span: span.start, default=None), facts)


def _input(value: Value, words: frozenset[str]) -> Quantity | str | None:
    """A value as the formula takes it. Of several code words, the one the formula knows; else one that it refuses."""
    if isinstance(value, Known):
        return value.quantity
    if isinstance(value, Word):
        return value.text
    if isinstance(value, Answer):
        return min(value.coded.words & words or value.coded.words, default=None)
    return None
