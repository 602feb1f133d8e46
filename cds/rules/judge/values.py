"""What judging a definition yields beside a truth: facts found, numbers, coded answers.

Absent (we looked; there is none) and unclear (nobody can tell) are different values, and neither is a number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field
from fractions import Fraction

from cds.facts.attributes import Coded
from cds.facts.dates import Span
from cds.facts.fact import Fact
from cds.frozen import value
from cds.rules.definition import Limit
from cds.rules.engine.truth import Truth
from cds.units.quantity import Interval, Quantity
from cds.units.ucum import convert


@value(eq=False)
class FactPair:
    """Two facts found together; ``first`` belongs to the first finder. rows: those of a table that name the two."""

    first: Fact
    second: Fact
    rows: tuple[Mapping[str, str], ...] = ()

    @property
    def reference(self) -> str:
        """Both references, as a finding's subject names them."""
        return f"{self.first.reference} {self.second.reference}"


Subject = Fact | FactPair


@value()
class Found:
    """What a finder found.

    sure: passed every filter. possible: a filter was unknown for them. more: why there may be more (codes such as
    ``not-supplied:Condition``, ``unreadable:bad-date``); empty when the look was complete.
    """

    sure: tuple[Subject, ...] = ()
    possible: tuple[Subject, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def truth(self) -> Truth:
        """Holds with a sure fact; else unknown with a possible one or an incomplete look; else fails."""
        if self.sure:
            return Truth.HOLDS
        return Truth.UNKNOWN if self.possible or self.more else Truth.FAILS


@value()
class Known:
    """A number: an interval with a unit, its time and the facts behind it.

    molar_mass (g/mol) and valence come from the value set and allow mass-to-amount conversion.
    """

    quantity: Quantity
    when: Span | None = None
    facts: tuple[Fact, ...] = ()
    molar_mass: Fraction | None = field(default=None, compare=False)
    valence: int | None = field(default=None, compare=False)

    def in_unit(self, unit: str) -> Quantity | None:
        """The quantity in a unit, or None when it cannot be converted."""
        if self.quantity.unit == unit:
            return self.quantity
        converted = convert(self.quantity, unit, self.molar_mass, self.valence)
        return converted if isinstance(converted, Quantity) else None


@value()
class Nothing:
    """We looked, and there is no value."""


@value()
class Unclear:
    """Nobody can tell, and why; ``facts`` are those that could not be used.

    maybe_more: other facts may exist, of any date (not supplied, or not readable at all).
    """

    reasons: tuple[str, ...]
    facts: tuple[Fact, ...] = ()
    maybe_more: bool = False


@value()
class Answer:
    """A coded answer (an interpretation, a route, a survey answer).

    is_itself: the codes are those of the facts: the newest immunization has no value, but is of a vaccine.
    """

    coded: Coded
    when: Span | None = None
    facts: tuple[Fact, ...] = ()
    is_itself: bool = False


@value()
class When:
    """The time of the fact, or facts, that a definition is about."""

    span: Span
    facts: tuple[Fact, ...]


@value()
class Word:
    """A plain word: a recorded sex, a column of a value set."""

    text: str


Number = Known | Nothing | Unclear
Value = Known | Nothing | Unclear | Answer | Word

NOTHING = Nothing()


def unclear(*reasons: str, facts: Iterable[Fact] = (), maybe_more: bool = False) -> Unclear:
    """An unclear value for one or more reasons, each once."""
    return Unclear(tuple(dict.fromkeys(reasons)), tuple(facts), maybe_more)


def joined(doubts: Iterable[Unclear], facts: Iterable[Fact] | None = None) -> Unclear:
    """Several doubts as one; ``facts`` instead of theirs, if given."""
    every = tuple(doubts)
    reasons = (reason for doubt in every for reason in doubt.reasons)
    theirs = dict.fromkeys(fact for doubt in every for fact in doubt.facts)
    return unclear(*reasons, facts=theirs if facts is None else facts, maybe_more=any(d.maybe_more for d in every))


def test_limit(number: Known, limit: Limit) -> Truth:
    """Inside the limit with its whole interval: holds; wholly outside: fails; else unknown."""
    quantity = number.in_unit(limit.unit)
    if quantity is None:
        return Truth.UNKNOWN
    return compare(quantity.interval, limit.interval)


def compare(value: Interval, limit: Interval) -> Truth:
    """Whether every, no, or some value of an interval lies within another."""
    number = value.low
    if number is not None and number is value.high and not value.low_open:  # the usual case: one value, in or out
        top, bottom = number.as_integer_ratio()  # comparing whole numbers is ten times faster than fractions
        low, high = limit.low, limit.high
        if low is not None:
            over, under = low.as_integer_ratio()
            beyond = top * under - over * bottom
            if beyond < 0 or (beyond == 0 and limit.low_open):
                return Truth.FAILS
        if high is not None:
            over, under = high.as_integer_ratio()
            beyond = top * under - over * bottom
            if beyond > 0 or (beyond == 0 and limit.high_open):
                return Truth.FAILS
        return Truth.HOLDS
    if limit.covers(value):
        return Truth.HOLDS
    return Truth.UNKNOWN if limit.meets(value) else Truth.FAILS


def hull(numbers: Iterable[Quantity]) -> Quantity | None:
    """The smallest interval around all of them, in the first one's unit; None if a unit does not convert."""
    result: Quantity | None = None
    for quantity in numbers:
        if result is None:
            result = quantity
            continue
        same = convert(quantity, result.unit)
        if not isinstance(same, Quantity):
            return None
        result = Quantity(_around(result.interval, same.interval), result.unit)
    return result


def _around(a: Interval, b: Interval) -> Interval:
    low, low_open = _lower(a, b)
    high, high_open = _higher(a, b)
    return Interval(low, high, low_open, high_open)


def _lower(a: Interval, b: Interval) -> tuple[Fraction | None, bool]:
    if a.low is None or b.low is None:
        return None, False
    if a.low == b.low:
        return a.low, a.low_open and b.low_open
    return (a.low, a.low_open) if a.low < b.low else (b.low, b.low_open)


def _higher(a: Interval, b: Interval) -> tuple[Fraction | None, bool]:
    if a.high is None or b.high is None:
        return None, False
    if a.high == b.high:
        return a.high, a.high_open and b.high_open
    return (a.high, a.high_open) if a.high > b.high else (b.high, b.high_open)
