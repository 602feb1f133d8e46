"""Every case of every ruleset, drafts too, one test for each file; a case that fails is named and placed as in it.

Not one test for each case: thirty thousand parameters are read before the first one runs, and slow down all others.
"""

from pathlib import Path

import pytest

from cds.authoring.cases import expand
from cds.rules.catalog.load import load_override_reasons, load_version
from tests.published.judging import judge_of, sentences

ROOT = Path(__file__).parents[2]
RULESETS = ROOT / "rulesets"
DRAFTS = sorted(file.parent for file in RULESETS.glob("*/draft/ruleset.yaml"))
FILES = sorted([*RULESETS.glob("*/[0-9]*/cases/*.yaml"), *RULESETS.glob("*/draft/cases/*.yaml")])


def called(path: Path) -> str:
    """``opioid-safety@1.0.0/dose``."""
    return f"{path.parts[-4]}@{path.parts[-3]}/{path.stem}"


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


@pytest.mark.parametrize("path", FILES, ids=called)
def test_the_cases_of_a_file_come_out_as_they_say(path: Path):
    runs = expand(path)[0]
    found = [f"{run.location}: {run.name}\n    {told}" for run in runs for told in sentences(run, path.parts[-3])]
    assert runs
    if found:
        pytest.fail("\n".join(found), pytrace=False)
