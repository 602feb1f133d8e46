"""Units: what is one, what converts, and exactly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.units.atoms import ATOM_ALIASES, ATOMS, OFFSET_UNITS, UNIT_ALIASES
from cds.units.quantity import Interval, Quantity, Unconvertible
from cds.units.ucum import _unit, canonical_unit, convert, same_dimension, same_unit

CREATININE = Fraction("113.12")  # g/mol


def exactly(value, unit):
    return Quantity(Interval.exactly(Fraction(value)), unit)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mcg", "ug"),
        ("µg", "ug"),
        ("μg/h", "ug/h"),
        ("mcg/hr", "ug/h"),
        ("IU", "[IU]"),
        ("IU/mL", "[IU]/mL"),
        ("mEq/L", "meq/L"),
        ("MEQ/L", "meq/L"),
        ("MG/DL", "mg/dL"),
        ("mmHg", "mm[Hg]"),
        ("mm Hg", "mm[Hg]"),
        ("days", "d"),
        ("years", "a"),
        ("lbs", "[lb_av]"),
        ("°C", "Cel"),
        ("bpm", "/min"),
        ("kg/m²", "kg/m2"),
        ("K/uL", "10*3/uL"),
        *(
            (text, "mL/min/{1.73_m2}")
            for text in ("mL/min/1.73m2", "mL/min/1.73 m2", "mL/min/1.73m^2", "ml/min/1.73_m2")
        ),
        *((text, "mL/min/{1.73_m2}") for text in ("mL/min/1.73 m²", "mL/min/{1.73_m2}", "mL/min/{1.73 m2}")),
    ],
)
def test_usual_spellings_are_understood(text, code):
    assert canonical_unit(text) == code


@pytest.mark.parametrize(
    "code",
    [
        *("mg", "g", "kg", "ug", "ng/mL", "mmol/L", "umol/L", "mL/min", "mL/min/{1.73_m2}", "mm[Hg]", "10*9/L"),
        *("%", "1", "/min", "{beats}/min", "meq/L", "U/L", "m[IU]/L", "mg/kg/d", "mg/(24.h)", "g/(kg.d)", "mmol/mol"),
        *("mg/mmol", "mg/g{creat}", "fL", "pg", "ms", "Cel", "[degF]", "kg/m2", "m2", "mm3", "10*-3", "s-1", "a", "mo"),
    ],
)
def test_a_ucum_code_is_its_own_canonical_form(code):
    assert canonical_unit(code) == code


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "tablet", "puff", "Mg", "ML", "MG", "cd", "mmin", "1.73", "mg/", "/", "mg//L", "(mg", "mg)", "mg L"),
        *(
            "mg/dL/",
            "Cel/min",
            "mL/min/1.5m2",
            "m22",
            "g2.5",
            "mg2.5",
            "0",
            "012",
            "{",
            "{}",
            "mg{",
            "10*99",
            "m0",
            "x",
        ),
        *("mg or mL", "?", "mg\u0000", "m" * 100),
    ],
)
def test_what_is_not_known_is_no_unit(text):
    assert canonical_unit(text) is None


def test_every_alias_names_a_known_unit_and_stays_put():
    for code in [*ATOM_ALIASES.values(), *UNIT_ALIASES.values(), *ATOMS, *OFFSET_UNITS]:
        assert canonical_unit(code) == code, code
    for spelling, code in ATOM_ALIASES.items():
        assert canonical_unit(spelling) == code, spelling
        assert spelling == code or spelling not in ATOMS, spelling


def test_no_alias_changes_the_meaning_of_a_valid_code():
    for spelling, code in UNIT_ALIASES.items():
        own = _unit(spelling)
        # "mg/24.h" is mg.h/24 by the letter of UCUM; nobody has ever meant that. Braces mean nothing in UCUM.
        assert (
            own is None or own == _unit(code) or spelling == "mg/24.h" or "{1.73" in spelling or "{pack" in spelling
        ), (spelling, own)


#: Rows of clinical/formulas.json#unit_conversions; the substance's molar mass (g/mol) as the value sets give it.
@pytest.mark.parametrize(
    ("value", "unit", "molar_mass", "expected", "target"),
    [
        ("106.08", "umol/L", "113.12", "1.2", "mg/dL"),
        ("1", "umol/L", "113.12", "0.01131", "mg/dL"),
        ("1", "mmol/L", "386.65", "38.67", "mg/dL"),
        ("1", "mg/mmol", "113.12", "8.84", "mg/g"),
        ("1", "nmol/L", "780.94", "0.78064", "ng/mL"),
        ("1", "mmol/L", "40.078", "4.008", "mg/dL"),
        ("1", "mg/dL", "24.305", "0.41135", "mmol/L"),
        ("1", "mmol/L", "180.156", "18.016", "mg/dL"),
        ("1", "mg/dL", "90.08", "0.11101", "mmol/L"),
        ("1", "mg/dL", "39.098", "0.25577", "mmol/L"),
        ("100.4", "[degF]", None, "38", "Cel"),
        ("220.462", "[lb_av]", None, "99.9999", "kg"),
    ],
)
def test_the_worked_conversions_of_the_dossier_hold(value, unit, molar_mass, expected, target):
    converted = convert(exactly(value, unit), target, None if molar_mass is None else Fraction(molar_mass))
    # The dossier's factors are rounded to four figures; ours follow from the molar mass.
    assert float(converted.interval.low) == pytest.approx(float(expected), rel=5e-4)
    assert converted.interval.is_exact


@pytest.mark.parametrize(
    ("value", "unit", "target", "expected"),
    [
        ("25", "ug/h", "mg/d", "3/5"),
        ("90", "mm[Hg]", "kPa", Fraction("90") * Fraction("0.133322")),
        ("10", "mg/dL", "g/L", "1/10"),
        ("7.5", "10*9/L", "10*3/uL", "7.5"),
        ("6000", "/uL", "10*9/L", "6"),
        ("80", "{beats}/min", "/min", "80"),
        ("60", "/min", "Hz", "1"),
        ("2", "wk", "d", "14"),
        ("1", "a", "mo", "12"),
        ("37", "Cel", "[degF]", "98.6"),
        ("37", "Cel", "K", "310.15"),
        ("40", "%", "1", "2/5"),
        ("300", "mg/g", "mg/g{creat}", "300"),
        ("5", "U/L", "nkat/L", "250/3"),
        ("70", "[in_i]", "cm", "177.8"),
        ("1", "[foz_us]", "mL", "29.5735295625"),
    ],
)
def test_conversion_within_a_dimension_is_exact(value, unit, target, expected):
    assert convert(exactly(value, unit), target) == exactly(expected, target)
    assert same_dimension(unit, target)


def test_equivalents_need_the_valence_and_masses_the_molar_mass():
    potassium, calcium = exactly("5.5", "meq/L"), exactly(4, "meq/L")
    assert convert(potassium, "mmol/L", valence=1) == exactly("5.5", "mmol/L")
    assert convert(calcium, "mmol/L", valence=2) == exactly(2, "mmol/L")
    assert convert(exactly(2, "mmol/L"), "meq/L", valence=2) == calcium
    assert convert(calcium, "mg/L", Fraction(40), 2) == exactly(80, "mg/L")
    assert convert(potassium, "mmol/L") == Unconvertible("no-valence")
    assert convert(potassium, "mmol/L", valence=0) == Unconvertible("no-valence")
    assert convert(exactly(1, "mg/dL"), "mmol/L") == Unconvertible("no-molar-mass")
    assert convert(exactly(1, "mg/dL"), "mmol/L", Fraction(0)) == Unconvertible("no-molar-mass")


@pytest.mark.parametrize(
    ("unit", "target"),
    [
        ("mL/min", "mL/min/{1.73_m2}"),
        ("mL/min/{1.73_m2}", "mL/min"),
        ("mL/min/m2", "mL/min/{1.73_m2}"),
        ("mmol/mol", "%"),
        ("mmol.mol-1", "%"),
        ("ng/mL{FEU}", "ng/mL{DDU}"),
        ("ng/mL{FEU}", "ng/mL"),
        ("[IU]/L", "U/L"),
        ("{tablet}", "mg"),
        ("{tablet}", "1"),
        ("mg", "mL"),
        ("mg/d", "mg"),
        ("kg", "kg/m2"),
        ("mosm/kg", "mmol/kg"),
    ],
)
def test_what_differs_in_kind_does_not_convert(unit, target):
    assert convert(exactly(1, unit), target, CREATININE, 1) == Unconvertible("other-dimension")
    assert not same_dimension(unit, target)


def test_an_unknown_unit_converts_to_itself_only():
    assert convert(exactly(1, "mg"), "tablet") == Unconvertible("unknown-unit")
    assert convert(exactly(1, "tablet"), "mg") == Unconvertible("unknown-unit")
    assert not same_dimension("tablet", "tablet")


def test_bounds_keep_their_openness():
    below = Quantity(Interval(None, Fraction(60), high_open=True), "umol/L")
    converted = convert(below, "mg/dL", CREATININE)
    assert converted == Quantity(Interval(None, Fraction(60) * CREATININE / 10_000, high_open=True), "mg/dL")
    fever = Quantity(Interval(Fraction(38), None, low_open=True), "Cel")
    assert convert(fever, "[degF]") == Quantity(Interval(Fraction("100.4"), None, low_open=True), "[degF]")


def test_two_spellings_of_one_unit_are_the_same_unit():
    assert same_unit("10*3/uL", "10*9/L")
    assert not same_unit("mg", "g")
    assert not same_unit("tablet", "tablet")


_UNITS = st.sampled_from(["mg/dL", "g/L", "ug/mL", "kg/m3", "mmol/L", "umol/L", "mol/m3", "nmol/mL", "meq/L", "ueq/mL"])
_BOUNDS = st.fractions(min_value=0, max_value=10**6, max_denominator=1000)


@given(_BOUNDS, _BOUNDS, _UNITS, _UNITS, st.integers(1, 3))
def test_there_and_back_is_where_we_were(low, width, unit, target, valence):
    start = Quantity(Interval(low, low + width), unit)
    there = convert(start, target, CREATININE, valence)
    assert convert(there, unit, CREATININE, valence) == start


@given(st.text(max_size=30))
def test_reading_a_unit_never_raises_and_is_stable(text):
    code = canonical_unit(text)
    assert code is None or canonical_unit(code) == code
