"""The most paracetamol and ibuprofen that a child may be given by mouth, in one dose and in a day.

Source: US OTC monograph and label, BNFc conventions (not retrieved; confirm before use in care).
Paracetamol: 15 mg/kg a dose, at most 1 g; 75 mg/kg a day (60 mg/kg below 3 months), at most 4 g.
Ibuprofen: 10 mg/kg a dose, at most 400 mg; 40 mg/kg a day, at most 1200 mg; none below 6 months.
Valid: by mouth. Paracetamol under 12 weeks needs a prescriber's direction, which the ruleset has to say. Without
``age`` the ceilings are those of weight alone; an age that is not known gives none.
Units: weight kg, age in completed months (``patient.age-in-months``: completed years do not do); results mg and mg/d.
Reaching a ceiling is allowed, passing it is not.
"""

from collections.abc import Callable
from fractions import Fraction

from cds.formulas.equation import monotone
from cds.formulas.formula import FAILS, Formula, Given, Input, Numbers, above, at_least
from cds.formulas.points import lies_in
from cds.units.quantity import Interval

_UNDER_3_MONTHS = Interval(None, Fraction(3), high_open=True)
_SOURCE = "US OTC monograph and label; BNFc conventions"
_WEIGHT = Input("kg", "body weight", valid=above(0))
_AGE = "completed months; left out: by weight alone"


def _ceiling(per_kg: int, most: int) -> Callable[[Given], Interval]:
    return lambda given: _at_most(given.numbers["weight"], Interval.exactly(per_kg), most)


def _at_most(weight: Interval, per_kg: Interval, most: int) -> Interval:
    def ceiling(numbers: Numbers) -> Fraction:
        return min(numbers["per-kg"] * numbers["weight"], Fraction(most))

    limit = monotone(ceiling, {"weight": weight, "per-kg": per_kg})
    return Interval(limit.low, limit.high)  # from some weight on it rises no more: the bounds are reached


def _paracetamol_daily(given: Given) -> Interval:
    young = lies_in(given.numbers["age"], _UNDER_3_MONTHS) if "age" in given.numbers else FAILS
    per_kg = [Fraction(60 if under_3_months else 75) for under_3_months in young]
    return _at_most(given.numbers["weight"], Interval(min(per_kg), max(per_kg)), 4000)


def _paracetamol(name: str, title: str, unit: str, most: int, evaluate: Callable[[Given], Interval]) -> Formula:
    inputs = {"weight": _WEIGHT, "age": Input("mo", _AGE, essential=False, valid=at_least(0))}
    return Formula(name, title, inputs, unit, Interval(Fraction(0), Fraction(most), low_open=True), _SOURCE, evaluate)


def _ibuprofen(name: str, title: str, unit: str, most: int, evaluate: Callable[[Given], Interval]) -> Formula:
    inputs = {"weight": _WEIGHT, "age": Input("mo", _AGE, essential=False, valid=at_least(6))}
    return Formula(name, title, inputs, unit, Interval(Fraction(0), Fraction(most), low_open=True), _SOURCE, evaluate)


PARACETAMOL_SINGLE = _paracetamol(
    "paracetamol-single-ceiling", "most paracetamol in one dose", "mg", 1000, _ceiling(15, 1000)
)
PARACETAMOL_DAILY = _paracetamol(
    "paracetamol-daily-ceiling", "most paracetamol in a day", "mg/d", 4000, _paracetamol_daily
)
IBUPROFEN_SINGLE = _ibuprofen("ibuprofen-single-ceiling", "most ibuprofen in one dose", "mg", 400, _ceiling(10, 400))
IBUPROFEN_DAILY = _ibuprofen("ibuprofen-daily-ceiling", "most ibuprofen in a day", "mg/d", 1200, _ceiling(40, 1200))
