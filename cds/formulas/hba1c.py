"""Haemoglobin A1c of the IFCC (mmol/mol) in the per cent of the NGSP, by the master equation.

Source: NGSP/IFCC master equation, NGSP = 0.09148 x IFCC + 2.152.
Valid: haemoglobin A1c only. It is an equation and no change of unit: mmol/mol is not a tenth of a per cent.
Units: hba1c mmol/mol; result %.
"""

from fractions import Fraction

from cds.formulas.equation import monotone
from cds.formulas.formula import Formula, Given, Input, Numbers, above, between
from cds.units.quantity import Interval


def _ngsp(numbers: Numbers) -> Fraction:
    return Fraction("0.09148") * numbers["hba1c"] + Fraction("2.152")


def _evaluate(given: Given) -> Interval:
    return monotone(_ngsp, given.numbers)


HBA1C_NGSP = Formula(
    name="hba1c-ngsp",
    title="haemoglobin A1c in per cent (NGSP)",
    inputs={"hba1c": Input("mmol/mol", "haemoglobin A1c as the IFCC reports it", valid=above(0))},
    unit="%",
    range=between(0, 100),
    source="NGSP/IFCC master equation",
    evaluate=_evaluate,
)
