"""Schedules that plan alike, whoever is asked about: what is recommended no later than the minimum never decides."""

from itertools import chain, zip_longest

from cds.authoring.mutation.changing import changed
from cds.schedules.schedule import Length, Schedule, Way, months_and_days


def planned_alike(before: Schedule, after: Schedule) -> bool:
    """Whether the two differ in nothing but recommended ages that lie, in both, no later than their minimum.

    The day that is recommended is never before the earliest one, and that is never before the minimum age.
    """
    if [*map(len, before.doses)] != [*map(len, after.doses)]:
        return False
    ways = zip_longest(
        chain.from_iterable((*before.doses, before.then)), chain.from_iterable((*after.doses, after.then))
    )
    return all(one == other or _alike(one, other) for one, other in ways) and _without_ways(before, after)


def _without_ways(before: Schedule, after: Schedule) -> bool:
    return changed(before, doses=(), then=()) == changed(after, doses=(), then=())


def _alike(one: Way | None, other: Way | None) -> bool:
    if one is None or other is None:
        return False
    same = changed(one, ages=changed(one.ages, recommended=None)) == changed(
        other, ages=changed(other.ages, recommended=None)
    )
    minimum = one.ages.minimum
    return (
        same
        and minimum is not None
        and all(way.ages.recommended is None or _no_later(way.ages.recommended, minimum) for way in (one, other))
    )


def _no_later(one: Length, other: Length) -> bool:
    """From any day on: no more months, and no more days after them."""
    return all(a <= b for a, b in zip(months_and_days(one), months_and_days(other), strict=True))
