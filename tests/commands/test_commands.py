import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds.commands import main
from tests.published.newest import newest
from tests.replay.telling import bundle, order, patient

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(monkeypatch):
    for name in ("CDS_TIMEZONE", "CDS_ENGINE", "CDS_TEST_CLOCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CDS_RULESETS", str(ROOT / "rulesets"))
    runner = CliRunner()
    return lambda *arguments: runner.invoke(main, [str(argument) for argument in arguments])


def warfarin_case(tmp_path, *, fire: bool, name: str = "case-1") -> Path:
    request = json.loads((ROOT / "tests/journeys/requests/warfarin-with-ibuprofen.json").read_bytes())
    told = {
        "id": name,
        "topic": "ddi-warfarin-nsaid",
        "asOf": "2026-05-01",
        "expect": {"type": "fire", "fire": fire},
        "request": request,
    }
    file = tmp_path / "cases.ndjson"
    file.write_text(json.dumps(told) + "\n")
    return file


def test_the_module_and_the_entry_point_are_one_command():
    told = subprocess.run([sys.executable, "-m", "cds", "--help"], capture_output=True, text=True, check=True, cwd=ROOT)
    assert {"serve", "replay", "lint", "explain"} <= set(told.stdout.split())


def test_help_is_printed_without_loading_the_engine():
    code = "import sys; import cds.commands; print(sorted({'flask','durable_rules_engine','httpx'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == "[]"


def test_a_replay_that_agrees_ends_with_0(run, tmp_path):
    result = run("replay", warfarin_case(tmp_path, fire=True))
    assert result.exit_code == 0, result.output
    assert "ddi-warfarin-nsaid" in result.output


def test_a_disagreement_ends_with_1_unless_it_is_explained(run, tmp_path):
    cases = warfarin_case(tmp_path, fire=False)
    result = run("replay", cases, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)["result"]
    assert [(d["id"], d["why"]) for d in told["disagreements"]] == [("case-1", "fired")]
    known = tmp_path / "known.yaml"
    known.write_text("case-1: {whose: source, where: 'cases.ndjson:1', why: the label was turned for this test}\n")
    assert run("replay", cases, "--known", known).exit_code == 0


def test_a_record_is_replayed_without_a_label(run, tmp_path):
    file = tmp_path / "record.json"
    file.write_text(json.dumps(bundle(patient(), order("m1", authoredOn="2024-01-01"))))
    result = run("replay", file, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["result"]["undecided"] == 2


def test_a_line_that_is_no_case_ends_with_1_and_is_named(run, tmp_path):
    cases = warfarin_case(tmp_path, fire=True)
    cases.write_text(cases.read_text() + '{"no": "case"}\n')
    result = run("replay", cases)
    assert result.exit_code == 1
    assert f"{cases}:2" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--at", "yesterday"], "--at: write a date"),
        (["--url", "http://127.0.0.1:9"], "no CDS Hooks discovery answers"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_says_why(run, tmp_path, arguments, said):
    result = run("replay", warfarin_case(tmp_path, fire=True), *arguments)
    assert result.exit_code == 2
    assert said in result.output


def test_no_case_at_all_is_not_success(run, tmp_path):
    (tmp_path / "notes.md").write_text("nothing")
    result = run("replay", tmp_path)
    assert result.exit_code == 2
    assert "no case" in result.output


def test_a_table_that_explains_nothing_stops_the_replay(run, tmp_path):
    known = tmp_path / "known.yaml"
    known.write_text("case-1: because\n")
    result = run("replay", warfarin_case(tmp_path, fire=True), "--known", known)
    assert result.exit_code == 2
    assert f"{known}:1:1" in result.output


def test_a_mistyped_setting_stops_every_command_and_is_named(run, tmp_path, monkeypatch):
    monkeypatch.setenv("CDS_TIMEZON", "UTC")
    result = run("replay", warfarin_case(tmp_path, fire=True))
    assert result.exit_code == 2
    assert "did you mean CDS_TIMEZONE?" in result.output


def test_broken_rulesets_stop_a_replay_and_are_shown_by_lint(run, tmp_path, monkeypatch):
    broken = tmp_path / "rulesets"
    (broken / "some" / "1.0.0").mkdir(parents=True)
    (broken / "some" / "1.0.0" / "ruleset.yaml").write_text("ruleset: [\n")
    (broken / "topics.yaml").write_text("t: {ruleset: some}\n")
    (broken / "services.yaml").write_text("{}\n")
    monkeypatch.setenv("CDS_RULESETS", str(broken))
    replayed = run("replay", warfarin_case(tmp_path, fire=True))
    assert replayed.exit_code == 2
    assert "ruleset.yaml:" in replayed.output
    for place in ([], [broken], [broken / "some" / "1.0.0"]):
        linted = run("lint", *place)
        assert linted.exit_code == 1
        assert "CDS103" in linted.output


def test_a_broken_list_of_reasons_is_one_problem_of_one_file(run, tmp_path, monkeypatch):
    rulesets = tmp_path / "rulesets"
    for name in ("hyperkalaemia", "clinical-common"):
        shutil.copytree(ROOT / "rulesets" / name, rulesets / name)
    (rulesets / "services.yaml").write_text(
        "s: {hook: order-sign, title: T, description: D, rulesets: {hyperkalaemia: '*'}}\n"
    )
    (rulesets / "override-reasons.yaml").write_text("some: Some\nother: [Other\n")
    monkeypatch.setenv("CDS_RULESETS", str(rulesets))
    newest_one = newest("hyperkalaemia")
    assert run("new", "hyperkalaemia").exit_code == 0
    for command in (["lint"], ["lint", newest_one], ["lint", "hyperkalaemia@draft", "--fix"], ["test", newest_one]):
        result = run(*command, "--json")
        assert result.exit_code == 1, result.output
        problems = json.loads(result.stdout)["problems"]
        told = [(problem["code"], problem["file"]) for problem in problems if problem["severity"] == "error"]
        assert told == [("CDS103", str(rulesets / "override-reasons.yaml"))], command


def test_the_published_rulesets_are_clean(run):
    result = run("lint")
    assert result.exit_code == 0, result.output
    assert "0 errors" in result.output


def test_explain_says_why_a_rule_fired_and_why_another_did_not(run):
    request = ROOT / "docs/examples/order-sign.json"
    result = run("explain", "warfarin-nsaid", request, "--at", "2026-05-01")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == f"{newest('warfarin-nsaid')}, order-sign"
    assert any(line.startswith("high-risk: fires") for line in lines)
    assert any("Older than 65 years): 75 years" in line for line in lines)
    silent = next(n for n, line in enumerate(lines) if line.startswith("topical-nsaid: silent"))
    assert "because fails   low-absorption-ordered" in lines[silent + 1]
    assert "ruleset.yaml:" in lines[silent + 1]


def test_explain_as_json_names_references_and_no_words_of_the_record(run):
    request = ROOT / "docs/examples/order-sign.json"
    result = run("explain", "warfarin-nsaid@1.0.0", request, "--at", "2026-05-01", "--rule", "high-risk", "--json")
    (told,) = json.loads(result.stdout)["result"]["rules"]
    assert told["outcome"] == "fires"
    assert "MedicationRequest/ibuprofen-draft" in result.stdout
    assert "ibuprofen 200 MG" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["warfarin-nsiad"], "there is no ruleset warfarin-nsiad"),
        (["warfarin-nsaid@9.9.9"], "there is no version warfarin-nsaid@9.9.9"),
        (["warfarin-nsaid", "--rule", "no-such"], f"there is no rule no-such in {newest('warfarin-nsaid')}"),
        (["warfarin-nsaid", "--at", "1999-01-01"], "no version of warfarin-nsaid is in effect on 1999-01-01"),
    ],
)
def test_explain_stops_with_what_to_mend(run, arguments, complaint):
    ruleset, *options = arguments
    at = [] if "--at" in options else ["--at", "2026-05-01"]
    result = run("explain", ruleset, ROOT / "docs/examples/order-sign.json", *options, *at)
    assert result.exit_code == 2
    assert complaint in result.output


