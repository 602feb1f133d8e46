"""Schedules of doses with one small mistake: an age or an interval moved by a day, a way or a condition left out.

A length is moved by a single day to both sides, as windows are; numbers and days of grace by one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from cds.authoring.mutation.changing import changed, with_one, without_one
from cds.facts.dates import Duration
from cds.schedules.schedule import Conditions, Length, Schedule, Way, Ways

_Kind = Literal["threshold", "window", "clause"]
#: What may be left out of the conditions of a way, and what is there then.
_NO_CONDITIONS = Conditions()
_CONDITIONS = ("first_dose", "last_dose", "every_dose", "without", "earlier_doses_below", "sex")


@dataclass(frozen=True, slots=True)
class ScheduleSlip:
    """One mistake. key: names it within the schedule. edge: of which edge it is a step, or ""."""

    key: str
    kind: _Kind
    told: str
    schedule: Schedule
    edge: str = ""


@dataclass(frozen=True, slots=True)
class _WaySlip:
    """One mistake in a way of a dose."""

    key: str
    kind: _Kind
    told: str
    way: Way
    edge: str = ""


def schedule_slips(schedule: Schedule) -> Iterator[ScheduleSlip]:
    """Every mistake in turn: dose by dose, then what holds for all doses."""
    for place, ways in enumerate(schedule.doses):

        def with_dose(other: Ways, place: int = place) -> Schedule:
            return replace(schedule, doses=with_one(schedule.doses, place, other))

        yield from _of_ways(ways, f"dose {place + 1}", with_dose)
    yield from _of_ways(schedule.then, "then", lambda other: replace(schedule, then=other))
    if len(schedule.doses) > 1:
        told = f"dose {len(schedule.doses)} left out"
        yield ScheduleSlip("fewer", "clause", told, replace(schedule, doses=schedule.doses[:-1]))
    for field in ("grace", "apart_given", "apart_planned"):
        days: int = getattr(schedule, field)
        for sign in (1, -1) if days else ():
            told = f"{_word(field)}: {days + sign} days instead of {days}"
            other = changed(schedule, **{field: days + sign})
            yield ScheduleSlip(f"{field}/{sign:+d}", "window", told, other, f"{field}/")
    for name, sexes in without_one(schedule.for_sex):
        told = f'"{name[0]}" left out of for-sex'
        yield ScheduleSlip(f"for-sex-{name[0]}", "clause", told, replace(schedule, for_sex=sexes))
    for each, sets in without_one(schedule.repeated_at_once):
        told = f'"{each}" left out of repeated-at-once'
        yield ScheduleSlip(f"repeated-{each}", "clause", told, replace(schedule, repeated_at_once=sets))


def _of_ways(ways: Ways, dose: str, with_ways: Callable[[Ways], Schedule]) -> Iterator[ScheduleSlip]:
    for place, way in enumerate(ways):
        which = f"{dose}, way {place + 1}" if len(ways) > 1 else dose
        key = which.replace(", way ", "/").replace(" ", "")
        for slip in (*_of_lengths(way), *_of_way(way)):
            told, other = f"{which}: {slip.told}", with_ways(with_one(ways, place, slip.way))
            yield ScheduleSlip(f"{key}/{slip.key}", slip.kind, told, other, slip.edge and f"{key}/{slip.edge}")
        if len(ways) > 1:
            rest = with_ways((*ways[:place], *ways[place + 1 :]))
            yield ScheduleSlip(f"{key}/left-out", "clause", f"{which} left out", rest)


def _of_lengths(way: Way) -> Iterator[_WaySlip]:
    for part in ("ages", "interval", "since_first"):
        for field in getattr(way, part).__dataclass_fields__:
            words = f"{_word(part)}, {_word(field)}"
            yield from _moved(getattr(getattr(way, part), field), words, partial(_with_time, way, part, field))
    for part in ("first_dose", "last_dose"):
        bounds = getattr(way.conditions, part)
        for end, word in (("low", "at least"), ("high", "below")) if bounds is not None else ():
            yield from _moved(getattr(bounds, end), f"{_word(part)}, {word}", partial(_with_bound, way, part, end))
    since = way.conditions.without_from
    yield from _moved(since, "without, from", lambda length: _when(way, without_from=length))


def _with_time(way: Way, part: str, field: str, length: Length) -> Way:
    return changed(way, **{part: changed(getattr(way, part), **{field: length})})


def _with_bound(way: Way, part: str, end: str, length: Length) -> Way:
    return _when(way, **{part: changed(getattr(way.conditions, part), **{end: length})})


def _moved(length: Length | None, words: str, back: Callable[[Length], Way]) -> Iterator[_WaySlip]:
    if length is None:
        return
    edge = f"{words.replace(', ', '-').replace(' ', '-')}/"
    for sign, told in ((1, "later"), (-1, "earlier")):
        if sign > 0 or any(part.count for part in length.parts):  # nothing is earlier than birth
            other = Length((*length.parts, Duration(sign, "day")), f"{length.text} {sign:+d} day")
            yield _WaySlip(f"{edge}{sign:+d}", "window", f"{words} {length.text}, a day {told}", back(other), edge)


def _of_way(way: Way) -> Iterator[_WaySlip]:
    conditions = way.conditions
    for field in _CONDITIONS:
        nothing = getattr(_NO_CONDITIONS, field)
        if getattr(conditions, field) != nothing:
            told = f'the condition "{_word(field)}" left out'
            yield _WaySlip(f"without-{_word(field)}", "clause", told, _when(way, **{field: nothing}))
    if conditions.earlier_doses_below is not None:
        below = conditions.earlier_doses_below
        for sign in (1, -1):
            told = f"earlier-doses: below {below + sign} instead of {below}"
            moved = _when(way, earlier_doses_below=below + sign)
            yield _WaySlip(f"earlier-doses/{sign:+d}", "threshold", told, moved, "earlier-doses/")
    for name, rest in without_one(way.vaccines):
        told = f'"{name}" left out of its vaccines' if rest else "vaccines left out: any counts"
        yield _WaySlip(f"vaccines-{name}", "clause", told, replace(way, vaccines=rest))
    if way.last:
        yield _WaySlip("last", "clause", "last left out", replace(way, last=False))


def _when(way: Way, **fields: object) -> Way:
    return replace(way, conditions=changed(way.conditions, **fields))


def _word(field: str) -> str:
    """The key that an author writes."""
    return {"ages": "age", "earlier_doses_below": "earlier-doses"}.get(field, field.replace("_", "-"))
