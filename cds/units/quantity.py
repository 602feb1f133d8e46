"""An exact interval with a unit: what a measurement, a dose or a limit is, once read.

Numbers are :class:`fractions.Fraction`: a dose of 10 mg three times in 24 hours, or a third of a tablet,
must not land on the wrong side of a limit by rounding.
"""

from fractions import Fraction

from cds.frozen import value


@value()
class Interval:
    """All the values a number may have. ``None`` means unbounded on that side; a bound is included unless open."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def exactly(cls, value: Fraction | int) -> "Interval":
        """The interval of width 0 at ``value``."""
        number = value if isinstance(value, Fraction) else Fraction(value)
        return cls(number, number)

    @property
    def is_exact(self) -> bool:
        """True when there is one possible value."""
        return self.low is not None and (self.low is self.high or self.low == self.high)

    def scaled(self, factor: Fraction) -> "Interval":
        """Every value times a factor above 0."""
        low = None if self.low is None else self.low * factor
        if self.high is self.low:
            return Interval(low, low, self.low_open, self.high_open)
        return Interval(low, None if self.high is None else self.high * factor, self.low_open, self.high_open)

    def plus(self, other: "Interval") -> "Interval":
        """The interval of all sums."""
        low = None if self.low is None or other.low is None else self.low + other.low
        is_narrow = self.low is self.high and other.low is other.high
        high = low if is_narrow else None if self.high is None or other.high is None else self.high + other.high
        return Interval(low, high, self.low_open or other.low_open, self.high_open or other.high_open)

    def share_of(self, whole: "Interval") -> "Interval | None":
        """Every value in percent of every value of ``whole``; ``None`` where either may be below 0.

        A whole that may be 0 leaves the share open upward.
        """
        if self.low is None or self.low < 0 or whole.low is None or whole.low < 0:
            return None
        low = Fraction(0) if whole.high is None else self.low * 100 / whole.high
        high = None if self.high is None or whole.low == 0 else self.high * 100 / whole.low
        return Interval(low, high, self.low_open or whole.high_open, self.high_open or whole.low_open)

    def covers(self, other: "Interval") -> bool:
        """True if every value of the other lies in this one."""
        low_inside = self.low is None or (
            other.low is not None
            and (other.low > self.low or (other.low == self.low and (not self.low_open or other.low_open)))
        )
        high_inside = self.high is None or (
            other.high is not None
            and (other.high < self.high or (other.high == self.high and (not self.high_open or other.high_open)))
        )
        return low_inside and high_inside

    def meets(self, other: "Interval") -> bool:
        """True if some value lies in both."""
        return not (_ends_before(self, other) or _ends_before(other, self))

    def to_steps(self, size: Fraction) -> "Interval":
        """Every value rounded to whole steps, half away from zero; its bounds are then values that it may have."""
        return Interval(
            None if self.low is None else _to_steps(self.low, size),
            None if self.high is None else _to_steps(self.high, size),
        )


def _ends_before(one: Interval, other: Interval) -> bool:
    if one.high is None or other.low is None:
        return False
    return one.high < other.low or (one.high == other.low and (one.high_open or other.low_open))


def _to_steps(number: Fraction, size: Fraction) -> Fraction:
    steps = abs(number) / size + Fraction(1, 2)
    return (size * (steps.numerator // steps.denominator)) * (-1 if number < 0 else 1)


@value()
class Quantity:
    """An interval in a UCUM unit (canonical code; ``"1"`` for counts, scores and pure numbers)."""

    interval: Interval
    unit: str


@value()
class Unconvertible:
    """Why a quantity cannot be had in the unit asked for; no number follows from it."""

    reason: str
