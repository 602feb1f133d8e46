"""Scores: points for truths that hold and for the band in which a number lies. What is not known gives a range."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from cds.formulas.formula import Possible
from cds.units.quantity import Interval


@dataclass(frozen=True, slots=True)
class Points:
    """The fewest and the most points that a part of a score may give."""

    fewest: int
    most: int


#: Bands that cover the line, each with its points.
Bands = tuple[tuple[Interval, int], ...]


def if_holds(possible: Possible, points: int = 1) -> Points:
    """The points of a truth: all, none, or from none to all."""
    return _spanning(points if truth else 0 for truth in possible)


def lies_in(number: Interval, band: Interval) -> Possible:
    """Whether a number lies in a band: it does, it does not, or it may."""
    may = {True: band.meets(number), False: not band.covers(number)}
    return frozenset(truth for truth, possible in may.items() if possible)


def of_bands(number: Interval, bands: Bands) -> Points:
    """The points of the bands that a number may lie in."""
    return _spanning(points for band, points in bands if band.meets(number))


def one_of(parts: Iterable[Points]) -> Points:
    """The points of one of these, and nobody knows which."""
    return _spanning(end for part in parts for end in (part.fewest, part.most))


def _spanning(points: Iterable[int]) -> Points:
    ordered = sorted(points)
    return Points(ordered[0], ordered[-1])


def total(parts: Iterable[Points]) -> Interval:
    """The sum of the points."""
    every = list(parts)
    return Interval(Fraction(sum(part.fewest for part in every)), Fraction(sum(part.most for part in every)))


def highest(parts: Iterable[Points]) -> Interval:
    """The most points that a single part has."""
    every = list(parts)
    return Interval(Fraction(max(part.fewest for part in every)), Fraction(max(part.most for part in every)))


def steps(lowest: int, *onwards: tuple[str, int]) -> Bands:
    """``lowest`` points below the first bound, then the points that each bound begins: ``steps(3, ("9", 1))``."""
    bounds = [Fraction(bound) for bound, _ in onwards]
    points = [lowest, *(of for _, of in onwards)]
    return tuple(
        (Interval(low, high, high_open=high is not None), of)
        for low, high, of in zip([None, *bounds], [*bounds, None], points, strict=True)
    )
