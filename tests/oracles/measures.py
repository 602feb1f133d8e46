"""Topic by topic: the function that says whether a case leaves an open gap."""

from tests.oracles.chronic import a1c, eyes, kidneys, pressure
from tests.oracles.medicines import high_risk
from tests.oracles.screening import breast, cervix, chlamydia, colon, falls, hiv, prediabetes
from tests.oracles.statin import statin
from tests.oracles.stroke import stroke
from tests.oracles.vaccines import vaccines

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
}
