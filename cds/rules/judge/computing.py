"""Numbers made of other numbers and truths: sums, scores, points, choices, formulas. Ranges stay ranges."""

from fractions import Fraction

from cds.facts.fact import Fact
from cds.formulas import FORMULAS, NotComputable, apply
from cds.rules.definition import Choose, Compute, FirstOf, NewestOf, Points, Score, Sum
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
    unclear,
)
from cds.rules.judge.verdicts import Verdicts
from cds.units.quantity import Interval, Quantity

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
    if isinstance(clause, Compute) and (limits := FORMULAS[clause.formula].range) is not None:
        facts = number.facts if isinstance(number, Unclear) else ()
        return Known(Quantity(limits, FORMULAS[clause.formula].unit), None, facts)
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
        if verdict is Truth.HOLDS:
            break
    if not open_branches:
        return NOTHING
    around = hull(branch.quantity for branch in open_branches)
    return Known(around) if around is not None else unclear("units-differ")


def first_of(judging: Verdicts, clause: FirstOf, it: Subject | None) -> Number | Answer:
    """The first known one; absent if all are absent, else unclear."""
    reasons: list[str] = []
    facts: list[Fact] = []
    for name in clause.names:
        value = judging.value(name, it)
        if isinstance(value, Known | Answer):
            return value
        if isinstance(value, Unclear):
            reasons += value.reasons
            facts += value.facts
    return unclear(*reasons, facts=facts) if reasons else NOTHING


def newest_of(judging: Verdicts, clause: NewestOf, it: Subject | None) -> Number:
    """The known one with the newest day; unclear if one that cannot be read could be newer."""
    best: Known | None = None
    doubts: list[Unclear] = []
    for name in clause.names:
        number = judging.number(name, it)
        if isinstance(number, Unclear):
            doubts.append(number)
        elif isinstance(number, Known) and (best is None or _is_newer(number, best)):
            best = number
    if best is None:
        reasons = [reason for doubt in doubts for reason in doubt.reasons]
        return unclear(*reasons, facts=[f for d in doubts for f in d.facts]) if doubts else NOTHING
    open_doubts = [doubt for doubt in doubts if _could_be_newer(doubt, best)]
    if open_doubts:
        reasons = [reason for doubt in open_doubts for reason in doubt.reasons]
        return unclear(*reasons, facts=[f for d in open_doubts for f in d.facts])
    return best


def _is_newer(number: Known, best: Known) -> bool:
    if number.when is None:
        return False
    return best.when is None or number.when.first_day > best.when.last_day


def _could_be_newer(doubt: Unclear, best: Known) -> bool:
    """A doubt about facts of an earlier or the same day cannot overrule; a doubt about no fact in particular can."""
    if not doubt.facts or any(reason.startswith("not-supplied") for reason in doubt.reasons):
        return True
    if best.when is None:
        return True
    return any(fact.when is None or fact.when.last_day > best.when.last_day for fact in doubt.facts)


def compute(judging: Verdicts, clause: Compute, it: Subject | None) -> Number:
    """A formula over its inputs; absent if an essential input is absent, unclear with the reason otherwise."""
    formula = FORMULAS[clause.formula]
    inputs: dict[str, Quantity | str | None] = {}
    molar: dict[str, Fraction] = {}
    known: list[Known | Answer] = []
    doubts: list[Unclear] = []
    for key, operand in clause.inputs.items():
        value = read_operand(judging, operand, it)
        if isinstance(value, Unclear):
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
        return unclear(*(reason for doubt in doubts for reason in doubt.reasons), facts=facts)
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
