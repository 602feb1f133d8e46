"""Small rulesets after dossier topics, each with its cases: the clauses of the language from file to card.

They are written for tests only: ``language/<name>/<version>/``, as in ``rulesets/``.
"""

from pathlib import Path

import pytest

from cds.authoring.cases import CaseRun, expand
from cds.rules.analysis.analyse import analyse
from tests.published import judging

LANGUAGE = Path(__file__).parent / "language"
FILES = sorted(LANGUAGE.glob("*/*/cases/*.yaml"))


def runs() -> list:
    return [
        pytest.param(run, path.parts[-3], id=f"{path.parts[-4]}/{path.stem}:{run.location.line}: {run.name}")
        for path in FILES
        for run in expand(path)[0]
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-4]}/{path.stem}")
def test_a_case_file_is_understood(path: Path):
    found, problems = expand(path)
    assert [str(problem) for problem in problems] == []
    assert {run.ruleset for run in found} == {path.parts[-4]}


@pytest.mark.parametrize("path", sorted(LANGUAGE.glob("*/*/ruleset.yaml")), ids=lambda path: path.parts[-3])
def test_the_analysis_finds_no_error_in_it(path: Path, monkeypatch):
    judging.override_reasons()
    monkeypatch.setattr(judging, "RULESETS", LANGUAGE)
    found = analyse(judging.judge_of(path.parts[-3], path.parts[-2]).ruleset)
    assert [str(problem) for problem in found if problem.severity == "error"] == []


@pytest.mark.parametrize(("run", "version"), runs())
def test_a_case_comes_out_as_it_says(run: CaseRun, version: str, monkeypatch):
    judging.override_reasons()  # of the published rulesets: read once, for all
    monkeypatch.setattr(judging, "RULESETS", LANGUAGE)
    assert judging.sentences(run, version) == []
