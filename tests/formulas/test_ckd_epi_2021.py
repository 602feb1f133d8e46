"""CKD-EPI 2021 against its worked examples, its limits, and intervals."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.formulas import FORMULAS, NotComputable, apply
from cds.units.quantity import Interval, Quantity

EGFR = FORMULAS["ckd-epi-2021"]
CREATININE = {"creatinine": Fraction("113.12")}


def exactly(value, unit):
    return Quantity(Interval.exactly(Fraction(value)), unit)


def egfr(creatinine, age, sex, unit="mg/dL"):
    if not isinstance(creatinine, Interval):
        creatinine = Interval.exactly(Fraction(creatinine))
    if not isinstance(age, Interval):
        age = Interval.exactly(age)
    return apply(EGFR, {"creatinine": Quantity(creatinine, unit), "age": Quantity(age, "a"), "sex": sex}, CREATININE)


#: Every example of clinical/formulas.json#ckd_epi_2021_creatinine but the last, which is below.
@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "expected"),
    [
        ("1.2", 55, "male", 71.4178),
        ("0.7", 40, "female", 112.0543),
        ("0.9", 40, "male", 110.7256),
        ("0.5", 30, "female", 129.317),
        ("0.6", 25, "male", 137.3861),
        ("1.8", 70, "female", 29.9357),
        ("2.2", 65, "male", 32.427),
        ("1.5", 80, "female", 35.0103),
        ("4.0", 60, "male", 16.3248),
    ],
)
def test_the_worked_examples_hold(creatinine, age, sex, expected):
    result = egfr(creatinine, age, sex)
    assert result.unit == "mL/min/{1.73_m2}"
    assert result.interval.is_exact
    assert float(result.interval.low) == pytest.approx(expected, abs=5e-5)


def test_creatinine_in_micromoles_gives_the_same_patient_the_same_value():
    # The dossier divides by 88.4; the molar mass 113.12 g/mol gives 88.40 too (11 312 / 10 000 mg/dL per mmol/L).
    result = egfr("106.08", 55, "male", "umol/L")
    assert float(result.interval.low) == pytest.approx(71.4178, abs=5e-3)
    assert egfr("159", 70, "female", "umol/L").interval.high < 30


def test_without_its_molar_mass_micromoles_give_no_number():
    given_inputs = {"creatinine": exactly("106.08", "umol/L"), "age": exactly(55, "a"), "sex": "male"}
    assert apply(EGFR, given_inputs) == NotComputable("creatinine is not in mg/dL: no-molar-mass")


def test_the_value_is_not_rounded_across_the_limit():
    assert egfr("1.8", 70, "female").interval.high < 30


@pytest.mark.parametrize("age", [17, 0, -1, Interval(Fraction(17), Fraction(18)), Interval(None, Fraction(40))])
def test_an_age_that_may_be_under_18_has_no_egfr(age):
    refused = egfr("0.8", age, "male")
    assert isinstance(refused, NotComputable)
    assert refused.reason.endswith("outside the valid range, at least 18 years")


def test_eighteen_is_adult():
    assert isinstance(egfr("0.8", 18, "male"), Quantity)


@pytest.mark.parametrize("creatinine", ["0", "-1"])
def test_a_creatinine_that_cannot_be_has_no_egfr(creatinine):
    assert egfr(creatinine, 50, "male") == NotComputable("creatinine is outside the valid range, above 0 mg/dL")


@pytest.mark.parametrize("missing", ["creatinine", "age", "sex"])
def test_an_absent_essential_input_makes_it_absent(missing):
    given_inputs = {"creatinine": exactly(1, "mg/dL"), "age": exactly(50, "a"), "sex": "male"}
    assert apply(EGFR, given_inputs | {missing: None}) is None
    assert apply(EGFR, {k: v for k, v in given_inputs.items() if k != missing}) is None


@pytest.mark.parametrize("sex", ["other", "unknown", "Female", ""])
def test_a_sex_the_equation_does_not_know_has_no_egfr(sex):
    assert egfr("1", 50, sex) == NotComputable("sex is none of female, male")


def test_wrong_kinds_of_input_are_refused():
    good = {"creatinine": exactly(1, "mg/dL"), "age": exactly(50, "a"), "sex": "male"}
    assert apply(EGFR, good | {"creatinine": "1.2"}) == NotComputable("creatinine is not a number")
    assert apply(EGFR, good | {"sex": exactly(1, "1")}) == NotComputable("sex is not a word")
    assert apply(EGFR, good | {"creatinine": exactly(1, "mL")}) == NotComputable(
        "creatinine is not in mg/dL: other-dimension"
    )
    with pytest.raises(ValueError, match="no input weight"):
        apply(EGFR, good | {"weight": exactly(70, "kg")})


def test_a_creatinine_below_the_reporting_limit_bounds_the_egfr_from_below():
    result = egfr(Interval(None, Fraction("0.5"), high_open=True), 30, "female")
    assert result.interval == Interval(egfr("0.5", 30, "female").interval.low, None, low_open=True)


def test_a_creatinine_above_a_limit_bounds_the_egfr_from_above_and_by_zero():
    result = egfr(Interval(Fraction(4), None), 60, "male")
    assert result.interval == Interval(Fraction(0), egfr(4, 60, "male").interval.low, low_open=True)


def test_an_uncertain_age_widens_the_result():
    result = egfr("1.2", Interval(Fraction(54), Fraction(55)), "male")
    assert result.interval == Interval(egfr("1.2", 55, "male").interval.low, egfr("1.2", 54, "male").interval.high)


_LEVELS = st.fractions(min_value=Fraction(1, 10), max_value=20, max_denominator=100)
_AGES = st.integers(18, 100)


@given(st.lists(_LEVELS, min_size=3, max_size=3).map(sorted), _AGES, _AGES, st.sampled_from(["female", "male"]))
def test_every_point_of_the_inputs_lies_in_the_range(levels, age, older, sex):
    low, point, high = levels
    ages = Interval(Fraction(min(age, older)), Fraction(max(age, older)))
    whole, one = egfr(Interval(low, high), ages, sex).interval, egfr(point, age, sex).interval
    assert whole.low <= one.low <= whole.high


@given(_LEVELS, _AGES, st.sampled_from(["female", "male"]))
def test_the_other_way_of_writing_the_equation_agrees(creatinine, age, sex):
    kappa, alpha, factor = {"female": (0.7, -0.241, 1.012), "male": (0.9, -0.302, 1.0)}[sex]
    ratio = float(creatinine) / kappa
    expected = 142 * ratio ** (alpha if ratio <= 1 else -1.2) * 0.9938**age * factor
    assert float(egfr(creatinine, age, sex).interval.low) == pytest.approx(expected, rel=1e-12)
