"""What a number can be before any patient is seen: its range, its unit, the steps it moves in."""

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import ceil

from cds.formulas import FORMULAS
from cds.rules.definition import (
    Age,
    Change,
    Choose,
    Compute,
    Count,
    Definition,
    FirstOf,
    Forecast,
    NewestOf,
    Operand,
    Points,
    Ratio,
    Score,
    Sum,
    ValueOf,
)
from cds.rules.ruleset import Ruleset
from cds.units.quantity import Interval, Quantity
from cds.units.ucum import convert

_ANYTHING = Interval(None, None)
_FROM_NONE = Interval(Fraction(0), None)
_FROM_ONE = Interval(Fraction(1), None)
#: Nobody was ever older (Jeanne Calment, 122); a limit beyond it is a slip of the pen.
_AGES = Interval(Fraction(0), Fraction(130))


@dataclass(frozen=True, slots=True)
class Possible:
    """The values that a number can have. unit: None when only the patient's data tell. step: 1 for whole numbers."""

    interval: Interval
    unit: str | None
    step: Fraction | None = None


def possible(ruleset: Ruleset, definition: Definition | None) -> Possible:
    """The values of a definition's number, after its ``rounded-to``. Asked when nothing is circular."""
    if definition is None:
        return Possible(_ANYTHING, None)
    found = _of_clause(ruleset, definition)
    step = definition.rounded_to
    if step is None:
        return found
    in_unit = convert(step, found.unit) if found.unit is not None else step
    if not isinstance(in_unit, Quantity):
        return found
    return Possible(found.interval, in_unit.unit, in_unit.interval.low)


def of_operand(ruleset: Ruleset, operand: Operand) -> Possible:
    """The values of what a ``value``, ``points`` or formula input reads."""
    if operand.since:
        return Possible(_FROM_NONE if operand.lasting else _ANYTHING, operand.since)
    if operand.root == "patient":
        if operand.attribute == "age-in-months":
            return Possible(_AGES.scaled(Fraction(12)), "mo", Fraction(1))
        return Possible(_AGES, "a", Fraction(1)) if operand.attribute == "age" else Possible(_ANYTHING, None)
    if operand.attribute or operand.value_set or operand.root in ("it", "first", "second"):
        return Possible(_ANYTHING, None)
    return possible(ruleset, ruleset.definitions.get(operand.root))


def _of_clause(ruleset: Ruleset, definition: Definition) -> Possible:
    match definition.clause:
        case Age():
            return Possible(_AGES, "a", Fraction(1))
        case Count() | Forecast():  # a next dose is the first, at least
            return Possible(_FROM_ONE if isinstance(definition.clause, Forecast) else _FROM_NONE, "1", Fraction(1))
        case Change(limit=limit):
            return Possible(_ANYTHING, limit.unit)
        case Points(_, bands):
            return _among([points for _, points in bands])
        case Score(parts):
            return _total(ruleset, parts)
        case Ratio():
            return Possible(_FROM_NONE, "%")
        case Compute(formula):
            return Possible(FORMULAS[formula].range, FORMULAS[formula].unit)
        case ValueOf(operand):
            return of_operand(ruleset, operand)
        case Choose(branches):
            return _any_of(ruleset, tuple(number for _, number in branches))
        case FirstOf(names) | NewestOf(names):
            return _any_of(ruleset, names)
        case Sum(names):
            return _sum(ruleset, names)
    return Possible(_ANYTHING, None)


def _among(values: list[Fraction]) -> Possible:
    whole = all(value.denominator == 1 for value in values)
    return Possible(Interval(min(values), max(values)), "1", Fraction(1) if whole else None)


def _total(ruleset: Ruleset, parts: tuple[tuple[str, Fraction | None], ...]) -> Possible:
    total = Possible(Interval.exactly(0), "1", Fraction(1))
    for name, points in parts:
        part = _among([Fraction(0), points]) if points is not None else possible(ruleset, ruleset.definitions.get(name))
        step = Fraction(1) if total.step == part.step == 1 else None
        total = Possible(total.interval.plus(part.interval), "1", step)
    return total


