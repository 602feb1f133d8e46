"""For which moments of decision a judgement holds: the freshness contract of the cache.

Everything in the language that depends on time compares calendar days (windows of days and longer, ages, "in use for
100 days", the end of a problem or of a dosage), instants (what is dated after now is not yet a fact) or windows of
hours. So a judgement holds from the last such instant before now to the next one after, and never beyond its day.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cds.facts.dates import Duration, Moment, Span, instant_after, read_span
from cds.facts.fact import Record
from cds.rules.definition import Change, Definition
from cds.rules.judge.plan import Plan
from cds.rules.judge.windows import LONGEST_DAY, clock_steps
from cds.rules.references import filters_of, operands_in

#: Far from any moment of decision; beyond them no step of a window stays on the calendar.
_FIRST, _LAST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def validity(record: Record, plan: Plan, moment: Moment) -> tuple[datetime, datetime] | None:
    """``[from, until)``; None when it cannot be told.

    A record dated in the future becomes a fact unannounced, and a number of hours until now grows all the time.
    """
    if any(omission.reason == "future-date" for omission in record.omissions) or moves_unseen(plan):
        return None
    start, until = _day(moment.today, moment.zone)
    now = moment.instant
    for instant in _turning_points(record, clock_windows(plan), moment):
        if start < instant <= now:
            start = instant
        elif now < instant < until:
            until = instant
    return start, until


@lru_cache(maxsize=64)
def _day(today: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    begin = datetime(today.year, today.month, today.day, tzinfo=zone)
    tomorrow = today + timedelta(days=1)
    end = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
    return begin.astimezone(UTC), end.astimezone(UTC)


@lru_cache(maxsize=256)
def clock_windows(plan: Plan) -> tuple[Duration, ...]:
    """The distances from now at which a fact of that time leaves a window, or enters one."""
    found = [f for d in _definitions(plan) if (f := filters_of(d.clause)) is not None]
    windows = [f.within for f in found if f.within is not None and f.within.is_clock]
    windows += [length for f in found for length, _ in clock_steps(f.bounds)]
    windows += [d.clause.over for d in _definitions(plan) if isinstance(d.clause, Change) and d.clause.over.is_clock]
    return tuple(dict.fromkeys(windows))


def _definitions(plan: Plan) -> Iterator[Definition]:
    return (definition for part in plan.parts for definition in part.ruleset.definitions.values())


@lru_cache(maxsize=256)
def moves_unseen(plan: Plan) -> bool:
    """Whether something changes at times that no fact tells: a number of hours until now, a window on an attribute.

    The hours of attributes are nested anywhere in a resource; a window that ends in hours to come is rare.
    """
    if any(operand.since in ("h", "min") for d in _definitions(plan) for operand in operands_in(d.clause)):
        return True
    found = [f for d in _definitions(plan) if (f := filters_of(d.clause)) is not None]
    where = [condition for f in found for condition in f.where]
    if any(w.within is not None and w.within.is_clock for w in where):
        return True
    on_attributes = [step for w in where for step in clock_steps(w.bounds)]
    return bool(on_attributes) or any(not back for f in found for _, back in clock_steps(f.bounds))


def _turning_points(record: Record, windows: tuple[Duration, ...], moment: Moment) -> Iterator[datetime]:
    """Instants at which a fact begins to be one, or leaves a window of hours."""
    near = _days_around(moment.instant.date())
    for facts in record.facts.values():
        for fact in facts:
            # Elements of a resource that tell when (recordedDate beside an onset): each may lie after now.
            for text in fact.resource.values():
                if type(text) is str and text[10:11] == "T" and text[:10] in near:
                    span = read_span(text, moment.zone)
                    if span is not None:
                        yield from (span.start, span.end)
            if fact.when is None:
                continue
            yield from (fact.when.start, fact.when.end)
            if not windows:
                continue
            for instant in _edges_of(fact.when):
                if not _FIRST < instant < _LAST:
                    continue  # a period without a start, or one that goes on
                for edge in (instant_after(instant, window) for window in windows):
                    # Both ends of a window count: what holds at the edge itself may not a moment later, and a day
                    # ends a moment before the next begins.
                    yield from (edge - timedelta.resolution, edge, edge + timedelta.resolution)


def _edges_of(when: Span) -> tuple[datetime, ...]:
    """Start and end; of a period told by days also the last of its first day, and the first of its last."""
    if when.precision == "instant":
        return when.start, when.end
    first, last = max(when.start, _FIRST), min(when.end, _LAST)  # of a period without a start, or one that goes on
    return when.start, when.end, first + LONGEST_DAY, last - LONGEST_DAY


@lru_cache(maxsize=64)
def _days_around(day: date) -> frozenset[str]:
    """The days, as FHIR writes them, on which an instant of this day may fall in some time zone."""
    return frozenset((day + timedelta(days=shift)).isoformat() for shift in (-1, 0, 1))
