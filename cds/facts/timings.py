"""How often a dose is taken: FHIR Timing as times per day, exactly.

Used by ``dosage``. "Most times per day" is what limits are compared with (LANGUAGE section 4): the higher frequency
within the shorter period. Where an order states its rate twice and differently, both are kept, as an interval.
"""

import re
from collections.abc import Iterable
from fractions import Fraction

from cds.facts.dates import Moment, read_period
from cds.facts.shapes import JSONObject, first_object, text_of, words_of
from cds.units.fhir_quantity import read_number, read_quantity
from cds.units.quantity import Interval, Quantity, Unconvertible
from cds.units.ucum import convert

HOURS_PER_DAY = Fraction(24)
#: Hours of a FHIR period unit; months and years as UCUM defines them (30.4375 and 365.25 days).
_HOURS = {
    "s": Fraction(1, 3600),
    "min": Fraction(1, 60),
    "h": Fraction(1),
    "d": Fraction(24),
    "wk": Fraction(7 * 24),
    "mo": Fraction(487 * 24, 16),
    "a": Fraction(1461 * 24, 4),
}
#: HL7 timing abbreviations, and the spellings around them; times per day.
_CODES = {
    **dict.fromkeys(("qd", "am", "pm", "bed", "qhs", "qam", "qpm", "daily", "hs"), Fraction(1)),
    "bid": Fraction(2),
    "tid": Fraction(3),
    "qid": Fraction(4),
    "qod": Fraction(1, 2),
    "wk": Fraction(1, 7),
    "mo": Fraction(16, 487),
}
_EVERY_HOURS = re.compile(r"q(\d{1,2})h")
_MEALS = frozenset({"c", "ac", "pc"})
_EVENTS = 24  # more moments of a day than these are nonsense


def times_per_day(timing: object) -> Interval | None:
    """How many times a day at most; ``None`` if the timing does not say, or says it unreadably."""
    if not isinstance(timing, dict):
        return None
    repeat = first_object(timing.get("repeat"))
    rates = {rate for rate in (_repeated(repeat), _at_moments(repeat), _coded(timing.get("code"))) if rate is not None}
    if not rates or _contradicts(repeat):
        return None
    lowest = min(rates)
    days = repeat.get("dayOfWeek")
    if isinstance(days, list) and 0 < len(set(map(str, days))) < 7:
        lowest = lowest * len(set(map(str, days))) / 7  # so much on average, but the whole on each of these days
    return Interval(lowest, max(rates))


def _contradicts(repeat: JSONObject) -> bool:
    """True if a frequency is there but cannot be read: then a code beside it is no way out."""
    stated = [repeat.get(name) for name in ("frequency", "frequencyMax", "period", "periodMax")]
    return any(value is not None and _positive(value) is None for value in stated)


def _repeated(repeat: JSONObject) -> Fraction | None:
    hours = interval_hours(repeat)
    return None if hours is None else HOURS_PER_DAY / hours


def interval_hours(repeat: JSONObject) -> Fraction | None:
    """Hours from one time to the next at the most frequent, from frequency and period; ``None`` if one is missing."""
    unit = repeat.get("periodUnit")
    frequencies = _positives(repeat, ("frequency", "frequencyMax"))
    periods = _positives(repeat, ("period", "periodMax"))
    if not frequencies or not periods or not isinstance(unit, str) or unit not in _HOURS:
        return None
    return min(periods) * _HOURS[unit] / max(frequencies)


def _positives(repeat: JSONObject, names: Iterable[str]) -> list[Fraction]:
    return [number for number in (_positive(repeat.get(name)) for name in names) if number is not None]


def _positive(value: object) -> Fraction | None:
    number = read_number(value)
    return number if isinstance(number, Fraction) and number > 0 else None


def _at_moments(repeat: JSONObject) -> Fraction | None:
    """Named times within the period (a day if none is named): ``timeOfDay``; ``when`` only if nothing else says."""
    unit = repeat.get("periodUnit")
    periods = _positives(repeat, ("period", "periodMax"))
    hours = min(periods) * _HOURS[unit] if periods and isinstance(unit, str) and unit in _HOURS else HOURS_PER_DAY
    count = _distinct(repeat.get("timeOfDay"))
    if not count and repeat.get("frequency") is None:
        words = repeat.get("when")
        # "With meals" (C, AC, PC) is not a number of times.
        count = 0 if words_of(words) & _MEALS else _distinct(words)
    return count * HOURS_PER_DAY / hours if count else None


def _distinct(moments: object) -> int:
    if not isinstance(moments, list) or not all(isinstance(moment, str) and moment for moment in moments):
        return 0
    count = len(set(moments))
    return count if count <= _EVENTS else 0


def _coded(code: object) -> Fraction | None:
    """A timing abbreviation; free text counts only if it is one."""
    words = words_of(code) or (words_of(code.get("text")) if isinstance(code, dict) else frozenset())
    rates = {rate for rate in map(_coded_rate, words) if rate is not None}
    return rates.pop() if len(rates) == 1 else None


def _coded_rate(word: str) -> Fraction | None:
    every = _EVERY_HOURS.fullmatch(word)
    if every is not None and int(every.group(1)) > 0:
        return HOURS_PER_DAY / int(every.group(1))
    return _CODES.get(word)


def is_over(dosage: JSONObject, moment: Moment) -> bool:
    """True if the instruction's own bounds ended before today: a step of a taper that was already taken.

    Judged by calendar day, as everything that changes with time alone is (an answer holds for the rest of its day).
    """
    bounds = first_object(first_object(dosage.get("timing")).get("repeat")).get("boundsPeriod")
    if not isinstance(bounds, dict) or text_of(bounds.get("end")) is None:
        return False
    span = read_period(bounds, moment.zone)
    return span is not None and span.last_day < moment.today


def largest_per_day(maximum: object) -> tuple[JSONObject, Fraction] | None:
    """The dose, and times per day, of a ``maxDosePerPeriod``; ``None`` if there is none or it cannot be read."""
    ratio = first_object(maximum)
    period = read_quantity(ratio.get("denominator"))
    hours = convert(period, "h") if isinstance(period, Quantity) else period
    if isinstance(hours, Unconvertible) or not hours.interval.is_exact or not hours.interval.low:
        return None
    return first_object(ratio.get("numerator")), HOURS_PER_DAY / hours.interval.low
