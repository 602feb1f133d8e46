"""Creatinine clearance by Cockcroft and Gault.

Source: Cockcroft DW, Gault MH. Prediction of creatinine clearance from serum creatinine. Nephron 1976;16:31-41.
Valid: from 18 years (and below 140, where the equation reaches 0); actual body weight unless the drug label says
otherwise, which the ruleset has to say.
Units: creatinine mg/dL, weight kg, age in completed years; result mL/min, which is not mL/min/{1.73_m2}: an eGFR
limit may not be tested with it. Compared unrounded.
"""

from fractions import Fraction

from cds.formulas.equation import monotone
from cds.formulas.formula import WORD, Formula, Given, Input, Numbers, above
from cds.units.quantity import Interval

_FACTORS = {"female": Fraction("0.85"), "male": Fraction(1)}


def _evaluate(given: Given) -> Interval:
    factor = _FACTORS[given.words["sex"]]

    def clearance(numbers: Numbers) -> Fraction:
        years = numbers["age"] // 1  # completed years
        return (140 - years) * numbers["weight"] / (72 * numbers["creatinine"]) * factor

    return monotone(clearance, given.numbers, falling=frozenset({"creatinine", "age"}))


COCKCROFT_GAULT = Formula(
    name="cockcroft-gault",
    title="creatinine clearance by Cockcroft and Gault",
    inputs={
        "creatinine": Input("mg/dL", "serum creatinine", valid=above(0)),
        "weight": Input("kg", "body weight, the one that the drug label means", valid=above(0)),
        "age": Input("a", "completed years", valid=Interval(Fraction(18), Fraction(140), high_open=True)),
        "sex": Input(WORD, "sex for clinical use", words=frozenset(_FACTORS)),
    },
    unit="mL/min",
    range=above(0),
    source="Nephron 1976;16:31-41",
    evaluate=_evaluate,
)
