"""How long a fact has lasted: ``x.length``, from the start of its period to its end, or until now while it has none.

Counted in the unit that it is compared in, as ``time-since`` is on the day of the end: days are calendar days, months
and years steps back on the calendar, with the part of a month that is left over; hours and minutes are those of the
clock. A bound that is not told exactly gives a range. What has no start, or no period at all, has no length that
anybody knows.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TypeVar

from cds.facts.attributes import Dated, Unreadable
from cds.facts.dates import Duration, Moment, Span, day_before
from cds.facts.fact import Fact
from cds.facts.vocabulary import LASTING
from cds.rules.definition import Operand
from cds.rules.judge.time_units import MONTHS, SECONDS, days_between, steps_of
from cds.rules.judge.values import FactPair, Known, Nothing, Number, Subject, Unclear, unclear
from cds.rules.judge.verdicts import Verdicts
from cds.units.quantity import Interval, Quantity

_TICK = timedelta(microseconds=1)
_T = TypeVar("_T", date, datetime)


def length(judging: Verdicts, operand: Operand, it: Subject | None) -> Number:
    """How long the one fact that the operand names has lasted by now."""
    fact = _fact(judging, operand, it)
    if not isinstance(fact, Fact):
        return fact
    if fact.kind not in LASTING:
        return unclear("no-period", facts=(fact,))
    start, end = judging.attribute(fact, "start"), judging.attribute(fact, "end")
    if isinstance(start, Unreadable) or isinstance(end, Unreadable):
        return unclear("unreadable:bad-date", facts=(fact,))
    if not isinstance(start, Dated):
        return unclear("no-start" if isinstance(end, Dated) else "no-period", facts=(fact,))
    told = end.span if isinstance(end, Dated) else None
    between = lasted(start.span, told, operand.since, judging.moment)
    # What a result says of somebody is so until now (decision 0053); of a stay that is over the end was only not told.
    if fact.kind != "observation" and fact.when is not None and fact.when.untold_end:
        between = Interval(Fraction(0), between.high)
    return Known(Quantity(between, operand.since), fact.when, (fact,))


def _fact(judging: Verdicts, operand: Operand, it: Subject | None) -> Fact | Nothing | Unclear:
    if operand.root in ("it", "first", "second"):
        subject = (it.second if operand.root == "second" else it.first) if isinstance(it, FactPair) else it
        return unclear("no-subject") if subject is None else subject
    when = judging.when(operand.root, it)
    if isinstance(when, Unclear | Nothing):
        return when
    return when.facts[0] if len(when.facts) == 1 else unclear("several-facts", facts=when.facts)


def lasted(start: Span, end: Span | None, unit: str, moment: Moment) -> Interval:
    """The time from one to the other (None: it goes on), and never beyond now, in a unit of time (UCUM)."""
    if unit in SECONDS:
        return _on_the_clock(start, end, moment).scaled(Fraction(1, SECONDS[unit]))
    today = moment.today
    ends = (today, today) if end is None else (min(end.first_day, today), min(end.last_day, today))
    count = _months if unit in MONTHS else days_between
    return _between((start.first_day, start.last_day), ends, count).scaled(Fraction(1, steps_of(unit)))


def _between(starts: tuple[_T, _T], ends: tuple[_T, _T], count: Callable[[_T, _T], Fraction]) -> Interval:
    """From the latest start to the earliest end, and from the earliest start to the latest end."""
    least = count(starts[1], ends[0]) if starts[1] < ends[0] else Fraction(0)
    most = count(starts[0], ends[1]) if starts[0] < ends[1] else Fraction(0)
    return Interval(least, most)


def _months(start: date, end: date) -> Fraction:
    """Steps back from the end that do not pass the start, and what is left over as a part of the next step."""
    steps = (end.year - start.year) * 12 + end.month - start.month
    if day_before(end, Duration(steps, "month")) < start:
        steps -= 1
    edge, beyond = (day_before(end, Duration(count, "month")) for count in (steps, steps + 1))
    if edge == start:
        return Fraction(steps)
    return steps + Fraction((edge - start).days, (edge - beyond).days)


def _on_the_clock(start: Span, end: Span | None, moment: Moment) -> Interval:
    now = moment.instant.astimezone(UTC)
    ends = (now, now) if end is None else tuple(min(instant, now) for instant in _instants(end))
    return _between(_instants(start), (ends[0], ends[1]), _seconds)


def _instants(span: Span) -> tuple[datetime, datetime]:
    """The first and the last instant that it may have been."""
    return span.start, max(span.start, span.end - _TICK)


def _seconds(start: datetime, end: datetime) -> Fraction:
    return Fraction((end - start) // _TICK, 10**6)
