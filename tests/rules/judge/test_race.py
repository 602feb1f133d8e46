"""``patient.race``: what is recorded by code decides; in words alone, or not told by the patient, it is not known."""

import pytest

from tests.rules.judge.telling import ruleset, verdicts

URL = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
OMB = "urn:oid:2.16.840.1.113883.6.238"
BLACK = {"url": "ombCategory", "valueCoding": {"system": OMB, "code": "2054-5"}}
WHITE = {"url": "ombCategory", "valueCoding": {"system": OMB, "code": "2106-3"}}
REFUSED = {"url": "ombCategory", "valueCoding": {"system": "http://hl7.org/fhir/v3/NullFlavor", "code": "ASKU"}}
WORDS = {"url": "text", "valueString": "Black"}
SETS = {"african-american": {OMB: {"2054-5": "Black or African American"}}}
DEFINITIONS = {
    "by-set": {"value": "patient.race", "in": ["african-american"]},
    "by-word": {"value": "patient.race", "in": ["2054-5"]},
    "or-not": {"value": "patient.race", "in": ["2054-5"], "if-absent": "fails"},
}


def recorded(*parts):
    return {"extension": [{"url": URL, "extension": list(parts)}]} if parts else {}


@pytest.mark.parametrize(
    ("parts", "verdict", "or_not"),
    [
        ((BLACK, WORDS), "holds", "holds"),
        ((WHITE,), "fails", "fails"),
        ((BLACK, WHITE), "holds", "holds"),
        ((WORDS,), "unknown", "unknown"),
        ((REFUSED, WORDS), "unknown", "unknown"),
        ((), "unknown", "fails"),
    ],
)
def test_a_race_is_compared_by_its_code(parts, verdict, or_not):
    told = ruleset(DEFINITIONS, value_sets=SETS)
    judging = verdicts(told, person=recorded(*parts)).judging
    assert [judging.truth(name).value for name in DEFINITIONS] == [verdict, verdict, or_not]
