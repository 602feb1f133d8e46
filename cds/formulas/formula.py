"""What a published equation or score is, and how it is applied to what is known of a patient.

Called by the judges of ``formula`` clauses. An equation is never stretched: outside its valid range, with a unit
that does not convert or a word it does not know, there is no number but the reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from cds.frozen import value
from cds.units.quantity import Interval, Quantity, Unconvertible
from cds.units.ucum import convert

#: The unit of an input that is a word (sex, a route), not a number.
WORD = "word"
#: The unit of an input that is a truth (does the patient smoke?), not a number.
TRUTH = "truth"

#: The truths that something may have: of an unknown one, both.
Possible = frozenset[bool]
HOLDS: Possible = frozenset({True})
FAILS: Possible = frozenset({False})
EITHER: Possible = frozenset({True, False})

_CALENDAR = {"a": "years", "mo": "months"}
_ANY = Interval(None, None)


@value()
class NotComputable:
    """Why there is no number although everything needed was given; ``reason`` names no patient data."""

    reason: str


@dataclass(frozen=True, slots=True)
class Input:
    """One named input of a formula.

    unit: UCUM unit in which the formula takes it, or :data:`WORD` or :data:`TRUTH`.
    meaning: what it is, for the author's reference.
    essential: without it the result is absent; otherwise ``meaning`` says what its absence means.
    valid: the published range; a number that is not wholly inside it gives no result.
    words: for a word, the ones it may be; empty for any.
    open_if_unknown: one that is absent, unknown or cannot be used may be anything: the formula is not given it, and
        answers for all that it may be.
    """

    unit: str
    meaning: str
    essential: bool = True
    valid: Interval = _ANY
    words: frozenset[str] = frozenset()
    open_if_unknown: bool = False

    @property
    def is_word(self) -> bool:
        return self.unit == WORD

    @property
    def is_truth(self) -> bool:
        return self.unit == TRUTH

    @property
    def is_calendar(self) -> bool:
        """True for ages: completed years or months, which no factor converts into one another."""
        return self.unit in _CALENDAR


Intervals = Mapping[str, Interval]
Words = Mapping[str, str]
Numbers = Mapping[str, Fraction]


@value()
class Given:
    """The inputs of a formula, in its units and within its valid range; those that are absent are left out."""

    numbers: Intervals
    words: Words = field(default_factory=dict)
    truths: Mapping[str, Possible] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Formula:
    """A published equation or score, with its inputs, the unit of its result and the values it can take.

    evaluate: the interval of all results for what is given, or why there is none.
    range: all values that the result may have when nothing is known of the inputs; results are cut to it.
    """

    name: str
    title: str
    inputs: Mapping[str, Input]
    unit: str
    range: Interval
    source: str
    evaluate: Callable[[Given], Interval | NotComputable]


def apply(
    formula: Formula,
    inputs: Mapping[str, Quantity | str | Possible | None],
    molar_masses: Mapping[str, Fraction] | None = None,
) -> Quantity | NotComputable | None:
    """The formula's value, as an interval where its inputs are intervals or truths that are not known.

    inputs: by name; quantities in any unit that converts, words as text, truths as the set of those possible,
        ``None`` (or left out) for absent.
    molar_masses: g/mol by input name, where the value set of an input gives one.
    ``None`` if an essential input is absent. Raises ValueError for an input that the formula does not have.
    """
    if not inputs.keys() <= formula.inputs.keys():
        raise ValueError(f"{formula.name} has no input {min(inputs.keys() - formula.inputs.keys())}")
    if any(wanted.essential and inputs.get(name) is None for name, wanted in formula.inputs.items()):
        return None
    numbers: dict[str, Interval] = {}
    words: dict[str, str] = {}
    truths: dict[str, Possible] = {}
    for name, wanted in formula.inputs.items():
        given = inputs.get(name)
        if given is None:
            continue
        taken = _taken(name, wanted, given, (molar_masses or {}).get(name))
        if isinstance(taken, NotComputable):
            if wanted.open_if_unknown:
                continue
            return taken
        if isinstance(taken, Interval):
            numbers[name] = taken
        elif isinstance(taken, str):
            words[name] = taken
        else:
            truths[name] = taken
    result = formula.evaluate(Given(numbers, words, truths))
    if isinstance(result, NotComputable):
        return result
    return Quantity(result if result.is_exact else _cut(result, formula.range), formula.unit)


def _taken(
    name: str, wanted: Input, given: Quantity | str | Possible, molar_mass: Fraction | None
) -> Interval | str | Possible | NotComputable:
    if isinstance(given, Quantity):
        return _number(name, wanted, given, molar_mass)
    if isinstance(given, str):
        if not wanted.is_word:
            return _wrong_kind(name, wanted)
        if wanted.words and given not in wanted.words:
            return NotComputable(f"{name} is none of {', '.join(sorted(wanted.words))}")
        return given
    return given if wanted.is_truth else _wrong_kind(name, wanted)


def _wrong_kind(name: str, wanted: Input) -> NotComputable:
    return NotComputable(f"{name} is not a {wanted.unit if wanted.is_word or wanted.is_truth else 'number'}")


def _number(name: str, wanted: Input, given: Quantity, molar_mass: Fraction | None) -> Interval | NotComputable:
    if wanted.is_word or wanted.is_truth:
        return _wrong_kind(name, wanted)
    if wanted.is_calendar and given.unit != wanted.unit:
        return NotComputable(f"{name} is not in completed {_CALENDAR[wanted.unit]}")
    converted = convert(given, wanted.unit, molar_mass)
    if isinstance(converted, Unconvertible):
        return NotComputable(f"{name} is not in {wanted.unit}: {converted.reason}")
    interval, valid = converted.interval, wanted.valid
    if valid.covers(interval):  # the usual case
        return interval
    may_be_inside = valid.meets(interval)
    if may_be_inside and valid.covers(_from_zero(interval, valid)):
        return interval
    verb = "may be" if may_be_inside else "is"
    return NotComputable(f"{name} {verb} outside the valid range, {told_range(valid, wanted.unit)}")


def _from_zero(interval: Interval, valid: Interval) -> Interval:
    """What is reported as "<0.5" begins at 0, where the quantity itself begins there."""
    if interval.low is not None or valid.low != 0:
        return interval
    return Interval(valid.low, interval.high, valid.low_open, interval.high_open)


def told_range(interval: Interval, unit: str) -> str:
    """``at least 18 years``, ``above 0 kg``, ``from 40 to 79 years``; nothing for a range without bounds."""
    low, high = interval.low, interval.high
    words = [
        "" if low is None else f"{'above' if interval.low_open else 'at least'} {_plain(low)}",
        "" if high is None else f"{'below' if interval.high_open else 'at most'} {_plain(high)}",
    ]
    if low is not None and high is not None and not interval.low_open and not interval.high_open:
        words = [f"from {_plain(low)} to {_plain(high)}"]
    told = " and ".join(word for word in words if word)
    return f"{told} {_CALENDAR.get(unit, '' if unit == '1' else unit)}".strip()


def _plain(number: Fraction) -> str:
    return str(number.numerator) if number.denominator == 1 else f"{float(number):g}"


def _cut(result: Interval, possible: Interval) -> Interval:
    low, low_open, high, high_open = result.low, result.low_open, result.high, result.high_open
    if possible.low is not None and (low is None or low < possible.low):
        low, low_open = possible.low, possible.low_open
    if possible.high is not None and (high is None or high > possible.high):
        high, high_open = possible.high, possible.high_open
    return Interval(low, high, low_open, high_open)


def at_least(low: Fraction | int) -> Interval:
    """All values from a bound upwards, itself included: for valid ranges."""
    return Interval(Fraction(low), None)


def above(low: Fraction | int) -> Interval:
    """All values above a bound: for valid ranges."""
    return Interval(Fraction(low), None, low_open=True)


def between(low: Fraction | int, high: Fraction | int) -> Interval:
    """All values between two bounds, both included: for valid ranges."""
    return Interval(Fraction(low), Fraction(high))
