"""Versions in the shadow: judged and recorded, shown to nobody, and no failure of theirs reaches an answer."""

from collections import Counter
from types import SimpleNamespace

import orjson
import pytest
from structlog.testing import capture_logs

from cds.access.client import Client
from cds.cards.finding import Finding
from cds.decisions.desk import Desk
from cds.decisions.shadowing import Shadows, Shown, compare
from cds.records.frames import Kind
from cds.records.packing import unpacked
from cds.records.spool import NotRecorded
from cds.rules.engine.crosscheck import make_engine
from tests.decisions.desk import DECISION, cache
from tests.decisions.folders import SECOND, request, write_services, write_version
from tests.decisions.test_live import MOMENT, TODAY, asked, stood, told
from tests.feedback.test_taking import Memory
from tests.services.entries import row


class AtOnce(Shadows):
    """Judges in the calling thread, so that a test need not wait."""

    def offer(self, shown: Shown) -> None:
        for shadow in shown.selected.shadows:
            self.judge(shown, shadow)


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture
def desk(tmp_path, memory, monkeypatch):
    monkeypatch.setattr("cds.decisions.desk.Shadows", AtOnce)
    write_services(tmp_path)
    write_version(tmp_path, "1.0.0", "One")
    write_version(tmp_path, "2.0.0", "Two", more=SECOND)
    desk = Desk.open(tmp_path, make_engine("reference"), cache(), memory)
    desk.follow([stood(desk, 1, "1.0.0"), stood(desk, 2, "2.0.0", "shadow")], TODAY)
    return desk


def shadows(memory):
    return [clear for kind, clear, _ in memory.kept if kind is Kind.SHADOW]


def test_a_shadow_is_judged_and_recorded_and_never_in_the_answer(desk, memory):
    answer = asked(desk)
    assert told(answer) == (["One"], ["1.0.0"])
    assert "2.0.0" not in orjson.dumps(answer).decode()
    (record,) = shadows(memory)
    assert record["decision"] == answer["extension"][DECISION]["id"]
    assert record["pinned_address"].startswith("elders@2.0.0+sha256.")
    assert record["against"].startswith("elders@1.0.0+sha256.")
    assert record["changes"] == [["careful", "reworded"], ["mention", "gained"]]
    assert (record["fault"], record["moment_pinned"]) == ("", False)
    (sealed,) = [secret for kind, _, secret in memory.kept if kind is Kind.SHADOW]
    assert [card["summary"] for _, _, card in orjson.loads(unpacked(sealed))] == ["Two", "Ibuprofen is ordered"]
    assert b"MedicationRequest" not in orjson.dumps(record)


def test_the_answer_is_recorded_before_its_shadow_begins(desk, memory):
    asked(desk)
    assert [kind for kind, _, _ in memory.kept] == [Kind.ANSWER, Kind.SHADOW]


def test_a_shadow_that_fails_is_recorded_as_such_and_harms_nobody(desk, memory, monkeypatch):
    def fails(*_):
        raise ZeroDivisionError("patient p1")

    monkeypatch.setattr("cds.decisions.shadowing.decide", fails)
    assert told(asked(desk)) == (["One"], ["1.0.0"])
    (record,) = shadows(memory)
    assert (record["fault"], record["changes"]) == ("ZeroDivisionError", [])
    assert desk.health()["activation"]["shadows"] == {"judged": 0, "skipped": 0, "failed": 1}


def test_a_shadow_that_cannot_be_recorded_harms_nobody(desk, memory, monkeypatch):
    recorded = memory.record

    def only_answers(kind, clear, secret):
        if kind is Kind.SHADOW:
            raise NotRecorded("ENOSPC")
        recorded(kind, clear, secret)

    monkeypatch.setattr(memory, "record", only_answers)
    assert told(asked(desk)) == (["One"], ["1.0.0"])
    assert desk.health()["activation"]["shadows"]["failed"] == 1


def test_more_decisions_than_shadows_can_keep_up_with_are_left_out_and_counted(memory):
    shadows = Shadows(memory, {})
    shadows._thread = object()  # never takes one up
    for _ in range(70):
        shadows.offer(SimpleNamespace(selected=SimpleNamespace(shadows=())))
    assert shadows.health()["skipped"] == 6


def test_what_waits_at_a_stop_is_judged_and_what_is_left_out_is_counted_and_logged(memory):
    shadows = Shadows(memory, {})
    shadows._thread = object()  # never takes one up
    for _ in range(3):
        shadows.offer(None)
    with capture_logs() as logged:
        shadows.finish(0)
    assert shadows.health()["skipped"] == 3
    assert logged == [{"event": "shadows_left_out", "decisions": 3, "log_level": "warning"}]


def test_a_stop_waits_for_those_that_wait(tmp_path, memory):
    write_services(tmp_path)
    write_version(tmp_path, "1.0.0", "One")
    write_version(tmp_path, "2.0.0", "Two", more=SECOND)
    desk = Desk.open(tmp_path, make_engine("reference"), cache(), memory)
    desk.follow([stood(desk, 1, "1.0.0"), stood(desk, 2, "2.0.0", "shadow")], TODAY)
    for instance in range(5):
        asked(desk, request(instance=instance))
    desk.finish()
    assert len(shadows(memory)) == 5
    assert desk.health()["activation"]["shadows"] == {"judged": 5, "skipped": 0, "failed": 0}


def test_prefetch_asks_for_what_a_shadow_reads_too(desk):
    lineup = desk.live.lineup(desk.services[0])
    assert {r.version for r in lineup.staged["elders"].every} == {"1.0.0", "2.0.0"}
    assert lineup.on(TODAY).selected.shadows[0].templates == lineup.on(TODAY).selected.templates


def test_a_pinned_request_has_no_shadows_and_a_stopped_rule_is_stopped_there_too(desk, memory):
    asked(desk, request(pin={"elders": "1.0.0"}), client=Client("t", pin=True))
    assert shadows(memory) == []
    stop = row(3, ruleset="elders", rule="mention", stage="stopped", act="stop")
    desk.follow([*desk.live.log, stop], TODAY)
    asked(desk)
    assert shadows(memory)[0]["changes"] == [["careful", "reworded"]]


def finding(rule, subject="", summary="s", version="1.0.0"):
    return Finding(f"elders@{version}", rule, subject, {"summary": summary, "extension": {"version": version}})


def test_cards_are_compared_by_rule_and_subject_and_what_a_reader_sees():
    before = [finding("a"), finding("b"), finding("c", "M/1"), finding("c", "M/2")]
    after = [
        finding("a", version="2.0.0"),
        finding("b", summary="other"),
        finding("c", "M/2"),
        finding("d"),
        finding("d"),
    ]
    assert Counter(compare(before, after)) == Counter(
        [("a", "same"), ("b", "reworded"), ("c", "lost"), ("c", "same"), ("d", "gained"), ("d", "gained")]
    )


def test_the_moment_of_a_pinned_decision_is_marked(desk, memory):
    desk.answer("sign", request(), MOMENT, pinned=True)
    assert shadows(memory)[0]["moment_pinned"] is True
