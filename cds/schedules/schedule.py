"""A schedule as its author tabled it: per dose the ways to give it, each with its ages, intervals and conditions.

Frozen data (docs/language.md, section 7). Ages are steps on the calendar from the birth date.
"""

from collections.abc import Callable, Iterator
from dataclasses import field, replace
from datetime import date, timedelta
from typing import Literal

from cds.documents.problem import Location
from cds.facts.dates import Duration
from cds.frozen import value

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


@value()
class Length:
    """A length of time of one or more parts, such as ``16 months 4 weeks``; steps on the calendar come first."""

    parts: tuple[Duration, ...]
    text: str = field(default="", compare=False)

    def after(self, day: date) -> date:
        """The day that lies so much later. A day that the month does not have is the first of the next month."""
        months, days = months_and_days(self)
        try:
            return _months_later(day, months) + timedelta(days=days)
        except (OverflowError, ValueError):
            return date.max


def months_and_days(length: Length) -> tuple[int, int]:
    """The steps on the calendar, and the days that follow them."""
    months = sum(part.count * _MONTHS[part.unit] for part in length.parts if part.unit in _MONTHS)
    days = sum(part.count * _DAYS[part.unit] for part in length.parts if part.unit in _DAYS)
    return months, days


def _months_later(day: date, months: int) -> date:
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month0 + 1, 1)
    following = date(year + month0 // 11, (month0 + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following)


@value()
class Bounds:
    """The ages from which, and below which, something holds."""

    low: Length | None = None
    high: Length | None = None


@value()
class Ages:
    """The ages of a dose.

    minimum: the earliest that it is planned at. accepted: from when it counts. recommended, late: what is usual, and
    from when it is overdue. below: from this age on it is not planned in this way. counts_below: nor does it count.
    """

    minimum: Length | None = None
    accepted: Length | None = None
    recommended: Length | None = None
    late: Length | None = None
    below: Length | None = None
    counts_below: Length | None = None


@value()
class Interval:
    """The time since another dose, in the same words."""

    minimum: Length | None = None
    accepted: Length | None = None
    recommended: Length | None = None
    late: Length | None = None


@value()
class Conditions:
    """What must be so of the doses before, and of the patient.

    first_dose, last_dose: the age at the first and at the last dose that counted. every_dose: all of them were of one
    of these value sets. without: none of these was given (and counted) from an age on. earlier_doses: fewer counted in
    earlier seasons.
    """

    first_dose: Bounds | None = None
    last_dose: Bounds | None = None
    every_dose: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    without_from: Length | None = None
    earlier_doses_below: int | None = None
    sex: Literal["", "female", "male"] = ""


@value()
class Way:
    """One way to give a dose. vaccines: of these value sets only. last: with it the series is complete."""

    ages: Ages = Ages()
    interval: Interval = Interval()
    since_first: Interval = Interval()
    conditions: Conditions = Conditions()
    vaccines: tuple[str, ...] = ()
    last: bool = False


Ways = tuple[Way, ...]


@value()
class Schedule:
    """A line of doses.

    grace: days before a minimum from which a dose counts, where no ``accepted`` says otherwise. doses: by the number of
    doses that counted before. then: ways of doses after the series is complete (boosters). season: the period that
    begins anew each year; doses are numbered within it. for_sex: value sets whose doses count for one sex only.
    apart_given, apart_planned: days between a dose and other vaccines that the definition names, for a dose to count,
    and for the next to be planned. repeated_at_once: a dose of these that is the wrong vaccine needs no interval.
    """

    name: str
    says: str
    doses: tuple[Ways, ...]
    grace: int = 0
    then: Ways = ()
    season: str = ""
    for_sex: tuple[tuple[str, Literal["female", "male"]], ...] = ()
    apart_given: int = 0
    apart_planned: int = 0
    repeated_at_once: tuple[str, ...] = ()
    location: Location = field(default=Location(""), compare=False)

    @property
    def ways(self) -> Iterator[Way]:
        """Every way of every dose."""
        for ways in (*self.doses, self.then):
            yield from ways

    @property
    def sets(self) -> tuple[str, ...]:
        """The value sets that it names."""
        named = [name for way in self.ways for name in (*way.vaccines, *_sets_of(way.conditions))]
        return tuple(dict.fromkeys((*named, *(name for name, _ in self.for_sex), *self.repeated_at_once)))

    def renamed(self, name: Callable[[str], str]) -> "Schedule":
        """The same, its value sets and its season under other names."""

        def names(of: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(name(each) for each in of)

        def way(one: Way) -> Way:
            conditions = replace(
                one.conditions, every_dose=names(one.conditions.every_dose), without=names(one.conditions.without)
            )
            return replace(one, vaccines=names(one.vaccines), conditions=conditions)

        return replace(
            self,
            doses=tuple(tuple(way(each) for each in ways) for ways in self.doses),
            then=tuple(way(each) for each in self.then),
            season=name(self.season) if self.season else "",
            for_sex=tuple((name(each), sex) for each, sex in self.for_sex),
            repeated_at_once=names(self.repeated_at_once),
        )


def _sets_of(conditions: Conditions) -> tuple[str, ...]:
    return (*conditions.every_dose, *conditions.without)
