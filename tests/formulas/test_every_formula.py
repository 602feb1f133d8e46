"""Of every formula: a source, a valid range and units, written down; and no number out of a wrong unit."""

import inspect
from fractions import Fraction

import pytest

from cds.formulas import FORMULAS, NotComputable, apply
from cds.formulas.formula import HOLDS, Formula, Input
from cds.units.quantity import Interval, Quantity

NUMBERS = [
    (name, each)
    for name, formula in FORMULAS.items()
    for each, wanted in formula.inputs.items()
    if not wanted.is_word and not wanted.is_truth
]


#: Words that go together.
WORDS = {"dose-unit": "mg/d", "form": "oral-solid", "for-form": "oral"}


def usual(name: str, wanted: Input):
    """Something that the input takes."""
    if wanted.is_truth:
        return HOLDS
    if wanted.is_word:
        return WORDS.get(name, min(wanted.words, default="x"))
    low, high = wanted.valid.low, wanted.valid.high
    value = (low + high) / 2 if low is not None and high is not None else (low or Fraction(0)) + 1
    return Quantity(Interval.exactly(value), wanted.unit)


def asked(formula: Formula, name: str, given) -> object:
    return apply(formula, {**{each: usual(each, wanted) for each, wanted in formula.inputs.items()}, name: given})


@pytest.mark.parametrize(
    ("name", "each"),
    # What cannot be used is as good as missing to an open input: tests/formulas/test_scores.py.
    [(name, each) for name, each in NUMBERS if not FORMULAS[name].inputs[each].open_if_unknown],
)
def test_a_number_in_a_wrong_unit_or_in_none_gives_a_reason_and_no_number(name, each):
    formula = FORMULAS[name]
    taken = usual(each, formula.inputs[each])
    assert not isinstance(asked(formula, each, taken), NotComputable)
    # 0.96 in the unit 1 is 96 %; a result without a unit is unreadable before it comes here.
    for unit in {"1", "km"} - {taken.unit} - ({"1"} if taken.unit == "%" else set()):
        found = asked(formula, each, Quantity(taken.interval, unit))
        assert isinstance(found, NotComputable), (unit, found)
        assert each in found.reason


@pytest.mark.parametrize(("name", "each"), NUMBERS)
def test_a_number_beyond_the_valid_range_gives_a_reason_and_no_number(name, each):
    formula = FORMULAS[name]
    wanted = formula.inputs[each]
    for beyond in (
        wanted.valid.low - 1 if wanted.valid.low is not None else None,
        wanted.valid.high + 1 if wanted.valid.high is not None else None,
    ):
        if beyond is not None:
            found = asked(formula, each, Quantity(Interval.exactly(beyond), wanted.unit))
            assert isinstance(found, NotComputable), (beyond, found)
            assert each in found.reason


@pytest.mark.parametrize("name", FORMULAS)
def test_source_range_and_units_are_written_down(name):
    formula = FORMULAS[name]
    assert formula.source
    assert formula.unit
    module = inspect.getmodule(formula.evaluate)
    told = inspect.getdoc(module) or ""
    assert any(word in told for word in ("valid", "Valid", "from", "at least", "any age", "range")), told
    for each, wanted in formula.inputs.items():
        assert wanted.meaning, each
        assert wanted.unit, each
