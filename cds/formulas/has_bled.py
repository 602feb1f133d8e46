"""Bleeding risk under anticoagulation: HAS-BLED.

Source: Pisters R et al. A novel user-friendly score (HAS-BLED). Chest 2010;138:1093-1100, doi 10.1378/chest.10-0134.
Valid: atrial fibrillation, on or considered for anticoagulation, which the ruleset has to ask for.
Points: one for each; drugs and alcohol are a point each; age counts above 65, so 65 itself does not.
Units: age in completed years; result in points, 0 to 9. An unknown part widens the result from 0 to 1 of its own.
"""

from cds.formulas.formula import TRUTH, Formula, Given, Input, above, at_least, between
from cds.formulas.points import if_holds, lies_in, total
from cds.units.quantity import Interval


def _evaluate(given: Given) -> Interval:
    parts = [*given.truths.values(), lies_in(given.numbers["age"], above(65))]
    return total(if_holds(part) for part in parts)


HAS_BLED = Formula(
    name="has-bled",
    title="HAS-BLED",
    inputs={
        "uncontrolled-hypertension": Input(TRUTH, "systolic blood pressure above 160 mm[Hg]"),
        "renal": Input(TRUTH, "dialysis, transplant, or creatinine above 2.26 mg/dL (200 umol/L)"),
        "liver": Input(TRUTH, "cirrhosis, or bilirubin above twice with AST, ALT or ALP above three times the normal"),
        "stroke": Input(TRUTH, "earlier stroke"),
        "bleeding": Input(TRUTH, "major bleeding, or a predisposition such as anaemia"),
        "labile-inr": Input(TRUTH, "on warfarin with less than 60 % of the time in range"),
        "age": Input("a", "completed years", valid=at_least(18)),
        "drugs": Input(TRUTH, "an antiplatelet drug or an NSAID"),
        "alcohol": Input(TRUTH, "at least 8 alcoholic drinks a week"),
    },
    unit="1",
    range=between(0, 9),
    source="https://doi.org/10.1378/chest.10-0134",
    evaluate=_evaluate,
)
