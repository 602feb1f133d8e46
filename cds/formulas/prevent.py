"""Ten-year risk of atherosclerotic events, AHA PREVENT (base model).

Source: Khan SS et al. Development and validation of the American Heart Association PREVENT equations. Circulation
2024;149:430-449, doi 10.1161/CIRCULATIONAHA.123.067626.
Valid: from 30 to 79 years, total cholesterol 130 to 320, HDL 20 to 100, systolic pressure 90 to 180, eGFR 15 to 140;
never clamped. No known atherosclerotic disease, which the ruleset has to exclude. Limits written for the Pooled Cohort
Equations (7.5 and 10 %) do not apply to this risk, which runs at roughly half of theirs.
Units: cholesterol mg/dL (mmol/L with the molar mass of the value set), pressure mm[Hg], eGFR by CKD-EPI 2021, age in
completed years; result in %. Compared unrounded.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import exp

from cds.formulas.equation import hull
from cds.formulas.formula import TRUTH, WORD, Formula, Given, Input, Numbers, between
from cds.units.quantity import Interval

_FEMALE = {
    "age": 0.719883,
    "non-hdl": 0.1176967,
    "hdl": -0.151185,
    "pressure below 110": -0.0835358,
    "pressure from 110": 0.3592852,
    "diabetes": 0.8348585,
    "smoker": 0.4831078,
    "egfr below 60": 0.4864619,
    "egfr from 60": 0.0397779,
    "treated": 0.2265309,
    "statin": -0.0592374,
    "treated x pressure from 110": -0.0395762,
    "statin x non-hdl": 0.0844423,
    "age x non-hdl": -0.0567839,
    "age x hdl": 0.0325692,
    "age x pressure from 110": -0.1035985,
    "age x diabetes": -0.2417542,
    "age x smoker": -0.0791142,
    "age x egfr below 60": -0.1671492,
    "constant": -3.819975,
}
_MALE = {
    "age": 0.7099847,
    "non-hdl": 0.1658663,
    "hdl": -0.1144285,
    "pressure below 110": -0.2837212,
    "pressure from 110": 0.3239977,
    "diabetes": 0.7189597,
    "smoker": 0.3956973,
    "egfr below 60": 0.3690075,
    "egfr from 60": 0.0203619,
    "treated": 0.2036522,
    "statin": -0.0865581,
    "treated x pressure from 110": -0.0322916,
    "statin x non-hdl": 0.114563,
    "age x non-hdl": -0.0300005,
    "age x hdl": 0.0232747,
    "age x pressure from 110": -0.0927024,
    "age x diabetes": -0.2018525,
    "age x smoker": -0.0970527,
    "age x egfr below 60": -0.1217081,
    "constant": -3.500655,
}
_BY_SEX: Mapping[str, Mapping[str, float]] = {"female": _FEMALE, "male": _MALE}
_TO_MMOL = 0.02586  # mg/dL of cholesterol to mmol/L, as the equations were fitted


def _evaluate(given: Given) -> Interval:
    coefficients = _BY_SEX[given.words["sex"]]

    def risk(numbers: Numbers) -> Fraction:
        odds = exp(sum(coefficients[term] * value for term, value in _terms(numbers).items()))
        return Fraction(100 * odds / (1 + odds))

    # The sum is straight in each input, but for the two points where pressure and eGFR change their slope.
    return hull(risk, given, turns={"systolic-pressure": (110,), "egfr": (60,)})


def _terms(numbers: Numbers) -> Mapping[str, float]:
    age = (float(numbers["age"] // 1) - 55) / 10  # completed years
    total, hdl_mg = float(numbers["total-cholesterol"]), float(numbers["hdl-cholesterol"])
    pressure, egfr = float(numbers["systolic-pressure"]), float(numbers["egfr"])
    non_hdl = (total - hdl_mg) * _TO_MMOL - 3.5
    hdl = (hdl_mg * _TO_MMOL - 1.3) / 0.3
    from_110 = (max(pressure, 110.0) - 130) / 20
    below_60 = (min(egfr, 60.0) - 60) / -15
    treated, statin, diabetes, smoker = (float(numbers[name]) for name in ("treated", "statin", "diabetes", "smoker"))
    return {
        "age": age,
        "non-hdl": non_hdl,
        "hdl": hdl,
        "pressure below 110": (min(pressure, 110.0) - 110) / 20,
        "pressure from 110": from_110,
        "diabetes": diabetes,
        "smoker": smoker,
        "egfr below 60": below_60,
        "egfr from 60": (max(egfr, 60.0) - 90) / -15,
        "treated": treated,
        "statin": statin,
        "treated x pressure from 110": treated * from_110,
        "statin x non-hdl": statin * non_hdl,
        "age x non-hdl": age * non_hdl,
        "age x hdl": age * hdl,
        "age x pressure from 110": age * from_110,
        "age x diabetes": age * diabetes,
        "age x smoker": age * smoker,
        "age x egfr below 60": age * below_60,
        "constant": 1.0,
    }


PREVENT_ASCVD = Formula(
    name="prevent-ascvd-10-year",
    title="ten-year ASCVD risk by AHA PREVENT, base model",
    inputs={
        "age": Input("a", "completed years", valid=between(30, 79)),
        "sex": Input(WORD, "sex for clinical use", words=frozenset(_BY_SEX)),
        "total-cholesterol": Input("mg/dL", "total cholesterol", valid=between(130, 320)),
        "hdl-cholesterol": Input("mg/dL", "HDL cholesterol", valid=between(20, 100)),
        "systolic-pressure": Input("mm[Hg]", "systolic blood pressure", valid=between(90, 180)),
        "egfr": Input("mL/min/{1.73_m2}", "eGFR by CKD-EPI 2021", valid=between(15, 140)),
        "treated": Input(TRUTH, "on an antihypertensive drug"),
        "statin": Input(TRUTH, "on a statin"),
        "diabetes": Input(TRUTH, "diabetes"),
        "smoker": Input(TRUTH, "current smoker"),
    },
    unit="%",
    range=between(0, 100),
    source="https://doi.org/10.1161/CIRCULATIONAHA.123.067626",
    evaluate=_evaluate,
)
