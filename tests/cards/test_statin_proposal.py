"""Atorvastatin is proposed only where what speaks against it was looked for and not found."""

from pathlib import Path

import pytest

from cds.authoring.cases import expand
from cds.decisions.decide import decide
from tests.cards.cases import cards
from tests.published.judging import judge_of, override_reasons, record_of

VERSION = "1.1.0"
FILE = Path(__file__).parents[2] / f"rulesets/statin-primary-prevention/{VERSION}/cases/second-reading.yaml"


@pytest.mark.parametrize(
    ("case", "proposed"),
    [
        ("all is known, nothing speaks against a statin", ["617310"]),
        ("medications not supplied", []),
        ("conditions not supplied", []),
        ("a pregnancy test of last week whose answer is not in a known code, a woman of 48", []),
    ],
)
def test_a_statin_is_proposed_only_where_nothing_that_speaks_against_it_is_unknown(case, proposed):
    (run,) = (each for each in expand(FILE)[0] if each.name == case)
    judge = judge_of(run.ruleset, VERSION)
    findings = decide(record_of(run, judge), judge.plan, run.moment, override_reasons()).findings
    (card,) = cards(run, findings)
    drugs = [
        action["resource"]["medicationCodeableConcept"]["coding"][0]["code"]
        for suggestion in card.get("suggestions", [])
        for action in suggestion["actions"]
    ]
    assert drugs == proposed
