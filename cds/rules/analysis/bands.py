"""Bands of ``points`` cover the line once; a score adds only what always has a value (docs/language.md, section 3)."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from cds.documents.problem import Problem
from cds.rules.analysis.numbers import Possible, between, both, holds_a_value, of_operand, sorted_by_start
from cds.rules.analysis.showing import show
from cds.rules.definition import Choose, Count, Definition, Points, Score
from cds.rules.ruleset import Ruleset
from cds.units.quantity import Interval, Quantity
from cds.units.ucum import convert


def check_bands(ruleset: Ruleset) -> Iterator[Problem]:
    """Gaps and overlaps between bands (CDS431), units that do not go together (CDS415), open scores (CDS432)."""
    for definition in ruleset.definitions.values():
        if isinstance(definition.clause, Points):
            yield from _check(definition, definition.clause, of_operand(ruleset, definition.clause.operand))
        elif isinstance(definition.clause, Score):
            yield from _check_score(ruleset, definition, definition.clause)


def _check(definition: Definition, clause: Points, operand: Possible) -> Iterator[Problem]:
    unit = operand.unit or clause.bands[0][0].unit
    found = [_in_unit(limit.interval, limit.unit, unit) for limit, _ in clause.bands]
    bands = [band for band in found if band is not None]
    if len(bands) < len(found):
        units = ", ".join(dict.fromkeys((unit, *(limit.unit for limit, _ in clause.bands))))
        what = f'the bands of "{definition.name}" and what they divide have units that do not go together: {units}'
        yield Problem("CDS415", definition.location, what, "write every band in the unit of the number")
        return
    step = operand.step
    ordered = sorted_by_start(bands)
    for lower, upper in pairwise(ordered):
        if holds_a_value(shared := both(lower, upper), step):
            what = f'two bands of "{definition.name}" hold {show(shared, unit)}'
            yield Problem("CDS431", definition.location, what, "let one end where the next begins: `below`")
        elif (gap := between(lower, upper)) is not None and holds_a_value(gap, step):
            hint = "let one end where the next begins, or say `rounded-to` on the number"
            yield Problem(
                "CDS431", definition.location, f'no band of "{definition.name}" holds {show(gap, unit)}', hint
            )
    for end in _uncovered_ends(operand.interval, ordered[0], ordered[-1]):
        if holds_a_value(end, step):
            what = f'no band of "{definition.name}" holds {show(end, unit)}'
            yield Problem(
                "CDS431", definition.location, what, "begin with `below` or `at most`, end with `above` or `at least`"
            )


def _in_unit(interval: Interval, unit: str, wanted: str) -> Interval | None:
    same = convert(Quantity(interval, unit), wanted)
    return same.interval if isinstance(same, Quantity) else None


def _uncovered_ends(line: Interval, first: Interval, last: Interval) -> Iterator[Interval]:
    if first.low is not None:
        yield both(line, Interval(None, first.low, high_open=not first.low_open))
    if last.high is not None:
        yield both(line, Interval(last.high, None, low_open=not last.high_open))


def _check_score(ruleset: Ruleset, definition: Definition, clause: Score) -> Iterator[Problem]:
    for name, points in clause.parts:
        if points is None and not _always_known(ruleset, name):
            what = f'"{definition.name}" adds "{name}", which may have no value at all'
            hint = "add a count, a score or points: give it bands"
            yield Problem("CDS432", definition.location, what, hint)
        elif points == Fraction(0):
            what = f'"{name}" adds no points to "{definition.name}"'
            yield Problem("CDS435", definition.location, what, "leave it out", "warning")


def _always_known(ruleset: Ruleset, name: str) -> bool:
    """Known at least as a range: an unknown part widens it, and nothing makes it absent."""
    definition = ruleset.definitions.get(name)
    if definition is None or definition.is_truth:
        return definition is None or isinstance(definition.clause, Count | Points | Score)
    if isinstance(definition.clause, Choose):
        branches = definition.clause.branches
        return not branches[-1][0] and all(_always_known(ruleset, number) for _, number in branches)
    return isinstance(definition.clause, Count | Points | Score)
