"""Windows that begin or end with a moment: now, the day of birth, an edge of a period, or the time of a fact.

A moment is compared by calendar days if it is the day of birth, an edge of a period, a whole day, or so many days or
longer from somewhere; else by instants, and then a date without an hour may be any of its day. A fact with a period
counts if it overlaps. What holds does so at every time that fact and moment may have been.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from cds.facts.dates import Duration, Moment, Span, day_after, day_before, instant_after, instant_before, is_future
from cds.facts.fact import Fact
from cds.rules.definition import Bound, Point
from cds.rules.engine.truth import Truth, truth_of, weakest
from cds.rules.judge.periods import days_of_period
from cds.rules.judge.values import FactPair, Nothing, Subject, Unclear, When
from cds.rules.judge.verdicts import Verdicts

_TICK = timedelta(microseconds=1)
_A_MINUTE = timedelta(minutes=1)
#: The longest day there is, where clocks are turned back.
LONGEST_DAY = timedelta(hours=25)
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)
DRAFTS = frozenset({"order", "draft"})
_T = TypeVar("_T", date, datetime)


@dataclass(frozen=True, slots=True)
class _Edge:
    """All that a moment may be, as days or as instants, both included. facts: those whose time it is, unshifted."""

    days: tuple[date, date] | None
    instants: tuple[datetime, datetime] | None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class _Extent:
    """All that the start and the end of a fact may be; of something that happened once they are the same time."""

    start: tuple[datetime, datetime]
    end: tuple[datetime, datetime]
    start_day: tuple[date, date]
    end_day: tuple[date, date]


def in_bounds(judging: Verdicts, fact: Fact, bounds: tuple[Bound, ...], it: Subject | None) -> Truth:
    """Whether a fact lies in a window; without a date nobody can tell."""
    is_planned = fact.kind in DRAFTS  # all others are dated until now: what is dated later is no fact yet
    return span_in_bounds(judging, fact.when, bounds, it, fact=fact, is_past=not is_planned)


def span_in_bounds(
    judging: Verdicts,
    span: Span | None,
    bounds: tuple[Bound, ...],
    it: Subject | None,
    *,
    fact: Fact | None = None,
    is_past: bool = False,
) -> Truth:
    """The same for a time; is_past: it was before now, however coarsely it was told.

    A window without an end ends now for a fact, which cannot lie ahead; a time such as the end of a course may. A draft
    is being written now, whatever its date.
    """
    if span is None:
        return Truth.UNKNOWN
    extent = _extent(span, judging.moment, is_past=is_past)
    verdicts = [_side(judging, extent, bound, it, fact) for bound in bounds]
    if fact is not None and fact.kind not in DRAFTS and all(bound.word in ("from", "after") for bound in bounds):
        verdicts.append(truth_of(not is_future(span, judging.moment)))
    return weakest(verdicts)


def _side(judging: Verdicts, extent: _Extent, bound: Bound, it: Subject | None, fact: Fact | None) -> Truth:
    edge = _edge(judging, bound.point, it, at_start=bound.word in ("from", "before"))
    if edge is None:
        return Truth.UNKNOWN
    if fact is not None and len(edge.facts) == 1 and edge.facts[0].resource is fact.resource:
        return truth_of(bound.word in ("from", "until"))  # it is the moment itself, however coarsely dated
    if edge.days is not None:
        return _compared(bound.word, extent.start_day, extent.end_day, edge.days)
    return _compared(bound.word, extent.start, extent.end, edge.instants) if edge.instants else Truth.UNKNOWN


def no_longer_before(moment: Moment, span: Span | None, last: Span | None, length: Duration) -> Truth:
    """Whether a time lies no longer before another than a duration, both of them before now."""
    if span is None or last is None:
        return Truth.UNKNOWN
    one, other = _extent(span, moment, is_past=True), _extent(last, moment, is_past=True)
    point = Point("it", shift=length, back=True)
    if length.is_clock:
        return _compared("from", one.start, one.end, _shifted(other.start, point))
    return _compared("from", one.start_day, one.end_day, _stepped(other.start_day, point))


def _compared(word: str, start: tuple[_T, _T], end: tuple[_T, _T], edge: tuple[_T, _T]) -> Truth:
    match word:
        case "from":
            holds, fails = end[0] >= edge[1], end[1] < edge[0]
        case "after":
            holds, fails = end[0] > edge[1], end[1] <= edge[0]
        case "until":
            holds, fails = start[1] <= edge[0], start[0] > edge[1]
        case _:
            holds, fails = start[1] < edge[0], start[0] >= edge[1]
    return Truth.HOLDS if holds else Truth.FAILS if fails else Truth.UNKNOWN


def _extent(span: Span, moment: Moment, *, is_past: bool) -> _Extent:
    last = span.end if span.end == _END else span.end - _TICK
    first_day, last_day, start = span.first_day, span.last_day, span.start
    goes_on = span.end == _END and not span.untold_end
    if is_past and start <= moment.instant and not goes_on:
        last = min(last, moment.instant.astimezone(UTC))
        last_day = min(last_day, max(moment.today, first_day))
    if _is_period(span):
        is_timed = span.precision == "instant"
        a_day = timedelta(0) if is_timed else LONGEST_DAY
        starts = (start, start if is_timed else min(start + a_day, last))
        if span.untold_end:
            return _Extent(starts, (start, last), (first_day, first_day), (first_day, last_day))
        ends = (last, last) if is_timed or span.end == _END else (max(last - a_day, start), last)
        return _Extent(starts, ends, (first_day, first_day), (last_day, last_day))
    if span.precision == "instant" and span.end - start != _A_MINUTE:
        return _Extent((start, start), (last, last), (first_day, first_day), (last_day, last_day))
    return _Extent((start, last), (start, last), (first_day, last_day), (first_day, last_day))


def _is_period(span: Span) -> bool:
    """Whether it lasted from its start to its end, as far as days or instants tell."""
    if span.start == _BEGINNING:
        return False
    if span.precision == "day":
        return span.first_day != span.last_day
    return span.precision == "instant" and span.end - span.start > _A_MINUTE


# --- moments -------------------------------------------------------------------------------------


def days_of(judging: Verdicts, point: Point, it: Subject | None) -> tuple[date, date] | None:
    """The days on which a moment may be; None if nobody can tell."""
    if point.anchor == "now" and point.shift is None and not point.edge:  # the usual case
        return judging.moment.today, judging.moment.today
    edge = _edge(judging, point, it, at_start=True)
    if edge is None or edge.days is not None or edge.instants is None:
        return edge.days if edge else None
    zone = judging.moment.zone
    return edge.instants[0].astimezone(zone).date(), edge.instants[1].astimezone(zone).date()


def _edge(judging: Verdicts, point: Point, it: Subject | None, *, at_start: bool) -> _Edge | None:
    moment = judging.moment
    if point.edge:
        first, last = days_of_period(judging.ruleset.periods[point.anchor], moment.today)
        day = first if point.edge == "start" else last
        return _Edge(_stepped((day, day), point), None)
    if point.anchor == "birth":
        birth = judging.record.patient.birth
        return _Edge(_stepped((birth.first_day, birth.last_day), point), None) if birth is not None else None
    by_day = point.whole_day or (point.shift is not None and not point.shift.is_clock)
    if point.anchor == "now":
        now = moment.instant.astimezone(UTC)
        if by_day:
            return _Edge(_stepped((moment.today, moment.today), point), None)
        return _Edge(None, _shifted((now, now), point))
    when = _when(judging, point.anchor, it)
    if not isinstance(when, When):
        return None
    extent = _extent(when.span, moment, is_past=all(fact.kind not in DRAFTS for fact in when.facts))
    facts = when.facts if point.shift is None else ()
    if by_day:
        days = extent.start_day if at_start else extent.end_day
        return _Edge(_stepped(days, point), None, facts if not point.whole_day else ())
    return _Edge(None, _shifted(extent.start if at_start else extent.end, point), facts)


def _when(judging: Verdicts, anchor: str, it: Subject | None) -> When | Nothing | Unclear | None:
    if anchor not in ("it", "first", "second"):
        return judging.when(anchor, it)
    fact = (it.second if anchor == "second" else it.first) if isinstance(it, FactPair) else it
    return When(fact.when, (fact,)) if fact is not None and fact.when is not None else None


def _stepped(days: tuple[date, date], point: Point) -> tuple[date, date]:
    if point.shift is None:
        return days
    step = day_before if point.back else day_after
    return step(days[0], point.shift), step(days[1], point.shift)


def _shifted(instants: tuple[datetime, datetime], point: Point) -> tuple[datetime, datetime]:
    if point.shift is None:
        return instants
    shift = instant_before if point.back else instant_after
    return shift(instants[0], point.shift), shift(instants[1], point.shift)


def clock_steps(bounds: Iterable[Bound]) -> Iterable[tuple[Duration, bool]]:
    """The hours and minutes of windows, and whether they are steps back from a time until now.

    Also those from a fact: one that was told as a day of today may have been at any time until now.
    """
    for bound in bounds:
        point = bound.point
        if point.anchor == "now" and not point.edge and not point.whole_day and point.shift is None:
            yield Duration(0, "minute"), True
        elif point.shift is not None and point.shift.is_clock:
            yield point.shift, point.back or point.anchor != "now"
