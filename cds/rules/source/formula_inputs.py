"""Does every input of a formula get what it takes: a number in a unit that converts, a word, a truth?

Asked when nothing is circular. What is let through here would be unknown for every patient, for ever.
"""

from cds.formulas import FORMULAS, Input
from cds.rules.definition import BUILT_IN_ROOTS, NUMBERS, Compute, Entry, Operand, Pick, ValueOf
from cds.rules.ruleset import Ruleset
from cds.rules.source.measures import unit_of
from cds.rules.source.phrases import read_quantity
from cds.rules.source.reader import Reader
from cds.rules.source.uses import check_entry
from cds.units.ucum import same_dimension

#: Attributes that are numbers and words, whatever fact they are of, and their units.
_UNITS = {"daily-dose": "mg/d", "age": "a", "age-in-months": "mo"}
_WORDS = frozenset({"sex", "deceased", "race"})


def check_formula_inputs(reader: Reader, ruleset: Ruleset) -> None:
    """Every input of every ``formula``."""
    for definition in ruleset.own:
        if isinstance(definition.clause, Compute):
            wanted = FORMULAS[definition.clause.formula].inputs
            for key, operand in definition.clause.inputs.items():
                if key in wanted:  # of any other it has been said
                    _check(reader, ruleset, key, wanted[key], operand)


def _check(reader: Reader, ruleset: Ruleset, key: str, wanted: Input, operand: Operand) -> None:
    if wanted.is_truth:
        _check_truth(reader, ruleset, key, operand)
        return
    is_word, unit = _what(ruleset, operand)
    if wanted.is_word:
        if unit is not None or is_word is False:
            words = f": {', '.join(sorted(wanted.words))}" if wanted.words else ""
            _refuse(reader, operand, f'"{key}" takes a word{words}; "{operand}" is a number')
    elif is_word:
        _refuse(reader, operand, f'"{key}" takes a number in {wanted.unit}; "{operand}" is a word')
    elif unit is not None and not _fits(unit, wanted):
        hint = "patient.age-in-months" if wanted.unit == "mo" and unit == "a" else f"a number in {wanted.unit}"
        _refuse(reader, operand, f'"{key}" takes a number in {wanted.unit}; "{operand}" is in {unit}', hint)


def _refuse(reader: Reader, operand: Operand, what: str, hint: str = "") -> None:
    reader.problem("CDS127", operand.location, what, hint)


def _fits(unit: str, wanted: Input) -> bool:
    return unit == wanted.unit if wanted.is_calendar else same_dimension(unit, wanted.unit)


def _check_truth(reader: Reader, ruleset: Ruleset, key: str, operand: Operand) -> None:
    if operand.root in BUILT_IN_ROOTS or operand.attribute:
        hint = "write a definition that tests it, and name that"
        _refuse(reader, operand, f'"{key}" takes a definition that holds or fails; "{operand}" is none', hint)
    else:
        check_entry(reader, ruleset, Entry(operand.root, "", operand.location))


def _what(ruleset: Ruleset, operand: Operand) -> tuple[bool | None, str | None]:
    """Whether the operand is a word (``None``: it depends on the patient), and the unit if it surely has one."""
    if operand.since:
        return False, operand.since
    if operand.value_set:
        return _of_column(ruleset, operand)
    if operand.attribute:
        unit = _UNITS.get(operand.attribute)
        is_word = True if operand.root == "patient" and operand.attribute in _WORDS else None
        return is_word if unit is None else False, unit
    definition = ruleset.definitions.get(operand.root)
    if definition is None or not isinstance(definition.clause, NUMBERS):
        return None, None
    unit = unit_of(ruleset, definition)
    may_be_word = unit is None and isinstance(definition.clause, Pick | ValueOf)
    return None if may_be_word else False, unit


def _of_column(ruleset: Ruleset, operand: Operand) -> tuple[bool | None, str | None]:
    if operand.attribute in _UNITS:
        return False, _UNITS[operand.attribute]
    value_set = ruleset.value_sets.get(operand.value_set)
    cells = [row.get(operand.attribute, "") for row in value_set.rows.values()] if value_set else []
    numbers = [quantity for cell in cells if cell and (quantity := read_quantity(cell)) is not None]
    if not any(cells):
        return None, None
    if not numbers:
        return True, None
    units = {quantity.unit for quantity in numbers}
    return None, units.pop() if len(units) == 1 and len(numbers) == sum(map(bool, cells)) else None
