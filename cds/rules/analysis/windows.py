"""Windows that end before they begin, or begin after now: a slip of the author's, and silence for everybody.

Ends are compared where they are counted from the same moment: how far apart two moments are, only a patient can tell.
A month is 28 to 31 days here; what may be right is left alone.
"""

from collections.abc import Iterator
from fractions import Fraction

from cds.documents.problem import Location, Problem
from cds.facts.dates import Duration
from cds.rules.definition import NOW, Definition, Filters, Point, Source
from cds.rules.references import filters_of, kinds_of
from cds.rules.ruleset import Period, Ruleset

_DAYS = {"minute": Fraction(1, 1440), "hour": Fraction(1, 24), "day": Fraction(1), "week": Fraction(7)}
_MONTHS = {"month": 1, "year": 12}
#: The days of a month.
_FEWEST, _MOST = 28, 31
#: From the first day of a period to its last.
_LENGTHS = {"month": (27, 30), "quarter": (89, 91), "year": (364, 365), "year-from": (364, 365)}
#: What begins and ends with one moment, and holds it.
_MEETING = {(begin, end) for begin in ("from", "within") for end in ("until", "")}
#: A draft is being written now, whatever its date.
_WRITTEN_NOW = frozenset({"order", "draft"})
_End = tuple[str, Point]


def check_windows(ruleset: Ruleset) -> Iterator[Problem]:
    """Every ``within``, ``from``, ``until``, ``after`` and ``before`` beside one clause (CDS436)."""
    for definition in ruleset.definitions.values():
        filters = filters_of(definition.clause)
        if filters is not None and filters.bounds:
            yield from _check(ruleset, definition, filters)


def _check(ruleset: Ruleset, definition: Definition, filters: Filters) -> Iterator[Problem]:
    begins: list[_End] = [(bound.word, bound.point) for bound in filters.bounds if bound.word in ("from", "after")]
    ends: list[_End] = [(bound.word, bound.point) for bound in filters.bounds if bound.word in ("until", "before")]
    if filters.within is not None:
        begins.append(("within", Point("now", shift=filters.within, back=True)))
    if not ends and not (_kinds_below(ruleset, definition) & _WRITTEN_NOW):
        ends.append(("", NOW))
    for word, begin in begins:
        for last, end in ends:
            gap = _gap(ruleset, begin, end)
            never_both = begin == end and (word, last) not in _MEETING
            if (gap is not None and gap > _slack(begin, end)) or never_both:
                place = begin.location if begin.location != Location("") else end.location
                window = f"{word} {_written(begin)}, {f'{last} {_written(end)}' if last else 'and it ends now'}"
                what = f'the window of "{definition.name}" ends before it begins: {window}'
                hint = "the earlier moment begins it" if last else "what is dated after now is no fact yet"
                yield Problem("CDS436", place, what, hint)
                return


def _kinds_below(ruleset: Ruleset, definition: Definition) -> frozenset[str]:
    """The kinds of fact that a definition chooses from; none for a pair."""
    source = getattr(definition.clause, "source", None)
    return kinds_of(ruleset, source) if isinstance(source, Source) else frozenset()


def _gap(ruleset: Ruleset, begin: Point, end: Point) -> Fraction | None:
    """The days that the beginning surely lies behind the end; None where they are counted from different moments."""
    if begin.anchor != end.anchor or bool(begin.edge) != bool(end.edge):
        return None
    apart = Fraction(0)
    if begin.edge != end.edge:
        shortest, longest = _length(ruleset.periods[begin.anchor])
        apart = shortest if begin.edge == "end" else -longest
    months, days = (one - other for one, other in zip(_offset(begin), _offset(end), strict=True))
    return apart + days + months * (_FEWEST if months > 0 else _MOST)


def _offset(point: Point) -> tuple[Fraction, Fraction]:
    """The months and the days from its anchor."""
    if point.shift is None:
        return Fraction(0), Fraction(0)
    count = Fraction(-point.shift.count if point.back else point.shift.count)
    months = _MONTHS.get(point.shift.unit, 0)
    return (count * months, Fraction(0)) if months else (Fraction(0), count * _DAYS[point.shift.unit])


def _length(period: Period) -> tuple[Fraction, Fraction]:
    if period.kind == "fixed":
        days = Fraction((period.last - period.first).days)
        return days, days
    fewest, most = _LENGTHS[period.kind]
    return Fraction(fewest), Fraction(most)


def _slack(begin: Point, end: Point) -> Fraction:
    """A day compared with an instant reaches as far as a day."""
    both_days = all(
        point.edge or point.whole_day or (point.shift and not point.shift.is_clock) for point in (begin, end)
    )
    both_instants = all(not (point.edge or point.whole_day) and _is_instant(point.shift) for point in (begin, end))
    return Fraction(0) if both_days or both_instants else Fraction(1)


def _is_instant(shift: Duration | None) -> bool:
    return shift is None or shift.is_clock


def _written(point: Point) -> str:
    shift = f"{point.shift} {'before' if point.back else 'after'} " if point.shift else ""
    return f"{shift}{'day of ' if point.whole_day else ''}{point.anchor}{f' {point.edge}' if point.edge else ''}"
