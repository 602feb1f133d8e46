"""FHIR dates as spans of time, the moment of decision, and steps on the calendar.

Between the resource readers and the judges. A partial date is a span, never a guess: ``2026-03`` is the whole
month. What is not a FHIR date is refused (``None``), never repaired: the standard library alone would read
``20260314`` and ``2026-W10``, which are not FHIR.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from cds.frozen import value

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)
#: The width of an instant: the finest step we can hold, so that a recorded instant is a point.
_INSTANT = timedelta(microseconds=1)
_COARSENESS = ("instant", "day", "month", "year")
_LONGEST = 48  # characters; a FHIR instant with nine decimals has 35

# FHIR R4, datatypes, "dateTime": [0-9] because \d also takes other scripts' digits. Seconds may be left out (R5).
_FHIR_DATE = re.compile(
    r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01])"
    r"(T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::([0-5][0-9]|60)(?:\.[0-9]{1,15})?)?"
    r"(Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment of decision: an aware instant, and the organisation's zone whose calendar days count."""

    instant: datetime
    zone: ZoneInfo
    #: The calendar day in the organisation's zone.
    today: date = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # Once for the many questions that it decides; frozen means that nobody else sets it.
        object.__setattr__(self, "today", self.instant.astimezone(self.zone).date())


@value()
class Span:
    """A half-open span of time ``[start, end)`` as aware instants, in UTC.

    precision: how finely it was recorded: ``year``, ``month``, ``day`` or ``instant``. A period (an encounter, a
        supply) has the precision of its coarser end; ``end`` is ``datetime.max`` (UTC) while it is still open, and
        ``start`` is ``datetime.min`` (UTC) if only its end was recorded.
    first_day, last_day: the calendar days in the organisation's zone (for a recorded day: that day itself).
    untold_end: it is over and nobody told since when: ``end`` is ``datetime.max`` all the same, but stands for some
        time from the start until now.
    """

    start: datetime
    end: datetime
    precision: str
    first_day: date
    last_day: date
    untold_end: bool = False


def read_span(text: object, zone: ZoneInfo) -> Span | None:
    """The span of a FHIR date, dateTime or instant; ``None`` for everything else. Never raises.

    An instant is a point (one microsecond wide; finer decimals are cut), ``10:30`` without seconds a minute.
    A date, and a time without offset (FHIR demands one, some senders forget it), are read in ``zone``; where the
    clocks go back such a time is both of its readings. A leap second is the last microsecond of its minute, so
    that it stays on its day.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    return _read(text, zone)


@lru_cache(maxsize=4096)  # bounded; the dates of one record come again and again, within a request and between hooks
def _read(text: str, zone: ZoneInfo) -> Span | None:
    match = _FHIR_DATE.fullmatch(text)
    if match is None:
        return None
    try:
        if match.group(4) is None:
            return _calendar_span(match, zone)
        return _timed_span(text, match.group(5), match.group(6) is not None, zone)
    except (ValueError, OverflowError):  # 30 February, the year 0000, or an offset beyond the calendar's ends
        return None


def _calendar_span(match: re.Match[str], zone: ZoneInfo) -> Span:
    year, month, day = match.group(1, 2, 3)
    if day is not None:
        first = last = date(int(year), int(month), int(day))
        precision = "day"
    elif month is not None:
        first = date(int(year), int(month), 1)
        last = first.replace(day=monthrange(first.year, first.month)[1])
        precision = "month"
    else:
        first, last, precision = date(int(year), 1, 1), date(int(year), 12, 31), "year"
    return Span(_midnight(first, zone), _midnight_after(last, zone), precision, first, last)


@lru_cache(maxsize=4096)
def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a calendar day (where the clocks skip midnight: the instant of the change)."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _midnight_after(day: date, zone: ZoneInfo) -> datetime:
    return _END if day == date.max else _midnight(day + timedelta(days=1), zone)


def _timed_span(text: str, second: str | None, has_offset: bool, zone: ZoneInfo) -> Span:
    width = timedelta(minutes=1) if second is None else _INSTANT
    if second == "60":  # "…:60[.fraction][offset]" becomes the last microsecond of the minute
        stamp = datetime.fromisoformat(text[:17] + "59.999999" + text[19:].lstrip(".0123456789"))
    else:
        stamp = datetime.fromisoformat(text)
    if has_offset:
        start = latest = stamp.astimezone(UTC)
    else:
        readings = [stamp.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
        start, latest = min(readings), max(readings)
    end = latest + width
    return Span(start, end, "instant", start.astimezone(zone).date(), latest.astimezone(zone).date())


def read_period(value: object, zone: ZoneInfo) -> Span | None:
    """The span of a FHIR Period; its end is included to its precision (FHIR R4, datatypes, "Period").

    ``None`` if neither end is there, one is unreadable or was withheld (``_end`` without ``end``: an end exists
    but is not told, which is not the same as still open), or the end lies before the start.
    """
    if type(value) is not dict and not isinstance(value, Mapping):  # the latter asks long
        return None
    start, end = _read_bound(value, "start", zone), _read_bound(value, "end", zone)
    if start == "unreadable" or end == "unreadable" or (start is None and end is None):
        return None
    return _between(start, end)


def read_onset(value: object, zone: ZoneInfo) -> Span | None:
    """The span of a FHIR Period that tells when something began: of one without an end, its start alone.

    ``None`` as for :func:`read_period`. "Since March" says when it began, not that it began anew on every day since.
    """
    span = read_period(value, zone)
    if span is None or span.end != _END or span.start == _BEGINNING:
        return span
    return read_span(value["start"], zone) if isinstance(value, Mapping) else span


def of_what_is_over(span: Span) -> Span:
    """The same time of something that does not go on: a period without an end has one that nobody told."""
    return span if span.end != _END or span.start == _BEGINNING else replace(span, untold_end=True)


def _read_bound(value: Mapping[str, object], name: str, zone: ZoneInfo) -> Span | Literal["unreadable"] | None:
    text = value.get(name)
    if text is None:
        return "unreadable" if value.get("_" + name) is not None else None
    return read_span(text, zone) or "unreadable"


def _between(start: Span | None, end: Span | None) -> Span | None:
    if start is not None and end is not None and end.end <= start.start:
        return None
    if start is not None and end is not None and start.precision == end.precision:  # the usual case
        return Span(start.start, end.end, start.precision, start.first_day, end.last_day)
    coarser = max((s.precision for s in (start, end) if s is not None), key=_COARSENESS.index)
    return Span(
        _BEGINNING if start is None else start.start,
        _END if end is None else end.end,
        coarser,
        date.min if start is None else start.first_day,
        date.max if end is None else end.last_day,
    )


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time as an author writes it; ``unit`` is ``minute hour day week month year``, singular.

    A month is a step on the calendar, not a number of days: no arithmetic but the steps below.
    """

    count: int
    unit: str

    @property
    def is_clock(self) -> bool:
        """True for minutes and hours, which step instants; days and longer step calendar days."""
        return self.unit in _CLOCK_UNITS

    def __str__(self) -> str:
        return f"{self.count} {self.unit}" + ("" if self.count == 1 else "s")


