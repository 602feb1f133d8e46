"""How the units of time are counted (UCUM): hours and minutes on the clock, the others in steps on the calendar."""

from datetime import date
from fractions import Fraction

#: Counted on the clock, in seconds.
SECONDS = {"h": 3600, "min": 60}
#: Counted in steps of a month.
MONTHS = {"mo": 1, "a": 12}
_DAYS = {"d": 1, "wk": 7}


def steps_of(unit: str) -> int:
    """How many steps on the calendar, months or days, make one of the unit."""
    return MONTHS.get(unit) or _DAYS.get(unit, 1)


def days_between(start: date, end: date) -> Fraction:
    """Days on the calendar."""
    return Fraction((end - start).days)
