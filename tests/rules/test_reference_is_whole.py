"""Every clause and key that the readers take is told: a good example that loads, a bad one, and the schema."""

import re

import pytest

from cds.documents.yaml_tree import plain, read_yaml
from cds.rules.source.definitions import ALWAYS_KEYS, CLAUSE_KEYS, PREFIXES
from cds.rules.source.filters import KIND_WORDS
from cds.rules.source.rules import APPLIES_KEYS, CARD_KEYS, RULE_KEYS, SUGGESTION_KEYS, THEN_KEYS
from cds.rules.source.schema import library_schema, schema
from cds.rules.source.value_sets import VALUE_SET_KEYS
from tests.health.problem_pages import ROOT, RULESET, laid_over, ruleset_problems

PAGE = (ROOT / "docs" / "language-examples.md").read_text(encoding="utf-8")
LANGUAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```yaml (good|bad) ?(CDS\d{3})?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## (.*?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
EXAMPLES = [(verdict, code, text) for verdict, code, text in _BLOCK.findall(PAGE)]
GOOD = [text for verdict, _, text in EXAMPLES if verdict == "good"]
BAD = [(code, text) for verdict, code, text in EXAMPLES if verdict == "bad"]
SECTIONS = {word: body for title, body in _SECTION.findall(PAGE) for word in re.findall(r"`([^`]+)`", title)}
OF_DEFINITIONS = sorted({*ALWAYS_KEYS, *CLAUSE_KEYS, *(key for allowed in CLAUSE_KEYS.values() for key in allowed)})


def keys(node):
    """Every key of a tree."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from keys(value)


def overlaid(text: str):
    """A fragment, its sections laid over the skeleton's in block style."""
    return laid_over(RULESET, block_style(text))


def block_style(text: str) -> str:
    """``definitions: {a: ...}`` as the two lines that :func:`laid_over` merges name by name."""
    lines = []
    for line in text.splitlines():
        match = re.match(r"(definitions|parameters|periods): \{(.*)\}$", line)
        lines += [f"{match[1]}:", f"  {match[2]}"] if match else [line]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("text", GOOD, ids=range(len(GOOD)))
def test_a_good_example_loads_without_a_problem(text):
    assert [str(problem) for problem in ruleset_problems(overlaid(text)) if problem.severity == "error"] == []


@pytest.mark.parametrize(("code", "text"), BAD, ids=range(len(BAD)))
def test_a_bad_example_gives_exactly_its_code(code, text):
    assert {problem.code for problem in ruleset_problems(overlaid(text)) if problem.severity == "error"} == {code}


@pytest.mark.parametrize("key", OF_DEFINITIONS)
def test_every_clause_and_each_key_beside_it_has_both_examples(key):
    if key == "table":
        return  # a table stands in a file: tests/authoring/language/listed-pairs, and CDS223
    assert key in SECTIONS, f"docs/language-examples.md has no section for {key}"
    shown = [
        plain(read_yaml(text.encode(), "x")[0])
        for verdict, _, text in _BLOCK.findall(SECTIONS[key])
        if verdict == "good"
    ]
    assert any(key in keys(tree) for tree in shown)
    assert any(verdict == "bad" for verdict, _, _ in _BLOCK.findall(SECTIONS[key]))


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
    assert value_set.keys() == set(VALUE_SET_KEYS)
    rule = schema()["properties"]["rules"]["additionalProperties"]["properties"]
    assert rule.keys() == set(RULE_KEYS)
    assert rule["then"]["properties"].keys() == set(THEN_KEYS)
    assert rule["then"]["properties"]["card"]["properties"].keys() == set(CARD_KEYS)
