"""``count`` with ``spaced``: how many facts, each at least so long after the one counted before it.

Counted from the earliest on, which gives the most there can be. Dates that are not told exactly give a range: at
least those that are so far apart whatever their dates, at most all that a fact without an exact date could add.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from cds.facts.dates import Duration, Span, day_after, instant_after
from cds.facts.fact import Fact

_TICK = timedelta(microseconds=1)
_Time = date | datetime
#: The earliest and the latest that a fact may have been.
_Times = tuple[_Time, _Time]


def count_spaced(apart: Duration, sure: Iterable[Fact], possible: Iterable[Fact]) -> tuple[int, int]:
    """The fewest and the most that may be so far apart, of the facts that are and of those that may be."""
    certain = [_times(apart, fact.when) for fact in sure]
    every = [*certain, *(_times(apart, fact.when) for fact in possible)]
    exact = [times for times in every if times is not None and times[0] == times[1]]
    least = _counted(apart, [times for times in certain if times is not None])
    # Whatever the others turn out to be, each adds one at most to those that are exactly dated.
    return max(least, 1 if certain else 0), _counted(apart, exact) + len(every) - len(exact)


def _counted(apart: Duration, every: list[_Times]) -> int:
    """How many are so far apart at all the times that they may have been."""
    number = 0
    free: _Time | None = None
    for earliest, latest in sorted(every, key=lambda times: (times[1], times[0])):
        if free is None or earliest >= free:
            number += 1
            free = _after(latest, apart)
    return number


def _after(time: _Time, apart: Duration) -> _Time:
    return instant_after(time, apart) if isinstance(time, datetime) else day_after(time, apart)


def _times(apart: Duration, span: Span | None) -> _Times | None:
    """Days for days and longer, instants for hours; None if it may have been at any time."""
    if span is None or span.start == datetime.min.replace(tzinfo=UTC):
        return None
    if not apart.is_clock:
        return span.first_day, span.last_day
    if span.precision == "instant" and span.end - span.start <= _TICK:
        return span.start, span.start
    return span.start, span.end - _TICK
