"""For which moments of decision a judgement holds: the freshness contract of the cache.

Everything in the language that depends on time compares calendar days (windows of days and longer, ages, "in use for
100 days"), instants that a resource tells (when it happened, when a problem or a dosage ended) or windows of hours. So
a judgement holds from the last such instant before now to the next one after, and never beyond the calendar day.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from cds.facts.dates import Duration, Moment, instant_after, read_span
from cds.facts.fact import Record
from cds.rules.judge.plan import Plan
from cds.rules.references import filters_of


def validity(record: Record, plan: Plan, moment: Moment) -> tuple[datetime, datetime] | None:
    """``[from, until)``; None when it cannot be told (a record dated in the future becomes a fact unannounced)."""
    if any(omission.reason == "future-date" for omission in record.omissions):
        return None
    start, until = _day(moment)
    for instant in _turning_points(record, _clock_windows(plan), moment):
        if instant <= moment.instant:
            start = max(start, instant)
        else:
            until = min(until, instant)
    return start, until


def _day(moment: Moment) -> tuple[datetime, datetime]:
    today = moment.today
    begin = datetime(today.year, today.month, today.day, tzinfo=moment.zone)
    tomorrow = today + timedelta(days=1)
    end = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=moment.zone)
    return begin.astimezone(UTC), end.astimezone(UTC)


def _clock_windows(plan: Plan) -> list[Duration]:
    windows = []
    for part in plan.parts:
        for definition in part.ruleset.definitions.values():
            filters = filters_of(definition.clause)
            if filters is not None and filters.within is not None and filters.within.is_clock:
                windows.append(filters.within)
    return windows


def _turning_points(record: Record, windows: Iterable[Duration], moment: Moment) -> Iterator[datetime]:
    for facts in record.facts.values():
        for fact in facts:
            for text in _instants_told(fact.resource):
                if (span := read_span(text, moment.zone)) is not None:
                    yield from (span.start, span.end)
            if fact.when is None:
                continue
            for instant in (fact.when.start, fact.when.end):
                yield instant
                for edge in (instant_after(instant, window) for window in windows):
                    yield edge
                    # Both ends of a window count: what holds at the edge itself may not a moment later.
                    yield edge + timedelta.resolution


def _instants_told(value: object) -> Iterator[str]:
    """Every text of a resource that may be a time of day: any of them may be compared with now."""
    if isinstance(value, str):
        if value[10:11] == "T":
            yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _instants_told(part)
    elif isinstance(value, list):
        for part in value:
            yield from _instants_told(part)
