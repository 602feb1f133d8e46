"""``cds test`` as an author runs it."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from cds.commands import main
from tests.authoring.suites import HEADER, ONE, RULESET, write

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("CDS_RULESETS", str(tmp_path / "rulesets"))
    runner = CliRunner()
    return lambda *arguments: runner.invoke(main, ["test", *map(str, arguments)])


def test_cases_that_pass_end_with_0_and_what_is_missing_is_offered(run, tmp_path):
    write(tmp_path)
    result = run("potassium@draft")
    assert result.exit_code == 0, result.output
    assert "ruleset.yaml:23: high fails" in result.output
    assert "if that is right, add to limits.yaml:" in result.output
    assert "1 of 1 cases come out as they say" in result.output


def test_a_failing_case_ends_with_1_and_is_what_there_is_to_mend(run, tmp_path):
    folder = write(tmp_path, ONE.replace("fires: [raises-potassium]", "fires: []"))
    result = run("potassium")
    assert result.exit_code == 1
    assert f"failed {folder}/cases/limits.yaml:8: case 'potassium high' expected no card, but" in result.output
    assert "if that is right" not in result.output


def test_a_problem_in_a_file_ends_with_1_and_has_its_place(run, tmp_path):
    write(tmp_path, ONE.replace("5.6 mmol/L", "many"))
    result = run("--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [(each["code"], each["line"]) for each in told["problems"]] == [("CDS604", 10)]


def test_json_has_coverage_what_is_missing_and_what_was_not_noticed(run, tmp_path):
    write(tmp_path)
    result = run("--json", "--mutate", "--jobs", "1", "--search", "0")
    (told,) = json.loads(result.stdout)["result"]["rulesets"]
    assert told["coverage"]["rule"] == {"shown": 2, "of": 4}
    assert told["mutation"]["of"] == told["mutation"]["caught"] + len(told["mutation"]["survived"])
    assert told["mutation"]["untried"] == 0


@pytest.mark.parametrize("options", [("--threshold", "99"), ("--mutate", "--mutation-threshold", "99", "--jobs", "1")])
def test_a_threshold_that_is_not_reached_ends_with_1(run, tmp_path, options):
    write(tmp_path)
    assert run("--search", "0").exit_code == 0
    result = run("--search", "0", *options)
    assert result.exit_code == 1
    assert "below 99 %" in result.output


def test_reports_are_written(run, tmp_path):
    write(tmp_path)
    result = run("--search", "0", "--html", tmp_path / "r.html", "--junit", tmp_path / "r.xml")
    assert result.exit_code == 0
    assert "potassium@draft" in (tmp_path / "r.html").read_text()
    assert ET.parse(tmp_path / "r.xml").getroot()[0].get("tests") == "1"  # noqa: S314 - our own
    assert run("--search", "0", "--html", tmp_path / "no" / "r.html").exit_code == 2


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("potasium", "did you mean potassium?"),
        ("potassium@9.9.9", "there is no version potassium@9.9.9"),
        ("../potassium", "there is no ruleset ../potassium"),
        ("*", "there is no ruleset *"),
    ],
)
def test_a_name_that_is_not_there_ends_with_2(run, tmp_path, name, complaint):
    write(tmp_path)
    result = run(name)
    assert result.exit_code == 2
    assert complaint in result.output


def test_a_version_without_cases_is_no_success(run, tmp_path):
    folder = write(tmp_path)
    (folder / "cases" / "limits.yaml").unlink()
    result = run()
    assert result.exit_code == 1
    assert "nothing was tested" in result.output


def test_a_folder_may_be_named_and_is_run_before_it_has_a_digest(run, tmp_path):
    folder = write(tmp_path, ruleset=RULESET.replace("status: draft", "status: published"))
    assert run(folder, "--search", "0").exit_code == 0


#: `cds`, for which Ctrl-C is what it is in a terminal: a suite that was started in the background hands on that it is
#: ignored.
_INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("cds", run_name="__main__")
"""


