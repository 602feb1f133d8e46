"""Ceilings by kidney function at the edges of their bands (clinical/06-renal-dosing.md)."""

from fractions import Fraction

import pytest

from cds.formulas import FORMULAS, apply
from cds.units.quantity import Interval, Quantity


def ceiling(drug, low, high=None):
    given = Interval(Fraction(str(low)), Fraction(str(high or low)))
    found = apply(FORMULAS[f"{drug}-daily-ceiling"], {"clearance": Quantity(given, "mL/min")})
    return found.interval.low, found.interval.high


@pytest.mark.parametrize(
    ("clearance", "most"),
    [
        ("7.5", 150),
        ("15", 300),
        ("15.1", 700),
        ("29.9", 700),
        ("30", 1400),
        ("59.9", 1400),
        ("60", 3600),
        ("120", 3600),
    ],
)
def test_gabapentin_falls_in_steps_and_from_15_down_in_proportion(clearance, most):
    assert ceiling("gabapentin", clearance) == (most, most)


@pytest.mark.parametrize(
    ("clearance", "most"), [("14.9", 75), ("15", 150), ("29.9", 150), ("30", 300), ("59.9", 300), ("60", 600)]
)
def test_pregabalin_falls_in_steps(clearance, most):
    assert ceiling("pregabalin", clearance) == (most, most)


def test_a_range_of_clearances_gives_the_range_of_its_bands():
    assert ceiling("gabapentin", 20, 40) == (700, 1400)
    open_above = Quantity(Interval(Fraction(20), None), "mL/min")
    assert apply(FORMULAS["pregabalin-daily-ceiling"], {"clearance": open_above}).interval.high == 600


def test_enoxaparin_is_a_milligram_for_each_kilogram_in_any_unit_of_weight():
    of = FORMULAS["enoxaparin-reduced-ceiling"]
    assert apply(of, {"weight": Quantity(Interval.exactly(80), "kg")}).interval == Interval.exactly(80)
    assert apply(of, {"weight": Quantity(Interval.exactly(80000), "g")}).interval == Interval.exactly(80)
