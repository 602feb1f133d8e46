"""For which moments of decision a judgement holds: the freshness contract of the cache.

Everything in the language that depends on time compares calendar days (windows of days and longer, ages, "in use for
100 days"), instants of facts (what is dated after now is not yet a fact) or windows of hours. So a judgement holds
from the last such instant before now to the next one after, and never beyond the calendar day.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from cds.facts.dates import Duration, Moment, instant_after
from cds.facts.fact import Record
from cds.rules.judge.plan import Plan
from cds.rules.references import filters_of


def validity(record: Record, plan: Plan, moment: Moment) -> tuple[datetime, datetime] | None:
    """``[from, until)``; None when it cannot be told (a record dated in the future becomes a fact unannounced)."""
    if any(omission.reason == "future-date" for omission in record.omissions):
        return None
    start, until = _day(moment)
    for instant in _turning_points(record, _clock_windows(plan)):
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


def _turning_points(record: Record, windows: Iterable[Duration]) -> Iterator[datetime]:
    for facts in record.facts.values():
        for fact in facts:
            if fact.when is None:
                continue
            for instant in (fact.when.start, fact.when.end):
                yield instant
                yield from (instant_after(instant, window) for window in windows)
