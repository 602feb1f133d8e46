"""Every version in the repository as FHIR R4, and back: the same metadata, rules, codes and bytes."""

import base64
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from cds.authoring.exporting.bundle import bundle, libraries, resources
from cds.authoring.exporting.checking import wrong_in
from cds.authoring.exporting.metadata import Setting
from cds.authoring.exporting.naming import Names
from cds.authoring.exporting.reading_back import read_back
from cds.authoring.fhir_validity import wrong_as_fhir
from cds.authoring.versions import read_version

RULESETS = Path(__file__).parents[3] / "rulesets"
FOLDERS = sorted(file.parent for kind in ("ruleset", "library") for file in RULESETS.glob(f"*/*/{kind}.yaml"))
SETTING = Setting(Names(), date(2026, 11, 30))
#: Where the rules know nothing of it: a site's own canonical addresses.
ELSEWHERE = Setting(Names("https://cds.example.org/fhir"), date(2026, 11, 30))


def called(folder: Path) -> str:
    return f"{folder.parent.name}@{folder.name}"


def version_in(folder: Path):
    version, problems = read_version(folder)
    assert version is not None, problems
    return version


def put_back(told, rulesets: Path) -> None:
    """The files of every version that was read back, where they would stand; with a digest where it was published."""
    for address, each in told.items():
        name, _, number = address.partition("@")
        folder = rulesets / name / (number if each.head["published"] else "draft")
        for path, content in each.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        if each.head["published"]:
            (folder / "DIGEST").write_text(f"sha256:{each.head['digest']}\n", encoding="ascii")


def test_there_are_versions_to_export():
    assert len(FOLDERS) > 25
    assert {folder.name == "draft" for folder in FOLDERS} == {True, False}


@pytest.mark.parametrize("folder", FOLDERS, ids=called)
def test_a_version_is_valid_and_says_the_same_when_it_is_read_back(folder):
    version = version_in(folder)
    for setting in (SETTING, ELSEWHERE):
        made = resources(version, setting)
        assert wrong_in(made, [version, *libraries(version)], setting.names) == []
        assert list(wrong_as_fhir(bundle(made))) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=called)
def test_a_version_can_be_put_back_from_the_bundle_with_the_same_digest(folder, tmp_path):
    version = version_in(folder)
    sent = json.loads(json.dumps(bundle(resources(version, SETTING))))
    put_back(read_back([entry["resource"] for entry in sent["entry"]], SETTING.names), tmp_path)
    shutil.copy(RULESETS / "override-reasons.yaml", tmp_path)
    again, problems = read_version(tmp_path / folder.parent.name / folder.name)
    assert again is not None, problems
    assert again.ruleset.digest == version.ruleset.digest
    assert again.tree == version.tree


@pytest.mark.parametrize("folder", FOLDERS, ids=called)
def test_every_rule_is_an_action_with_its_hooks_its_evidence_and_what_it_offers(folder):
    version = version_in(folder)
    plans = [each for each in resources(version, SETTING) if each["resourceType"] == "PlanDefinition"]
    assert len(plans) == (0 if version.is_library else 1)
    actions = [a for plan in plans for a in (a for top in plan["action"] for a in (top, *top.get("action", ())))]
    told = {action["id"]: action for action in actions if "id" in action}
    assert sorted(told) == sorted(rule.id for rule in version.ruleset.rules)
    for action in actions:  # a family, in which the order counts
        ids = [each["id"] for each in action.get("action", ())] if "id" not in action else []
        assert ids == [rule.id for rule in version.ruleset.rules if rule.id in ids]
    for rule in version.ruleset.rules:
        action = told[rule.id]
        assert [trigger["name"] for trigger in action["trigger"]] == sorted(rule.hooks or version.ruleset.hooks)
        assert [d["url"] for d in action["documentation"]] == [
            version.ruleset.evidence[name].link for name in rule.card.evidence
        ]
        assert [offer["title"] for offer in action.get("action", ())] == [change.label for change in rule.card.changes]
        (condition,) = action["condition"]
        assert condition["expression"]["language"] == "text/x-cds-rules"
        assert condition["expression"]["expression"] == rule.id


def test_the_rules_stand_first_in_the_content_and_are_those_of_the_file():
    folder = RULESETS / "metformin-renal" / "1.0.0"
    (library,) = (e for e in resources(version_in(folder), SETTING) if e["resourceType"] == "Library")
    first = library["content"][0]
    assert (first["title"], first["contentType"]) == ("ruleset.yaml", "application/yaml")
    assert base64.b64decode(first["data"]) == (folder / "ruleset.yaml").read_bytes()
    assert {each["contentType"] for each in library["content"][1:]} == {"text/csv"}
