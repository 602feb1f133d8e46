"""What an operator types: what it says, how it ends, and that a refusal changes nothing."""

import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest
from click.testing import CliRunner

from cds.commands import main
from cds.rules.catalog import load, outline
from tests.decisions.folders import SECOND, write_services, write_version


@pytest.fixture
def folder(tmp_path):
    write_services(tmp_path / "rulesets")
    write_version(tmp_path / "rulesets", "1.0.0", "One")
    write_version(tmp_path / "rulesets", "2.0.0", "Two", more=SECOND)
    return tmp_path / "rulesets"


@pytest.fixture
def run(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("CDS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CDS_RULESETS", str(folder))
    monkeypatch.setenv("CDS_ENGINE", "reference")
    return lambda *arguments: CliRunner().invoke(main, arguments)


def live(run):
    """By service and version, the stage; and which one answers today."""
    told = json.loads(run("status", "--json").stdout)["result"]["live"]
    return {(one["service"], one["version"]): one["stage"] for one in told}, {
        (one["service"], one["version"]) for one in told if one["answers"]
    }


def result_of(done):
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["result"]


def test_before_anything_was_activated_all_in_range_is_live_and_the_highest_answers(run):
    stages, answering = live(run)
    assert set(stages.values()) == {"active"}
    assert answering == {("sign", "2.0.0"), ("view", "2.0.0")}


def test_activate_rollback_and_status_tell_who_when_and_why(run):
    done = run("activate", "elders@1.0.0", "--only", "--why", "a fault in 2.0.0", "--by", "ann", "--json")
    assert [(one["version"], one["stage"]) for one in result_of(done)["changed"]] == [("2.0.0", "retired")]
    assert live(run)[1] == {("sign", "1.0.0"), ("view", "1.0.0")}
    history = run("status", "--history").stdout.splitlines()
    assert history[-2].endswith("act 2: elders@2.0.0 retired  by ann: a fault in 2.0.0")
    assert history[-1].startswith("2 acts, as appended; seal ")
    back = result_of(run("rollback", "elders", "--json"))
    assert [(one["version"], one["stage"], one["service"], one["undoes"]) for one in back["changed"]] == [
        ("2.0.0", "active", None, 2)
    ]
    again = run("rollback", "elders")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "there is no act to take back" in again.stderr


def test_in_one_service_only(run):
    result_of(run("retire", "elders@2.0.0", "--service", "view", "--json"))
    assert live(run)[1] == {("sign", "2.0.0"), ("view", "1.0.0")}


def test_what_stands_so_already_changes_nothing(run):
    done = run("activate", "elders@2.0.0")
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "it stands so already: nothing was changed")
    assert done.stdout.splitlines()[1:] == ["answers now, in every service that binds it: elders@2.0.0"]


@pytest.mark.parametrize(
    ("arguments", "answers", "after"),
    [
        (["shadow", "elders@2.0.0"], "elders@1.0.0; in the shadow 2.0.0", "cds shadow report elders@2.0.0"),
        (
            ["canary", "elders@2.0.0", "--share", "10%"],
            "elders@1.0.0, for 10% of patients elders@2.0.0",
            "cds activate",
        ),
        (["activate", "elders@1.0.0", "--only"], "elders@1.0.0", "cds rollback elders"),
        (["retire", "elders@2.0.0"], "elders@1.0.0", "cds rollback elders"),
        (["stop", "elders", "mention", "--why", "x"], "elders@2.0.0", "cds resume elders mention"),
    ],
)
def test_an_act_ends_with_what_answers_now_and_what_may_come_next(run, arguments, answers, after):
    told = run(*arguments).stdout
    assert f"answers now, in every service that binds it: {answers}\nnext, as it suits:\n" in told
    assert after in told


def test_a_rollback_tells_what_answers_now_in_each_service(run):
    run("activate", "elders@1.0.0", "--only", "--service", "view")
    assert "answers now, in every service that binds it: elders@2.0.0\n" in run("rollback", "elders").stdout
    for version in ("1.0.0", "2.0.0"):
        told = run("retire", f"elders@{version}", "--service", "view").stdout
    assert "answers now, in sign: elders@2.0.0\nanswers now, in view: nothing of elders\n" in told
    back = json.loads(run("rollback", "elders", "--json").stdout)["result"]["answers"]
    assert [(one["service"], one["version"]) for one in back] == [("sign", "2.0.0"), ("view", "2.0.0")]


