"""Scores and equations at their limits, on both sides, and ranges that are no wider than they must be."""

from fractions import Fraction

import pytest

from cds.formulas import EITHER, FAILS, FORMULAS, HOLDS, NotComputable, apply
from cds.units.quantity import Interval, Quantity

NORMAL = {
    "respiratory-rate": (18, "/min"),
    "oxygen-saturation": (97, "%"),
    "systolic-pressure": (120, "mm[Hg]"),
    "heart-rate": (80, "/min"),
    "temperature": (37, "Cel"),
}
ON_AIR = {"oxygen": FAILS, "not-alert": FAILS}
RISK = {
    "age": (55, "a"),
    "total-cholesterol": (213, "mg/dL"),
    "hdl-cholesterol": (50, "mg/dL"),
    "systolic-pressure": (120, "mm[Hg]"),
}
RISK_TRUTHS = {"sex": "female", "black": FAILS, "treated": FAILS, "smoker": FAILS, "diabetes": FAILS}


def quantity(value, unit):
    if isinstance(value, Interval):
        return Quantity(value, unit)
    return Quantity(Interval.exactly(Fraction(str(value))), unit)


def of(name, usual, others, **changed):
    """The interval of a formula with some of its usual inputs changed; names are told with underscores."""
    told = {key.replace("_", "-"): value for key, value in changed.items()}
    numbers = {key: quantity(told.pop(key, value), unit) for key, (value, unit) in usual.items()}
    found = apply(FORMULAS[name], {**numbers, **others, **told})
    return found if isinstance(found, NotComputable) else found.interval


def news2(**changed):
    found = of("news2", NORMAL, ON_AIR, **changed)
    return found if isinstance(found, NotComputable) else (int(found.low), int(found.high))


def news2_range(*left_out, **changed):
    """As :func:`news2`, of what is left when some parameters are left out."""
    told = {**{key: quantity(value, unit) for key, (value, unit) in NORMAL.items()}, **ON_AIR}
    told |= {key.replace("_", "-"): value for key, value in changed.items()}
    found = apply(FORMULAS["news2-range"], {key: value for key, value in told.items() if key not in left_out})
    return int(found.interval.low), int(found.interval.high)


def risk(**changed):
    return of("pooled-cohort-2013", RISK, RISK_TRUTHS, **changed)


#: Both sides of every band of clinical/12-deterioration.md: the value, and the points of its parameter.
BANDS = {
    "respiratory_rate": [(8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3)],
    "oxygen_saturation": [(91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0), (100, 0)],
    "systolic_pressure": [(90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3)],
    "heart_rate": [(40, 3), (41, 1), (50, 1), (51, 0), (90, 0), (91, 1), (110, 1), (111, 2), (130, 2), (131, 3)],
    "temperature": [
        ("35.0", 3), ("35.1", 1), ("36.0", 1), ("36.1", 0), ("38.0", 0), ("38.1", 1), ("39.0", 1), ("39.1", 2)
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "points"), [(name, value, points) for name, all_ in BANDS.items() for value, points in all_]
)
def test_news2_has_the_points_of_its_bands(name, value, points):
    assert news2(**{name: value}) == (points, points)


@pytest.mark.parametrize(
    ("saturation", "on_air", "on_oxygen"),
    [
        (83, 3, 3), (84, 2, 2), (85, 2, 2), (86, 1, 1), (87, 1, 1), (88, 0, 0), (92, 0, 0),
        (93, 0, 1), (94, 0, 1), (95, 0, 2), (96, 0, 2), (97, 0, 3), (100, 0, 3),
    ],
)  # fmt: skip
def test_the_second_scale_of_saturation_asks_for_oxygen_too(saturation, on_air, on_oxygen):
    assert news2(oxygen_saturation=saturation, scale_2=HOLDS) == (on_air, on_air)
    assert news2(oxygen_saturation=saturation, scale_2=HOLDS, oxygen=HOLDS) == (on_oxygen + 2, on_oxygen + 2)


@pytest.mark.parametrize(
    ("name", "value", "points"),
    [
        ("temperature", "38.04", 0),
        ("temperature", "38.05", 1),
        ("respiratory_rate", "20.4", 0),
        ("respiratory_rate", "20.5", 2),
        ("oxygen_saturation", "95.5", 0),
    ],
)
def test_news2_rounds_before_it_looks_up(name, value, points):
    assert news2(**{name: value}) == (points, points)


