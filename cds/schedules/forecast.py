"""Which doses count by a schedule, and when the next one is to be given. Pure: days in, days out.

A dose counts if any way of its place accepts it. The next one is planned in the first way whose conditions hold and
whose day lies below its age limit. Intervals run from the dose before, whether it counted or not.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Literal

from cds.frozen import value
from cds.schedules.schedule import Bounds, Interval, Length, Schedule, Way, Ways

Standing = Literal[
    "counts", "too-young", "too-old", "too-soon", "too-soon-after-another", "wrong-vaccine", "other-sex", "not-needed"
]
#: Why no dose is planned: the series is complete, or the patient has grown out of every way.
NoneLeft = Literal["complete", "too-old"]
Season = Callable[[date], date]


@value()
class Dose:
    """One day on which vaccines of the schedule were given. sets: the value sets of the schedule that they belong to.

    keeps_apart: whether it is one of the vaccines that are kept apart from others.
    """

    day: date
    sets: frozenset[str] = frozenset()
    keeps_apart: bool = False


@value()
class Judged:
    """A dose and what became of it."""

    dose: Dose
    standing: Standing


@value()
class Next:
    """The dose that is planned next. number: one more than the doses that counted (in this season)."""

    number: int
    earliest: date
    recommended: date
    past_due: date | None


@value()
class Forecast:
    """Every dose with its standing, and the next one, or why there is none."""

    doses: tuple[Judged, ...]
    next: Next | None
    none: NoneLeft | None = None


@value()
class Patient:
    """Whose doses they are. sex: ``""`` for one that is neither of the two that schedules know."""

    birth: date
    sex: Literal["", "female", "male"]


def forecast(
    schedule: Schedule,
    patient: Patient,
    doses: Sequence[Dose],
    *,
    today: date,
    others: Sequence[date] = (),
    season: Season | None = None,
) -> Forecast:
    """The doses judged in order of their days, and the next one.

    doses: at most one a day. others: days of other vaccines that are to be kept apart. season: the first day of the
    season that a day belongs to.
    """
    course = _Course(schedule, patient, tuple(sorted(others)), season)
    for dose in sorted(doses, key=lambda each: each.day):
        course.take(dose)
    planned, reason = course.plan(today)
    return Forecast(tuple(course.judged), planned, reason)


class _Course:
    """Where a patient stands in a schedule while the doses are gone through."""

    def __init__(self, schedule: Schedule, patient: Patient, others: tuple[date, ...], season: Season | None) -> None:
        self._schedule = schedule
        self._patient = patient
        self._others = others
        self._season = season
        self._counted: list[Dose] = []
        self._complete_since: date | None = None
        self._before: date | None = None  # the dose that intervals run from
        self.judged: list[Judged] = []

    def take(self, dose: Dose) -> None:
        """Judge a dose, and go on from there."""
        ways = self._ways(dose.day)
        standings = [self._standing(way, dose) for way in ways]
        takes = [way for way, standing in zip(ways, standings, strict=True) if standing == "counts"]
        standing = "counts" if takes else standings[0] if standings else "not-needed"
        self.judged.append(Judged(dose, standing))
        if takes:
            self._counted.append(dose)
            done = len(self._current(dose.day)) >= len(self._schedule.doses)
            if done or any(way.last for way in takes):
                self._complete_since = dose.day
        if standing != "wrong-vaccine" or dose.sets.isdisjoint(self._schedule.repeated_at_once):
            self._before = dose.day

    def plan(self, today: date) -> tuple[Next | None, NoneLeft | None]:
        """The next dose, or why there is none."""
        ways = self._ways(today)
        for way in ways:
            earliest = self._earliest(way, today)
            if self._reached(way.ages.below, max(earliest, today)):
                continue
            recommended = max((earliest, *self._days(way, "recommended")))
            late = [day - timedelta(days=1) for day in self._days(way, "late")]
            past_due = max((recommended, *late)) if late else None
            return Next(len(self._current(today)) + 1, earliest, recommended, past_due), None
        return None, "too-old" if ways else "complete"

    # --- where the patient stands ------------------------------------------------------------

    def _current(self, day: date) -> list[Dose]:
        """The doses that counted in the season of a day; all, where there is none."""
        start = self._start(day)
        return [dose for dose in self._counted if start is None or dose.day >= start]

    def _start(self, day: date) -> date | None:
        return self._season(day) if self._season is not None else None

    def _ways(self, day: date) -> Ways:
        """The ways of the place that has been reached whose conditions hold."""
        start, reached = self._start(day), len(self._current(day))
        complete = self._complete_since is not None and (start is None or self._complete_since >= start)
        ways = self._schedule.then if complete else self._schedule.doses[reached]
        return tuple(way for way in ways if self._holds(way, day))

    def _holds(self, way: Way, day: date) -> bool:
        wanted, counted = way.conditions, self._counted
        if wanted.sex and wanted.sex != self._patient.sex:
            return False
        if wanted.first_dose and not (counted and self._was_in(wanted.first_dose, counted[0].day)):
            return False
        if wanted.last_dose and not (counted and self._was_in(wanted.last_dose, counted[-1].day)):
            return False
        if wanted.every_dose and any(dose.sets.isdisjoint(wanted.every_dose) for dose in counted):
            return False
        if wanted.earlier_doses_below is not None:
            earlier = len(counted) - len(self._current(day))
            if earlier >= wanted.earlier_doses_below:
                return False
        since = self._age(wanted.without_from) if wanted.without_from else date.min
        return not any(dose.day >= since and not dose.sets.isdisjoint(wanted.without) for dose in counted)

    def _was_in(self, bounds: Bounds, day: date) -> bool:
        """An age at a dose before, with the days of grace."""
        old_enough = bounds.low is None or day >= self._less_grace(self._age(bounds.low))
        return old_enough and (bounds.high is None or day < self._less_grace(self._age(bounds.high)))

    def _age(self, length: Length) -> date:
        return length.after(self._patient.birth)

    def _reached(self, length: Length | None, day: date) -> bool:
        return length is not None and day >= self._age(length)

    def _less_grace(self, day: date) -> date:
        return day - timedelta(days=min(self._schedule.grace, (day - date.min).days))

    # --- a dose that was given -----------------------------------------------------------------

    def _standing(self, way: Way, dose: Dose) -> Standing:
        if any(name in dose.sets and sex != self._patient.sex for name, sex in self._schedule.for_sex):
            return "other-sex"
        if way.vaccines and dose.sets.isdisjoint(way.vaccines):
            return "wrong-vaccine"
        if self._reached(way.ages.counts_below, dose.day):
            return "too-old"
        first = self._accepted(way.ages.accepted, way.ages.minimum, self._patient.birth)
        if dose.day < first:
            return "too-young"
        if any(
            dose.day < self._accepted(interval.accepted, interval.minimum, day) for interval, day in self._runs(way)
        ):
            return "too-soon"
        apart = timedelta(days=self._schedule.apart_given)
        if dose.keeps_apart and any(other < dose.day < other + apart for other in self._others):
            return "too-soon-after-another"
        return "counts"

    def _accepted(self, accepted: Length | None, minimum: Length | None, start: date) -> date:
        if accepted is not None:
            return accepted.after(start)
        return self._less_grace(minimum.after(start)) if minimum is not None else date.min

    def _runs(self, way: Way) -> list[tuple[Interval, date]]:
        """The intervals that have begun, and the days that they run from."""
        runs = [(way.interval, self._before)] if self._before is not None else []
        return [*runs, (way.since_first, self._counted[0].day)] if self._counted else runs

    # --- a dose to come ------------------------------------------------------------------------

    def _earliest(self, way: Way, today: date) -> date:
        days = [self._patient.birth, *self._days(way, "minimum")]
        if self._others and self._schedule.apart_planned:
            days.append(self._others[-1] + timedelta(days=self._schedule.apart_planned))
        start = self._start(today)
        return max(days if start is None else [*days, start])

    def _days(self, way: Way, which: Literal["minimum", "recommended", "late"]) -> list[date]:
        """When the age, and each interval that has begun, reaches what the way says."""
        found = [(getattr(way.ages, which), self._patient.birth)]
        found += [(getattr(interval, which), day) for interval, day in self._runs(way)]
        return [length.after(day) for length, day in found if length is not None]
