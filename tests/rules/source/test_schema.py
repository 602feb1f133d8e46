"""rulesets/schema.json takes the shapes that the reader takes, and no others."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cds.documents.yaml_tree import plain, read_yaml
from cds.rules.source.definitions import CLAUSE_KEYS
from cds.rules.source.schema import library_schema, schema
from tests.rules.source.library import LIBRARY
from tests.rules.source.written import RULESET, read

ROOT = Path(__file__).parents[3]
FILE = ROOT / "rulesets" / "schema.json"
VALIDATOR = Draft202012Validator(schema())
PUBLISHED = sorted(ROOT.glob("rulesets/*/[0-9]*/ruleset.yaml"))
WRITTEN = plain(read_yaml(RULESET.encode(), "x")[0])
#: Keys, required keys, tables and lists where they belong, words of fixed lists, one clause: what a schema can know.
SHAPES = frozenset({"CDS101", "CDS109", "CDS110", "CDS111", "CDS112", "CDS113", "CDS116", "CDS120", "CDS121", "CDS125"})


def test_the_schema_is_one_and_the_file_is_it():
    Draft202012Validator.check_schema(schema())
    assert json.loads(FILE.read_bytes()) == schema(), "stale: .venv/bin/cds schema > rulesets/schema.json"


def test_libraries_have_a_schema_of_their_own_and_the_file_is_it():
    Draft202012Validator.check_schema(library_schema())
    file = ROOT / "rulesets" / "library-schema.json"
    assert json.loads(file.read_bytes()) == library_schema(), (
        "stale: cds schema --library > rulesets/library-schema.json"
    )
    validator = Draft202012Validator(library_schema())
    for text in (LIBRARY, *(path.read_text(encoding="utf-8") for path in ROOT.glob("rulesets/*/*/library.yaml"))):
        tree, _ = read_yaml(text.encode(), "library.yaml")
        assert [error.message for error in validator.iter_errors(plain(tree))] == []
    assert list(validator.iter_errors({**WRITTEN, "library": "x"}))


@pytest.mark.parametrize("uses", [{"common": "clinical-common@1.2.0"}, {}])
def test_the_schema_knows_what_uses_looks_like(uses):
    assert list(VALIDATOR.iter_errors({**WRITTEN, "uses": uses})) == []
    for wrong in ({"common": "clinical-common"}, {"Common": "clinical-common@1.2.0"}, ["clinical-common@1.2.0"]):
        assert list(VALIDATOR.iter_errors({**WRITTEN, "uses": wrong}))


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: "@".join(path.parts[-3:-1]))
def test_every_published_ruleset_is_valid(path):
    tree, _ = read_yaml(path.read_bytes(), str(path))
    assert [error.message for error in VALIDATOR.iter_errors(plain(tree))] == []


def test_every_clause_and_each_key_it_allows_is_in_the_schema():
    kinds = schema()["properties"]["definitions"]["additionalProperties"]["oneOf"]
    known = {clause: kind for kind in kinds for clause in CLAUSE_KEYS.keys() & set(kind["required"])}
    assert known.keys() == CLAUSE_KEYS.keys()
    for clause, allowed in CLAUSE_KEYS.items():
        assert {clause, "says", *allowed} <= known[clause]["properties"].keys()


def test_what_an_editor_reads_as_numbers_and_truths_is_text():
    told = deepcopy(WRITTEN)
    told["format"] = 1
    told["definitions"]["total"]["score"] = {"adult": 1, "female": 2.5, "rate-points": "add"}
    told["parameters"]["strict"]["default"] = True
    assert list(VALIDATOR.iter_errors(told)) == []


def places(node, path=()):
    yield path
    if isinstance(node, dict):
        for key, value in node.items():
            yield from places(value, (*path, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from places(value, (*path, number))


#: Codes of value sets and FHIR templates are free tables to a schema.
PLACES = [path for path in places(WRITTEN) if path and path[0] != "value-sets"]
VALUES = st.sampled_from(["", "word", [], ["word"], [["word"]], {}, {"word": "word"}])


def changed(path, how):
    told = deepcopy(WRITTEN)
    inner = told
    for step in path[:-1]:
        inner = inner[step]
    if how == "left out":
        del inner[path[-1]]
    elif how == "misspelt" and isinstance(inner, dict):
        inner[f"{path[-1]}x"] = inner.pop(path[-1])
    elif how == "misspelt":
        inner[path[-1]] = {"word": "word"}
    else:
        inner[path[-1]] = how
    return told


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(PLACES), st.sampled_from(["left out", "misspelt"]) | VALUES)
def test_a_shape_that_the_reader_refuses_is_refused_and_no_other(path, how):
    told = changed(path, how)
    _, problems = read(json.dumps(told))
    codes = {problem.code for problem in problems}
    errors = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in VALIDATOR.iter_errors(told)
    ]
    if codes & SHAPES:
        assert errors, (path, how, [str(problem) for problem in problems])
    if not codes:
        assert errors == [], (path, how)


@pytest.mark.parametrize("clause", ["first-of", "newest-of", "sum"])
def test_an_empty_list_of_numbers_is_told_and_does_not_stop_the_reader(clause):
    told = changed(("definitions", "better"), {"says": "One of none", clause: [], "is": "above 1"})
    _, problems = read(json.dumps(told))
    assert "CDS112" in {problem.code for problem in problems}


def test_an_empty_branch_of_choose_is_told():
    _, problems = read(json.dumps(changed(("definitions", "chosen", "choose", 0), {})))
    assert "CDS112" in {problem.code for problem in problems}


def test_evidence_may_have_an_icon_and_every_key_that_is_read():
    evidence = {"title": "x", "label": "x", "link": "https://a.example", "icon": "https://a.example/i.png"}
    told = {**WRITTEN, "evidence": {"one": {**evidence, "grade": {"scheme": "x", "strength": "x", "certainty": "x"}}}}
    assert list(VALIDATOR.iter_errors(told)) == []
