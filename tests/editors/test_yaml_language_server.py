"""What an author sees in VS Code: the schema of rulesets in the language server that its YAML extension runs.

It is installed from npm into a folder of its own (``tools/clients/yaml-language-server``), and is no part of us.
"""

import shutil
from datetime import date
from pathlib import Path

import pytest

from cds.authoring.scaffold import scaffold
from tests.clients.installed import yaml_language_server
from tests.editors.language_server import language_server

ROOT = Path(__file__).parents[2]
DRAFT = scaffold("example", date(2026, 11, 30))["ruleset.yaml"]
CURSOR = "<here>"


@pytest.fixture(scope="module")
def rulesets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project") / "rulesets"
    folder.mkdir()
    for name in ("schema.json", "library-schema.json"):
        shutil.copy(ROOT / "rulesets" / name, folder)
    return folder


@pytest.fixture(scope="module")
def server(rulesets):
    with language_server(str(yaml_language_server()), rulesets.parent) as server:
        yield server


@pytest.fixture
def edited(rulesets, request):
    """The draft with a text replaced, as a document of its own; where the cursor stands, if it says."""

    def edited(old: str, new: str) -> tuple[str, str, tuple[int, int]]:
        assert old in DRAFT
        text = DRAFT.replace(old, new, 1)
        before, _, after = text.partition(CURSOR) if CURSOR in new else (text, "", "")
        place = before.count("\n"), len(before) - before.rfind("\n") - 1
        uri = (rulesets / f"x{abs(hash(request.node.name))}" / "draft" / "ruleset.yaml").as_uri()
        return uri, before + after, place

    return edited


def test_a_draft_of_cds_new_has_nothing_underlined(server, rulesets):
    assert server.opened((rulesets / "example" / "draft" / "ruleset.yaml").as_uri(), DRAFT) == []


FILES = sorted(file for kind in ("ruleset", "library") for file in ROOT.glob(f"rulesets/*/*/{kind}.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: "@".join(file.parts[-3:-1]))
def test_nothing_in_what_is_shipped_is_underlined(server, rulesets, file):
    schema = "library-schema.json" if file.name == "library.yaml" else "schema.json"
    text = f"# yaml-language-server: $schema=../../{schema}\n" + file.read_text(encoding="utf-8")
    assert server.opened((rulesets / file.relative_to(ROOT / "rulesets")).as_uri(), text) == []


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("title: TODO", "heading: TODO", ("heading", "heading is not allowed")),
        ("hooks: [order-sign]", "hooks: [order-sgn]", ("hooks", "Value is not accepted")),
        ("    is: above", "    iss: above", ("iss", "iss is not allowed")),
        ("        indicator: warning", "        indicator: loud", ("loud", '"info", "warning", "critical"')),
        ("approval-date: 2026-11-30", "approval-date: soon", ("soon", "does not match")),
        ("    when: [trimethoprim-ordered, potassium-high]\n", "", ("  tell-high", 'Missing property "when"')),
        ("    any: order\n", "    any: order\n    where:\n", ("where", "attributes, each with what it must be")),
    ],
)
def test_a_mistake_is_underlined_where_it_stands(server, edited, old, new, wrong):
    line_of, said = wrong
    uri, text, _ = edited(old, new)
    found = [each for each in server.opened(uri, text) if said in each["message"]]
    lines = text.splitlines()
    assert [lines[each["range"]["start"]["line"]] for each in found if line_of in lines[each["range"]["start"]["line"]]]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("title: TODO", f"{CURSOR}\ntitle: TODO", {"applies", "parameters", "periods", "uses"}),
        ("status: draft", f"status: {CURSOR}", {"draft", "published"}),
        ("    any: order\n", f"    any: {CURSOR}\n", {"order", "lab", "condition", "medication"}),
        ("    within: 30 days", f"    {CURSOR}\n    within: 30 days", {"where", "not-in", "on-tie", "is"}),
        ("    loinc:", f"    {CURSOR}\n    loinc:", {"snomed", "file", "extensible", "molar-mass"}),
        ("    grade:", f"    {CURSOR}\n    grade:", {"label", "icon"}),
        ("  tell-unknown:", f"  third:\n    {CURSOR}\n  tell-unknown:", {"when", "unless", "then", "family"}),
        ("    value: newest-potassium\n", f"    formula: {CURSOR}\n", {"ckd-epi-2021", "has-bled"}),
    ],
)
def test_what_may_stand_at_a_place_is_offered(server, edited, old, new, wanted):
    uri, text, place = edited(old, new)
    server.opened(uri, text)
    assert wanted <= set(server.offered(uri, *place))


def test_a_key_says_what_it_means(server, rulesets):
    uri = (rulesets / "hover" / "draft" / "ruleset.yaml").as_uri()
    server.opened(uri, DRAFT)
    (line,) = (number for number, text in enumerate(DRAFT.splitlines()) if text.startswith("    within:"))
    assert "A look-back" in server.said(uri, line, 6)
