"""Every case of every ruleset, drafts too, one test each, named and placed as in its YAML file."""

from pathlib import Path

import pytest

from cds.authoring.cases import CaseRun, expand
from cds.rules.catalog.load import load_override_reasons, load_version
from tests.published.judging import judge_of, sentences

ROOT = Path(__file__).parents[2]
RULESETS = ROOT / "rulesets"
DRAFTS = sorted(file.parent for file in RULESETS.glob("*/draft/ruleset.yaml"))
FILES = sorted([*RULESETS.glob("*/[0-9]*/cases/*.yaml"), *RULESETS.glob("*/draft/cases/*.yaml")])


def called(path: Path) -> str:
    """``opioid-safety@1.0.0/dose``."""
    return f"{path.parts[-4]}@{path.parts[-3]}/{path.stem}"


def cases() -> list:
    """Each run with the version that it stands beside."""
    return [
        pytest.param(run, path.parts[-3], id=f"{called(path)}:{run.location.line}: {run.name}")
        for path in FILES
        for run in expand(path)[0]
    ]


def test_there_are_published_cases():
    assert FILES


@pytest.mark.parametrize("folder", DRAFTS, ids=lambda folder: folder.parent.name)
def test_a_draft_is_read_without_an_error_although_nothing_serves_it(folder: Path):
    reasons, _ = load_override_reasons(RULESETS / "override-reasons.yaml")
    ruleset, problems = load_version(folder, reasons)
    assert ruleset is not None
    assert (ruleset.status, problems) == ("draft", [])


@pytest.mark.parametrize("path", FILES, ids=called)
def test_a_case_file_is_understood_and_speaks_of_its_own_ruleset_while_it_is_effective(path: Path):
    runs, problems = expand(path)
    if problems:
        pytest.fail("\n".join(map(str, problems)), pytrace=False)
    assert {run.ruleset for run in runs} == {path.parts[-4]}
    ruleset = judge_of(path.parts[-4], path.parts[-3]).ruleset
    assert [str(run.location) for run in runs if not ruleset.effective.covers(run.moment.today)] == []
    assert {run.hook for run in runs} <= ruleset.hooks


@pytest.mark.parametrize(("run", "version"), cases())
def test_a_case_comes_out_as_it_says(run: CaseRun, version: str):
    found = sentences(run, version)
    if found:
        pytest.fail("\n    ".join([f"{run.location}: {run.name}", *found]), pytrace=False)
