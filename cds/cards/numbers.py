"""Numbers and dates as a clinician reads them: as few decimals as keep each number on its side of every limit."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from zoneinfo import ZoneInfo

from cds.facts.dates import Span
from cds.rules.definition import Limit, Points
from cds.rules.judge.plan import RulesetPlan
from cds.rules.judge.values import Known
from cds.rules.ruleset import Ruleset
from cds.units.quantity import Interval, Quantity
from cds.units.ucum import convert

_UNITS = {
    "a": "years",
    "1": "",
    "d": "days",
    "mo": "months",
    "mg/d": "mg/day",
    "Cel": "°C",
    "{INR}": "",
    "{pack}/d": "packs/day",
    "[degF]": "°F",
    "[lb_av]": "lb",
    "[in_i]": "in",
}
_WORD = re.compile(r"\{[^{}]+\}")
_MOST_DECIMALS = 6
_RECORDED_DECIMALS = 6
#: Before this no start was recorded, and a zone might lead out of the calendar.
_BEGINNING = datetime.min.replace(tzinfo=UTC) + timedelta(days=2)
#: A computed number is shown to one part in so many at least: 0.06 is not 0, nor 1.4 just 1.
_PRECISION = 100
#: From here on a computed number is shown whole.
_WHOLE_FROM = 100


class Limits:
    """Every limit that the definitions of a ruleset test against, by the unit in which a number is shown."""

    def __init__(self, ruleset: Ruleset) -> None:
        tests = [d.test for d in ruleset.definitions.values() if isinstance(d.test, Limit)]
        bands = [
            limit for d in ruleset.definitions.values() if isinstance(d.clause, Points) for limit, _ in d.clause.bands
        ]
        self._limits = (*tests, *bands)
        self._edges: dict[str, tuple[Fraction, ...]] = {}

    def edges(self, unit: str) -> tuple[Fraction, ...]:
        """The bounds of all limits that convert to the unit, in it."""
        if unit not in self._edges:
            self._edges[unit] = _edges(unit, self._limits)
        return self._edges[unit]


@lru_cache(maxsize=512)
def limits_of(plan: RulesetPlan) -> Limits:
    """The limits of a compiled ruleset."""
    return Limits(plan.ruleset)


def show_unit(unit: str) -> str:
    """A UCUM unit as it is read on a ward."""
    if unit in _UNITS:
        return _UNITS[unit]
    if _WORD.fullmatch(unit):  # a unit that is a word alone: {pack-years}
        return unit[1:-1]
    return unit.replace("{1.73_m2}", "1.73 m2").replace("[", "").replace("]", "")


def show_quantity(quantity: Quantity, limits: Limits | None, *, is_computed: bool = False) -> str:
    """``29.9 mL/min/1.73 m2``, ``2 to 3``, ``at least 60 mg/day``. is_computed: as :func:`show_number`."""
    unit = show_unit(quantity.unit)
    edges = limits.edges(quantity.unit) if limits else ()
    shown = _show_interval(quantity.interval, edges, is_computed=is_computed)
    return f"{shown}{' ' if unit and unit != '%' else ''}{unit}"


def show_known(number: Known, limits: Limits | None, *, is_computed: bool = False) -> str:
    """The number with its unit and, where it has one, its day."""
    day = f" ({show_day(number.when)})" if number.when else ""
    return show_quantity(number.quantity, limits, is_computed=is_computed) + day


def _edges(unit: str, limits: Iterable[Limit]) -> tuple[Fraction, ...]:
    edges: set[Fraction] = set()
    for limit in limits:
        same = convert(Quantity(limit.interval, limit.unit), unit)
        if isinstance(same, Quantity):
            edges.update(edge for edge in (same.interval.low, same.interval.high) if edge is not None)
    return tuple(sorted(edges))


def _show_interval(interval: Interval, edges: tuple[Fraction, ...], *, is_computed: bool) -> str:
    low, high = interval.low, interval.high
    if low is None:
        if high is None:
            return "an unknown amount of"
        return f"{'below' if interval.high_open else 'at most'} {show_number(high, edges, is_computed=is_computed)}"
    if high is None:
        return f"{'above' if interval.low_open else 'at least'} {show_number(low, edges, is_computed=is_computed)}"
    if low is high or low == high:
        return show_number(low, edges, is_computed=is_computed)
    ends = [show_number(end, edges, is_computed=is_computed) for end in (low, high)]
    return " to ".join(ends) if len(set(ends)) == 2 else f"about {ends[0]}"


def show_number(number: Fraction, edges: tuple[Fraction, ...] = (), *, is_computed: bool = False) -> str:
    """A recorded number as recorded; a computed one with as few decimals as keep it on its side of every edge.

    is_computed: the number is the result of a sum or a formula, and what decimals it happens to have says nothing:
    ``286.7`` is shown as 287. Below 100 one decimal is kept, so that a sum can be checked.
    """
    if is_computed and (abs(number) >= _WHOLE_FROM or (number * 10).denominator != 1):
        return _computed(number, edges)
    return _recorded(*number.as_integer_ratio()) or _computed(number, edges)


@lru_cache(maxsize=8192)
def _recorded(numerator: int, denominator: int) -> str:
    """A number of no more decimals than results are written with; empty for any other."""
    each, rest = divmod(10**_RECORDED_DECIMALS, denominator)
    return "" if rest else _written(numerator * each, _RECORDED_DECIMALS)


@lru_cache(maxsize=1024)
def _computed(number: Fraction, edges: tuple[Fraction, ...]) -> str:
    for decimals in range(_MOST_DECIMALS):
        for shown in _candidates(number, decimals):
            if _is_near(shown, number) and _is_on_its_side(shown, number, edges):
                return _plain(shown, decimals)
    return _shown_beside_an_edge(number, edges)


def _candidates(number: Fraction, decimals: int) -> tuple[Fraction, ...]:
    """The number rounded, else cut, else raised: 29.999 with one decimal is 30, or beside an edge at 30 29.9."""
    scaled = number * 10**decimals
    return tuple(Fraction(each, 10**decimals) for each in (round(scaled), floor(scaled), ceil(scaled)))


def _is_near(shown: Fraction, number: Fraction) -> bool:
    return abs(shown - number) * _PRECISION <= abs(number)


def _is_on_its_side(shown: Fraction, number: Fraction, edges: tuple[Fraction, ...]) -> bool:
    return all((shown > edge) == (number > edge) and (shown < edge) == (number < edge) for edge in edges)


def _shown_beside_an_edge(number: Fraction, edges: tuple[Fraction, ...]) -> str:
    """A number so near to an edge, or so small, that it takes many decimals to keep it apart."""
    for decimals in (_MOST_DECIMALS, 9, 12, 18, 30):
        shown = Fraction(round(number * 10**decimals), 10**decimals)
        if _is_near(shown, number) and _is_on_its_side(shown, number, edges):
            return _plain(shown, decimals)
    return _plain(number, _MOST_DECIMALS)  # an edge that no decimals write, such as a third, and the number is it


def _plain(number: Fraction, decimals: int) -> str:
    return _written(round(number * 10**decimals), decimals)


def _written(scaled: int, decimals: int) -> str:
    digits = str(abs(scaled)).rjust(decimals + 1, "0")
    whole, part = digits[: len(digits) - decimals], digits[len(digits) - decimals :].rstrip("0")
    return f"{'-' if scaled < 0 else ''}{whole}{'.' if part else ''}{part}"


def show_day(span: Span) -> str:
    """The day of a fact, as finely as it was recorded; of a period, where it begins, or until when it was."""
    has_start = span.start > _BEGINNING
    day = (span.first_day if has_start else span.last_day).isoformat()
    shown = {"year": day[:4], "month": day[:7]}.get(span.precision, day)
    return shown if has_start else f"until {shown}"


def show_time(span: Span, zone: ZoneInfo) -> str:
    """Day and time of day in the organisation's zone, as finely as it was recorded; of a period, where it begins."""
    if span.precision != "instant" or span.start <= _BEGINNING:
        return show_day(span)
    return span.start.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def show_at_least(quantity: Quantity, limits: Limits | None, *, is_computed: bool = False) -> str:
    """The number itself where it is known exactly, else ``at least`` its lower end."""
    interval = quantity.interval
    if not interval.is_exact and interval.low is not None:
        quantity = Quantity(Interval(interval.low, None, interval.low_open), quantity.unit)
    return show_quantity(quantity, limits, is_computed=is_computed)
