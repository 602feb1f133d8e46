"""How long ago: ``x.time-since``, counted in the unit that it is compared in, as windows count.

Days and longer are calendar days of the organisation's zone; months and years are steps on the calendar, so that
``time-since`` at most 5 years holds on exactly the days of ``within: 5 years``; hours and minutes are those of the
clock. A date that is not told exactly gives a range.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TypeVar

from cds.facts.attributes import Dated, NotRecorded, Unreadable
from cds.facts.dates import Duration, Moment, Span, day_before
from cds.facts.fact import Fact
from cds.rules.definition import FORECAST_DAYS, Forecast, Operand
from cds.rules.judge.forecasting import day_of
from cds.rules.judge.time_units import MONTHS, SECONDS, days_between, steps_of
from cds.rules.judge.values import NOTHING, FactPair, Known, Nothing, Number, Subject, Unclear, When, unclear
from cds.rules.judge.verdicts import Verdicts
from cds.units.quantity import Interval, Quantity

_TICK = timedelta(microseconds=1)
_T = TypeVar("_T", date, datetime)
_BEGINNING = datetime.min.replace(tzinfo=UTC)


def time_since(judging: Verdicts, operand: Operand, it: Subject | None) -> Number:
    """The time from what the operand names until now."""
    when = _when(judging, operand, it)
    if isinstance(when, Unclear | Nothing):
        return when
    return Known(elapsed(when.span, operand.since, judging.moment), when.span, when.facts)


def _when(judging: Verdicts, operand: Operand, it: Subject | None) -> When | Nothing | Unclear:
    if operand.root == "patient":
        birth = judging.record.patient.birth
        return When(birth, ()) if birth is not None else unclear("birth-date-not-known")
    if operand.root in ("it", "first", "second"):
        fact = it.second if isinstance(it, FactPair) and operand.root == "second" else _first(it)
        return unclear("no-subject") if fact is None else _of_fact(judging, fact, operand.attribute)
    if operand.attribute in FORECAST_DAYS and isinstance(judging.ruleset.definitions[operand.root].clause, Forecast):
        return day_of(judging, operand.root, operand.attribute)
    when = judging.when(operand.root, it)
    if isinstance(when, Unclear | Nothing) or not operand.attribute:
        return when
    return _of_fact(judging, when.facts[0], operand.attribute) if len(when.facts) == 1 else unclear("several-facts")


def _first(it: Subject | None) -> Fact | None:
    return it.first if isinstance(it, FactPair) else it


def _of_fact(judging: Verdicts, fact: Fact, attribute: str) -> When | Nothing | Unclear:
    if not attribute:
        return When(fact.when, (fact,)) if fact.when is not None else unclear("undated", facts=(fact,))
    found = judging.attribute(fact, attribute)
    if isinstance(found, Dated):
        return When(found.span, (fact,))
    if isinstance(found, NotRecorded):
        return NOTHING
    return unclear(f"unreadable:{found.reason if isinstance(found, Unreadable) else 'no-date'}", facts=(fact,))


def elapsed(span: Span, unit: str, moment: Moment) -> Quantity:
    """The time from a span until now, in years, months, weeks, days, hours or minutes (UCUM)."""
    if unit in SECONDS:
        return Quantity(_on_the_clock(span, SECONDS[unit], moment), unit)
    first = None if span.first_day == date.min else span.first_day
    # What has begun is over now at the latest: a fact dated today, or a period that goes on, is not in the future.
    last = min(span.last_day, moment.today) if span.first_day <= moment.today else span.last_day
    count, size = _months if unit in MONTHS else days_between, steps_of(unit)
    low = count(last, moment.today) / size
    high = None if first is None else count(first, moment.today) / size
    return Quantity(Interval(low, high), unit)


def time_between(one: Span, other: Span, unit: str) -> Quantity:
    """The time from the earlier of two to the later, whichever that is."""
    if unit in SECONDS:
        instants = ((one.start, one.end - _TICK), (other.start, other.end - _TICK))
        return Quantity(_apart(*instants, lambda a, b: _counted(b - a, SECONDS[unit])), unit)
    days = ((one.first_day, one.last_day), (other.first_day, other.last_day))
    count = _months if unit in MONTHS else days_between
    return Quantity(_apart(*days, count).scaled(Fraction(1, steps_of(unit))), unit)


def _apart(one: tuple[_T, _T], other: tuple[_T, _T], count: Callable[[_T, _T], Fraction]) -> Interval:
    overlap = one[0] <= other[1] and other[0] <= one[1]
    nearest = Fraction(0) if overlap else count(min(one[1], other[1]), max(one[0], other[0]))
    farthest = max(count(one[0], other[1]), count(other[0], one[1]))
    return Interval(nearest, farthest)


def _months(day: date, today: date) -> Fraction:
    """Whole months, and a half where the day lies between two of the steps back from today."""
    steps = (today.year - day.year) * 12 + today.month - day.month
    edge = day_before(today, Duration(steps, "month"))
    if edge == day:
        return Fraction(steps)
    return Fraction(2 * steps + (1 if edge > day else -1), 2)


def _on_the_clock(span: Span, seconds: int, moment: Moment) -> Interval:
    """An instant is a point; a day without an hour, or a minute without its second, is all that it may be."""
    now = moment.instant.astimezone(UTC)
    high = None if span.start == _BEGINNING else _counted(now - span.start, seconds)
    if span.precision == "instant" and span.end - span.start <= _TICK:
        return Interval(high, high)
    if span.end > now >= span.start:
        return Interval(Fraction(0), high)
    return Interval(_counted(now - span.end, seconds), high, low_open=True)


def _counted(length: timedelta, seconds: int) -> Fraction:
    return Fraction(length // _TICK, 10**6 * seconds)
