"""Which days a period has: of those that follow one another, the ones of the period that contains today."""

from calendar import monthrange
from datetime import date, timedelta

from cds.rules.ruleset import Period

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def days_of_period(period: Period, today: date) -> tuple[date, date]:
    """Its first and its last day, both included."""
    if period.kind == "fixed":
        return period.first, period.last
    if period.kind == "year-from" and period.begins is not None:
        first = today.replace(month=period.begins.month, day=period.begins.day)
        if first > today:
            first = first.replace(year=first.year - 1)
        return first, first.replace(year=first.year + 1) - timedelta(days=1)
    months = _MONTHS[period.kind]
    begin = (today.month - 1) // months * months + 1
    end = begin + months - 1
    return date(today.year, begin, 1), date(today.year, end, monthrange(today.year, end)[1])
