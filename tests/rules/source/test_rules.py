# ruff: noqa: E501 -- one mistake a line reads best
"""Rules, applies and cards as read: every mistake with its place, its words and its hint."""

import pytest

from cds.rules.definition import Entry
from cds.rules.ruleset import Note
from tests.rules.source.written import RULESET, assert_told, changed, read

DOUBLE = "  double:\n    for-each: twice\n    when: [twice]"
REMOVE = "- {label: Remove the order, recommended: yes, remove: opioid}"
MISTAKES = [
    ("CDS201", "  double:\n", "  §Double:\n", "cannot be the name of a rule", "small letters"),
    ("CDS202", "  double:\n", "  §now:\n", "a word of the language", ""),
    ("CDS101", "    for-each: twice\n", "    for-each: twice\n    §if: [adult]\n", 'the rule "double" has no key "if"', ""),
    ("CDS110", DOUBLE, "  single: §nothing\n" + DOUBLE, 'the rule "single" must be a table', "key: value"),
    ("CDS112", "    when: [twice]", "    when: §[]", "when is an empty list", ""),
    ("CDS113", "indicator: critical", "indicator: §hard-stop", 'indicator cannot be "hard-stop"', "critical, info, warning"),
    ("CDS113", "    unless: [haemolysed]\n    unless-unknown: fire", "    unless: [haemolysed]\n    unless-unknown: §silent",
     'unless-unknown cannot be "silent"', "stay-silent"),
    ("CDS113", "when-unknown: stay-silent}", "when-unknown: §fire}", 'when-unknown cannot be "fire"', "stay-silent"),
    ("CDS101", "        indicator: critical", "        §icon: x\n        indicator: critical", 'card has no key "icon"', ""),
    ("CDS112", "        evidence: [label]", "        evidence: §[]", "evidence is an empty list", ""),
    ("CDS110", "[{label: Remove it, remove: it.first}]", "§{label: Remove it, remove: it.first}", "must be a list", "hyphen"),
    ("CDS125", REMOVE, "- §{label: Remove the order}", "does exactly one thing", "remove, stop, replace or create"),
    ("CDS125", REMOVE, "- §{label: Remove, remove: opioid, stop: diuretic}", "exactly one thing", "remove, stop, replace or create"),
    ("CDS109", REMOVE, "- §{remove: opioid}", 'a suggestion needs the key "label"', ""),
    ("CDS113", "recommended: yes, remove", "recommended: §true, remove", 'recommended cannot be "true"', "no, yes"),
    ("CDS110", REMOVE, "- {label: Order, create: §ServiceRequest}", "create must be a FHIR resource", ""),
    ("CDS101", REMOVE, "- {label: Replace, remove: opioid, §sett: {a: b}}", 'a suggestion has no key "sett"', "set"),
    ("CDS109", '- {when: [diuretic], text: "In use: {diuretic}."}', "- §{when: [diuretic]}", 'a note needs the key "text"', ""),
    ("CDS110", "notes:\n          - {when: [diuretic], text: \"In use: {diuretic}.\"}", "notes: §{text: none}", "notes must be", "hyphen"),
    ("CDS203", "when: [diuretic], text", "when: [§no such diuretic], text", "not an entry of a list", "one prefix word"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "old", "new", "gist", "hint"), MISTAKES)
def test_a_mistake_in_a_rule_is_told_with_its_place(code, old, new, gist, hint):
    assert_told(code, old, new, gist, hint)


@pytest.mark.parametrize("key", ["indicator: critical", 'summary: "Potassium {latest-k}"', "evidence: [label]"])
def test_a_card_needs_indicator_summary_and_evidence_and_says_so_at_the_card(key):
    _, problems = read(changed(f"        {key}\n", ""))
    name = key.partition(":")[0]
    assert [(p.code, p.location.line, p.location.column) for p in problems] == [("CDS109", 55, 9)]
    assert f'card needs the key "{name}"' in problems[0].message


def test_a_rule_needs_its_conditions_and_its_card():
    _, problems = read(changed("    when: [opioid, k-high]\n", ""))
    assert [(p.code, p.location.line) for p in problems] == [("CDS109", 49)]
    assert 'the rule "too-high" needs the key "when"' in problems[0].message
    _, problems = read(
        changed("    when: [twice]\n", "    when: [twice]\n    unused: x\n").replace(
            "    then: {card: {indicator: warning", "    thenn: {card: {indicator: warning"
        )
    )
    assert {p.code for p in problems} == {"CDS101", "CDS109"}


def test_a_ruleset_without_rules_is_refused():
    text = RULESET[: RULESET.index("rules:\n")] + "rules: {}\n"
    ruleset, problems = read(text)
    assert ruleset is None
    assert [(p.code, p.location.line, p.location.column) for p in problems] == [("CDS112", 47, 8)]


def rules():
    ruleset, problems = read(RULESET)
    assert problems == []
    return {rule.id: rule for rule in ruleset.rules}, ruleset.applies


def test_a_rule_reads_as_written():
    rule = rules()[0]["too-high"]
    assert rule.when == (Entry("opioid"), Entry("k-high"))
    assert rule.unless == (Entry("haemolysed"),)
    assert (rule.family, rule.for_each, rule.hooks, rule.unless_unknown) == ("potassium", "", frozenset(), "fire")
    card = rule.card
    assert (card.indicator, card.evidence, card.override_reasons) == ("critical", ("label",), ("patient-declined",))
    assert (card.choose, card.summary) == ("at-most-one", "Potassium {latest-k}")
    (note,) = card.notes
    assert note == Note("In use: {diuretic}.", (Entry("diuretic"),), (), note.location)
    (suggestion,) = card.suggestions
    assert (suggestion.kind, suggestion.target, suggestion.recommended) == ("remove", "opioid", True)


def test_applies_reads_as_written():
    applies = rules()[1]
    assert (applies.when, applies.unless) == ((Entry("adult"),), (Entry("hospice-care"),))
    assert (applies.unless_unknown, applies.when_unknown) == ("fire", "stay-silent")


def test_a_template_keeps_its_texts():
    create = "- {label: Order, create: {resourceType: ServiceRequest, code: {coding: [{code: 007, active: no}]}}}"
    ruleset, problems = read(changed(REMOVE, create))
    assert problems == []
    (suggestion,) = ruleset.rules[0].card.suggestions
    assert suggestion.resource == {
        "resourceType": "ServiceRequest",
        "code": {"coding": [{"code": "007", "active": "no"}]},
    }
