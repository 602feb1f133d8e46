# ruff: noqa: E501 -- one mistake a line reads best
"""What can be known wrong about rules before any patient is seen: names, hooks, policies, evidence, reasons."""

import pytest

from tests.rules.source.written import RULESET, assert_told, changed, read

MISTAKES = [
    ("CDS205", "when: [opioid, k-high]", "when: [opioid, §k-hihg]", 'no definition is called "k-hihg"', '"k-high"?'),
    ("CDS205", "when: [opioid, k-high]", "when: [opioid, §it]", 'no definition is called "it"', ""),
    ("CDS205", "when: [adult], unless: [hosp", "when: [§adults], unless: [hosp", '"adults"', 'did you mean "adult"?'),
    ("CDS228", "override-reasons: [patient-declined]", "override-reasons: §[patient-declind]",
     'no override reason has the code "patient-declind"', 'did you mean "patient-declined"?'),
    ("CDS303", "        evidence: [label]", "        evidence: §[labels]", 'no evidence is called "labels"', '"label"?'),
    ("CDS410", "when: [opioid, k-high]", "when: [opioid, §latest-k]", '"latest-k" is a number', "give it `is:`"),
    ("CDS414", "when: [opioid, unknown k-high]", "when: [opioid, unknown k-high, §missing diuretic]", "missing", ""),
    ("CDS460", "unless: [hospice-care], unless-unknown: fire", "unless: [§hospice-care]", 'applies has "unless"', "fire"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "old", "new", "gist", "hint"), MISTAKES)
def test_a_mistake_between_rules_and_names_is_told_with_its_place(code, old, new, gist, hint):
    assert_told(code, old, new, gist, hint)


@pytest.mark.parametrize(
    ("code", "old", "new", "gist", "hint"),
    [
        ("CDS207", "  double:\n", "  §double:\n    hooks: [patient-view]\n", 'answers at "patient-view"', ""),
        ("CDS205", "  double:\n    for-each: twice\n", "  §double:\n    for-each: twise\n", '"twise"', '"twice"?'),
        ("CDS205", "  double:\n", "  §double:\n    despite: [adlut]\n", 'applies has no "adlut"', ""),
        ("CDS208", "  double:\n", "  §double:\n    when-unknown: singel\n", 'names no rule: "singel"', "one of: double"),
        ("CDS460", "  too-high:\n    family: potassium\n    when: [opioid, k-high]\n    unless: [haemolysed]\n    unless-unknown: fire\n",
         "  §too-high:\n    family: potassium\n    when: [opioid, k-high]\n    unless: [haemolysed]\n", '"unless" is unknown', "stay-silent"),
        ("CDS204", "  double:\n", "  §twice:\n", '"twice" is already the name of a definition', ""),
    ],
)  # fmt: skip
def test_a_mistake_of_a_whole_rule_is_told_at_its_name(code, old, new, gist, hint):
    assert_told(code, old, new, gist, hint)


def test_a_rule_is_judged_for_each_fact_of_a_finder_only():
    _, problems = read(changed("    for-each: twice\n    when: [twice]", "    for-each: mme\n    when: [adult]"))
    assert [(p.code, p.message) for p in problems] == [("CDS413", '"for-each" needs a finder, and "mme" is none')]


def test_every_it_of_a_rule_about_the_patient_is_told():
    _, problems = read(changed("    for-each: twice\n    when: [twice]", "    when: [twice]"))
    assert [(p.code, p.message.split()[0]) for p in problems] == [("CDS231", "{it}"), ("CDS231", '"it"')]


def test_a_rule_of_which_nobody_would_hear_is_told_once_per_rule():
    text = changed("unless-unknown: fire, when-unknown: stay-silent}", "unless-unknown: fire}")
    _, problems = read(text)
    assert [(p.code, p.location.line) for p in problems] == [("CDS461", 68)]
    assert 'the conditions of "double" are unknown' in problems[0].message
    assert "a tier of its family with `unknown x`" in problems[0].hint


def test_a_tier_of_the_family_that_asks_for_doubt_speaks_for_the_others():
    text = changed("unless-unknown: fire, when-unknown: stay-silent}", "unless-unknown: fire}")
    _, problems = read(changed("when: [opioid, unknown k-high]", "when: [opioid, not k-high]", text))
    assert [p.location.line for p in problems if p.code == "CDS461"] == [48, 64, 68]


def test_a_doubt_inside_a_definition_does_not_count_and_that_is_said():
    text = changed("unless-unknown: fire, when-unknown: stay-silent}", "unless-unknown: fire}")
    text = changed("when: [opioid, unknown k-high]", "when: [opioid, in-doubt]", text)
    text = changed(
        "definitions:\n", "definitions:\n  in-doubt:\n    says: In doubt\n    any-of: [unknown k-high]\n", text
    )
    hints = [p.hint for p in read(text)[1] if p.code == "CDS461"]
    asking = ['"in-doubt" asks inside itself, which does not count' in hint for hint in hints]
    assert asking == [True, True, False]  # the third stands in no family


def test_a_suggestion_names_a_finder():
    _, problems = read(changed("remove: opioid}", "remove: k-high}"))
    assert [(p.code, p.message) for p in problems] == [("CDS205", '"k-high" is not a finder')]
    _, problems = read(changed("remove: opioid}", "remove: it}"))
    assert [(p.code, p.message) for p in problems] == [("CDS231", '"it" needs a rule with for-each')]


def test_parameters_definitions_and_rules_share_their_names():
    text = changed("  diuretic: {says", "  limit: {says: L, sex: male}\n  diuretic: {says")
    assert [p.code for p in read(text)[1]] == ["CDS204"]


def test_a_problem_names_its_file():
    _, problems = read(changed("is: above limit", "is: above all"))
    assert str(problems[0]).startswith("rulesets/example/draft/ruleset.yaml:25:66: CDS404 ")
    assert read(RULESET)[1] == []
