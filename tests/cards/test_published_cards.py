"""Every card that a published case shows: valid CDS Hooks, valid FHIR R4, short enough, with its own ids."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from cds.hooks.response_check import check_response
from tests.cards.cases import VERSIONS, Worded, cards, worded
from tests.published.judging import judge_of

LISTED = re.compile(r"\s*[-*+] ")


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda folder: f"{folder.parent.name}@{folder.name}")
def version(request) -> tuple[Path, Worded]:
    """A version, and those of its cases that show a card. Of the module: all that is asked of one is asked together."""
    return request.param, worded(request.param)


@pytest.fixture
def shown(version) -> Worded:
    return version[1]


def test_every_published_rule_shows_its_card_in_some_case(version):
    """Else what follows would say nothing about it."""
    folder, told = version
    ruleset = judge_of(folder.parent.name, folder.name).ruleset
    assert {rule.id for rule in ruleset.rules} == {finding.rule for _, findings in told for finding in findings}


def test_the_cards_of_every_case_are_valid_cds_hooks_with_feedback(shown):
    answers = [(run.location, {"cards": cards(run, findings)}) for run, findings in shown]
    assert [(at, wrong) for at, answer in answers if (wrong := check_response(answer, feedback=True))] == []


def actions(shown: Worded) -> Iterator[tuple[str, dict[str, Any]]]:
    for run, findings in shown:
        for card in cards(run, findings):
            for suggestion in card.get("suggestions", []):
                yield from ((str(run.location), action) for action in suggestion["actions"])


def test_every_suggested_resource_is_valid_fhir_r4_and_about_this_patient(shown):
    for case, action in actions(shown):
        if action["type"] != "delete":
            resource = action["resource"]
            model = get_fhir_model_class(resource["resourceType"]).model_validate(resource)
            whom = model.for_fhir if resource["resourceType"] == "Task" else model.subject
            assert whom.reference.startswith("Patient/"), case
            assert model.status, case


def test_a_created_request_is_a_draft_proposal_of_the_moment_of_decision(shown):
    for case, action in actions(shown):
        resource = action.get("resource", {})
        if action["type"] == "create" and resource["resourceType"] in ("MedicationRequest", "ServiceRequest"):
            assert (resource["status"], resource["intent"]) == ("draft", "proposal"), case
            assert resource["authoredOn"], case


def test_suggestions_of_every_kind_are_among_them():
    """Else the two above would say nothing."""
    offering = (folder for folder in VERSIONS if folder.parent.name == "warfarin-nsaid")
    kinds = {action["type"] for folder in offering for _, action in actions(worded(folder))}
    assert {"create", "delete"} <= kinds


def test_a_card_says_enough_and_not_too_much(shown):
    for run, findings in shown:
        check_card_texts(cards(run, findings), f"{run.location}: {run.name}")


def check_card_texts(built: list[dict[str, Any]], case: str) -> None:
    for card in built:
        assert 0 < len(card["summary"]) < 140, case
        assert card["source"]["label"], case
        assert card["links"], case
        assert "{" not in card["summary"] + card["detail"], case
        for suggestion in card.get("suggestions", []):
            assert suggestion["actions"], case
    weights = [["critical", "warning", "info"].index(card["indicator"]) for card in built]
    assert weights == sorted(weights), case
    ids = [card["uuid"] for card in built] + [s["uuid"] for card in built for s in card.get("suggestions", [])]
    assert len(ids) == len(set(ids)), case
    for card in built:
        recommended = [suggestion["isRecommended"] for suggestion in card.get("suggestions", [])].count(True)
        assert card.get("selectionBehavior") != "at-most-one" or recommended <= 1, case


def test_an_identical_retry_gets_identical_ids_and_any_other_request_does_not(shown):
    run, findings = shown[0]
    first, again, other = (cards(run, findings, key) for key in ("one", "one", "two"))
    assert first == again
    assert {card["uuid"] for card in first}.isdisjoint(card["uuid"] for card in other)


@pytest.mark.requirement("CARD-06")
def test_each_list_of_a_card_is_one_for_renderers_older_than_commonmark_too(shown):
    """They want an empty line before it, or a heading; else its lines run on in the paragraph above."""
    for run, findings in shown:
        for card in cards(run, findings):
            lines = card["detail"].split("\n")
            begun = [
                above for above, line in itertools.pairwise(lines) if LISTED.match(line) and not LISTED.match(above)
            ]
            assert begun, run.location
            assert [above for above in begun if above and not above.startswith("#")] == [], run.location
