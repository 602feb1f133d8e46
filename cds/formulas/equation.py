"""Equations over intervals: the smallest interval that holds every result, worked out at the ends of the inputs.

Under the formulas that are equations. An equation that rises or falls with each input has its ends where the inputs
have theirs (:func:`monotone`); one that bends or turns within a range is asked at every end and every turning point
(:func:`hull`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product

from cds.formulas.formula import Given, Intervals, Numbers
from cds.units.quantity import Interval

#: The equation at one point: inputs in their units, truths as 1 (holds) and 0 (fails).
Equation = Callable[[Numbers], Fraction]


def monotone(equation: Equation, numbers: Intervals, falling: frozenset[str] = frozenset()) -> Interval:
    """The results of an equation that, all else equal, falls strictly with the inputs named and rises with the others.

    Unbounded where an input is unbounded on the side that matters, open where the bound of an input is open.
    """
    low, low_open = _corner(equation, numbers, falling, upper=False)
    if all(interval.is_exact for interval in numbers.values()):
        return Interval(low, low)
    high, high_open = _corner(equation, numbers, falling, upper=True)
    return Interval(low, high, low_open, high_open)


def _corner(
    equation: Equation, numbers: Intervals, falling: frozenset[str], *, upper: bool
) -> tuple[Fraction | None, bool]:
    point: dict[str, Fraction] = {}
    is_open = False
    for name, interval in numbers.items():
        takes_high = upper != (name in falling)
        bound = interval.high if takes_high else interval.low
        if bound is None:
            return None, False
        point[name] = bound
        is_open = is_open or (interval.high_open if takes_high else interval.low_open)
    return equation(point), is_open


def hull(
    equation: Equation,
    given: Given,
    *,
    turns: Mapping[str, Sequence[int]] | None = None,
    whole: Iterable[str] = (),
) -> Interval:
    """The range of an equation whose extremes lie at ends of its inputs, or where it turns; bounds are included.

    turns: points inside an input's range at which the equation may change its direction with that input.
    whole: inputs of which every whole number counts (ages in completed years), so that any bend is followed.
    Every number must be bounded on both sides: a valid range sees to that.
    """
    points = {
        name: _every_whole(interval) if name in whole else _ends(interval, (turns or {}).get(name, ()))
        for name, interval in given.numbers.items()
    }
    points |= {name: [Fraction(truth) for truth in possible] for name, possible in given.truths.items()}
    results = [equation(dict(zip(points, point, strict=True))) for point in product(*points.values())]
    return Interval(min(results), max(results))


def _ends(interval: Interval, turns: Sequence[int]) -> list[Fraction]:
    low, high = _bounds(interval)
    inside = [Fraction(turn) for turn in turns if low < turn < high]
    return list(dict.fromkeys((low, *inside, high)))


def _every_whole(interval: Interval) -> list[Fraction]:
    low, high = _bounds(interval)
    return [Fraction(number) for number in range(low // 1, high // 1 + 1)]


def _bounds(interval: Interval) -> tuple[Fraction, Fraction]:
    if interval.low is None or interval.high is None:
        raise ValueError("an input without bounds: its formula needs a valid range")
    return interval.low, interval.high
