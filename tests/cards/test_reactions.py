"""What allergies did stands on a card in the words of the record, and only of allergies can it be asked."""

import pytest

from cds.cards.finding import word_finding
from tests.patients import allergy
from tests.rules.judge.telling import problems, rule, ruleset, verdicts

DEFINITIONS = {"allergic": {"any": "allergy", "in": ["warfarin"]}, "taken": {"any": "medication", "in": ["warfarin"]}}
CARD = {"summary": "Did: {allergic.reaction}", "detail": "It did {allergic.reaction}.\nEnd."}
SNOMED = "http://snomed.info/sct"


def shown(*manifestations):
    told = ruleset(DEFINITIONS, {"r": rule(["allergic"], card=CARD)})
    reaction = {"reaction": [{"manifestation": [each]} for each in manifestations]} if manifestations else {}
    found = verdicts(told, allergy(rxnorm="11289", more=reaction))
    (verdict,) = [v for v in found.rules if v.outcome == "fires"]
    return word_finding(found.judging, verdict, {}).card


@pytest.mark.parametrize(
    ("manifestations", "words"),
    [
        ([{"text": "whole body rash"}], "whole body rash"),
        ([{"coding": [{"system": SNOMED, "code": "1", "display": "Hives"}]}], "Hives"),
        ([{"coding": [{"system": SNOMED, "code": "230690007"}]}], "stroke"),  # named by a value set of the ruleset
        ([{"text": "rash"}, {"text": "rash"}, {"text": "wheeze"}], "rash, wheeze"),
        ([{"text": "x" * 60}], "x" * 39 + "…"),
    ],
)
def test_a_reaction_is_told_in_the_words_of_the_record(manifestations, words):
    assert shown(*manifestations)["summary"] == f"Did: {words}"


def test_no_reaction_is_no_line_and_never_an_empty_one():
    made = shown()
    assert made["detail"].startswith("End.")
    assert made["summary"] == "Did: see details"


def test_only_allergies_have_reactions():
    card = {"summary": "Did: {taken.reaction}"}
    assert problems(DEFINITIONS, {"r": rule(["taken"], card=card)}) == ["CDS503"]
