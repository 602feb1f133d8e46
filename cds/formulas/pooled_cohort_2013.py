"""Ten-year risk of a first atherosclerotic event, Pooled Cohort Equations 2013.

Source: Goff DC et al. 2013 ACC/AHA guideline on the assessment of cardiovascular risk. Circulation 2014;129(25 Suppl
2):S49-73, doi 10.1161/01.cir.0000437741.48606.98, with the coefficients of its table (three decimals).
Valid: from 40 to 79 years, total cholesterol 130 to 320, HDL 20 to 100, systolic pressure 90 to 200; never clamped.
No known atherosclerotic disease, which the ruleset has to exclude. ``black`` means African American alone; the
equation "white" is, as published, for all others: a ruleset that takes it for an unrecorded race has to say so.
Units: cholesterol mg/dL (mmol/L with the molar mass of the value set), pressure mm[Hg], age in completed years;
result in %. Compared unrounded. The published coefficients of more decimals give up to 0.03 points less or more.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import exp, log

from cds.formulas.equation import hull
from cds.formulas.formula import TRUTH, WORD, Formula, Given, Input, Numbers, between
from cds.units.quantity import Interval


@dataclass(frozen=True, slots=True)
class _Coefficients:
    """Of one of the four equations; ``x`` stands for the product with the logarithm of age."""

    age: float
    age_squared: float
    total: float
    age_x_total: float
    hdl: float
    age_x_hdl: float
    treated: float
    age_x_treated: float
    untreated: float
    age_x_untreated: float
    smoker: float
    age_x_smoker: float
    diabetes: float
    mean: float
    survival: float


_WHITE_WOMAN = _Coefficients(
    -29.799, 4.884, 13.54, -3.114, -13.578, 3.149, 2.019, 0, 1.957, 0, 7.574, -1.665, 0.661, -29.18, 0.9665
)  # fmt: skip
_BLACK_WOMAN = _Coefficients(
    17.114, 0, 0.94, 0, -18.92, 4.475, 29.291, -6.432, 27.82, -6.087, 0.691, 0, 0.874, 86.61, 0.9533
)  # fmt: skip
_WHITE_MAN = _Coefficients(
    12.344, 0, 11.853, -2.664, -7.99, 1.769, 1.797, 0, 1.764, 0, 7.837, -1.795, 0.658, 61.18, 0.9144
)  # fmt: skip
_BLACK_MAN = _Coefficients(2.469, 0, 0.302, 0, -0.307, 0, 1.916, 0, 1.809, 0, 0.549, 0, 0.645, 19.54, 0.8954)
#: sex: (all others, black)
_BY_SEX = {"female": (_WHITE_WOMAN, _BLACK_WOMAN), "male": (_WHITE_MAN, _BLACK_MAN)}


def _evaluate(given: Given) -> Interval:
    equations = _BY_SEX[given.words["sex"]]

    def risk(numbers: Numbers) -> Fraction:
        return _risk(equations[int(numbers["black"])], numbers)

    # With each input but age the sum rises or falls on its whole range; with age it may bend, so each year is asked.
    return hull(risk, given, whole=("age",))


def _risk(by: _Coefficients, numbers: Numbers) -> Fraction:
    age, total, hdl, pressure = (
        log(numbers[name]) for name in ("age", "total-cholesterol", "hdl-cholesterol", "systolic-pressure")
    )
    on_treatment = (by.treated, by.age_x_treated)
    slope, slope_x_age = on_treatment if numbers["treated"] else (by.untreated, by.age_x_untreated)
    total_of_terms = (
        by.age * age
        + by.age_squared * age**2
        + (by.total + by.age_x_total * age) * total
        + (by.hdl + by.age_x_hdl * age) * hdl
        + (slope + slope_x_age * age) * pressure
        + (by.smoker + by.age_x_smoker * age) * float(numbers["smoker"])
        + by.diabetes * float(numbers["diabetes"])
    )
    return Fraction(100 * (1 - by.survival ** exp(total_of_terms - by.mean)))


POOLED_COHORT_2013 = Formula(
    name="pooled-cohort-2013",
    title="ten-year ASCVD risk by the Pooled Cohort Equations",
    inputs={
        "age": Input("a", "completed years", valid=between(40, 79)),
        "sex": Input(WORD, "sex for clinical use", words=frozenset(_BY_SEX)),
        "black": Input(TRUTH, "recorded as Black or African American, and as nothing else"),
        "total-cholesterol": Input("mg/dL", "total cholesterol", valid=between(130, 320)),
        "hdl-cholesterol": Input("mg/dL", "HDL cholesterol", valid=between(20, 100)),
        "systolic-pressure": Input("mm[Hg]", "systolic blood pressure", valid=between(90, 200)),
        "treated": Input(TRUTH, "on an antihypertensive drug"),
        "smoker": Input(TRUTH, "current smoker"),
        "diabetes": Input(TRUTH, "diabetes"),
    },
    unit="%",
    range=between(0, 100),
    source="https://doi.org/10.1161/01.cir.0000437741.48606.98",
    evaluate=_evaluate,
)
