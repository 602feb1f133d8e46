"""CDS510: a list of what is not known, in a text that does not say so."""

import pytest

from cds.authoring.doubts_said import check_doubts_said
from tests.rules.judge.telling import rule, ruleset

DEFINITIONS = {
    "k": {"latest": "lab", "in": "potassium"},
    "high": {"value": "k", "is": "above 5 mmol/L"},
    "ordered": {"any": "order"},
    "open": {"any-of": ["unknown high", "missing k"]},
    "risk": {"any-of": ["high", "unknown high"]},
}


def told(detail: str) -> list[str]:
    read = ruleset(DEFINITIONS, {"r": rule(["ordered"], card={"detail": detail})})
    return [found.message.split(" ")[0] for found in check_doubts_said(read)]


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("Risks: {risk.unknown}", ["{risk.unknown}"]),
        ("Risks: {open.holding}", ["{open.holding}"]),
        ("Nothing is known.\nRisks: {risk.holding}, {open.holding}", ["{open.holding}"]),
        ("Not known: {risk.unknown}", []),
        ("{open.holding}: not recorded", []),
        ("Incomplete: {open.holding}", []),
        ("Risks: {risk.holding}, {high.holding}", []),
    ],
)
def test_which_lists_need_a_word(text, lists):
    assert told(text) == lists