def test_explain_refuses_what_is_no_hook_call_and_repeats_nothing_of_it(run, tmp_path):
    file = tmp_path / "request.json"
    file.write_text('{"hook": "order-sign", "context": {"patientId": 4711}}')
    result = run("explain", "warfarin-nsaid", file, "--at", "2026-05-01")
    assert result.exit_code == 2
    assert "4711" not in result.output


def draft(tmp_path, monkeypatch) -> Path:
    from tests.authoring.suites import write

    monkeypatch.setenv("CDS_RULESETS", str(tmp_path / "rulesets"))
    return write(tmp_path)


def test_a_draft_is_linted_by_its_name(run, tmp_path, monkeypatch):
    draft(tmp_path, monkeypatch)
    result = run("lint", "potassium@draft", "--at", "2026-03-01")
    assert result.exit_code == 0, result.output
    assert "CDS507 warning" in result.output
    assert "CDS305" not in result.output


def test_a_review_that_is_overdue_on_the_day_is_named(run, tmp_path, monkeypatch):
    draft(tmp_path, monkeypatch)
    result = run("lint", "potassium@draft", "--at", "2029-01-01")
    assert result.exit_code == 0
    assert "CDS305 warning: the last review was on 2026-01-15" in result.output


def test_fix_mends_a_draft_and_shows_each_line(run, tmp_path, monkeypatch):
    file = draft(tmp_path, monkeypatch) / "ruleset.yaml"
    file.write_text(file.read_text().replace("value: newest", "value: newst"))
    result = run("lint", "potassium@draft", "--fix")
    assert result.exit_code == 0, result.output
    assert f"{file}:23: mended CDS205" in result.output
    assert "value: newest" in file.read_text()
    assert "mended" not in run("lint", "potassium@draft", "--fix").output


def test_fix_never_edits_a_published_version(run, tmp_path, monkeypatch):
    folder = draft(tmp_path, monkeypatch)
    broken = (folder / "ruleset.yaml").read_text().replace("value: newest", "value: newst")
    (folder / "ruleset.yaml").write_text(broken)
    (folder / "DIGEST").write_text("sha256:0\n")
    assert run("lint", folder, "--fix").exit_code == 1
    assert (folder / "ruleset.yaml").read_text() == broken


def test_new_writes_a_draft_and_leaves_one_that_is_there_alone(run, tmp_path, monkeypatch):
    draft(tmp_path, monkeypatch)
    result = run("new", "hyperkalaemia")
    assert result.exit_code == 0, result.output
    assert "cds test hyperkalaemia@draft" in result.output
    assert (tmp_path / "rulesets/hyperkalaemia/draft/cases/first.yaml").is_file()
    assert run("test", "hyperkalaemia").exit_code == 1
    for name in ("hyperkalaemia", "Not A Name", "../../x"):
        assert run("new", name).exit_code == 2