def test_a_range_touches_the_bands_it_may_lie_in_and_no_other():
    assert news2(respiratory_rate=Interval(Fraction(22), Fraction(30))) == (2, 3)
    assert news2(respiratory_rate=Interval(Fraction(25), None)) == (3, 3)
    assert news2(heart_rate=Interval(Fraction(35), Fraction(95))) == (0, 3)
    assert news2(oxygen_saturation=97, oxygen=HOLDS, scale_2=EITHER) == (2, 5)


#: The most points of each parameter in clinical/12-deterioration.md.
MOST = {
    "respiratory-rate": 3, "oxygen-saturation": 3, "oxygen": 2, "systolic-pressure": 3, "heart-rate": 3,
    "not-alert": 3, "temperature": 3,
}  # fmt: skip


@pytest.mark.parametrize(("name", "most"), MOST.items())
def test_what_news2_lacks_may_score_anything_and_the_rest_is_certain(name, most):
    high = {"temperature": quantity("39.5", "Cel")} if name == "heart-rate" else {"heart_rate": quantity(131, "/min")}
    certain = 2 if name == "heart-rate" else 3
    assert news2_range(name, **high) == (certain, certain + most)
    unknown = EITHER if name in ON_AIR else quantity(1, "kg")  # a unit that no vital sign has
    assert news2_range(**high, **{name: unknown}) == (certain, certain + most)


def test_the_range_of_a_complete_news2_is_the_score():
    told = {"respiratory_rate": quantity(24, "/min"), "oxygen_saturation": quantity(93, "%"), "oxygen": HOLDS}
    assert news2_range(**told) == (6, 6)
    assert news2(respiratory_rate=24, oxygen_saturation=93, oxygen=HOLDS) == (6, 6)


def test_nothing_known_of_news2_is_every_score():
    assert news2_range(*MOST) == (0, 20)


def test_the_second_scale_counts_for_either_supply_where_oxygen_is_not_known():
    assert news2_range("oxygen", oxygen_saturation=quantity(97, "%"), scale_2=HOLDS) == (0, 5)
    assert news2_range("oxygen", oxygen_saturation=quantity(84, "%"), scale_2=HOLDS) == (2, 4)


@pytest.mark.parametrize("name", ["oxygen", "not-alert"])
def test_news2_is_never_computed_without_a_parameter(name):
    assert news2(**{name: EITHER}) == NotComputable(f"{name} is not known")
    numbers = {key: quantity(value, unit) for key, (value, unit) in NORMAL.items()}
    for missing in (*NORMAL, *ON_AIR):
        told = {key: value for key, value in {**numbers, **ON_AIR}.items() if key != missing}
        assert apply(FORMULAS["news2"], told) is None


@pytest.mark.parametrize(("age", "points"), [(64, 0), (65, 1), (74, 1), (75, 2)])
def test_cha2ds2_va_counts_age_from_65_and_from_75(age, points):
    truths = dict.fromkeys(("heart-failure", "hypertension", "diabetes", "stroke", "vascular-disease"), FAILS)
    assert of("cha2ds2-va", {"age": (age, "a")}, truths) == Interval.exactly(points)
    unknown = {**truths, "stroke": EITHER, "diabetes": EITHER}
    assert of("cha2ds2-va", {"age": (age, "a")}, unknown) == Interval(Fraction(points), Fraction(points + 3))


def test_has_bled_counts_age_above_65():
    truths = {name: FAILS for name in FORMULAS["has-bled"].inputs if name != "age"}
    assert of("has-bled", {"age": (65, "a")}, truths) == Interval.exactly(0)
    assert of("has-bled", {"age": (66, "a")}, truths) == Interval.exactly(1)
    assert of("has-bled", {"age": (Interval(Fraction(65), Fraction(66)), "a")}, truths) == Interval(0, 1)


SIRS = {
    "temperature": (37, "Cel"),
    "heart-rate": (80, "/min"),
    "respiratory-rate": (16, "/min"),
    "white-cells": (8, "10*9/L"),
}


@pytest.mark.parametrize(
    ("name", "value", "points"),
    [
        *[("temperature", "36", 0), ("temperature", "35.99", 1), ("temperature", "38", 0), ("temperature", "38.01", 1)],
        *[("white_cells", 4, 0), ("white_cells", "3.99", 1), ("white_cells", 12, 0), ("white_cells", "12.01", 1)],
        *[("heart_rate", 90, 0), ("heart_rate", 91, 1), ("respiratory_rate", 20, 0), ("respiratory_rate", 21, 1)],
    ],
)
def test_sirs_passes_its_limits_strictly(name, value, points):
    assert of("sirs", SIRS, {}, **{name: value}) == Interval.exactly(points)


