"""The most of a drug in a day that its US label gives by creatinine clearance, or by weight when that is below 30.

Source: labels of Neurontin (2.3), Lyrica (2.3) and Lovenox (2.3), as the clinical dossier gives them (topic 06); the
sections were not opened (confirm before use in care). Band edges are ambiguous in print and chosen here:
Gabapentin: 3600 from 60, 1400 from 30, 700 above 15; from 15 down 20 mg for each mL/min (300 at 15).
Pregabalin: 600 from 60, 300 from 30, 150 from 15, 75 below.
Enoxaparin, treatment, clearance below 30 (which the ruleset has to ask for): 1 mg/kg.
Valid: immediate release, by mouth (gabapentin, pregabalin); not on dialysis.
Units: clearance mL/min by Cockcroft and Gault, weight kg; result mg/d. Reaching a ceiling is allowed.
"""

from collections.abc import Callable
from fractions import Fraction

from cds.formulas.equation import monotone
from cds.formulas.formula import Formula, Given, Input, Numbers, above
from cds.units.quantity import Interval

_SOURCE = "US labels, as the clinical dossier gives them (topic 06)"
_CLEARANCE = {"clearance": Input("mL/min", "creatinine clearance by Cockcroft and Gault", valid=above(0))}
_WEIGHT = {"weight": Input("kg", "actual body weight", valid=above(0))}


def _gabapentin(clearance: Fraction) -> Fraction:
    if clearance <= 15:
        return 20 * clearance
    return Fraction(3600 if clearance >= 60 else 1400 if clearance >= 30 else 700)


def _pregabalin(clearance: Fraction) -> Fraction:
    return Fraction(600 if clearance >= 60 else 300 if clearance >= 30 else 150 if clearance >= 15 else 75)


def _by_clearance(ceiling: Callable[[Fraction], Fraction], most: int) -> Callable[[Given], Interval]:
    def of(numbers: Numbers) -> Fraction:
        return ceiling(numbers["clearance"])

    def evaluate(given: Given) -> Interval:
        limit = monotone(of, given.numbers)
        # It rises in steps, so its bounds are reached, and from 60 on it rises no more.
        return Interval(limit.low, Fraction(most) if limit.high is None else limit.high)

    return evaluate


def _up_to(most: int, low: int = 0) -> Interval:
    return Interval(Fraction(low), Fraction(most), low_open=low == 0)


GABAPENTIN_DAILY = Formula(
    name="gabapentin-daily-ceiling",
    title="most gabapentin in a day by creatinine clearance",
    inputs=_CLEARANCE,
    unit="mg/d",
    range=_up_to(3600),
    source=_SOURCE,
    evaluate=_by_clearance(_gabapentin, 3600),
)
PREGABALIN_DAILY = Formula(
    name="pregabalin-daily-ceiling",
    title="most pregabalin in a day by creatinine clearance",
    inputs=_CLEARANCE,
    unit="mg/d",
    range=_up_to(600, 75),
    source=_SOURCE,
    evaluate=_by_clearance(_pregabalin, 600),
)
ENOXAPARIN_DAILY = Formula(
    name="enoxaparin-reduced-ceiling",
    title="most enoxaparin in a day for treatment at a creatinine clearance below 30",
    inputs=_WEIGHT,
    unit="mg/d",
    range=above(0),
    source=_SOURCE,
    evaluate=lambda given: given.numbers["weight"],
)
