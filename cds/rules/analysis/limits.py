"""Tests that say nothing: always true, never true, or in units that cannot be compared with one another."""

from collections.abc import Iterator

from cds.documents.problem import Problem
from cds.rules.analysis.numbers import Possible, both, holds_a_value, outside, possible
from cds.rules.analysis.showing import show
from cds.rules.analysis.stance import root_number
from cds.rules.definition import Choose, Definition, FirstOf, Limit, NewestOf, Pick, Sum
from cds.rules.references import closure, filters_of, names_in
from cds.rules.ruleset import Ruleset
from cds.units.quantity import Interval, Quantity
from cds.units.ucum import convert, same_dimension


def check_limits(ruleset: Ruleset) -> Iterator[Problem]:
    """Every ``is``, and every number made of several."""
    for definition in ruleset.definitions.values():
        if isinstance(definition.test, Limit):
            yield from _check_limit(definition, definition.test, possible(ruleset, definition))
            yield from _check_kind(ruleset, definition, definition.test)
        if isinstance(definition.clause, Sum | FirstOf | NewestOf | Choose):
            yield from _check_parts(ruleset, definition)
    yield from _check_together(ruleset)


def _check_limit(definition: Definition, limit: Limit, number: Possible) -> Iterator[Problem]:
    tested = _line(limit, number)
    if tested is None:
        return
    line, interval = tested
    told = show(line, number.unit)
    if not holds_a_value(both(line, interval), number.step):
        what = f'"{limit.text}" can never hold: "{definition.name}" tests a number that is {told}'
        yield Problem("CDS434", definition.location, what, "check the number, and its unit")
    elif not any(holds_a_value(both(line, piece), number.step) for piece in outside(interval)):
        what = f'"{limit.text}" always holds: "{definition.name}" tests a number that is {told}'
        yield Problem("CDS433", definition.location, what, f"known {definition.name} asks for a value", "warning")


def _line(limit: Limit, number: Possible) -> tuple[Interval, Interval] | None:
    """The number's own values and those that pass, in one unit; None when nothing is known of the number."""
    if number.unit is None or (number.interval.low is None and number.interval.high is None and number.step is None):
        return None
    same = convert(Quantity(limit.interval, limit.unit), number.unit)
    return (number.interval, same.interval) if isinstance(same, Quantity) else None


def _check_kind(ruleset: Ruleset, definition: Definition, limit: Limit) -> Iterator[Problem]:
    """A limit without a unit, on results of which their value set says that they have one."""
    root = ruleset.definitions.get(root_number(ruleset, definition))
    if root is None or not isinstance(root.clause, Pick) or limit.unit != "1":
        return
    for value_set in (ruleset.value_sets[name] for name in root.clause.source.filters.in_sets):
        bounds = value_set.plausible
        if bounds is not None and not same_dimension(bounds.unit, "1"):
            said = f"plausible are {bounds.text}"
        elif value_set.molar_mass is not None or value_set.valence is not None:
            said = "a molar mass or a valence converts their units"
        else:
            continue
        what = f'"{limit.text}" has no unit, and results of "{value_set.name}" have one ({said}): it is never decided'
        yield Problem("CDS415", definition.location, what, "write the unit behind the number")


def _check_parts(ruleset: Ruleset, definition: Definition) -> Iterator[Problem]:
    """Numbers that are added or chosen from: their units, where they are known, go together."""
    units = {name: possible(ruleset, ruleset.definitions.get(name)).unit for name in _numbers_in(definition)}
    known = [(name, unit) for name, unit in units.items() if unit is not None]
    for name, unit in known[1:]:
        if not same_dimension(unit, known[0][1]):
            what = f'"{known[0][0]}" is in {_worded(known[0][1])}, and "{name}" in {_worded(unit)}'
            yield Problem("CDS415", definition.location, what, "one number has one kind of unit")


def _numbers_in(definition: Definition) -> tuple[str, ...]:
    if isinstance(definition.clause, Choose):
        return tuple(number for _, number in definition.clause.branches)
    return names_in(definition.clause)


def _check_together(ruleset: Ruleset) -> Iterator[Problem]:
    """Two tests of one number whose units are of different kinds: one of them can never be decided."""
    first: dict[str, tuple[str, Limit]] = {}
    for definition in ruleset.definitions.values():
        if not isinstance(definition.test, Limit):
            continue
        root = root_number(ruleset, definition)
        name, limit = first.setdefault(root, (definition.name, definition.test))
        if not same_dimension(limit.unit, definition.test.unit) and not _converts(ruleset, root):
            what = f'"{definition.test.text}" and "{limit.text}" of "{name}" test one number in units of two kinds'
            hint = "one unit, or `molar-mass` on the value set"
            yield Problem("CDS415", definition.location, what, hint)


def _worded(unit: str) -> str:
    return {"1": "no unit", "a": "years"}.get(unit, unit)


def _converts(ruleset: Ruleset, root: str) -> bool:
    """True when a value set that the number comes from lets mass and amount be converted."""
    for name in closure(ruleset, (root,)):
        filters = filters_of(ruleset.definitions[name].clause)
        for found in (ruleset.value_sets.get(used) for used in filters.in_sets) if filters else ():
            if found is not None and (found.molar_mass or found.valence):
                return True
    return False
