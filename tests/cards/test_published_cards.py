"""Every card that a published case shows: valid CDS Hooks, valid FHIR R4, short enough, with its own ids."""

import itertools
import re

import pytest
from fhir.resources.R4B import get_fhir_model_class

from cds.hooks.response_check import check_response
from tests.cards.cases import cards, worded
from tests.published.judging import judge_of

CASES = [pytest.param(run, findings, id=name) for name, run, findings in worded()]


def test_every_published_rule_shows_its_card_in_some_case():
    """Else what follows would say nothing about it."""
    shown = {(finding.pinned, finding.rule) for _, _, findings in worded() for finding in findings}
    rulesets = {name.partition(":")[0] for name, _, _ in worded()}
    for address in rulesets:
        ruleset = judge_of(*address.split("@")).ruleset
        assert {rule.id for rule in ruleset.rules} == {rule for pinned, rule in shown if pinned == ruleset.pinned}


def test_the_cards_of_every_case_are_valid_cds_hooks_with_feedback():
    wrong = {
        name: found
        for name, run, findings in worded()
        if (found := check_response({"cards": cards(run, findings)}, feedback=True))
    }
    assert wrong == {}


def resources():
    for name, run, findings in worded():
        for card in cards(run, findings):
            for suggestion in card.get("suggestions", []):
                yield from ((name, action) for action in suggestion["actions"] if action["type"] != "delete")


def test_every_suggested_resource_is_valid_fhir_r4_and_about_this_patient():
    made = list(resources())
    assert made
    for name, action in made:
        resource = action["resource"]
        model = get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        whom = model.for_fhir if resource["resourceType"] == "Task" else model.subject
        assert whom.reference.startswith("Patient/"), name
        assert model.status, name


def test_a_created_request_is_a_draft_proposal_of_the_moment_of_decision():
    created = [action["resource"] for _, action in resources() if action["type"] == "create"]
    assert created
    for resource in created:
        if resource["resourceType"] in ("MedicationRequest", "ServiceRequest"):
            assert (resource["status"], resource["intent"]) == ("draft", "proposal")
            assert resource["authoredOn"]


@pytest.mark.parametrize(("run", "findings"), CASES)
def test_a_card_says_enough_and_not_too_much(run, findings):
    built = cards(run, findings)
    for card in built:
        assert 0 < len(card["summary"]) < 140
        assert card["source"]["label"]
        assert card["links"]
        assert "{" not in card["summary"] + card["detail"]
        for suggestion in card.get("suggestions", []):
            assert suggestion["actions"]
    weights = [["critical", "warning", "info"].index(card["indicator"]) for card in built]
    assert weights == sorted(weights)
    ids = [card["uuid"] for card in built] + [s["uuid"] for card in built for s in card.get("suggestions", [])]
    assert len(ids) == len(set(ids))
    recommended = [[s["isRecommended"] for s in c.get("suggestions", [])].count(True) for c in built]
    assert [
        n for c, n in zip(built, recommended, strict=True) if c.get("selectionBehavior") == "at-most-one" and n > 1
    ] == []


def test_an_identical_retry_gets_identical_ids_and_any_other_request_does_not():
    _, run, findings = worded()[0]
    first, again, other = (cards(run, findings, key) for key in ("one", "one", "two"))
    assert first == again
    assert {card["uuid"] for card in first}.isdisjoint(card["uuid"] for card in other)


LISTED = re.compile(r"\s*[-*+] ")


@pytest.mark.requirement("CARD-06")
@pytest.mark.parametrize(("run", "findings"), CASES)
def test_each_list_of_a_card_is_one_for_renderers_older_than_commonmark_too(run, findings):
    """They want an empty line before it, or a heading; else its lines run on in the paragraph above."""
    for card in cards(run, findings):
        lines = card["detail"].split("\n")
        begun = [above for above, line in itertools.pairwise(lines) if LISTED.match(line) and not LISTED.match(above)]
        assert begun
        assert [above for above in begun if above and not above.startswith("#")] == []
