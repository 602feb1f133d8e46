"""Before a version is published: what its cards would send is valid CDS Hooks and FHIR R4, at its extremes."""

import pytest

from cds.authoring.card_check import check_cards
from tests.published.judging import RULESETS, judge_of, override_reasons
from tests.rules.judge.telling import rule, ruleset

ORDERED = {"ordered": {"any": "order", "in": ["warfarin"]}}
VERSIONS = sorted((file.parents[1].name, file.parent.name) for file in RULESETS.glob("*/[0-9]*/ruleset.yaml"))


def wrong(then=None, card=None, **more):
    told = ruleset(ORDERED, {"r": rule(["ordered"], then=then or {}, card=card or {})}, **more)
    return [(problem.code, problem.message) for problem in check_cards(told, {"declined": "Declined"})]


def creating(**resource):
    return {"suggestions": [{"label": "Do it", "create": {"resourceType": "ServiceRequest", **resource}}]}


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_a_shipped_version_would_send_nothing_invalid(name, version):
    assert [str(problem) for problem in check_cards(judge_of(name, version).ruleset, override_reasons())] == []


def test_what_is_valid_gives_no_problem():
    assert wrong({**creating(priority="stat"), "override-reasons": ["declined"]}) == []


@pytest.mark.parametrize(
    ("resource", "gist"),
    [
        ({"urgency": "stat"}, "urgency"),
        ({"code": "INR"}, "code"),
        ({"code": {"coding": {"code": "34714-6"}}}, "coding"),
        ({"quantityQuantity": {"value": "many"}}, "quantityQuantity"),
        ({"resourceType": "LabOrder"}, "resourceType is not a resource"),
        ({"resourceType": "Bundle"}, "type"),
    ],
)
def test_a_template_that_is_no_fhir_r4_is_told_with_its_element(resource, gist):
    found = wrong(creating(**resource))
    assert found
    assert {code for code, _ in found} == {"CDS506"}
    assert any("Do it" in message and gist in message for _, message in found)


@pytest.mark.parametrize(
    "concept",
    [
        {"text": "ibuprofen"},
        {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "5640"}]},
        {"text": "ibuprofen", "coding": [{"display": "ibuprofen"}]},
    ],
)
def test_a_medication_that_clients_would_drop_is_told(concept):
    found = wrong(creating(resourceType="MedicationRequest", medicationCodeableConcept=concept))
    (message,) = (message for _, message in found)
    assert message.endswith("medicationCodeableConcept needs text and coding[0].code, or clients drop it")


def test_a_system_action_is_checked_as_a_suggestion_is():
    actions = [{"description": "Do it", "create": {"resourceType": "ServiceRequest", "urgency": "stat"}}]
    assert [code for code, _ in wrong({"system-actions": actions})] == ["CDS506"]


def test_a_detail_with_html_that_could_act_is_told():
    (found,) = wrong(card={"detail": "See <script>alert(1)</script>"})
    assert found[0] == "CDS506"
    assert "CARD-15" in found[1]
