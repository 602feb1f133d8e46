"""Stroke risk in atrial fibrillation: CHA2DS2-VASc, and CHA2DS2-VA, which leaves sex out.

Sources: Lip GYH et al. Chest 2010;137:263-272, doi 10.1378/chest.09-1584. 2023 ACC/AHA/ACCP/HRS guideline for atrial
fibrillation. Circulation 2024;149:e1-e156, doi 10.1161/CIR.0000000000001193.
Valid: adults with atrial fibrillation, which the ruleset has to ask for.
Points: heart failure, hypertension, diabetes, vascular disease, female 1 each; stroke 2; age 1 from 65 and 2 from 75.
Units: age in completed years; result in points, 0 to 9 (CHA2DS2-VA: 0 to 8). An unknown condition widens the result
from none to all of its points, so what is known may already reach a limit.
"""

from collections.abc import Mapping

from cds.formulas.formula import TRUTH, WORD, Formula, Given, Input, at_least, between
from cds.formulas.points import Points, if_holds, of_bands, steps, total
from cds.units.quantity import Interval

_AGE_BANDS = steps(0, ("65", 1), ("75", 2))
_POINTS = {"heart-failure": 1, "hypertension": 1, "diabetes": 1, "stroke": 2, "vascular-disease": 1}


def _parts(given: Given) -> list[Points]:
    conditions = [if_holds(given.truths[name], points) for name, points in _POINTS.items()]
    return [of_bands(given.numbers["age"], _AGE_BANDS), *conditions]


def _evaluate_without_sex(given: Given) -> Interval:
    return total(_parts(given))


def _evaluate(given: Given) -> Interval:
    is_female = frozenset({given.words["sex"] == "female"})
    return total([*_parts(given), if_holds(is_female)])


_SEX = {"sex": Input(WORD, "sex for clinical use", words=frozenset({"female", "male"}))}
_INPUTS: Mapping[str, Input] = {
    "age": Input("a", "completed years", valid=at_least(18)),
    "heart-failure": Input(TRUTH, "heart failure, or an ejection fraction of at most 40 %"),
    "hypertension": Input(TRUTH, "hypertension"),
    "diabetes": Input(TRUTH, "diabetes"),
    "stroke": Input(TRUTH, "earlier stroke, transient ischaemic attack or systemic embolism"),
    "vascular-disease": Input(TRUTH, "earlier myocardial infarction, peripheral artery disease or aortic plaque"),
}

CHA2DS2_VASC = Formula(
    name="cha2ds2-vasc",
    title="CHA2DS2-VASc",
    inputs={**_INPUTS, **_SEX},
    unit="1",
    range=between(0, 9),
    source="https://doi.org/10.1378/chest.09-1584",
    evaluate=_evaluate,
)
CHA2DS2_VA = Formula(
    name="cha2ds2-va",
    title="CHA2DS2-VA",
    inputs=_INPUTS,
    unit="1",
    range=between(0, 8),
    source="https://doi.org/10.1378/chest.09-1584",
    evaluate=_evaluate_without_sex,
)
