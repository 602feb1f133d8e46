"""The times of a case file: ``30 days ago``, ``64 years and 364 days ago``, ``2026-01-01``, as FHIR writes them.

Pure: everything counts from the case's own moment. A text that is not a time is None, never a guess.
"""

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cds.facts.dates import Moment

_PART = r"\d{1,6} (?:year|month|week|day|hour|minute)s?"
_AGO = re.compile(rf"{_PART}(?:(?:, | and ){_PART})* ago\Z")
_PARTS = re.compile(r"(\d+) (year|month|week|day|hour|minute)")
_PARTIAL_DATE = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?\Z")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


@lru_cache(maxsize=1024)  # cases say the same few times again and again
def read_moment(text: str, zone: ZoneInfo) -> Moment | None:
    """``at:`` of a case: a date is the end of that day (LANGUAGE section 6), a date and time is that instant."""
    try:
        if _DAY.match(text):
            return Moment(datetime.combine(date.fromisoformat(text), time(23, 59, 59), zone), zone)
        instant = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return None
    return None if instant is None else Moment(_aware(instant, zone), zone)


@lru_cache(maxsize=8192)
def read_time(text: str, moment: Moment) -> str | None:
    """A FHIR date or dateTime.

    Years, months, weeks and days give a date; hours and minutes give an instant. A written date stays as precise as
    it was written; a time without an offset is in the organisation's zone.
    """
    words = " ".join(text.split())
    if words in {"today", "now"}:
        return moment.today.isoformat() if words == "today" else _instant(moment.instant, moment.zone)
    if _AGO.match(words):
        return _ago(words, moment)
    if _PARTIAL_DATE.match(words):
        return words
    try:
        if _DAY.match(words):
            return date.fromisoformat(words).isoformat()
        return _instant(_aware(datetime.fromisoformat(words), moment.zone), moment.zone) if "T" in words else None
    except ValueError:
        return None


def _ago(words: str, moment: Moment) -> str | None:
    steps = dict.fromkeys(("year", "month", "week", "day", "hour", "minute"), 0)
    for count, unit in _PARTS.findall(words):
        steps[unit] += int(count)
    try:
        day = _months_back(moment.today, steps["year"] * 12 + steps["month"])
        day -= timedelta(weeks=steps["week"], days=steps["day"])
        if not (steps["hour"] or steps["minute"] or re.search("hour|minute", words)):
            return day.isoformat()
        same_time = moment.instant.astimezone(moment.zone).timetz()
        elapsed = timedelta(hours=steps["hour"], minutes=steps["minute"])
        # Subtracted in UTC: an hour ago is an hour ago on the night that the clocks change too.
        return _instant(datetime.combine(day, same_time).astimezone(ZoneInfo("UTC")) - elapsed, moment.zone)
    except (ValueError, OverflowError):  # before the year 1
        return None


def _months_back(day: date, months: int) -> date:
    """Back on the calendar: 31 March less one month is the last day of February (LANGUAGE section 6)."""
    year, month0 = divmod(day.year * 12 + day.month - 1 - months, 12)
    return day.replace(year=year, month=month0 + 1, day=min(day.day, monthrange(year, month0 + 1)[1]))


def _aware(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.replace(tzinfo=zone) if instant.tzinfo is None else instant


def _instant(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).isoformat(timespec="seconds")
