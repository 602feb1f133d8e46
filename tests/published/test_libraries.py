"""Whatever a ruleset declares, a library may declare for it: every case comes out the same, word for word."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cds.authoring.cases import CaseRun, expand
from cds.documents.yaml_tree import plain, read_yaml
from cds.rules.judge.values import Known
from tests.published import judging
from tests.published.newest import newest
from tests.published.test_cases import FILES, RULESETS

#: They use every clause that published rulesets use.
MOVED = tuple(map(newest, ("diabetes-care", "metformin-renal", "opioid-safety", "warfarin-nsaid")))
LIBRARY = "everything-of"
_NAME = re.compile(r"\{(?!it\b|first\b|second\b|patient\b|\{)([a-z][a-z0-9-]*)")
_DECLARED = ("parameters", "periods", "value-sets", "definitions")
_HEAD = ("format", "version", "title", "publisher", "approval-date", "last-review-date")
#: What stands under these keys of a rule are texts with placeholders, names of definitions, or neither.
_TEXTS = frozenset({"summary", "detail", "text"})
_NAMES = frozenset({"when", "unless", "for-each", "despite", "remove", "stop", "replace", "instead-of"})


def moved(folder: Path, to: Path) -> None:
    """The version below ``to``, as a draft that has its rules alone, and a library with all that they rest on."""
    told = plain(read_yaml((folder / "ruleset.yaml").read_bytes(), "x")[0])
    library = {key: told[key] for key in _HEAD} | {key: told[key] for key in _DECLARED if key in told}
    ruleset = {key: value for key, value in told.items() if key not in _DECLARED} | {"definitions": {}}
    address = f"{LIBRARY}-{folder.parent.name}"
    ruleset |= {key: prefixed(ruleset[key], key) for key in ("applies", "rules") if key in ruleset}
    ruleset |= {"status": "draft", "uses": {"all": f"{address}@{folder.name}"}}
    written(to / folder.parent.name / folder.name / "ruleset.yaml", ruleset)
    beside = written(to / address / folder.name / "library.yaml", library | {"library": address, "status": "draft"})
    shutil.copytree(folder / "value-sets", beside / "value-sets")


def written(file: Path, told: dict) -> Path:
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return file.parent


def prefixed(node, key: str = ""):
    """Every name of a definition, a parameter or a finder in rules, with the library's name in front."""
    if isinstance(node, dict):
        return {inner: prefixed(value, inner) for inner, value in node.items() if inner != "create"} | {
            inner: value for inner, value in node.items() if inner == "create"
        }
    if isinstance(node, list):
        return [prefixed(each, key) for each in node]
    if key in _TEXTS:
        return _NAME.sub(r"{all.\1", node)
    return named(node) if key in _NAMES else node


def named(entry: str) -> str:
    prefix, _, name = entry.rpartition(" ")
    return entry if name.partition(".")[0] == "it" else f"{prefix} all.{name}".strip()


@pytest.fixture(scope="module", autouse=True)
def elsewhere(tmp_path_factory):
    """The published versions moved to a folder of their own, which the cases are then judged by."""
    folder = tmp_path_factory.mktemp("moved")
    for address in MOVED:
        moved(RULESETS / address.replace("@", "/"), folder)
    return folder


def cases() -> list:
    wanted = {tuple(address.split("@")) for address in MOVED}
    files = [path for path in FILES if path.parts[-4:-2] in wanted]
    return [pytest.param(expand(path)[0], path.parts[-3], id="/".join(path.parts[-4:])) for path in files]


def told(finding):
    """A card without what names the version and its definitions."""
    return {key: value for key, value in finding.card.items() if key != "extension"}


def verdicts(outcome) -> dict[str, object]:
    """Every definition that is judged for the patient."""
    judging = outcome.judging
    definitions = judging.ruleset.definitions.values()
    wide = [each for each in definitions if each.name not in judging.plan.about_subjects]
    return {each.name: judging.truth(each.name) if each.is_truth else number(judging, each.name) for each in wide}


def number(judging, name: str) -> object:
    """Without the facts behind it, which were read from two requests."""
    value = judging.value(name, None)
    return value.quantity if isinstance(value, Known) else type(value)


@pytest.mark.parametrize(("runs", "version"), cases())
def test_a_case_comes_out_the_same_when_a_library_declares_everything(
    runs: list[CaseRun], version: str, elsewhere, monkeypatch
):
    as_published = [judging.judge_case(run, version) for run in runs]
    judging.override_reasons()
    monkeypatch.setattr(judging, "RULESETS", elsewhere)
    judging.judge_of.cache_clear()
    try:
        for run, before in zip(runs, as_published, strict=True):
            there = replace(run, site={f"all.{name}": text for name, text in run.site.items()})
            after = judging.judge_case(there, version)
            assert after.findings == before.findings
            assert [told(card) for card in after.cards] == [told(card) for card in before.cards]
            # What nothing rests on is not taken from a library, and so not judged.
            assert verdicts(after)
            assert verdicts(after).items() <= {f"all.{name}": it for name, it in verdicts(before).items()}.items()
    finally:
        judging.judge_of.cache_clear()