_CLOCK_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_DAY_UNITS = {"day": timedelta(days=1), "week": timedelta(weeks=1)}
_MONTH_UNITS = {"month": 1, "year": 12}
_DURATION = re.compile(r"([0-9]{1,5}) (minute|hour|day|week|month|year)s?")


def read_duration(text: str) -> Duration | None:
    """``"12 months"``, ``"1 week"``; ``None`` for anything else, abbreviations and fractions too."""
    match = _DURATION.fullmatch(text.strip())
    return None if match is None else Duration(int(match.group(1)), match.group(2))


def day_before(day: date, duration: Duration) -> date:
    """The calendar day that lies ``duration`` (days or longer) earlier; 31 March less 1 month = last of February.

    Steps beyond the calendar stop at its first day. Raises ValueError for minutes and hours: those step instants.
    """
    return _step(day, duration, -1)


def day_after(day: date, duration: Duration) -> date:
    """The calendar day that lies ``duration`` (days or longer) later; mirrors :func:`day_before`."""
    return _step(day, duration, 1)


def _step(day: date, duration: Duration, direction: int) -> date:
    if duration.unit in _DAY_UNITS:
        try:
            return day + direction * duration.count * _DAY_UNITS[duration.unit]
        except OverflowError:
            return date.min if direction < 0 else date.max
    if duration.unit in _MONTH_UNITS:
        return _step_months(day, direction * duration.count * _MONTH_UNITS[duration.unit])
    raise ValueError(f"{duration.unit} does not step calendar days")


def _step_months(day: date, months: int) -> date:
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year < date.min.year:
        return date.min
    if year > date.max.year:
        return date.max
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def instant_before(instant: datetime, duration: Duration) -> datetime:
    """The instant that lies ``duration`` (minutes or hours) earlier. Raises ValueError for days and longer."""
    return _shift(instant, duration, -1)


def instant_after(instant: datetime, duration: Duration) -> datetime:
    """The instant that lies ``duration`` (minutes or hours) later. Raises ValueError for days and longer."""
    return _shift(instant, duration, 1)


def _shift(instant: datetime, duration: Duration, direction: int) -> datetime:
    if not duration.is_clock:
        raise ValueError(f"{duration.unit} steps calendar days, not instants")
    # In UTC: arithmetic within one zone would be on the wall clock, an hour off where the clocks change.
    try:
        return instant.astimezone(UTC) + direction * duration.count * _CLOCK_UNITS[duration.unit]
    except OverflowError:
        return _BEGINNING if direction < 0 else _END


def completed_years(birth: Span, on: date) -> tuple[int, int]:
    """The fewest and most completed years on a day; equal for a full birth date, a range for a partial one.

    Counted as FHIR and CQL do, by (month, day): someone born on 29 February turns on 1 March in common years.
    A birth that may lie before or after ``on`` has at least 0; one wholly after it comes back below 0.
    """
    return _completed(birth, on, months=12)


def completed_months(birth: Span, on: date) -> tuple[int, int]:
    """The fewest and most completed months on a day, counted as the years are: by the day of the month."""
    return _completed(birth, on, months=1)


def _completed(birth: Span, on: date, months: int) -> tuple[int, int]:
    most = _months(birth.first_day, on) // months
    fewest = _months(birth.last_day, on) // months
    return (max(fewest, 0) if most >= 0 else fewest), most


def _months(birth: date, on: date) -> int:
    return (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)


def is_future(span: Span, moment: Moment) -> bool:
    """True if the span starts after now for sure: a day, month or year only if its first day is after today."""
    if span.precision == "instant":
        return span.start > moment.instant
    return span.first_day > moment.today
