"""Codes that cannot be, codes that stand on both sides of a distinction, and molar masses that nobody can check."""

import pytest

from tests.rules.analysis.analysed import codes, found
from tests.rules.judge.telling import rule

STROKE = {"says": "A stroke is on record", "any": "condition", "in": "stroke"}
HEART = {"says": "A vascular problem is on record", "any": "condition", "in": "vascular"}
SETS = {
    "vascular": {"snomed": {"230690007": "stroke", "22298006": "myocardial infarction"}},
    "heart-attack": {"snomed": {"22298006": "myocardial infarction"}},
    "mass": {"loinc": {"2823-3": "potassium"}, "molar-mass": "39.098 g/mol"},
}
SCORE = {"says": "Points", "score": {"struck": "1", "vessel": "1"}}
PAIR = {"says": "Two problems", "pair": ["struck", "vessel"]}
BOTH = {"struck": STROKE, "vessel": HEART}


@pytest.mark.parametrize(
    ("definitions", "rules"),
    [
        ({**BOTH, "risk": SCORE}, {"r": rule(["known risk"])}),
        ({**BOTH, "two": PAIR}, {"r": rule(["two"])}),
        (BOTH, {"r": rule(["vessel"], ["struck"])}),
        (BOTH, {"r": rule(["vessel", "not struck"])}),
    ],
)
def test_one_record_on_both_sides_of_a_distinction_is_told(definitions, rules):
    told = [p for p in found(definitions, rules, value_sets=SETS) if p.code == "CDS229"]
    assert [problem.severity for problem in told] == ["warning"]
    assert "230690007 (stroke)" in told[0].message
    apart = {**definitions, "vessel": {**HEART, "in": "heart-attack"}}
    assert "CDS229" not in codes(apart, rules, value_sets=SETS)


@pytest.mark.parametrize("more", [{"not-in": "stroke"}, {"within": "1 year"}, {"status": "resolved"}])
def test_value_sets_that_another_filter_tells_apart_may_share_codes(more):
    definitions = {**BOTH, "vessel": {**HEART, **more}}
    assert "CDS229" not in codes(definitions, {"r": rule(["vessel"], ["struck"])}, value_sets=SETS)


def test_a_molar_mass_without_a_source_stops_a_draft_and_is_told_of_what_is_published():
    heavy = {"k": {"says": "Most recent potassium", "latest": "lab", "in": "mass"}}
    for status, severity in (("draft", "error"), ("published", "advice")):
        told = [p for p in found(heavy, {"r": rule(["known k"])}, value_sets=SETS, status=status) if p.code == "CDS235"]
        assert [problem.severity for problem in told] == [severity]
    sourced = {**SETS, "mass": {**SETS["mass"], "molar-mass-source": "IUPAC 2021"}}
    assert "CDS235" not in codes(heavy, {"r": rule(["known k"])}, value_sets=sourced, status="draft")
