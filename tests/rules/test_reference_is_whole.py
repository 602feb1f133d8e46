"""Every clause and key that the readers take is told: a good example that loads, a bad one, and the schema."""

import re

import pytest

from cds.authoring.case_rows import CASE_KEYS
from cds.documents.problem import Problem
from cds.documents.yaml_tree import plain, read_yaml
from cds.rules.source.definitions import ALWAYS_KEYS, CLAUSE_KEYS, PREFIXES
from cds.rules.source.filters import KIND_WORDS
from cds.rules.source.rules import APPLIES_KEYS, CARD_KEYS, RULE_KEYS, SUGGESTION_KEYS, THEN_KEYS
from cds.rules.source.schedules import AGE_KEYS, CONDITION_KEYS, INTERVAL_KEYS, SCHEDULE_KEYS, WAY_KEYS
from cds.rules.source.schema import library_schema, schema
from cds.rules.source.value_sets import VALUE_SET_KEYS
from cds.terminology.coding import SYSTEM_NAMES
from tests.health.problem_pages import ROOT, RULESET, Example, laid_over, problems_of, ruleset_problems

PAGE = (ROOT / "docs" / "language-examples.md").read_text(encoding="utf-8")
LANGUAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
_BLOCK = re.compile(
    r"^```yaml (good|bad)(?: (cases))?(?: (CDS\d{3}(?: CDS\d{3})*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_PART = re.compile(r"^# (.*?)\n(.*?)(?=^# |\Z)", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## (.*?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
EXAMPLES = _BLOCK.findall(PAGE)
GOOD = [(kind, text) for verdict, kind, _, text in EXAMPLES if verdict == "good"]
BAD = [(kind, code, text) for verdict, kind, code, text in EXAMPLES if verdict == "bad"]
#: By part of the page, by word of its titles: the section.
PARTS = {
    part: {word: body for title, body in _SECTION.findall(text) for word in re.findall(r"`([^`]+)`", title)}
    for part, text in _PART.findall(PAGE)
}
DEFINITIONS = next(iter(PARTS))
OF_DEFINITIONS = sorted({*ALWAYS_KEYS, *CLAUSE_KEYS, *(key for allowed in CLAUSE_KEYS.values() for key in allowed)})
KEYS = {
    # A table stands in a file: tests/authoring/language/listed-pairs, and CDS223.
    DEFINITIONS: [key for key in OF_DEFINITIONS if key != "table"],
    "Value sets": VALUE_SET_KEYS,
    "Schedules": {*SCHEDULE_KEYS, *WAY_KEYS, *AGE_KEYS, *INTERVAL_KEYS, *CONDITION_KEYS},
    "Rules": {*RULE_KEYS, *THEN_KEYS, *CARD_KEYS, *SUGGESTION_KEYS, *APPLIES_KEYS},
    "Cases": {"ruleset", "background", "cases", *CASE_KEYS},
    "Head": {*schema()["properties"], *schema()["properties"]["evidence"]["additionalProperties"]["properties"]},
}
#: Where each clause and filter is tried on both sides of its limits, by file of tests/rules/judge.
AT_THE_EDGE = {
    "test_possible_worlds": "any latest earliest highest lowest average count distinct on-tie score absent if-absent",
    "test_possible_hours": "choose points bands newest-of at-least of is",
    "test_picking": "among",
    "test_computing": "sum ratio first-of formula inputs rounded-to",
    "test_changing": "change over",
    "test_spacing": "spaced",
    "test_forecasting": "forecast schedule apart-from",
    "test_pairing": "pair table",
    "test_windows": "from until after before during age",
    "test_filters": "within where status in not-in value",
    "test_subjects": "for-each that same different",
    "test_patient_truths": "sex parameter all-of any-of none-of",
}


def keys(node):
    """Every key of a tree."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from keys(value)


def overlaid(text: str) -> str:
    """A fragment, its sections laid over the skeleton's in block style."""
    return laid_over(RULESET, block_style(text))


def block_style(text: str) -> str:
    """``definitions: {a: ...}`` as the two lines that :func:`laid_over` merges name by name."""
    lines = []
    for line in text.splitlines():
        match = re.match(r"(definitions|parameters|periods): \{(.*)\}$", line)
        lines += [f"{match[1]}:", f"  {match[2]}"] if match else [line]
    return "\n".join(lines) + "\n"


def errors(kind: str, text: str) -> list[Problem]:
    if kind == "cases":
        return problems_of(Example("cases", text), ROOT)
    return [problem for problem in ruleset_problems(overlaid(text)) if problem.severity == "error"]


@pytest.mark.parametrize(("kind", "text"), GOOD, ids=range(len(GOOD)))
def test_a_good_example_loads_without_a_problem(kind, text):
    assert [str(problem) for problem in errors(kind, text)] == []


@pytest.mark.parametrize(("kind", "code", "text"), BAD, ids=range(len(BAD)))
def test_a_bad_example_gives_exactly_its_code(kind, code, text):
    assert {problem.code for problem in errors(kind, text)} == set(code.split())


@pytest.mark.parametrize(("part", "key"), [(part, key) for part, wanted in KEYS.items() for key in sorted(wanted)])
def test_every_key_has_both_examples(part, key):
    assert key in PARTS[part], f"docs/language-examples.md has no section for {key} under {part}"
    found = _BLOCK.findall(PARTS[part][key])
    shown = [plain(read_yaml(text.encode(), "x")[0]) for verdict, _, _, text in found if verdict == "good"]
    assert any(key in keys(tree) for tree in shown)
    assert any(verdict == "bad" for verdict, *_ in found)


def test_every_clause_and_filter_is_tried_at_its_edges():
    tried = {word: file for file, words in AT_THE_EDGE.items() for word in words.split()}
    assert set(OF_DEFINITIONS) - tried.keys() == {"says", "label"}
    for word, file in tried.items():
        text = (ROOT / "tests" / "rules" / "judge" / f"{file}.py").read_text("utf-8")
        assert re.search(rf'"{word}"', text), f"{file} does not try {word}"


def keys_of_schema(node):
    """Every key that a schema names."""
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield from node["properties"]
        for value in node.values():
            yield from keys_of_schema(value)
    elif isinstance(node, list):
        for value in node:
            yield from keys_of_schema(value)


#: A table stands in a file; a library is shown whole on the page of the language.
_ELSEWHERE = {"table", "library"}


@pytest.mark.parametrize("key", sorted({*keys_of_schema(schema()), *keys_of_schema(library_schema())} - _ELSEWHERE))
def test_every_key_of_the_schemas_is_told_and_stands_in_a_good_example(key):
    shown = [plain(read_yaml(text.encode(), "x")[0]) for _, text in GOOD]
    assert any(key in keys(tree) for tree in shown), f"docs/language-examples.md has no good example of {key}"
    told = rf"`[^`\n]*(?<![\w-]){re.escape(key)}(?![\w-])[^`\n]*`"
    assert re.search(told, LANGUAGE), f"docs/language.md is silent on {key}"


def test_what_stands_elsewhere_is_told():
    for key in _ELSEWHERE:
        assert f"`{key}`" in LANGUAGE or f"`{key}:" in LANGUAGE


@pytest.mark.parametrize("word", sorted({*PREFIXES, *KIND_WORDS}))
def test_every_prefix_and_kind_is_told(word):
    assert re.search(rf"`{word}[ `]", LANGUAGE)


@pytest.mark.parametrize(
    "key",
    sorted({*VALUE_SET_KEYS, *RULE_KEYS, *THEN_KEYS, *CARD_KEYS, *SUGGESTION_KEYS, *APPLIES_KEYS} - {"url", "version"}),
)
def test_every_key_of_value_sets_and_rules_is_told(key):
    assert re.search(rf"`{key}[`: ]", LANGUAGE) or f"**{key}**" in LANGUAGE


def test_every_key_of_definitions_and_rules_is_in_the_schemas():
    for document in (schema(), library_schema()):
        kinds = document["properties"]["definitions"]["additionalProperties"]["oneOf"]
        assert {key for kind in kinds for key in kind["properties"]} >= set(OF_DEFINITIONS)
    value_set = schema()["properties"]["value-sets"]["additionalProperties"]["properties"]
    assert value_set.keys() == set(VALUE_SET_KEYS) | set(SYSTEM_NAMES)
    schedule = schema()["properties"]["schedules"]["additionalProperties"]["properties"]
    assert schedule.keys() == set(SCHEDULE_KEYS)
    assert schedule["then"]["items"]["properties"].keys() == set(WAY_KEYS)
    rule = schema()["properties"]["rules"]["additionalProperties"]["properties"]
    assert rule.keys() == set(RULE_KEYS)
    assert rule["then"]["properties"].keys() == set(THEN_KEYS)
    assert rule["then"]["properties"]["card"]["properties"].keys() == set(CARD_KEYS)
