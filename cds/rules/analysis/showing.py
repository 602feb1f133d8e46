"""Intervals in the words of the language, for messages."""

from fractions import Fraction

from cds.units.quantity import Interval


def show(interval: Interval, unit: str | None = None) -> str:
    """``from 30 to below 45 mL/min``, ``above 5``, ``8``."""
    behind = f" {unit}" if unit not in (None, "1") else ""
    low, high = interval.low, interval.high
    if low is None and high is None:
        return "any number"
    if low is None or high is None:
        if low is not None:
            return f"{'above' if interval.low_open else 'at least'} {number(low)}{behind}"
        return f"{'below' if interval.high_open else 'at most'} {number(high)}{behind}" if high is not None else ""
    if low == high:
        return f"{number(low)}{behind}"
    start = f"{'above' if interval.low_open else 'from'} {number(low)}"
    return f"{start} to {'below ' if interval.high_open else ''}{number(high)}{behind}"


def number(value: Fraction | None) -> str:
    """A number as an author would write it."""
    return "" if value is None else f"{float(value):g}"
