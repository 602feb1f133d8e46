"""``cds decisions``: what an operator sees of a decision and its feedback."""

import json
from datetime import timedelta

import orjson
import pytest
from click.testing import CliRunner

from cds.commands import main
from cds.decisions.record import _LENGTH
from cds.records.frames import Kind
from cds.records.keys import load_keys, rotate
from cds.records.packing import packed
from cds.records.spool import Spool
from tests.records.telling import CARD, INSTANCE, NOON, PINNED, answered, reported

ANSWER = {
    "cards": [
        {
            "uuid": CARD,
            "summary": "Warfarin with ibuprofen",
            "suggestions": [{"uuid": "s-1", "label": "Remove the NSAID order"}],
        }
    ]
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("CDS_STATE", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(main, ["decisions", *arguments])


def kept():
    facts = packed(b'["order-sign"]')
    return _LENGTH.pack(len(facts)) + facts + packed(orjson.dumps(ANSWER))


def recorded(tmp_path):
    """A decision answered twice, and what became of its card; still in the spool, as a killed service leaves it."""
    spool = Spool(tmp_path / "spool", load_keys(None, tmp_path).records)
    spool.append(Kind.ANSWER, answered(left_open={"omissions": ["bad-date"]}), kept())
    spool.append(Kind.ANSWER, answered(cached=True, pinned=True), kept())
    told = json.loads(reported((CARD, "accepted"), ("unknown", "overridden")))
    told["feedback"][0]["accepted"] = ["S-1", "gone"]
    words = [["not\nnow \x1b[2J", "Not now"], None]
    spool.append(Kind.FEEDBACK, orjson.dumps(told), orjson.dumps(words))
    spool.close()


def test_a_decision_is_told_with_versions_cards_and_feedback(run, tmp_path):
    recorded(tmp_path)
    result = run("show", "d-1")
    assert result.exit_code == 0, result.output
    lines = [line.strip() for line in result.output.splitlines()]
    assert f"hook instance {INSTANCE}" in lines
    assert f"card {CARD} critical: Warfarin with ibuprofen" in lines
    assert f"{PINNED} rule high-risk" in lines
    assert 'omissions: ["bad-date"]' in lines
    assert any(line.startswith("answer 2") and line.endswith("[retry, pinned, cached]") for line in lines)
    assert lines[-5:] == [
        f"feedback to {CARD}: accepted at {NOON.isoformat()}",
        "accepted Remove the NSAID order",
        "accepted gone",
        "reason not-now (urn:x)",
        r"comment: not\nnow \x1b[2J",
    ]


def test_the_list_is_a_line_to_an_answer_and_counts_what_fits_nothing(run, tmp_path):
    recorded(tmp_path)
    result = run("list")
    assert result.stdout.splitlines() == [
        "2026-05-01 12:00:00Z  d-1  sign  1 card, 1 outcome [retry, pinned]",
        "2026-05-01 12:00:00Z  d-1  sign  1 card, 1 outcome",
    ]
    assert result.stderr == "1 outcome of cards that no recorded answer showed\n"
    (told,) = json.loads(run("list", "--json", "--limit", "1").stdout)["result"]["answers"]
    assert (told["decision"], told["retry"], told["cards"]) == ("d-1", True, 1)


def test_calls_that_got_no_answer_are_listed_apart(run, tmp_path):
    spool = Spool(tmp_path / "spool", load_keys(None, tmp_path).records)
    told = {"at": NOON, "call": "hook", "service": "sign", "client": "east", "status": 412, "calls": 1}
    told |= {"fault": "PrefetchMissing", "hook_instance": INSTANCE}
    flood = {**told, "hook_instance": None, "calls": 900, "at": NOON + timedelta(minutes=1)}
    spool.append(Kind.REFUSALS, orjson.dumps({"refusals": [told, flood]}), b"")
    spool.close()
    assert run("list", "--refused").stdout.splitlines() == [
        "2026-05-01 12:01:00Z  412  PrefetchMissing  sign (hook), client east  900 calls",
        f"2026-05-01 12:00:00Z  412  PrefetchMissing  sign (hook), client east  hook instance {INSTANCE}",
    ]
    (newest,) = json.loads(run("list", "--refused", "--json", "--limit", "1").stdout)["result"]["refused"]
    assert (newest["calls"], newest["hookInstance"], newest["status"]) == (900, None, 412)
    assert run("list").stdout == ""


def test_facts_and_the_whole_answer_come_only_when_asked(run, tmp_path):
    recorded(tmp_path)
    (plain,) = json.loads(run("show", CARD, "--json").stdout)["result"]["decisions"]
    (full,) = json.loads(run("show", CARD, "--json", "--facts").stdout)["result"]["decisions"]
    assert "facts" not in plain["answers"][0]
    assert (full["answers"][0]["facts"], full["answers"][0]["answer"]) == (["order-sign"], ANSWER)


def test_after_the_keys_were_rotated_old_decisions_still_open(run, tmp_path):
    recorded(tmp_path)
    for _ in range(5):
        rotate(tmp_path / "keys.json")
    assert "Warfarin with ibuprofen" in run("show", "d-1").output


def test_without_the_key_it_says_so_and_shows_the_rest(run, tmp_path):
    recorded(tmp_path)
    run("list")  # ships
    (tmp_path / "keys.json").unlink()
    load_keys(None, tmp_path)
    output = run("show", "d-1").output
    assert "no key here opens" in output
    assert f"{PINNED} rule high-risk" in output
    assert "Warfarin" not in output


def test_what_is_not_recorded_ends_with_1(run, tmp_path):
    recorded(tmp_path)
    result = run("show", "d-9")
    assert (result.exit_code, result.stdout) == (1, "")


@pytest.mark.parametrize("arguments", [("list",), ("show", "d-1")])
def test_a_folder_without_records_ends_with_2_and_stays_as_it_is(run, tmp_path, arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_ends_with_2_without_its_url(run, tmp_path, monkeypatch):
    load_keys(None, tmp_path)
    monkeypatch.setenv("CDS_DATABASE_URL", "postgresql://someone:my-secret@127.0.0.1:9/none")
    result = run("show", "d-1")
    assert result.exit_code == 2
    assert "does not answer" in result.output
    assert "my-secret" not in result.output
