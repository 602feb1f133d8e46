"""An exact interval with a unit: what a measurement, a dose or a limit is, once read.

Numbers are :class:`fractions.Fraction`: a dose of 10 mg three times in 24 hours, or a third of a tablet,
must not land on the wrong side of a limit by rounding.
"""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Interval:
    """All the values a number may have. ``None`` means unbounded on that side; a bound is included unless open."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def exactly(cls, value: Fraction | int) -> "Interval":
        """The interval of width 0 at ``value``."""
        number = Fraction(value)
        return cls(number, number)

    @property
    def is_exact(self) -> bool:
        """True when there is one possible value."""
        return self.low is not None and self.low == self.high

    def scaled(self, factor: Fraction) -> "Interval":
        """Every value times a factor above 0."""
        return Interval(
            None if self.low is None else self.low * factor,
            None if self.high is None else self.high * factor,
            self.low_open,
            self.high_open,
        )

    def plus(self, other: "Interval") -> "Interval":
        """The interval of all sums."""
        return Interval(
            None if self.low is None or other.low is None else self.low + other.low,
            None if self.high is None or other.high is None else self.high + other.high,
            self.low_open or other.low_open,
            self.high_open or other.high_open,
        )


@dataclass(frozen=True, slots=True)
class Quantity:
    """An interval in a UCUM unit (canonical code; ``"1"`` for counts, scores and pure numbers)."""

    interval: Interval
    unit: str


@dataclass(frozen=True, slots=True)
class Unconvertible:
    """Why a quantity cannot be had in the unit asked for; no number follows from it."""

    reason: str