def test_what_was_measured_besides_counts_in_sirs_and_gives_no_second_point():
    low_carbon_dioxide, bands = quantity(31, "mm[Hg]"), quantity(11, "%")
    assert of("sirs", SIRS, {}, paco2=low_carbon_dioxide) == Interval.exactly(1)
    assert of("sirs", SIRS, {}, paco2=low_carbon_dioxide, respiratory_rate=30) == Interval.exactly(1)
    assert of("sirs", SIRS, {}, paco2=quantity(32, "mm[Hg]"), bands=quantity(10, "%")) == Interval.exactly(0)
    assert of("sirs", SIRS, {}, bands=bands) == Interval.exactly(1)
    perhaps = quantity(Interval(Fraction(30), Fraction(40)), "mm[Hg]")
    assert of("sirs", SIRS, {}, paco2=perhaps) == Interval(Fraction(0), Fraction(1))
    assert of("sirs", SIRS, {}, paco2=perhaps, respiratory_rate=30) == Interval.exactly(1)


def test_padua_never_says_that_the_risk_is_low_by_what_is_not_recorded():
    truths = {name: FAILS for name, wanted in FORMULAS["padua"].inputs.items() if wanted.essential}
    assert of("padua", {}, truths) == Interval(Fraction(0), Fraction(8))
    cancer = {**truths, "active-cancer": HOLDS, "age-at-least-70": HOLDS}
    assert of("padua", {}, cancer).low == 4


def test_a_risk_that_is_not_certain_spans_its_ends_and_no_more():
    assert risk(smoker=EITHER) == Interval(risk().low, risk(smoker=HOLDS).low)
    assert risk(black=EITHER) == Interval(risk().low, risk(black=HOLDS).low)
    ages = Interval(Fraction(54), Fraction(55))
    assert risk(age=ages) == Interval(risk(age=54).low, risk(age=55).low)
    pressures = Interval(Fraction(100), Fraction(140))
    assert risk(systolic_pressure=pressures) == Interval(
        risk(systolic_pressure=100).low, risk(systolic_pressure=140).low
    )


def test_prevent_turns_at_a_pressure_of_110_and_a_range_around_it_reaches_down_to_the_turn():
    usual = {**RISK, "egfr": (90, "mL/min/{1.73_m2}")}
    truths = {"sex": "male", "treated": FAILS, "statin": FAILS, "smoker": FAILS, "diabetes": FAILS}

    def at(pressure):
        return of("prevent-ascvd-10-year", usual, truths, systolic_pressure=pressure)

    around = at(Interval(Fraction(95), Fraction(112)))
    assert around.low == at(110).low < at(95).low
    assert around.high == at(95).low


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("age", (40, 79), (39, 80)),
        ("total_cholesterol", (130, 320), ("129.9", "320.1")),
        ("hdl_cholesterol", (20, 100), ("19.9", "100.1")),
        ("systolic_pressure", (90, 200), ("89.9", "200.1")),
    ],
)
def test_the_pooled_cohort_equations_end_at_their_published_range(name, inside, outside):
    for value in inside:
        assert isinstance(risk(**{name: value}), Interval)
    for value in outside:
        assert isinstance(risk(**{name: value}), NotComputable)
    straddling = Interval(Fraction(inside[1]) - 1, Fraction(inside[1]) + 1)
    assert "may be outside" in risk(**{name: straddling}).reason


def test_a_weight_below_a_reporting_limit_is_above_zero():
    below_five = Quantity(Interval(None, Fraction(5), high_open=True), "kg")
    found = apply(FORMULAS["paracetamol-single-ceiling"], {"weight": below_five})
    assert found.interval == Interval(Fraction(0), Fraction(75), low_open=True)
    assert isinstance(apply(FORMULAS["paracetamol-single-ceiling"], {"weight": quantity(0, "kg")}), NotComputable)


def test_ages_are_not_converted_from_years_to_months():
    inputs = {"weight": quantity(5, "kg"), "age": quantity(0, "a")}
    assert apply(FORMULAS["paracetamol-daily-ceiling"], inputs) == NotComputable("age is not in completed months")
