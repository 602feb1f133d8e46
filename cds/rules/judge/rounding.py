"""``rounded-to``: rounding that is meaning, not display (half away from zero, on both ends of a range)."""

from dataclasses import replace

from cds.rules.judge.values import Known
from cds.units.quantity import Quantity


def rounded(value: Known, step: Quantity) -> Known:
    """The value in the step's unit, rounded to whole steps; as it was if the units do not convert."""
    quantity = value.in_unit(step.unit)
    size = step.interval.low
    if quantity is None or not size:
        return value
    return replace(value, quantity=Quantity(quantity.interval.to_steps(size), step.unit))
