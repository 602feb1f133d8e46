"""Our table of units against an independent one: pint, with the UCUM grammar of ucumvert."""

import csv
import itertools
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucumvert import PintUcumRegistry

from cds.formulas import FORMULAS
from cds.units.atoms import ATOMS, OFFSET_UNITS
from cds.units.quantity import Interval, Quantity, Unconvertible
from cds.units.ucum import _unit, convert, same_dimension

_FAMILIES = [
    ["g", "mg", "ug", "kg", "[lb_av]", "[oz_av]"],
    ["mol", "mmol", "umol"],
    ["L", "mL", "dL", "cm3", "[tsp_us]", "[tbs_us]", "[foz_us]"],
    ["s", "ms", "min", "h", "d", "wk", "mo", "a"],
    ["m", "cm", "[in_i]", "[ft_i]"],
    ["mm[Hg]", "kPa", "cm[H2O]"],
    ["mg/dL", "g/L", "ug/mL", "ng/mL"],
    ["mmol/L", "umol/L"],
    ["10*9/L", "10*3/uL", "/uL", "10*6/L"],
    ["ug/h", "mg/d", "g/wk"],
    ["mg/kg/d", "ug/kg/min"],
    ["kg/m2", "g/cm2"],
    ["mL/min", "L/h"],
    ["U/L", "kat/L", "nkat/mL"],
    ["%", "1", "mg/g", "[ppm]"],
    ["kcal", "J"],
    ["Cel", "[degF]", "K"],
]


#: Units whose substance or assay decides, and the volt, are dimensions of their own here; pint reduces them.
_OF_THEIR_OWN = ("[IU]", "[iU]", "[USP'U]", "[arb'U]", "[CFU]", "eq", "osm", "V")
#: g/mol of the analytes of the dossier's conversions (clinical/formulas.json#unit_conversions).
_ANALYTES = {
    "creatinine": "113.12", "cholesterol": "386.7", "digoxin": "780.94", "calcium": "40.08", "magnesium": "24.31",
    "glucose": "180.16", "lactate": "90.08", "potassium": "39.098",
}  # fmt: skip
_LISTED = Path(__file__).resolve().parent / "units-of-the-cases.csv"


@pytest.fixture(scope="module")
def registry():
    return PintUcumRegistry()


def to_base(registry, code):
    """One of a unit in pint's base units, with grams for its kilograms: factor and powers."""
    read = registry.from_ucum(code)
    base = (read.magnitude * registry.Quantity(1, read.units)).to_base_units()
    powers = dict(base.unit_items())
    return base.magnitude * 1000.0 ** powers.get("kilogram", 0), powers


@pytest.mark.parametrize("code", [code for code in ATOMS if code != "[pH]" and code[-1] != "V"])  # pint has no pH
def test_every_atom_with_every_prefix_has_the_factor_of_pint(registry, code):
    factor, dimension = ATOMS[code]
    theirs, powers = to_base(registry, code)
    # UCUM rounds the millimetre of mercury, 133.322 Pa; pint works it out.
    assert float(factor) == pytest.approx(theirs, rel=1e-5)
    if not any(code.endswith(unit) for unit in _OF_THEIR_OWN):
        named = {"kilogram": "g", "meter": "m", "second": "s", "mole": "mol", "kelvin": "K"}
        assert dict(dimension) == {named[unit]: power for unit, power in powers.items() if unit in named}


_PLAIN = sorted(code for code in ATOMS if code != "[pH]" and not any(code.endswith(unit) for unit in _OF_THEIR_OWN))


@st.composite
def composed(draw):
    """A product or quotient of a few units, some with a power, as UCUM writes it."""
    code = draw(st.sampled_from(_PLAIN))
    for _ in range(draw(st.integers(0, 3))):
        power = draw(st.sampled_from(["", "", "2", "3", "-1"]))
        atom = draw(st.sampled_from([unit for unit in _PLAIN if unit[-1].isalpha()]))
        code += draw(st.sampled_from("./")) + atom + power
    return code


@given(code=composed())
def test_units_made_of_units_agree_with_pint(registry, code):
    ours = _unit(code)
    theirs, _ = to_base(registry, code)
    assert float(ours.factor) == pytest.approx(theirs, rel=1e-4)


@given(one=composed(), other=composed())
def test_two_units_convert_where_pint_says_so_unless_moles_cancel(registry, one, other):
    theirs = registry.from_ucum(one).is_compatible_with(registry.from_ucum(other))
    assert theirs or not same_dimension(one, other)


@pytest.mark.parametrize("analyte", _ANALYTES)
@pytest.mark.parametrize(("mass", "amount"), [("mg/dL", "mmol/L"), ("ng/mL", "nmol/L"), ("g/L", "umol/L")])
def test_mass_and_amount_agree_with_the_chemistry_of_pint(registry, analyte, mass, amount):
    molar_mass = Fraction(_ANALYTES[analyte])
    weight = registry.Quantity(float(molar_mass), "g/mol")
    for source, target in ((mass, amount), (amount, mass)):
        ours = convert(Quantity(Interval.exactly(37), source), target, molar_mass)
        from_unit, to_unit = registry.from_ucum(source).units, registry.from_ucum(target).units
        theirs = registry.Quantity(37, from_unit).to(to_unit, "chemistry", mw=weight)
        assert float(ours.interval.low) == pytest.approx(theirs.magnitude, rel=1e-9)


def _written() -> list[str]:
    """Every unit of the formulas and every one that the cases from outside write and we read."""
    units = {wanted.unit for formula in FORMULAS.values() for wanted in formula.inputs.values()}
    units |= {formula.unit for formula in FORMULAS.values()}
    with _LISTED.open(encoding="utf-8", newline="") as table:
        units |= {row["read as"] for row in csv.DictReader(table) if row["refused"] == "no"}
    # A unit of nothing but braces says what is counted: ucumvert parses no quantity of it.
    return sorted(
        unit for unit in units - {"1", "word", "truth", *OFFSET_UNITS} if not unit.endswith("}") or "/" in unit
    )


@pytest.mark.parametrize("code", _written())
def test_a_unit_in_use_is_one_for_ucumvert_too(registry, code):
    theirs, _ = to_base(registry, code)
    assert float(_unit(code).factor) == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize("family", _FAMILIES, ids=lambda family: family[0])
def test_conversions_agree_with_pint(registry, family):
    for source, target in itertools.permutations(family, 2):
        ours = convert(Quantity(Interval.exactly(37), source), target)
        theirs = registry.Quantity(37, registry.from_ucum(source).units).to(registry.from_ucum(target).units)
        assert float(ours.interval.low) == pytest.approx(theirs.magnitude, rel=1e-5), (source, target)


def test_what_pint_calls_incompatible_does_not_convert(registry):
    for one, other in itertools.combinations(_FAMILIES, 2):
        mine = convert(Quantity(Interval.exactly(1), one[0]), other[0])
        theirs = registry.from_ucum(one[0]).is_compatible_with(registry.from_ucum(other[0]))
        assert theirs or isinstance(mine, Unconvertible), (one[0], other[0])
