"""Topic by topic: the function that says whether a case leaves an open gap."""

from tests.oracles.chronic import a1c, eyes, kidneys, pressure
from tests.oracles.courses import bones, discharge, memory, stimulants
from tests.oracles.habits import depression, tobacco
from tests.oracles.hearts import coronary_without_blocker, failing_without_blocker, inhibitor
from tests.oracles.infections import cold, sore_throat
from tests.oracles.medicines import high_risk
from tests.oracles.screening import breast, cervix, chlamydia, colon, falls, hiv, prediabetes
from tests.oracles.statin import statin
from tests.oracles.stroke import stroke
from tests.oracles.vaccines import vaccines
from tests.oracles.vitals import body_mass, child_weight, pressure_plan

MEASURES = {
    "breast-cancer-screening": breast,
    "cervical-cancer-screening": cervix,
    "colorectal-cancer-screening": colon,
    "chlamydia-screening": chlamydia,
    "hiv-screening-once": hiv,
    "prediabetes-screening": prediabetes,
    "statin-cvd-prevention": statin,
    "high-risk-meds-elderly": high_risk,
    "diabetes-a1c-poor-control": a1c,
    "diabetes-eye-exam": eyes,
    "diabetes-kidney-evaluation": kidneys,
    "hypertension-control": pressure,
    "falls-screening": falls,
    "stroke-af-anticoagulation": stroke,
    "childhood-immunization-status": vaccines,
    "bp-screening-follow-up": pressure_plan,
    "bmi-screening-follow-up": body_mass,
    "child-weight-counselling": child_weight,
    "tobacco-screening-cessation": tobacco,
    "depression-screening-follow-up": depression,
    "hf-acei-arb-arni": inhibitor,
    "hf-beta-blocker": failing_without_blocker,
    "cad-beta-blocker": coronary_without_blocker,
    "antibiotic-pharyngitis-test": sore_throat,
    "antibiotic-uri-avoidance": cold,
    "adt-bone-density": bones,
    "dementia-cognitive-assessment": memory,
    "adhd-medication-follow-up": stimulants,
    "opioid-concurrent-discharge": discharge,
}
