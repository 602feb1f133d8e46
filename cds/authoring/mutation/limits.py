"""Limits and windows moved by one smallest step, or with the other word: every edge that a case could stand beside.

The smallest step of a limit is one in its last written digit (``below 5.5``: 0.1), of a window one day, or one unit of
the clock. Steps of months and years are taken as days from some day, so that an edge moves by a single day.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from cds.authoring.mutation.changing import changed
from cds.facts.dates import Duration, day_after, day_before
from cds.rules.analysis.showing import show
from cds.rules.definition import Bound, Limit, Point
from cds.rules.judge.periods import days_of_period
from cds.rules.ruleset import Period
from cds.units.quantity import Interval

_NUMBERS = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_UNITS = {"a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours", "min": "minutes"}
_OTHER_WORD = {"from": "after", "after": "from", "until": "before", "before": "until"}


@dataclass(frozen=True, slots=True)
class Moved:
    """Another limit or window. is_step: moved by a step, not given the other word. told: as a phrase."""

    key: str
    is_step: bool
    told: str


@dataclass(frozen=True, slots=True)
class Days:
    """From which day steps of months and years are counted: ``usual``, or the edge of the period that contains it.

    born: the day of birth of most cases, from which steps after birth are counted.
    """

    usual: date
    periods: Mapping[str, Period]
    born: date

    def at(self, point: Point) -> date:
        """The day that a moment counts its steps from. Of a fact, whose day is not known here, the usual one."""
        if not point.edge:
            return self.born if point.anchor == "birth" else self.usual
        first, last = days_of_period(self.periods[point.anchor], self.usual)
        return first if point.edge == "start" else last


def other_limits(limit: Limit) -> Iterator[tuple[Moved, Limit]]:
    """The limit with each edge a step up, a step down, and included where it was not (or not where it was)."""
    interval = limit.interval
    if interval.is_exact and interval.low is not None:
        for sign in (1, -1):
            moved = Interval.exactly(interval.low + sign * _step(limit, interval.low))
            yield _limit(limit, moved, f"exactly{sign:+d}", is_step=True)
        return
    for edge in ("low", "high"):
        at: Fraction | None = getattr(interval, edge)
        if at is None:
            continue
        for sign in (1, -1):
            moved = changed(interval, **{edge: at + sign * _step(limit, at)})
            if moved.low is None or moved.high is None or moved.low < moved.high:
                yield _limit(limit, moved, f"{edge}{sign:+d}", is_step=True)
        flipped = changed(interval, **{f"{edge}_open": not getattr(interval, f"{edge}_open")})
        yield _limit(limit, flipped, f"{edge}-word", is_step=False)


def _limit(limit: Limit, interval: Interval, key: str, *, is_step: bool) -> tuple[Moved, Limit]:
    told = show(interval, _UNITS.get(limit.unit, limit.unit))
    return Moved(key, is_step, told), Limit(interval, limit.unit, told)


def _step(limit: Limit, edge: Fraction) -> Fraction:
    """One in the last digit that the author wrote; of a limit from elsewhere, one in the last that it needs."""
    for written in _NUMBERS.findall(limit.text):
        if Fraction(written) == edge:
            return Fraction(1, 10 ** len(written.partition(".")[2]))
    return next((Fraction(1, 10**d) for d in range(7) if (edge * 10**d).denominator == 1), Fraction(1, 10**6))


def other_lengths(length: Duration, day: date) -> Iterator[tuple[Moved, Duration]]:
    """A look-back one step longer and one step shorter."""
    count, unit = (length.count, length.unit) if length.is_clock else (_days(length, day), "day")
    for sign in (1, -1):
        if count + sign >= 0:
            moved = Duration(count + sign, unit)
            yield Moved(f"{sign:+d}", is_step=True, told=f"within {moved}"), moved


def _days(length: Duration, day: date) -> int:
    return (day - day_before(day, length)).days


def other_bounds(bounds: tuple[Bound, ...], days: Days) -> Iterator[tuple[str, Moved, tuple[Bound, ...]]]:
    """A window with one end a step later, a step earlier, and with the other word; the end's key first."""
    for number, bound in enumerate(bounds):
        for moved, other in _other_ends(bound, days):
            yield f"end{number}", moved, (*bounds[:number], other, *bounds[number + 1 :])


def _other_ends(bound: Bound, days: Days) -> Iterator[tuple[Moved, Bound]]:
    for sign in (1, -1):
        point = _shifted(bound.point, sign, days.at(bound.point))
        told = f"{bound.word}, one {point.shift.unit if point.shift else 'day'} {'later' if sign > 0 else 'earlier'}"
        yield Moved(f"{sign:+d}", is_step=True, told=told), replace(bound, point=point)
    word = _OTHER_WORD[bound.word]
    yield Moved("word", is_step=False, told=f"{word} instead of {bound.word}"), replace(bound, word=word)  # type: ignore[arg-type]


def _shifted(point: Point, sign: int, day: date) -> Point:
    shift = point.shift
    if shift is None:
        return replace(point, shift=Duration(1, "day"), back=sign < 0)
    count, unit = shift.count, shift.unit
    if not shift.is_clock:
        count, unit = _days(shift, day) if point.back else (day_after(day, shift) - day).days, "day"
    moved = count - sign if point.back else count + sign
    return replace(point, shift=Duration(abs(moved), unit), back=point.back if moved >= 0 else not point.back)
