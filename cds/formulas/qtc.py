"""The QT interval corrected for heart rate, by Bazett and by Fridericia.

Sources: Bazett HC 1920 (square root), Fridericia LS 1920 (cube root); textbook equations.
Valid: sinus rhythm and a QRS below 120 ms, which the ruleset has to ask for. Bazett corrects too much at fast rates and
too little at slow ones.
Units: QT ms, heart rate /min; result ms. Compared unrounded.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import cbrt, sqrt

from cds.formulas.equation import monotone
from cds.formulas.formula import Formula, Given, Input, Numbers, above
from cds.units.quantity import Interval


def _corrected_by(root: Callable[[float], float]) -> Callable[[Given], Interval]:
    def corrected(numbers: Numbers) -> Fraction:
        return Fraction(float(numbers["qt"]) / root(float(60 / numbers["heart-rate"])))

    def evaluate(given: Given) -> Interval:
        return monotone(corrected, given.numbers)

    return evaluate


_INPUTS: Mapping[str, Input] = {
    "qt": Input("ms", "measured QT interval", valid=above(0)),
    "heart-rate": Input("/min", "heart rate of the same tracing", valid=above(0)),
}

QTC_BAZETT = Formula(
    "qtc-bazett", "QTc by Bazett", _INPUTS, "ms", above(0), "Bazett 1920", _corrected_by(sqrt)
)  # fmt: skip
QTC_FRIDERICIA = Formula(
    "qtc-fridericia", "QTc by Fridericia", _INPUTS, "ms", above(0), "Fridericia 1920", _corrected_by(cbrt)
)