@pytest.mark.parametrize(("command", "stage"), [(["shadow"], "shadow"), (["canary", "--share", "10%"], "canary")])
def test_a_new_version_may_begin_in_the_shadow_or_as_a_canary_and_is_shown_to_nobody_else(run, command, stage):
    result_of(run(*command, "elders@2.0.0", "--json"))
    stages, answering = live(run)
    assert {version: stage for (_, version), stage in stages.items()} == {"1.0.0": "active", "2.0.0": stage}
    assert answering == {("sign", "1.0.0"), ("view", "1.0.0")}


def test_an_act_that_is_refused_begins_nothing_either(run):
    assert run("canary", "elders@2.0.0", "--share", "10%", "--service", "sing").exit_code == 2
    assert {one["act"] for one in json.loads(run("status", "--json").stdout)["result"]["live"]} == {0}


def test_a_rollback_says_which_act_it_takes_back(run):
    assert run("retire", "elders@2.0.0").exit_code == 0
    assert "elders@2.0.0 active (takes back act 2)" in run("rollback", "elders").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["activate", "elders"], "write it as in"),
        (["activate", "elders@7.0.0"], "it has 2.0.0, 1.0.0"),
        (["activate", "nothing@1.0.0"], "no version of it"),
        (["activate", "elders@1.0.0"], "--only"),
        (["activate", "elders@2.0.0", "--set", "age-limit"], "write it as in"),
        (["activate", "elders@2.0.0", "--set", "age-limit=90 years"], "CDS408"),
        (["activate", "elders@2.0.0", "--set", "age-limite=70 years"], 'did you mean "age-limit"?'),
        (["activate", "elders@2.0.0", "--service", "sing"], "services.yaml has sign, view"),
        (["canary", "elders@2.0.0", "--share", "0%"], "above 0"),
        (["canary", "elders@2.0.0", "--share", "1000%"], "up to 100"),
        (["retire", "elders@3.0.0"], "is not live"),
        (["rollback", "other"], "not bound"),
        (["stop", "elders", "reckless", "--why", "x"], "its rules are careful, mention"),
        (["resume", "elders", "careful"], "is not stopped"),
    ],
)
def test_a_refusal_says_what_to_do_ends_with_2_and_changes_nothing(run, arguments, said):
    before = live(run)
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert live(run) == before