def test_watch_runs_again_when_a_file_changes(tmp_path):
    folder = write(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTIBLE, "test", str(folder), "--watch", "--search", "0"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"CDS_RULESETS": str(tmp_path / "rulesets")},
    )  # fmt: skip
    late = threading.Timer(60, process.kill)  # ends the reading below, whatever happens
    late.start()
    try:
        assert "1 of 1 cases" in _read_until(process, "waiting for a change")
        write(tmp_path, ONE.replace("fires: [raises-potassium]", "fires: []"))
        assert "expected no card" in _read_until(process, "waiting for a change")
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate()
        late.cancel()
    assert process.returncode in (0, 130)
    assert rest == ""  # not a word of the library that watches


def _read_until(process, text):
    seen = ""
    for line in process.stdout:
        seen += line
        if text in line:
            break
    return seen


def test_a_case_becomes_a_request_of_today_that_explain_judges_as_the_case_says(run, tmp_path):
    write(tmp_path)
    result = run("potassium@draft", "--search", "0", "--requests", tmp_path / "calls")
    assert result.exit_code == 0, result.output
    assert f"wrote 1 request to {tmp_path / 'calls'}" in result.output
    (file,) = (tmp_path / "calls").iterdir()
    assert file.name == "potassium-001-potassium-high.json"
    explained = CliRunner().invoke(main, ["explain", "potassium@draft", str(file), "--search", "0"])
    assert explained.exit_code == 0, explained.output
    assert "raises-potassium: fires" in explained.stdout
    assert explained.stderr == ""


def test_what_no_request_can_say_of_a_case_is_said(run, tmp_path):
    ruleset = RULESET.replace(
        "definitions:\n",
        "parameters:\n  age: {says: A, default: 30 days, allowed: from 1 days to 30 days}\ndefinitions:\n",
        1,
    )
    ruleset = ruleset.replace("within: 30 days", "within: age")
    ruleset = ruleset.replace(
        "says: Most recent potassium within 30 days", 'says: "Most recent potassium within {age}"'
    )
    ruleset = ruleset.replace(
        "family: potassium\n    when: [ordered, unk", "again-after: 24 hours\n    when: [ordered, unk"
    )
    ruleset = ruleset.replace("unless-unknown: fire", "unless-unknown: fire\n    when-unknown: not-checked")
    cases = """\
  - name: another age
    site: {age: 2 days}
    facts: [{lab: {loinc: 2823-3, value: 5.6 mmol/L, on: 3 days ago}}]
    fires: [not-checked]
  - name: said already
    shown-before: {not-checked: 1 hour ago}
    fires: []
    repeated: [not-checked]
  - name: of one day
    facts: [{lab: {loinc: 2823-3, value: 5.6 mmol/L, on: 2026-02-27}}]
    fires: [raises-potassium]
"""
    write(
        tmp_path,
        HEADER + cases,
        ruleset,
    )
    arguments = ("potassium@draft", "--search", "0", "--requests", tmp_path / "calls")
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert "wrote 3 requests" in result.output
    assert (
        "001-another-age.json: as its case says only where the version is activated with --set 'age=2 days'"
        in result.output
    )
    assert "002-said-already.json: does not tell that not-checked was shown before" in result.output
    told = json.loads(run(*arguments, "--json").stdout)["result"]["requests"]
    assert [each["site"] for each in told] == [{"age": "2 days"}, {}, {}]
    assert [each["shownBefore"] for each in told] == [[], ["not-checked"], []]
    assert {Path(each["file"]) for each in told} == set((tmp_path / "calls").iterdir())


def test_the_page_for_reviewers_has_the_patients(run, tmp_path):
    write(tmp_path)
    assert run("potassium@draft", "--search", "0", "--html", tmp_path / "report.html").exit_code == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "lab: {loinc: 2823-3, value: 5.6 mmol/L, on: 3 days ago}" in page
    assert "Trimethoprim with potassium 5.6 mmol/L (2026-02-26)" in page
