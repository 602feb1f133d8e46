"""``average``: the mean of the values that pass. A value that may or may not pass moves it both ways."""

from collections.abc import Iterable
from fractions import Fraction

from cds.facts.dates import Span
from cds.facts.fact import Fact
from cds.rules.definition import Source
from cds.rules.judge.measuring import first_unit, known, measured_in
from cds.rules.judge.values import NOTHING, Number, Unclear, unclear
from cds.rules.judge.verdicts import Verdicts
from cds.units.quantity import Interval, Quantity


def average(judging: Verdicts, source: Source, sure: list[Fact], possible: list[Fact], more: tuple[str, ...]) -> Number:
    """The mean; unclear with a value that cannot be read, or with others that nobody has seen."""
    if not (sure or possible or more):
        return NOTHING
    unit = first_unit(judging, sure)
    if more or unit is None:
        return unclear(*(more or ("uncertain",)), facts=(*sure, *possible), maybe_more=bool(more))
    certain, perhaps = ([measured_in(judging, source, fact, unit) for fact in facts] for facts in (sure, possible))
    for value in (*certain, *perhaps):
        if isinstance(value, Unclear):
            return value
    ranges = [value.interval for value in certain if isinstance(value, Quantity)]
    others = [value.interval for value in perhaps if isinstance(value, Quantity)]
    low = _mean([i.low for i in ranges], [i.low for i in others], -1)
    high = _mean([i.high for i in ranges], [i.high for i in others], 1)
    return known(judging, source, Quantity(Interval(low, high), unit), sure, _when(sure))


def _mean(certain: list[Fraction | None], perhaps: list[Fraction | None], way: int) -> Fraction | None:
    """The lowest (way -1) or highest mean, with those of the others that move it that way; None if unbounded."""
    total, number = Fraction(0), 0
    for value in certain:
        if value is None:
            return None
        total, number = total + value, number + 1
    if any(value is None for value in perhaps):
        return None
    for value in sorted((value for value in perhaps if value is not None), reverse=way > 0):
        if (value * number - total) * way > 0:
            total, number = total + value, number + 1
    return total / number


def _when(facts: Iterable[Fact]) -> Span | None:
    """The day of the values, if all are of one."""
    spans = [fact.when for fact in facts]
    days = {day for span in spans if span is not None for day in (span.first_day, span.last_day)}
    return spans[0] if len(days) == 1 and None not in spans else None
