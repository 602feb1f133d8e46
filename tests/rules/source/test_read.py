# ruff: noqa: E501 -- one mistake a line reads best
"""The head of a ruleset: identity, dates, hooks, evidence. Each mistake with its place, its words and its hint."""

from datetime import date

import pytest

from cds.rules.source.read import HOOKS
from tests.rules.source.written import RULESET, assert_told, changed, read

MISTAKES = [
    ("CDS109", "format: 1\nruleset: example", "§ruleset: example", 'needs the key "format"', ""),
    ("CDS115", "format: 1\n", "§format: 2\n", "reads format 1", ""),
    ("CDS101", "title: Pot", "§titel: x\ntitle: Pot", 'a ruleset has no key "titel"', 'did you mean "title"?'),
    ("CDS101", "title: Pot", "§zzz: x\ntitle: Pot", 'a ruleset has no key "zzz"', "one of: applies"),
    ("CDS201", "ruleset: example", "§ruleset: Example", '"Example" cannot be the name', "small letters"),
    ("CDS202", "ruleset: example", "§ruleset: patient", "is a word of the language", ""),
    ("CDS116", "version: 1.2.0", "§version: 1.2", '"1.2" is not a version', "three numbers, such as 1.4.0"),
    ("CDS116", "version: 1.2.0", "§version: 01.2.0", "is not a version", ""),
    ("CDS116", "version: 1.2.0", "§version: 1.2.٣", "is not a version", ""),
    ("CDS116", "version: 1.2.0", f"§version: 1.2.{'9' * 5000}", "is not a version", ""),
    ("CDS113", "status: draft", "status: §active", 'status cannot be "active"', "one of: draft, published"),
    ("CDS113", "[order-select, order-sign]", "[order-select, §order-sing, order-sign]", "a hook", '"order-sign"?'),
    ("CDS112", "[order-select, order-sign]", "§[]", "hooks is an empty list", ""),
    ("CDS111", "hooks: [order-select, order-sign]", "hooks: §{a: b}", "hooks must be a text or a list", ""),
    ("CDS111", "title: Potassium and opioids", "title: §[a]", '"title" must be a text', ""),
    ("CDS111", "title: Potassium and opioids", "title:§", '"title" must be a text', ""),
    ("CDS114", "2026-01-15\nlast", "§15 January\nlast", 'not a day: "15 January"', "write it as 2026-01-15"),
    ("CDS114", "2026-01-15\nlast", "§2026-W01-1\nlast", "is not a day", "write it as 2026-01-15"),
    ("CDS114", "2026-01-15\nlast", "§2026-02-30\nlast", "is not a day", "write it as 2026-01-15"),
    ("CDS114", "from: 2026-02-01", "from: §20260201", "from is not a day", "write it as 2026-01-15"),
    ("CDS301", "{from: 2026-02-01, until: 2028-02-01}", "§{from: 2026-02-01, until: 2026-02-01}", "ends before", ""),
    ("CDS109", "{from: 2026-02-01, until: 2028-02-01}", "§{until: 2028-02-01}", 'effective needs the key "from"', ""),
    ("CDS110", "{from: 2026-02-01, until: 2028-02-01}", "§2026-02-01", "effective must be a table of keys", "key: value"),
    ("CDS302", "link: https://example.org/label", "§link: www.example.org", "is not a web address", ""),
    ("CDS302", "link: https://example.org/label", "§link: javascript:alert(1)", "is not a web address", ""),
    ("CDS110", "grade: {scheme: regulatory, strength: label}", "grade: §strong", "grade must be a table of keys", ""),
    ("CDS101", "strength: label}", "strength: label, §grading: x}", 'grade has no key "grading"', "scheme"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "old", "new", "gist", "hint"), MISTAKES)
def test_a_mistake_in_the_head_is_told_with_its_place(code, old, new, gist, hint):
    assert_told(code, old, new, gist, hint)


def test_evidence_without_a_grade_is_told_at_the_evidence():
    assert_told(
        "CDS109",
        "label: {title: The label, link: https://example.org/label, grade: {scheme: regulatory, strength: label}}",
        "label: §{title: The label, link: https://example.org/label}",
        'the evidence "label" needs the key "grade"',
        "",
    )


def test_a_grade_without_a_strength_is_told_at_the_grade():
    old = "{scheme: regulatory, strength: label}"
    assert_told("CDS109", old, "§{scheme: regulatory}", 'grade needs the key "strength"', "")


def test_the_example_has_no_problem_and_reads_as_written():
    ruleset, problems = read(RULESET)
    assert problems == []
    assert ruleset is not None
    assert (ruleset.address, ruleset.status, ruleset.approved_by) == ("example@1.2.0", "draft", "none")
    assert ruleset.hooks == {"order-select", "order-sign"} <= set(HOOKS)
    assert (ruleset.approval_date, ruleset.last_review_date) == (date(2026, 1, 15), date(2026, 1, 16))
    assert [rule.id for rule in ruleset.rules] == ["too-high", "not-known", "double"]
    assert ruleset.evidence["label"].label == "The label"


@pytest.mark.parametrize(
    ("day", "covered"),
    [("2026-01-31", False), ("2026-02-01", True), ("2028-01-31", True), ("2028-02-01", False)],
)
def test_effective_begins_on_its_first_day_and_until_is_the_first_day_without(day, covered):
    ruleset, _ = read(RULESET)
    assert ruleset.effective.covers(date.fromisoformat(day)) is covered


def test_a_ruleset_without_an_end_stays_effective():
    ruleset, _ = read(changed(", until: 2028-02-01}", "}"))
    assert ruleset.effective.covers(date(2999, 1, 1))


def test_several_mistakes_are_reported_all_at_once_in_the_order_of_the_file():
    text = RULESET
    for old, new in [
        ("version: 1.2.0", "version: one"),
        ("is: above limit", "is: over limit"),
        ("in: diuretics}", "in: diuretica}"),
        ("unless: [haemolysed]", "unless: [hemolysed]"),
        ("evidence: [label]}}\n  double", "evidence: [labell]}}\n  double"),
    ]:
        text = changed(old, new, text)
    ruleset, problems = read(text)
    assert ruleset is None
    assert [(p.location.line, p.code) for p in problems] == [
        (3, "CDS116"), (25, "CDS401"), (35, "CDS220"), (51, "CDS205"), (67, "CDS303"),
    ]  # fmt: skip


def test_one_mistake_in_a_definition_is_not_told_again_wherever_it_is_named():
    _, problems = read(changed("is: above limit", "is: beyond limit"))
    assert [p.code for p in problems] == ["CDS401"]


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "CDS106"), (b"# nothing\n", "CDS106"), (b"a text", "CDS110"), (b"[a, b]", "CDS110")]
)
def test_what_is_no_table_is_one_problem(content, code):
    ruleset, problems = read(content)
    assert ruleset is None
    assert [p.code for p in problems] == [code]


def test_an_organisations_own_hook_is_taken_by_its_reverse_domain_name():
    ruleset, problems = read(RULESET.replace("[order-select, order-sign]", "[order-sign, org.example.chart-close]"))
    assert problems == []
    assert ruleset is not None
    assert ruleset.hooks == {"order-sign", "org.example.chart-close"}


@pytest.mark.parametrize(
    "name", ["chart-close", "example.chart-close", "org.example.", "Org.example.close", "org..close"]
)
def test_what_is_neither_of_the_library_nor_in_reverse_domain_form_is_no_hook(name):
    _, problems = read(RULESET.replace("[order-select, order-sign]", f"[order-sign, {name}]"))
    assert [problem.code for problem in problems] == ["CDS113"]
