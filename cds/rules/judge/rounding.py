"""``rounded-to``: rounding that is meaning, not display (half away from zero, on both ends of a range)."""

from dataclasses import replace
from fractions import Fraction

from cds.rules.judge.values import Known
from cds.units.quantity import Interval, Quantity


def rounded(value: Known, step: Quantity) -> Known:
    """The value in the step's unit, rounded to whole steps; as it was if the units do not convert."""
    quantity = value.in_unit(step.unit)
    size = step.interval.low
    if quantity is None or not size:
        return value
    interval = quantity.interval
    low = None if interval.low is None else _to_steps(interval.low, size)
    high = None if interval.high is None else _to_steps(interval.high, size)
    return replace(value, quantity=Quantity(Interval(low, high), step.unit))


def _to_steps(number: Fraction, size: Fraction) -> Fraction:
    steps = abs(number) / size + Fraction(1, 2)
    return (size * (steps.numerator // steps.denominator)) * (-1 if number < 0 else 1)
