"""``cds export`` as typed."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds.authoring.exporting import plans
from cds.commands import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("CDS_RULESETS", str(ROOT / "rulesets"))
    monkeypatch.setenv("CDS_STATE", str(tmp_path / "state"))
    return lambda *arguments: CliRunner().invoke(main, ["export", *map(str, arguments)])


def test_a_bundle_is_printed_and_nothing_else(run):
    done = run("metformin-renal")
    bundle = json.loads(done.stdout)
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert (done.exit_code, bundle["type"]) == (0, "collection")
    assert kinds[:2] == ["PlanDefinition", "Library"]
    assert set(kinds[2:]) == {"ValueSet"}
    assert done.stderr == ""


def test_a_file_for_each_resource_under_a_base_of_the_site(run, tmp_path):
    done = run("breast-cancer-screening@1.0.0", "--out", tmp_path / "fhir", "--base", "https://cds.example.org/fhir/")
    assert done.exit_code == 0, done.output
    assert "1 PlanDefinition, " in done.stdout
    assert " Libraries, " in done.stdout
    files = sorted((tmp_path / "fhir").iterdir())
    told = [json.loads(file.read_text()) for file in files]
    assert [file.name for file in files] == [f"{one['resourceType']}-{one['id']}.json" for one in told]
    assert all(one["url"].startswith("https://cds.example.org/fhir/") for one in told)
    assert {"Library-measure-exclusions.1.0.0.json", "Library-measure-visits.1.0.0.json"} <= {f.name for f in files}


def test_two_that_share_a_library_have_it_once_in_one_bundle(run, tmp_path):
    done = run("breast-cancer-screening", "colorectal-cancer-screening", "--out", tmp_path, "--bundle")
    assert done.exit_code == 0, done.output
    told = [entry["resource"] for entry in json.loads((tmp_path / "bundle.json").read_text())["entry"]]
    names = [one["id"] for one in told if one["resourceType"] == "Library"]
    assert len(names) == len(set(names)) == 4


def test_a_draft_is_a_draft(run):
    told = json.loads(run("vte-prophylaxis@draft", "--json").stdout)["result"]
    assert {entry["resource"]["status"] for entry in told["bundle"]["entry"]} == {"draft"}
    assert told["versions"] == [f"vte-prophylaxis@{told['bundle']['entry'][0]['resource']['version']}"]


def test_a_library_by_itself_has_no_plan(run):
    told = json.loads(run("clinical-common", "--json").stdout)["result"]
    assert [each.partition("/")[0] for each in told["resources"]] == ["Library", "ValueSet"]


def test_the_content_is_what_stands_in_the_folder(run):
    bundle = json.loads(run("opioid-safety@1.0.0").stdout)
    (library,) = (e["resource"] for e in bundle["entry"] if e["resource"]["id"] == "opioid-safety.1.0.0"
                  and e["resource"]["resourceType"] == "Library")  # fmt: skip
    for one in library["content"]:
        assert base64.b64decode(one["data"]) == (ROOT / "rulesets/opioid-safety/1.0.0" / one["title"]).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["metformin-renall"], "did you mean metformin-renal?"),
        (["metformin-renal@9.0.0"], "of metformin-renal there is 1.0.0"),
        (["metformin-renal@../../x"], "there is no version"),
        (["../rulesets"], "there is no ruleset"),
        (["metformin-renal", "--base", "nonsense"], "https://cds.example.org/fhir"),
        (["metformin-renal", "--bundle"], "--bundle says how --out writes"),
        (["metformin-renal", "--at", "soon"], "--at: write a date"),
        ([], "RULESET"),
    ],
)
def test_what_cannot_be_done_is_said(run, arguments, said):
    done = run(*arguments)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output


def test_a_folder_that_cannot_be_written_is_said(run, tmp_path):
    (tmp_path / "file").write_text("")
    done = run("metformin-renal", "--out", tmp_path / "file" / "below")
    assert (done.exit_code, "cannot be written" in done.stderr) == (2, True)


def test_a_broken_draft_is_told_with_its_place(run, tmp_path, monkeypatch):
    draft = tmp_path / "rulesets" / "x" / "draft"
    draft.mkdir(parents=True)
    (draft / "ruleset.yaml").write_text("ruleset: [\n")
    monkeypatch.setenv("CDS_RULESETS", str(tmp_path / "rulesets"))
    done = run("x@draft")
    assert (done.exit_code, "ruleset.yaml:" in done.stderr) == (2, True), done.output


def test_an_export_that_says_something_else_is_never_written(run, tmp_path, monkeypatch):
    monkeypatch.setattr(plans, "upkeep", lambda _: {"approvalDate": "2000-01-01", "lastReviewDate": "2000-01-01"})
    done = run("metformin-renal", "--out", tmp_path / "fhir")
    assert done.exit_code == 3
    assert not (tmp_path / "fhir").exists()


def test_what_the_page_says_puts_a_version_and_its_libraries_back(run, tmp_path, monkeypatch):
    page = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    lines = page.partition("<<'EOF'")[2].partition("\n")[2].partition("\nEOF\n")[0]
    (tmp_path / "bundle.json").write_text(run("breast-cancer-screening@1.0.0").stdout, encoding="utf-8")
    there = tmp_path / "rulesets"
    there.mkdir()
    (there / "override-reasons.yaml").write_bytes((ROOT / "rulesets" / "override-reasons.yaml").read_bytes())
    typed = [sys.executable, "-", str(tmp_path / "bundle.json"), str(there)]
    for said in ("wrote ", "is there already"):
        done = subprocess.run(typed, input=lines, capture_output=True, text=True, check=True)
        assert [said in line for line in done.stdout.splitlines()] == [True] * 3
    monkeypatch.setenv("CDS_RULESETS", str(there))
    done = CliRunner().invoke(main, ["verify", "--json"])
    assert done.exit_code == 0, done.output
    assert {one["ruleset"] for one in json.loads(done.stdout)["result"]["versions"]} >= {"breast-cancer-screening"}
    assert "published by" in CliRunner().invoke(main, ["verify"]).stdout