def _any_of(ruleset: Ruleset, names: tuple[str, ...]) -> Possible:
    parts = [possible(ruleset, ruleset.definitions.get(name)) for name in names]
    units, steps = {part.unit for part in parts}, {part.step for part in parts}
    if len(units) != 1:
        return Possible(_ANYTHING, None)
    whole = reduce(hull, (part.interval for part in parts))
    return Possible(whole, units.pop(), steps.pop() if len(steps) == 1 else None)


def _sum(ruleset: Ruleset, names: tuple[str, ...]) -> Possible:
    parts = [possible(ruleset, ruleset.definitions.get(name)) for name in names]
    units = {part.unit for part in parts}
    from_none = all(part.interval.low is not None and part.interval.low >= 0 for part in parts)
    unit = units.pop() if len(units) == 1 else None
    return Possible(_FROM_NONE if from_none else _ANYTHING, unit)


# --- sets of values: intervals that do not touch, in one unit ------------------------------------


def holds_a_value(interval: Interval, step: Fraction | None) -> bool:
    """False when no value (or no multiple of ``step``) lies in the interval."""
    low, high = interval.low, interval.high
    if low is None or high is None:
        return True
    if step is None:
        return low < high or (low == high and not interval.low_open and not interval.high_open)
    first = Fraction(ceil(low / step)) * step
    if first == low and interval.low_open:
        first += step
    return first < high or (first == high and not interval.high_open)


def holds_strictly(interval: Interval, value: Fraction) -> bool:
    """Whether a value lies in an interval with some room on both sides."""
    return (interval.low is None or interval.low < value) and (interval.high is None or value < interval.high)


def both(a: Interval, b: Interval) -> Interval:
    """The values in both; it may hold none."""
    low, low_open = max((_low(a), _low(b)))
    high, high_closed = min((_high(a), _high(b)))
    return Interval(
        None if low == -_INFINITE else Fraction(low),
        None if high == _INFINITE else Fraction(high),
        low_open,
        high < _INFINITE and not high_closed,
    )


def hull(a: Interval, b: Interval) -> Interval:
    """The smallest interval that holds both."""
    low, low_open = min((_low(a), _low(b)))
    high, high_closed = max((_high(a), _high(b)))
    return Interval(
        None if low == -_INFINITE else Fraction(low),
        None if high == _INFINITE else Fraction(high),
        low_open,
        high < _INFINITE and not high_closed,
    )


def outside(interval: Interval) -> tuple[Interval, ...]:
    """The values that are not in it."""
    pieces = []
    if interval.low is not None:
        pieces.append(Interval(None, interval.low, high_open=not interval.low_open))
    if interval.high is not None:
        pieces.append(Interval(interval.high, None, low_open=not interval.high_open))
    return tuple(pieces)


_INFINITE = float("inf")


def _low(interval: Interval) -> tuple[Fraction | float, bool]:
    """A lower bound that sorts: of two at one place the open one holds fewer values."""
    return (-_INFINITE, False) if interval.low is None else (interval.low, interval.low_open)


def _high(interval: Interval) -> tuple[Fraction | float, bool]:
    """An upper bound that sorts; False (open) before True (closed)."""
    return (_INFINITE, True) if interval.high is None else (interval.high, not interval.high_open)


def sorted_by_start(intervals: list[Interval]) -> list[Interval]:
    """From low to high."""
    return sorted(intervals, key=lambda interval: (_low(interval), _high(interval)))


def between(below: Interval, above: Interval) -> Interval | None:
    """The values after one interval and before the next; None when one of them has no end there."""
    if below.high is None or above.low is None:
        return None
    return Interval(below.high, above.low, not below.high_open, not above.low_open)
