"""``cds valuesets`` as typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds.commands import main
from cds.documents.yaml_tree import plain, read_yaml
from tests.authoring.drafts import write_draft
from tests.authoring.suites import RULESET
from tests.authoring.valuesets.sets import BLOOD, LOINC, POTASSIUM, SNOMED, URL, composed, expanded, value_set, write
from tests.commands.test_hostile_files import CONTENTS
from tests.published.newest import newest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def rulesets(tmp_path):
    write_draft(tmp_path / "rulesets", "1.0.0")
    return tmp_path / "rulesets"


@pytest.fixture
def run(rulesets, tmp_path, monkeypatch):
    monkeypatch.setenv("CDS_RULESETS", str(rulesets))
    monkeypatch.setenv("CDS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CDS_ENGINE", "reference")
    return lambda *arguments: CliRunner().invoke(main, ["valuesets", *map(str, arguments)])


@pytest.fixture
def shipped(run, monkeypatch):
    monkeypatch.setenv("CDS_RULESETS", str(ROOT / "rulesets"))
    return run


def result(done):
    return json.loads(done.stdout)["result"]


def test_every_value_set_here_is_listed_with_its_source(shipped):
    told = result(shipped("list", "--json"))["valueSets"]
    names = [each["valueSet"] for each in told]
    assert len(names) == len(set(names)) > 300
    assert f"{newest('metformin-renal')}/egfr-2021" in names
    assert f"{newest('clinical-common')}/hospice-palliative" in names
    measured = next(each for each in told if each["valueSet"] == f"{newest('measure-exclusions')}/frailty-symptom")
    assert measured["sources"] == [
        "http://cts.nlm.nih.gov/fhir/ValueSet/2.16.840.1.113883.3.464.1003.113.12.1075|20190315"
    ]
    addresses = {each["valueSet"].partition("/")[0] for each in told if each["ruleset"] == "opioid-safety"}
    assert {each.split("@")[1] for each in addresses} & {"1.0.0", "2.0.0"} == set()  # there is a later one


def test_a_value_set_is_shown_with_its_codes_and_its_users(shipped):
    done = shipped("show", "metformin-renal/egfr-2021")
    assert "98979-8" in done.stdout
    assert "reported-egfr" in done.stdout
    told = result(shipped("show", "metformin-renal/egfr-2021", "--json"))
    assert [code["code"] for code in told["codes"]] == ["98979-8", "98980-6"]
    assert told["codes"][0]["file"].endswith("value-sets/egfr.csv")
    (user,) = told["users"]
    assert user["version"] == newest("metformin-renal")
    assert "reported-egfr" in user["definitions"]
    assert "start-not-recommended" in user["rules"]


def test_the_set_of_a_library_is_used_under_its_name_there(shipped):
    users = result(shipped("show", "measure-exclusions/hospice-encounter", "--json"))["users"]
    assert (newest("breast-cancer-screening"), "exclusions.hospice-encounter") in [
        (u["version"], u["name"]) for u in users
    ]
    assert all(user["rules"] for user in users if user["version"] != newest("measure-exclusions"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "metformin-renal"], "write RULESET/SET"),
        (["show", "metformin-renal/egfr-202"], 'did you mean "egfr-2021"?'),
        (["show", "nothing/x"], "there is no ruleset nothing"),
        (["show", "../x/y"], "there is no ruleset"),
        (["list", "nothing"], "there is no ruleset nothing"),
        (["check", "nothing"], "there is no ruleset nothing"),
        (["diff", "nothing/x", "metformin-renal/metformin"], "there is no ruleset nothing"),
        (
            ["diff", "metformin-renal/metformin", "missing"],
            "there is no file missing; a value set here is written RULESET/SET",
        ),
        (["diff", "metformin-renal/metformin", "some/missing.csv"], "there is no file some/missing.csv"),
    ],
)
def test_what_is_not_there_is_said(shipped, arguments, said):
    done = shipped(*arguments)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output


def test_an_import_without_a_place_is_an_entry_to_paste(run, tmp_path, rulesets):
    file = write(
        tmp_path / "set.json", composed(POTASSIUM, {"code": "6298-4", "display": 'Blood: "K" #1'}, date="2026-01-02")
    )
    done = run("import", file)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("# 2 codes, imported 20")
    assert lines[0].endswith(f"from compose {file.name}, of 2026-01-02")
    entry, problems = read_yaml(done.stdout.encode(), "entry")
    assert problems == []
    assert plain(entry) == {
        "potassium-tests": {
            "url": URL, "version": "2026-01",
            "loinc": {"2823-3": POTASSIUM["display"], "6298-4": 'Blood: "K" #1'},
        }
    }  # fmt: skip
    draft = rulesets / "potassium" / "draft" / "ruleset.yaml"
    text = draft.read_text()
    pasted = text.replace("value-sets:\n", "value-sets:\n" + "".join(f"  {line}\n" for line in lines))
    assert pasted != text
    draft.write_text(pasted)
    told = result(run("show", "potassium@draft/potassium-tests", "--json"))
    assert [code["code"] for code in told["codes"]] == ["2823-3", "6298-4"]
    assert told["sources"] == [f"{URL}|2026-01"]


def test_an_import_into_a_draft_writes_the_table_and_the_entry(run, tmp_path, rulesets):
    file = write(tmp_path / "set.json", expanded(POTASSIUM, {**BLOOD, "inactive": True}))
    draft = rulesets / "potassium" / "draft"
    before = (draft / "ruleset.yaml").read_text()
    done = run("import", file, "--as", "serum", "--into", "potassium", "--json")
    assert done.exit_code == 0, done.output
    assert result(done)["files"] == [str(draft / "value-sets" / "serum.csv"), str(draft / "ruleset.yaml")]
    assert (draft / "value-sets" / "serum.csv").read_text().splitlines() == [
        "system,code,display,verified_from,status",
        f"{LOINC},2823-3,{POTASSIUM['display']},{URL}|2026-01,",
        f"{LOINC},6298-4,{BLOOD['display']},{URL}|2026-01,inactive",
    ]
    after = (draft / "ruleset.yaml").read_text()
    assert [line for line in after.splitlines() if line not in before.splitlines()][1:] == [
        "  serum:", f"    url: \"{URL}\"", "    version: 2026-01", "    file: serum.csv",
    ]  # fmt: skip
    assert plain(read_yaml(after.encode(), "x")[0])["rules"] == plain(read_yaml(before.encode(), "x")[0])["rules"]
    assert "1 code" not in run("show", "potassium/serum").stdout
    checked = result(run("check", "potassium@draft", "--json"))
    assert checked["counts"]["advice"] == 1  # CDS306: its table says that one is inactive


def test_a_set_that_is_there_is_replaced_only_when_that_is_asked_for(run, tmp_path, rulesets):
    file = write(tmp_path / "set.json", composed(POTASSIUM))
    table = rulesets / "potassium" / "draft" / "value-sets" / "serum.csv"
    assert run("import", file, "--as", "serum", "--into", "potassium").exit_code == 0
    file = write(tmp_path / "set.json", composed(POTASSIUM, BLOOD, version="2027-01"))
    refused = run("import", file, "--as", "serum", "--into", "potassium")
    assert (refused.exit_code, "--replace" in refused.stderr) == (2, True)
    assert len(table.read_text().splitlines()) == 2
    done = run("import", file, "--as", "serum", "--into", "potassium", "--replace")
    assert done.exit_code == 0, done.output
    assert "    version: 2027-01" in done.stdout
    assert len(table.read_text().splitlines()) == 3
    refused = run("import", file, "--as", "potassium", "--into", "potassium", "--replace")
    assert (refused.exit_code, "do not stand in potassium.csv" in refused.stderr) == (2, True)


def test_published_versions_are_never_written_to(run, tmp_path, rulesets):
    file = write(tmp_path / "set.json", composed(POTASSIUM))
    assert CliRunner().invoke(main, ["publish", "potassium", "--entry", "First."]).exit_code == 0
    done = run("import", file, "--into", "potassium")
    assert (done.exit_code, "published versions are never edited" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "text",
    [
        RULESET.replace("value-sets:\n  ", "value-sets:\n\n  # the tests\n  "),
        RULESET.replace("definitions:", "# what is asked\ndefinitions:"),
        RULESET.replace("\n", "\r\n"),
    ],
)
def test_an_entry_is_added_wherever_the_author_put_blank_lines_and_comments(run, tmp_path, rulesets, text):
    draft = rulesets / "potassium" / "draft" / "ruleset.yaml"
    draft.write_bytes(text.encode())
    done = run("import", write(tmp_path / "s.json", composed(BLOOD)), "--as", "blood", "--into", "potassium@draft")
    assert done.exit_code == 0, done.output
    before, after = (plain(read_yaml(each, "x")[0]) for each in (text.encode(), draft.read_bytes()))
    assert after["value-sets"].pop("blood")["file"] == "blood.csv"
    assert after == before


def test_a_draft_in_one_line_tables_is_left_alone(run, tmp_path, rulesets):
    draft = rulesets / "potassium" / "draft" / "ruleset.yaml"
    tree = plain(read_yaml(RULESET.encode(), "x")[0])
    draft.write_text(json.dumps(tree))
    before = draft.read_bytes()
    done = run("import", write(tmp_path / "s.json", composed(BLOOD)), "--as", "blood", "--into", "potassium")
    assert (done.exit_code, "block style" in done.stderr) == (2, True)
    assert draft.read_bytes() == before
    assert not (draft.parent / "value-sets" / "blood.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--as", "Not A Name"], "cannot be the name"),
        (["--as", "../x"], "cannot be the name"),
        (["--into", "nothing"], "there is no ruleset nothing"),
        (["--replace"], "--replace goes with --into"),
    ],
)
def test_an_import_that_cannot_be_done_is_said(run, tmp_path, arguments, said):
    done = run("import", write(tmp_path / "s.json", composed(BLOOD)), *arguments)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output


def test_a_filter_is_refused_with_its_place_and_what_to_do(run, tmp_path):
    rule = {"property": "concept", "op": "is-a", "value": "73211009"}
    file = write(tmp_path / "s.json", value_set(compose={"include": [{"system": SNOMED, "filter": [rule]}]}))
    done = run("import", file)
    assert done.exit_code == 1
    assert f"{file}:11:11: CDS240" in done.stdout
    assert "$expand" in done.stdout
    told = json.loads(run("import", file, "--json").stdout)
    assert (told["ok"], told["result"], told["problems"][0]["line"]) == (False, None, 11)


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("command", [["import"], ["diff", "potassium/potassium"], ["check", "potassium", "--against"]])
def test_hostile_files_are_a_problem_with_a_place_or_a_refusal(run, tmp_path, content, command):
    file = tmp_path / "outside.csv"
    file.write_bytes(CONTENTS[content])
    done = run(*command, file)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    assert done.exit_code in (1, 2), done.output
    assert f"{file}:" in done.output
    assert "Traceback" not in done.output
    assert "\x1b" not in done.output


def test_what_names_say_does_nothing_to_a_terminal_or_to_yaml(run, tmp_path, rulesets):
    told = composed(
        {"code": "2823-3", "display": "\x1b[31mred\x07\x7f"}, name="x\x1b]0;t\x07", version="1\n  rules: {}"
    )
    file = write(tmp_path / "s.json", told)
    for arguments in ((), ("--into", "potassium", "--as", "x")):
        done = run("import", file, *arguments)
        assert done.exit_code == 0, done.output
        assert "\x1b" not in done.output
    written = (rulesets / "potassium" / "draft" / "ruleset.yaml").read_text()
    assert "\x1b" not in written
    assert plain(read_yaml(written.encode(), "x")[0])["value-sets"]["x"]["version"] == "1 rules: {}"
    assert "\x1b" not in run("show", "potassium/x").output


def test_an_upgrade_is_told_with_what_here_would_notice(run, tmp_path):
    renamed = {**POTASSIUM, "display": "Potassium in serum"}
    done = run("diff", "potassium@draft/potassium", write(tmp_path / "new.json", composed(renamed, BLOOD)), "--json")
    told = result(done)
    assert done.exit_code == 0
    assert told["counts"] == {"lost": 0, "gained": 1, "retired": 0, "renamed": 1}
    assert told["changes"][0] == {
        "what": "gained", "system": LOINC, "code": "6298-4", "before": None, "after": BLOOD["display"],
    }  # fmt: skip
    (user,) = told["users"]
    assert (user["version"], user["definitions"]) == ("potassium@draft", ["newest"])
    assert user["rules"] == ["raises-potassium", "not-checked"]
    text = run("diff", "potassium@draft/potassium", tmp_path / "new.json", "--exit-code")
    assert text.exit_code == 1
    assert "Potassium in Serum or Plasma -> Potassium in serum" in text.stdout
    assert text.stdout.rstrip().endswith("1 gained, 1 renamed")


def test_lost_and_retired_codes_come_first(run, tmp_path):
    old = write(tmp_path / "old.json", composed(POTASSIUM, BLOOD))
    new = write(tmp_path / "new.json", expanded({**POTASSIUM, "inactive": True}))
    told = result(run("diff", old, new, "--json"))
    assert [(each["what"], each["code"]) for each in told["changes"]] == [("lost", "6298-4"), ("retired", "2823-3")]
    assert result(run("diff", old, old, "--json"))["changes"] == []


def test_a_file_that_cannot_be_compared_is_told_as_it_is_at_import(run, tmp_path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("system,code,display\nloinc,2823-3,Potassium\n", encoding="utf-8")
    bad.write_text("code,display\n2823-3,K\n", encoding="utf-8")
    imported = run("import", bad)
    for arguments in ((good, bad), (bad, good)):
        done = run("diff", *arguments)
        assert (done.exit_code, done.stdout) == (1, imported.stdout)
    assert f"{bad}:1:1: CDS108 the column system is missing" in imported.stdout
    assert imported.exit_code == 1
    told = json.loads(run("diff", bad, bad, "--json").stdout)
    assert (told["result"], [each["code"] for each in told["problems"]]) == (None, ["CDS108", "CDS108"])


@pytest.mark.parametrize("text", ["- a\n", "abc\n"])
def test_a_draft_that_is_no_table_is_said_to_be_none(run, tmp_path, rulesets, text):
    (rulesets / "potassium" / "draft" / "ruleset.yaml").write_text(text, encoding="utf-8")
    done = run("import", write(tmp_path / "s.json", composed(BLOOD)), "--as", "blood", "--into", "potassium")
    assert (done.exit_code, "ruleset.yaml:1:1: CDS110 this is no table of keys" in done.stderr) == (2, True), (
        done.output
    )


def test_no_path_of_this_machine_is_written_into_a_ruleset(run, tmp_path, rulesets, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    inside, outside = (
        write(tmp_path / "here" / "in.json", composed(BLOOD)),
        write(tmp_path / "out.json", composed(BLOOD)),
    )
    for name, file in (("one", inside), ("two", outside), ("three", "in.json")):
        assert run("import", file, "--as", name, "--into", "potassium").exit_code == 0
    written = "".join(
        file.read_text(encoding="utf-8") for file in (rulesets / "potassium").rglob("*.*") if file.is_file()
    )
    assert str(tmp_path) not in written
    assert written.count(" in.json") == 2
    assert " out.json" in written


def test_other_sets_of_the_same_published_one_are_named(shipped, tmp_path):
    url = "http://cts.nlm.nih.gov/fhir/ValueSet/2.16.840.1.113883.3.464.1003.113.12.1075"
    told = result(
        shipped("diff", "metformin-renal/metformin", write(tmp_path / "n.json", composed(BLOOD, url=url)), "--json")
    )
    assert told["sameSource"] == [f"{newest('measure-exclusions')}/frailty-symptom"]


def test_the_codes_shipped_are_of_their_systems_and_in_use(shipped):
    done = shipped("check", "--json")
    told = json.loads(done.stdout)
    assert told["exit"] == 0
    assert told["result"]["counts"]["error"] == told["result"]["counts"]["warning"] == 0
    rxnorm = told["result"]["systems"]["http://www.nlm.nih.gov/research/umls/rxnorm"]
    assert rxnorm["codes"] > 4000
    assert {problem["code"] for problem in told["problems"]} <= {"CDS306", "CDS307", "CDS308"}
    assert all(problem["file"] and problem["line"] for problem in told["problems"])


def code_system(content: str, *concepts) -> dict:
    return {"resourceType": "CodeSystem", "url": LOINC, "content": content, "concept": list(concepts)}


def test_a_code_is_unknown_retired_or_called_otherwise_by_a_table(run, tmp_path):
    retired = {**POTASSIUM, "property": [{"code": "status", "valueCode": "retired"}]}
    inactive = {**POTASSIUM, "property": [{"code": "inactive", "valueBoolean": True}]}
    for system, found, status in [
        (code_system("complete", BLOOD), ["CDS307", "error"], 1),
        (code_system("fragment", BLOOD), ["CDS307", "advice"], 0),
        (code_system("complete", {**BLOOD, "concept": [retired]}), ["CDS306", "warning"], 1),
        (code_system("complete", inactive), ["CDS306", "warning"], 1),
        (code_system("complete", {**POTASSIUM, "display": "Sodium"}), ["CDS308", "advice"], 0),
    ]:
        done = run("check", "potassium@draft", "--against", write(tmp_path / "system.json", system), "--json")
        told = json.loads(done.stdout)
        (problem,) = (each for each in told["problems"] if "2823-3" in each["message"])
        assert [problem["code"], problem["severity"]] == found
        assert (done.exit_code, problem["file"].endswith("ruleset.yaml"), problem["line"] > 1) == (status, True, True)


def test_a_table_in_csv_and_a_folder_of_tables(run, tmp_path):
    (tmp_path / "tables").mkdir()
    write(tmp_path / "tables" / "a.csv", "system,code,display,status\nloinc,2823-3,Potassium in Serum or Plasma,\n")
    assert (
        json.loads(run("check", "potassium@draft", "--against", tmp_path / "tables", "--json").stdout)["problems"] == []
    )
    write(tmp_path / "tables" / "b.csv", "system,code,display,status\nloinc,2823-3,x,Deprecated\n")
    done = run("check", "potassium@draft", "--against", tmp_path / "tables")
    assert done.exit_code == 1
    assert "is retired, says b.csv" in done.stdout
