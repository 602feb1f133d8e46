"""eGFR from creatinine, CKD-EPI 2021 (race-free).

Source: Inker LA et al. New creatinine- and cystatin C-based equations to estimate GFR without race.
N Engl J Med 2021;385:1737-1749, doi 10.1056/NEJMoa2102953.
Valid: from 18 years, steady-state creatinine (IDMS-traceable); not in pregnancy, acute kidney injury, dialysis or
extremes of muscle mass, which the ruleset has to exclude: this module sees three inputs only.
Units: creatinine mg/dL, age in completed years; result mL/min/{1.73_m2}, which is not mL/min: no label limit
written as creatinine clearance may be tested with it. Compared unrounded: 29.94 is below 30.
"""

from fractions import Fraction

from cds.formulas.equation import monotone
from cds.formulas.formula import WORD, Formula, Given, Input, Numbers, above, at_least
from cds.units.quantity import Interval

#: sex: (kappa, alpha, factor)
_BY_SEX = {"female": (0.7, -0.241, 1.012), "male": (0.9, -0.302, 1.0)}


def _evaluate(given: Given) -> Interval:
    kappa, alpha, factor = _BY_SEX[given.words["sex"]]

    def egfr(numbers: Numbers) -> Fraction:
        ratio = float(numbers["creatinine"]) / kappa
        years = numbers["age"] // 1  # completed years
        return Fraction(142 * min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.2 * 0.9938**years * factor)

    return monotone(egfr, given.numbers, falling=frozenset({"creatinine", "age"}))


CKD_EPI_2021 = Formula(
    name="ckd-epi-2021",
    title="eGFR by CKD-EPI 2021 (creatinine)",
    inputs={
        "creatinine": Input("mg/dL", "serum creatinine, IDMS-traceable", valid=above(0)),
        "age": Input("a", "completed years", valid=at_least(18)),
        "sex": Input(WORD, "sex for clinical use", words=frozenset(_BY_SEX)),
    },
    unit="mL/min/{1.73_m2}",
    range=above(0),
    source="https://doi.org/10.1056/NEJMoa2102953",
    evaluate=_evaluate,
)
