"""Tests that can never be decided: a number of a known unit against a limit in another kind of unit."""

from cds.formulas import FORMULAS
from cds.rules.definition import (
    Age,
    Change,
    Choose,
    Compute,
    Count,
    Definition,
    FirstOf,
    Forecast,
    Limit,
    NewestOf,
    Points,
    Ratio,
    Score,
    Sum,
    ValueOf,
)
from cds.rules.ruleset import Ruleset
from cds.rules.source.phrases import CALENDAR_STEPS, UNITS_OF_TIME
from cds.rules.source.reader import Reader
from cds.units.ucum import same_dimension


def check_test_units(reader: Reader, ruleset: Ruleset) -> None:
    """Every ``is`` whose number has a unit that is known before any patient is seen. Asked when nothing is circular."""
    for definition in ruleset.own:
        _check_bands(reader, definition)
        limit = definition.test
        if not isinstance(limit, Limit):
            continue
        unit = unit_of(ruleset, definition)
        if unit in UNITS_OF_TIME and _on_other_calendar(ruleset, definition, limit.unit):
            what = f'"{limit.text}" counts steps on the calendar, and what it tests counts days, or the reverse'
            reader.problem("CDS402", definition.location, what, "write `is:` beside the time-since itself")
        if unit is not None and not same_dimension(unit, limit.unit):
            written = "no unit" if limit.unit == "1" else f"the unit {limit.unit}"
            usual = "years, months, weeks or days" if unit in ("a", "mo") else "no unit" if unit == "1" else unit
            what = f'"{limit.text}" has {written}, and what it tests does not: it could never be decided'
            reader.problem("CDS402", definition.location, what, f"write it with {usual}")


def _check_bands(reader: Reader, definition: Definition) -> None:
    """The bands of a time since then are all steps on the calendar, or none of them is."""
    clause = definition.clause
    if isinstance(clause, Points) and clause.operand.since:
        steps = clause.operand.since in CALENDAR_STEPS
        others = [limit for limit, _ in clause.bands if (limit.unit in CALENDAR_STEPS) != steps]
        for limit in others[:1]:
            what = f'"{limit.text}" does not go with "{clause.bands[0][0].text}": a month is no number of days'
            reader.problem("CDS402", definition.location, what, "write all bands in months and years, or none")


def _on_other_calendar(ruleset: Ruleset, definition: Definition, unit: str) -> bool:
    """Whether a time that was counted in days elsewhere is tested in months or years here, or the reverse."""
    counted = definition
    while isinstance(counted.clause, ValueOf) and not counted.clause.operand.attribute:
        if counted.clause.operand.since or counted.clause.operand.root not in ruleset.definitions:
            break
        counted = ruleset.definitions[counted.clause.operand.root]
    since = counted.clause.operand.since if isinstance(counted.clause, ValueOf) else ""
    return bool(since) and (since in CALENDAR_STEPS) != (unit in CALENDAR_STEPS)


def unit_of(ruleset: Ruleset, definition: Definition | None) -> str | None:
    """The unit of a number, where the clause alone says it."""
    clause = definition.clause if definition is not None else None
    match clause:
        case Age():
            return "a"
        case Count() | Score() | Points() | Forecast():
            return "1"
        case Change(limit=limit):
            return limit.unit
        case Ratio():
            return "%"
        case Compute(formula):
            return FORMULAS[formula].unit
        case ValueOf(operand) if operand.since:
            return operand.since
        case ValueOf(operand) if operand.root == "patient":
            return {"age": "a", "age-in-months": "mo"}.get(operand.attribute)
        case ValueOf(operand) if not operand.attribute:
            return unit_of(ruleset, ruleset.definitions.get(operand.root))
        case FirstOf(names) | NewestOf(names) | Sum(names) if names:
            return unit_of(ruleset, ruleset.definitions.get(names[0]))
        case Choose(branches):
            return unit_of(ruleset, ruleset.definitions.get(branches[0][1]))
    return None