def test_an_act_waits_for_the_writes_of_others_and_says_so_if_they_take_too_long(run, tmp_path, monkeypatch):
    run("shadow", "elders@2.0.0")
    before = live(run)
    with closing(sqlite3.connect(tmp_path / "state" / "records.db", check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr("cds.records.database.AT_A_TERMINAL", 0.2)
        done = run("activate", "elders@2.0.0")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "the database does not answer (SQLITE_BUSY); nothing was changed" in done.stderr
        monkeypatch.undo()
        monkeypatch.setenv("CDS_STATE", str(tmp_path / "state"))
        monkeypatch.setenv("CDS_RULESETS", str(tmp_path / "rulesets"))
        monkeypatch.setenv("CDS_ENGINE", "reference")
        assert live(run) == before
        over = threading.Timer(6, other.rollback)  # longer than a service waits
        over.start()
        assert run("activate", "elders@2.0.0").exit_code == 0
        over.join()
    assert live(run) != before


def test_who_is_shown_a_version_does_not_lose_it_by_the_way(run):
    result_of(run("activate", "elders@2.0.0", "--json"))
    before = live(run)
    done = run("canary", "elders@2.0.0", "--share", "10%")
    assert done.exit_code == 2
    assert "active in sign already" in done.stderr
    assert "cds retire elders@2.0.0" in done.stderr
    assert live(run) == before


def test_a_version_with_an_error_or_changed_after_publishing_is_not_activated(run, folder):
    file = folder / "elders" / "3.0.0" / "ruleset.yaml"
    write_version(folder, "3.0.0", "Three")
    file.write_text(file.read_text().replace("Three", "Four"))
    done = run("activate", "elders@3.0.0")
    assert done.exit_code == 2
    assert "CDS311" in done.stderr


def test_status_names_what_waits_what_is_stopped_and_what_cannot_be_used(run, folder):
    result_of(run("stop", "elders", "careful", "--why", "false alarms", "--json"))
    write_version(folder, "3.0.0", "Three")
    done = run("status")
    assert done.exit_code == 0
    assert "stopped: elders rule careful in every service since" in done.stdout
    assert "false alarms" in done.stdout
    assert "waiting to be activated: elders@3.0.0" in done.stdout
    (folder / "elders" / "2.0.0" / "ruleset.yaml").rename(folder / "elders" / "gone.yaml")
    done = run("status")
    assert done.exit_code == 1
    assert "cannot be used: elders@2.0.0 is not in the folder of rulesets" in done.stdout
    result_of(run("resume", "elders", "careful", "--json"))
    assert "stopped" not in run("status").stdout


def test_values_of_the_site_are_kept_with_the_activation(run):
    (row,) = result_of(run("activate", "elders@2.0.0", "--set", "age-limit=70 years", "--json"))["changed"]
    assert row["site"] == {"parameters": {"age-limit": "70 years"}}
    assert "age-limit = 70 years" in run("status").stdout
    assert run("activate", "elders@2.0.0", "--set", "age-limit=65 years", "--defaults").exit_code == 0
    assert "age-limit" not in run("status").stdout


def approve(folder, version, digest=None):
    digest = digest or (folder / "elders" / version / "DIGEST").read_text().strip()
    told = f"- version: {version}\n  digest: {digest}\n  by: ann\n  at: 2026-11-30T12:00:00Z\n"
    told += "  approved: {by: bob, at: 2026-11-30T12:00:00Z, why: read}\n"
    with (folder / "elders" / "publications.yaml").open("a") as file:
        file.write(told)


@pytest.mark.parametrize("command", [["activate"], ["canary", "--share", "10%"]])
def test_where_approval_is_required_nothing_unapproved_is_shown_to_anybody(run, folder, monkeypatch, command):
    monkeypatch.setenv("CDS_APPROVAL", "required")
    write_version(folder, "3.0.0", "Three")
    before = live(run)
    refused = run(*command, "elders@3.0.0")
    assert refused.exit_code == 2
    assert "nobody approved elders@3.0.0" in refused.stderr
    assert live(run) == before
    assert run("shadow", "elders@3.0.0").exit_code == 0
    approve(folder, "3.0.0")
    assert run(*command, "elders@3.0.0").exit_code == 0


def test_who_changes_the_log_is_found_out_by_status(run, tmp_path):
    result_of(run("retire", "elders@2.0.0", "--by", "ann", "--json"))
    told = json.loads(run("status", "--history", "--json").stdout)["result"]["chain"]
    assert (told["acts"], told["broken"], len(told["seal"])) == (2, [], 64)
    with closing(sqlite3.connect(tmp_path / "state" / "records.db")) as database:
        database.execute("UPDATE activation SET who = 'bob' WHERE number = 2")
        database.commit()
    done = run("status")
    assert done.exit_code == 1
    assert "the log of acts was changed: act 2 is not what was sealed" in done.stdout


def test_an_act_reads_the_version_that_it_names_and_of_the_others_what_is_kept(run, monkeypatch):
    run("status")
    read = []
    for module in (load, outline):
        original = module.load_version
        monkeypatch.setattr(
            module, "load_version", lambda *a, _of=original, **b: read.append(a[0].name) or _of(*a, **b)
        )
    assert run("status").exit_code == 0
    assert read == []
    assert run("activate", "elders@1.0.0", "--only").exit_code == 0
    assert read == ["1.0.0"]


def test_a_command_that_asks_what_is_live_imports_nothing_that_judges_or_migrates(run, folder, tmp_path):
    run("status")  # the tables are made
    heavy = ("alembic", "httpx", "cds.decisions", "cds.rules.judge", "cds.cache")
    told = (
        "import sys; from cds.commands import main; main(['status'], standalone_mode=False);"
        f"print([module for module in {heavy} if module in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
