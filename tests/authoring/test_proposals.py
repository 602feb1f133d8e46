"""The cases that are offered: pasted as they are printed, each passes and shows what it was offered for."""

import shutil
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from cds.authoring.case_finding import find_cases
from cds.authoring.case_report import as_json
from cds.authoring.case_running import run_cases
from cds.documents.layout import laid_out
from tests.authoring.suites import HEADER, RULESET, suite_of, write
from tests.published.newest import newest

ROOT = Path(__file__).parents[2]
#: Attempts that are judged for a ruleset: enough for some of each kind.
ATTEMPTS = 150


def reported(folder, attempts=ATTEMPTS):
    """A run of the cases, and the cases found in so many attempts."""
    suite, asked = suite_of(folder), count()
    report = run_cases(suite)
    found = find_cases(suite, report.goals, report.missing, lambda: next(asked) > attempts, report.at_edges)
    return report, found


def with_few_cases(name, rulesets, most=2):
    """A copy of the newest version as a draft, with the first cases of each file."""
    shutil.copytree(ROOT / "rulesets" / "clinical-common", rulesets / "clinical-common")
    shutil.copy(ROOT / "rulesets" / "override-reasons.yaml", rulesets)
    folder = rulesets / name / "draft"
    shutil.copytree(ROOT / "rulesets" / Path(*newest(name).split("@")), folder)
    (folder / "DIGEST").unlink()
    for file in (folder / "cases").glob("*.yaml"):
        head, *cases = file.read_text(encoding="utf-8").split("\n  - name")
        file.write_text("\n  - name".join([head, *cases[:most]]).rstrip() + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["warfarin-nsaid", "digoxin-cyclosporine", "af-anticoagulation"])
def test_every_case_that_is_offered_passes_once_it_is_pasted(name, tmp_path):
    folder = with_few_cases(name, tmp_path)
    report, found = reported(folder)
    assert report.failed == []
    told = as_json(replace(report, found=found))
    offered = {(each["file"], each["case"]) for each in told["missing"] if each["case"]}
    assert len(offered) >= 3
    for file, case in sorted(offered):
        with Path(file).open("a", encoding="utf-8") as cases:
            cases.write(f"{case}\n")
    for file in {file for file, _ in offered}:
        assert laid_out(Path(file).read_bytes(), file)[1] == []
    again = run_cases(suite_of(folder))
    assert [(each.run.name, each.failures) for each in again.failed] == []
    assert len(again.results) == len(report.results) + len(offered)
    assert [goal.told for goal in found if goal not in again.shown] == []


EDGES = """\
  - name: potassium $k
    facts:
      - lab: {loinc: 2823-3, value: $k mmol/L, on: 3 days ago}
    rows:
      - {k: 5.0, fires: []}
      - {k: 5.1, fires: [raises-potassium]}
  - name: potassium too high
    facts:
      - lab: {loinc: 2823-3, value: 5.6 mmol/L, on: 3 days ago}
    fires: [raises-potassium]
"""


def test_a_case_is_not_made_from_one_that_stands_at_an_edge(tmp_path):
    report, found = reported(write(tmp_path, HEADER + EDGES, RULESET), attempts=2000)
    assert report.at_edges == {"potassium 5.0", "potassium 5.1"}
    assert found
    assert {case.made_from.name for case in found.values()} == {"potassium too high"}
