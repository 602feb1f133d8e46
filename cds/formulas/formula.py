"""What a published equation is, and how it is applied to intervals.

Called by the judges of ``formula`` clauses. An equation is never stretched: outside its valid range, with a unit
that does not convert or a word it does not know, there is no number but the reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from cds.units.quantity import Interval, Quantity, Unconvertible
from cds.units.ucum import convert

#: The unit of an input that is a word (sex, a route), not a number.
WORD = "word"


@dataclass(frozen=True, slots=True)
class NotComputable:
    """Why there is no number although everything needed was given; ``reason`` names no patient data."""

    reason: str


@dataclass(frozen=True, slots=True)
class Input:
    """One named input of an equation.

    unit: UCUM unit in which the equation takes it, or :data:`WORD`.
    meaning: what it is, for the author's reference.
    essential: without it the result is absent; otherwise the equation says what its absence means.
    direction: how the result moves with it, strictly, all else equal. This is what makes intervals exact: the
        ends of the result lie at ends of the inputs.
    words: for a word, the ones it may be; empty for any.
    """

    unit: str
    meaning: str
    essential: bool = True
    direction: Literal["rising", "falling"] = "rising"
    words: frozenset[str] = frozenset()

    @property
    def is_word(self) -> bool:
        return self.unit == WORD


Intervals = Mapping[str, Interval]
Words = Mapping[str, str]
Numbers = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Formula:
    """An equation with its inputs, the unit of its result and the values it can take.

    range: all values that the result may have when nothing is known of the inputs; results are cut to it.
    refuse: a reason if the inputs lie outside the valid range (wholly or in part), else ``None``.
    compute: the equation at one point, in the units of the inputs; words that are absent are left out.
    """

    name: str
    title: str
    inputs: Mapping[str, Input]
    unit: str
    range: Interval
    source: str
    refuse: Callable[[Intervals, Words], str | None]
    compute: Callable[[Numbers, Words], Fraction]


def apply(
    formula: Formula,
    inputs: Mapping[str, Quantity | str | None],
    molar_masses: Mapping[str, Fraction] | None = None,
) -> Quantity | NotComputable | None:
    """The equation's value, as an interval where its inputs are intervals.

    inputs: by name; quantities in any unit that converts, words as text, ``None`` (or left out) for absent.
    molar_masses: g/mol by input name, where the value set of an input gives one.
    ``None`` if an essential input is absent. Raises ValueError for an input that the formula does not have.
    """
    foreign = inputs.keys() - formula.inputs.keys()
    if foreign:
        raise ValueError(f"{formula.name} has no input {min(foreign)}")
    if any(wanted.essential and inputs.get(name) is None for name, wanted in formula.inputs.items()):
        return None
    intervals: dict[str, Interval] = {}
    words: dict[str, str] = {}
    for name, wanted in formula.inputs.items():
        given = inputs.get(name)
        if given is None:
            continue
        taken = _taken(name, wanted, given, (molar_masses or {}).get(name))
        if isinstance(taken, NotComputable):
            return taken
        if isinstance(taken, Interval):
            intervals[name] = taken
        else:
            words[name] = taken
    reason = formula.refuse(intervals, words)
    if reason is not None:
        return NotComputable(reason)
    return Quantity(_result(formula, intervals, words), formula.unit)


def _taken(
    name: str, wanted: Input, given: Quantity | str, molar_mass: Fraction | None
) -> Interval | str | NotComputable:
    if isinstance(given, str):
        if not wanted.is_word:
            return NotComputable(f"{name} is not a number")
        if wanted.words and given not in wanted.words:
            return NotComputable(f"{name} is none of {', '.join(sorted(wanted.words))}")
        return given
    if wanted.is_word:
        return NotComputable(f"{name} is not a word")
    converted = convert(given, wanted.unit, molar_mass)
    if isinstance(converted, Unconvertible):
        return NotComputable(f"{name} is not in {wanted.unit}: {converted.reason}")
    return converted.interval


def _result(formula: Formula, intervals: Intervals, words: Words) -> Interval:
    low, low_open = _corner(formula, intervals, words, upper=False)
    if all(interval.is_exact for interval in intervals.values()):
        return Interval(low, low)
    high, high_open = _corner(formula, intervals, words, upper=True)
    return _cut(Interval(low, high, low_open, high_open), formula.range)


def _corner(formula: Formula, intervals: Intervals, words: Words, *, upper: bool) -> tuple[Fraction | None, bool]:
    """One end of the result, and whether it is open; ``None`` if an input is unbounded on that side."""
    point: dict[str, Fraction] = {}
    is_open = False
    for name, interval in intervals.items():
        takes_high = upper == (formula.inputs[name].direction == "rising")
        bound = interval.high if takes_high else interval.low
        if bound is None:
            return None, False
        point[name] = bound
        is_open = is_open or (interval.high_open if takes_high else interval.low_open)
    return formula.compute(point, words), is_open


def _cut(result: Interval, possible: Interval) -> Interval:
    low, low_open, high, high_open = result.low, result.low_open, result.high, result.high_open
    if possible.low is not None and (low is None or low < possible.low):
        low, low_open = possible.low, possible.low_open
    if possible.high is not None and (high is None or high > possible.high):
        high, high_open = possible.high, possible.high_open
    return Interval(low, high, low_open, high_open)


def below(interval: Interval, limit: Fraction | int) -> bool:
    """True if some value of the interval lies below the limit: for valid ranges that begin at it."""
    return interval.low is None or interval.low < limit
