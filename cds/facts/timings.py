"""How often a dose is taken: FHIR Timing as times per day, exactly.

Used by ``dosage``. "Most times per day" is what limits are compared with (LANGUAGE section 4): the higher frequency
within the shorter period. Where an order states its rate twice and differently, both are kept, as an interval.
A part that is malformed, or incomplete, is never passed over for another: then the whole timing is unreadable.
"""

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache

from cds.facts.dates import Moment, read_period
from cds.facts.shapes import JSONObject, only_object, text_of, words_of
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
#: How often, in words around a code: what they say more than the code must not be lost.
_SPOKEN_TIMES = re.compile(
    r"\b(?:(once|twice|thrice)|(\d+|[a-z]+(?= )) ?(?:x|times?(?:\(s\))?))"
    r" ?(?:/|a\b|per\b|each\b|every\b)? ?da(?:y|ily)\b"
)
_SPOKEN_HOURS = re.compile(r"\bevery (?:(\d+)(?: ?(?:-|to) ?\d+)? ?|([a-z]+) )(?:hours?|hrs?|h)\b")
_SPOKEN_CODES = re.compile(r"\b(?:bid|tid|qid|q\d{1,2}h)\b")
_NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "once": 1,
    "twice": 2,
    "thrice": 3,
}
_MEALS = frozenset({"c", "ac", "pc"})
_REPEAT_ONLY = {"repeat"}
_PLAIN = {"frequency", "period", "periodUnit"}
_LARGEST = 10**6
_EVENTS = 24  # more moments of a day than these are nonsense


def times_per_day(timing: object) -> Interval | None:
    """How many times a day at most; ``None`` if the timing does not say, or says it unreadably."""
    if not isinstance(timing, dict):
        return None
    if timing.keys() == _REPEAT_ONLY and (plain := _plain(timing["repeat"])) is not None:
        return plain
    repeat, told = only_object(timing.get("repeat")), _told(timing.get("code"))
    if repeat is None or told is None or _is_unreadable(repeat):
        return None
    stated = _stated(repeat)
    spoken = _spoken(told)
    if stated is None or spoken is None:
        return None
    rates = stated | {rate for rate in map(_coded_rate, told) if rate is not None}
    if not rates:
        return None  # words around an unknown code only ever add to what is stated
    rates |= spoken
    lowest = min(rates)
    days = repeat.get("dayOfWeek")
    if isinstance(days, list) and 0 < len(set(map(str, days))) < 7:
        lowest = lowest * len(set(map(str, days))) / 7  # so much on average, but the whole on each of these days
    return Interval(lowest, max(rates))


def _plain(repeat: object) -> Interval | None:
    """The usual timing, so many times per so many days or hours, without the checks that all others need."""
    if type(repeat) is not dict or repeat.keys() != _PLAIN:
        return None
    frequency, period, unit = repeat["frequency"], repeat["period"], repeat["periodUnit"]
    if type(frequency) is not int or type(period) is not int or type(unit) is not str:  # True is no number
        return None
    return _rate(frequency, period, unit)


@lru_cache(maxsize=1024)
def _rate(frequency: int, period: int, unit: str) -> Interval | None:
    if unit not in _HOURS or not 0 < frequency <= _LARGEST or not 0 < period <= _LARGEST:
        return None
    return Interval.exactly(frequency * HOURS_PER_DAY / (period * _HOURS[unit]))


def _is_unreadable(repeat: JSONObject) -> bool:
    """True if a part is there but cannot be read, or lacks its other half: then nothing beside it is a way out."""
    has = {name for name, value in repeat.items() if value is not None}
    numbers = has & {"frequency", "frequencyMax", "period", "periodMax"}
    if any(_positive(repeat[name]) is None for name in numbers):
        return True
    if "periodUnit" in has and not (isinstance(repeat["periodUnit"], str) and repeat["periodUnit"] in _HOURS):
        return True
    moments = has & {"timeOfDay", "when"}
    if any(not _distinct(repeat[name]) for name in moments):
        return True
    halves = {"period" in has, "periodUnit" in has}
    is_counted = bool(has & {"frequency", "frequencyMax"})
    if len(halves) == 2 or ("periodMax" in has and "period" not in has):
        return True
    return is_counted != ("period" in has) and (is_counted or not moments)


def _stated(repeat: JSONObject) -> set[Fraction] | None:
    """The rates of a readable ``repeat``; ``None`` if its frequency and its named times contradict each other."""
    hours = interval_hours(repeat)
    counted = None if hours is None else HOURS_PER_DAY / hours
    timed, named = _at_moments(repeat, "timeOfDay"), _at_moments(repeat, "when")
    others = {rate for rate in (counted, named) if rate is not None}
    if timed is not None:
        return {timed} if others <= {timed} else None
    if counted is not None and named is not None and named < counted:
        return {counted}  # "three times a day, one of them in the morning"
    return others


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


