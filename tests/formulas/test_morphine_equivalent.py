"""Morphine equivalents: the worked examples, forms, bands, and ranges."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.formulas import FORMULAS, NotComputable, apply
from cds.units.quantity import Interval, Quantity

MME = FORMULAS["morphine-equivalent"]
METHADONE = FORMULAS["morphine-equivalent-methadone-2016"]

#: Factors of clinical/formulas.json#mme_per_day_cdc_2022, and those of 2016 (clinical/03-opioid-safety.md).
FACTORS_2022 = {
    "codeine": "0.15",
    "fentanyl_td_mcg_h": "2.4",
    "hydrocodone": "1",
    "hydromorphone": "5",
    "methadone": "4.7",
    "morphine": "1",
    "oxycodone": "1.5",
    "oxymorphone": "3",
    "tapentadol": "0.4",
    "tramadol": "0.2",
}
FACTORS_2016 = FACTORS_2022 | {"hydromorphone": "4", "tramadol": "0.1"}


def exactly(value, unit):
    return Quantity(Interval.exactly(Fraction(value)), unit)


def oral(dose, factor, **more):
    return apply(
        MME,
        {"daily-dose": dose, "factor": exactly(factor, "1"), "dose-unit": "mg/d", "for-form": "oral", **more},
    )


def patch(dose, **more):
    return apply(
        MME,
        {
            "daily-dose": dose,
            "factor": exactly("2.4", "1"),
            "dose-unit": "ug/h",
            "for-form": "transdermal",
            "form": "transdermal",
            **more,
        },
    )


def of(opioid, amount, factors):
    if opioid == "fentanyl_td_mcg_h":
        return patch(exactly(amount, "ug/h")).interval.low
    if opioid == "methadone" and factors is FACTORS_2016:
        return apply(METHADONE, {"daily-dose": exactly(amount, "mg/d")}).interval.low
    return oral(exactly(amount, "mg/d"), factors[opioid]).interval.low


#: Every example of clinical/formulas.json#mme_per_day_cdc_2022: daily amounts, MME of 2022, MME of 2016.
@pytest.mark.parametrize(
    ("daily", "mme_2022", "mme_2016"),
    [
        ({"hydrocodone": 20}, 20, 20),
        ({"oxycodone": 20}, 30, 30),
        ({"morphine": 50}, 50, 50),
        ({"oxycodone": 60}, 90, 90),
        ({"hydromorphone": 16}, 80, 64),
        ({"methadone": 20}, 94, 80),
        ({"fentanyl_td_mcg_h": 25}, 60, 60),
        ({"tramadol": 200, "codeine": 60}, 49, 29),
        ({"tapentadol": 200}, 80, 80),
        ({"morphine": 30, "oxycodone": 20}, 60, 60),
    ],
)
def test_the_worked_examples_hold_exactly(daily, mme_2022, mme_2016):
    assert sum(of(opioid, amount, FACTORS_2022) for opioid, amount in daily.items()) == mme_2022
    assert sum(of(opioid, amount, FACTORS_2016) for opioid, amount in daily.items()) == mme_2016


def test_doses_convert_into_the_unit_of_the_factor():
    assert patch(exactly("0.6", "mg/d")).interval == Interval.exactly(60)
    assert patch(exactly("0.025", "mg/h")).interval == Interval.exactly(60)
    assert oral(exactly("0.06", "g/d"), "1.5").interval == Interval.exactly(90)
    assert oral(exactly(30, "mg/d"), 1, **{"dose-unit": "mcg/h"}).interval == Interval.exactly(1250)


@pytest.mark.parametrize("form", ["oral", "oral-solid", "oral-liquid", None])
def test_a_factor_for_the_mouth_takes_forms_for_the_mouth_and_unrecorded_ones(form):
    assert oral(exactly(10, "mg/d"), 1, form=form).interval == Interval.exactly(10)


@pytest.mark.parametrize("form", ["injectable", "sublingual", "buccal", "nasal", "rectal", "transdermal"])
def test_another_form_than_the_factor_is_for_is_not_computable(form):
    assert oral(exactly(10, "mg/d"), 1, form=form) == NotComputable("form is not oral")


@pytest.mark.parametrize("form", ["orals", "", "tablet"])
def test_a_form_that_is_none_of_ours_is_not_computable(form):
    assert isinstance(oral(exactly(10, "mg/d"), 1, form=form), NotComputable)


def test_a_patch_factor_needs_the_patch_recorded():
    refused = NotComputable("form not recorded, the factor is for transdermal")
    assert patch(exactly(25, "ug/h"), form=None) == refused
    assert patch(exactly(25, "ug/h"), form="injectable") == NotComputable("form is not transdermal")


@pytest.mark.parametrize("unit", ["mg", "tablet", "mL/d", "", "1"])
def test_a_factor_for_no_rate_of_mass_is_refused(unit):
    assert oral(exactly(10, "mg/d"), 1, **{"dose-unit": unit}) == NotComputable("dose-unit is not a mass over time")


def test_impossible_doses_and_factors_are_refused():
    assert oral(exactly(-1, "mg/d"), 1) == NotComputable("daily-dose is outside the valid range, at least 0 mg/d")
    assert oral(exactly(1, "mg/d"), 0) == NotComputable("factor is outside the valid range, above 0")
    assert oral(exactly(1, "mg"), 1) == NotComputable("daily-dose is not in mg/d: other-dimension")
    assert oral(exactly(1, "{tablet}/d"), 1) == NotComputable("daily-dose is not in mg/d: other-dimension")


@pytest.mark.parametrize("missing", ["daily-dose", "factor", "dose-unit", "for-form"])
def test_an_absent_part_makes_it_absent(missing):
    inputs = {"daily-dose": exactly(1, "mg/d"), "factor": exactly(1, "1"), "dose-unit": "mg/d", "for-form": "oral"}
    assert apply(MME, inputs | {missing: None}) is None


def test_what_is_not_known_may_be_anything_from_nothing_upward():
    assert MME.range == METHADONE.range == Interval(Fraction(0), None)


def test_an_uncertain_dose_gives_a_range():
    dose = Quantity(Interval(Fraction(10), Fraction(20), high_open=True), "mg/d")
    assert oral(dose, "1.5").interval == Interval(Fraction(15), Fraction(30), high_open=True)
    most = Quantity(Interval(None, Fraction(20)), "mg/d")
    assert oral(most, "1.5").interval == Interval(Fraction(0), Fraction(30))


@pytest.mark.parametrize(
    ("dose", "mme"),
    [("0", 0), ("1", 4), ("20", 80), ("20.5", 164), ("21", 168), ("40", 320), ("41", 410), ("60", 600), ("61", 732)],
)
def test_the_bands_of_methadone_begin_above_20_40_and_60(dose, mme):
    assert apply(METHADONE, {"daily-dose": exactly(dose, "mg/d"), "form": "oral-solid"}).interval.low == mme


def test_methadone_that_is_not_for_the_mouth_is_not_computable():
    inputs = {"daily-dose": exactly(10, "mg/d"), "form": "injectable"}
    assert apply(METHADONE, inputs) == NotComputable("form is not oral")
    assert apply(METHADONE, {"daily-dose": exactly(-1, "mg/d")}) == NotComputable(
        "daily-dose is outside the valid range, at least 0 mg/d"
    )


_DOSES = st.fractions(min_value=0, max_value=200, max_denominator=10)


@given(st.lists(_DOSES, min_size=3, max_size=3).map(sorted))
def test_the_hull_over_the_bands_holds_every_dose_between(doses):
    low, dose, high = doses
    whole = apply(METHADONE, {"daily-dose": Quantity(Interval(low, high), "mg/d")}).interval
    one = apply(METHADONE, {"daily-dose": exactly(dose, "mg/d")}).interval
    assert whole.low <= one.low <= whole.high
