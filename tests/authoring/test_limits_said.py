"""Limits in the texts of cards: told where the text names the test and tells another number, and nowhere else."""

from dataclasses import replace

import pytest

from cds.authoring.limits_said import check_limits_said
from cds.rules.catalog.load import load_catalog
from cds.rules.source.read import read_ruleset
from tests.health.problem_pages import REASONS, ROOT, RULESET, laid_over

FRAGMENT = """\
definitions:
  high:
    says: Potassium above 5.0
    value: latest-potassium
    is: above 5.0 mmol/L
  very-high:
    says: Potassium above 6.0
    value: latest-potassium
    is: above 6.0 mmol/L
rules:
  raised:
    family: potassium
    when: [high]
    when-unknown: stay-silent
    then:
      card:
        indicator: info
        summary: Potassium is high
        detail: "TEXT"
        evidence: [label]
  worse:
    family: potassium
    when: [very-high]
    when-unknown: stay-silent
    then:
      card:
        indicator: info
        summary: Potassium is high
        evidence: [label]
"""


def told(text):
    whole = laid_over(RULESET, FRAGMENT.replace("TEXT", text))
    ruleset, problems = read_ruleset(whole.encode(), "ruleset.yaml", {}.get, REASONS)
    assert ruleset is not None, problems
    return [problem.message.partition(",")[0] for problem in check_limits_said(ruleset)]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("Potassium above 5.5.", "above 5.5"),
        ("The potassium of this patient is above 5.5 mmol/L, stop it.", "above 5.5 mmol/L"),
        ("It harms above 5.5 mmol/L.", "above 5.5 mmol/L"),  # the unit tells
        ("Stop it.\\n\\nPotassium (newest) over 4.9", "over 4.9"),
        ("Potassium at least 5", None),
        ("Potassium above 5.0, and of above 6 worse", None),  # the other tier
        ("Potassium above {potassium-limit}", None),
        ("Potassium above 5.5 mg/dL", None),  # another unit
        ("Begin only with an eGFR above 30", None),
        ("Potassium is high. Calcium below 2.1 is another matter", None),
        ("Potassium, measured at least 3 days before", None),
        ("Potassium above 5.0-5.5", None),
    ],
)
def test_a_limit_that_the_rule_does_not_test_is_told(text, limit):
    assert told(text) == ([f'the text says "{limit}"'] if limit else [])


def test_the_published_rulesets_are_let_be_and_a_slip_in_one_of_them_is_told():
    catalog, _ = load_catalog(ROOT / "rulesets", "hyperkalaemia")
    (newest, *_) = catalog.versions["hyperkalaemia"]
    assert list(check_limits_said(newest)) == []
    slipped = [
        replace(rule, card=replace(rule.card, detail=rule.card.detail.replace("above 5.5 mmol/L", "above 5.7 mmol/L")))
        for rule in newest.rules
    ]
    problems = list(check_limits_said(replace(newest, rules=tuple(slipped))))
    assert problems
    assert {problem.severity for problem in problems} == {"warning"}