def _at_moments(repeat: JSONObject, name: str) -> Fraction | None:
    """Named times within the period (a day if none is named): ``timeOfDay`` or ``when``."""
    moments = repeat.get(name)
    if moments is None or words_of(moments) & _MEALS:
        return None  # "with meals" (C, AC, PC) is not a number of times
    periods = _positives(repeat, ("period", "periodMax"))
    hours = min(periods) * _HOURS[repeat["periodUnit"]] if periods else HOURS_PER_DAY
    return _distinct(moments) * HOURS_PER_DAY / hours


def _distinct(moments: object) -> int:
    if not isinstance(moments, list) or not all(isinstance(moment, str) and moment for moment in moments):
        return 0
    count = len(set(moments))
    return count if count <= _EVENTS else 0


def _told(code: object) -> frozenset[str] | None:
    """The codes, displays and text of a timing code, in lower case; ``None`` if a part of it cannot be read."""
    told: list[object] = []
    for concept in code if isinstance(code, list) else [code]:
        if not isinstance(concept, dict):
            told.append("" if code is None else concept)
            continue
        written = concept.get("coding")
        codings = [] if written is None else written if isinstance(written, list) else [written]
        if not all(isinstance(coding, dict) for coding in codings) or written == []:
            return None
        told += [part.get(name) for part in (concept, *codings) for name in ("code", "display", "text")]
    if not all(isinstance(text, str | None) for text in told) or code == []:
        return None
    return frozenset(text.strip().lower() for text in told if isinstance(text, str)) - {""}


def _coded_rate(word: str) -> Fraction | None:
    """A timing abbreviation; free text counts only if it is one."""
    every = _EVERY_HOURS.fullmatch(word)
    if every is not None and int(every.group(1)) > 0:
        return HOURS_PER_DAY / int(every.group(1))
    return _CODES.get(word)


def _spoken(told: Iterable[str]) -> set[Fraction] | None:
    """The rates that words such as "four times daily" name; ``None`` if one of them names nobody knows what."""
    rates: set[Fraction | None] = set()
    for text in told:
        for match in _SPOKEN_TIMES.finditer(text):
            rates.add(_number(match[1] or match[2]))
        for match in _SPOKEN_HOURS.finditer(text):
            hours = _number(match[1] or match[2])
            rates.add(None if hours is None else HOURS_PER_DAY / hours)
        rates |= {_coded_rate(word) for word in _SPOKEN_CODES.findall(text)}
    known = {rate for rate in rates if rate is not None}
    return known if len(known) == len(rates) else None


def _number(word: str) -> Fraction | None:
    number = int(word) if word.isascii() and word.isdigit() and len(word) < 4 else _NUMBERS.get(word, 0)
    return Fraction(number) if number else None


def is_over(dosage: JSONObject, moment: Moment) -> bool:
    """True if the instruction's own bounds ended before today: a step of a taper that was already taken.

    Judged by calendar day, as everything that changes with time alone is (an answer holds for the rest of its day).
    """
    timing = dosage.get("timing")
    if timing is None:
        return False
    repeat = only_object((only_object(timing) or {}).get("repeat")) or {}
    bounds = repeat.get("boundsPeriod")
    if not isinstance(bounds, dict) or text_of(bounds.get("end")) is None:
        return False
    if repeat.get("boundsDuration") is not None or repeat.get("boundsRange") is not None:
        return False  # two of a choice: which of them holds?
    span = read_period(bounds, moment.zone)
    return span is not None and span.last_day < moment.today


def largest_per_day(maximum: object) -> list[tuple[JSONObject, Fraction]]:
    """The dose, and times per day, of each ``maxDosePerPeriod``; none if one of them cannot be read."""
    found = []
    for ratio in maximum if isinstance(maximum, list) else [maximum]:
        limit = _limit(ratio)
        if limit is None:
            return []
        found.append(limit)
    return found


def _limit(ratio: object) -> tuple[JSONObject, Fraction] | None:
    if not isinstance(ratio, dict) or not isinstance(ratio.get("numerator"), dict):
        return None
    period = read_quantity(ratio.get("denominator"))
    hours = convert(period, "h") if isinstance(period, Quantity) else period
    if isinstance(hours, Unconvertible) or not hours.interval.is_exact:
        return None
    length = hours.interval.low
    return (ratio["numerator"], HOURS_PER_DAY / length) if length is not None and length > 0 else None
