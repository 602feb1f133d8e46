"""Every answer is recorded before it leaves, with what it takes to show it again; the patient's part is sealed."""

import json
from datetime import timedelta

import orjson
import pytest

from cds.access.client import Client
from cds.decisions.answer import Shell
from cds.decisions.identity import build
from cds.decisions.record import read_kept
from cds.hooks.faults import PrefetchMissing
from cds.records.frames import Kind
from cds.records.spool import NotRecorded
from tests.cache.stores import DictStore
from tests.decisions.desk import DECISION, INSTANCE, answered, body, cache, selected
from tests.decisions.test_answer import DEFINITIONS, MARKERS, ONE, RULES, STROKE, TWO, breaking, marked
from tests.feedback.test_taking import NOW, Memory
from tests.patients import condition
from tests.rules.judge.telling import moment, rule, ruleset

THERE = condition(snomed="230690007")


def recording(store=None, fault=None):
    memory = Memory(fault)
    return memory, Shell(cache(store), {}, memory)


def test_an_answer_is_recorded_with_who_what_when_and_by_which_versions():
    service, (memory, shell) = selected(ONE, TWO), recording()
    response = answered(service, body(THERE, about=service), shell=shell)
    ((kind, clear, _),) = memory.kept
    decision = response["extension"][DECISION]
    assert kind is Kind.ANSWER
    assert (clear["decision"], clear["client"], clear["service"]) == (decision["id"], "anonymous", "told")
    assert (clear["hook"], clear["hook_instance"]) == ("order-sign", INSTANCE)
    assert clear["at"] == moment().instant.isoformat()
    assert (clear["zone"], clear["recorded_at"], clear["build"]) == (moment().zone.key, NOW.isoformat(), build())
    assert (clear["pinned"], clear["cached"], clear["left_open"]) == (False, False, {})
    assert clear["rulesets"] == decision["rulesets"]
    assert clear["cards"] == [
        [card["uuid"], part.pinned, "r", "info"] for card, part in zip(response["cards"], (ONE, TWO), strict=True)
    ]


def test_the_sealed_part_holds_the_answer_as_it_was_given_and_the_facts():
    service, (memory, shell) = selected(ONE), recording()
    response = answered(service, body(THERE, about=service), shell=shell)
    kept = read_kept(memory.kept[0][2])
    assert orjson.loads(kept.answer) == response
    assert b"230690007" in kept.facts


def test_a_pinned_moment_is_marked_and_the_real_time_is_kept_beside_it():
    service, (memory, shell) = selected(ONE), recording()
    then = moment(NOW - timedelta(days=365))
    answered(service, body(THERE, about=service), then, shell, pinned=True)
    clear = memory.kept[0][1]
    assert clear["pinned"] is True
    assert (clear["at"], clear["recorded_at"]) == (then.instant.isoformat(), NOW.isoformat())


def test_what_was_left_open_is_kept_without_references():
    service, (memory, shell) = selected(ONE, TWO, not_effective=("old",)), recording()
    service = breaking(service, ValueError("boom"), "one")
    foreign = {**THERE, "subject": {"reference": "Patient/other"}}
    answered(service, body(foreign, about=service, unsupplied=["Observation"]), shell=shell)
    left = memory.kept[0][1]["left_open"]
    assert left["faults"] == [{"ruleset": "one@1.0.0", "cause": "ValueError"}]
    assert left["notEffective"] == ["old"]
    assert left["omissions"] == ["wrong-subject"]
    assert "Condition/" not in json.dumps(left)


@pytest.mark.parametrize("change", [{}, {"instance": "0b1f0000-0000-4000-8000-0000000000ff"}, {"more": 1}])
def test_an_answer_from_the_cache_is_recorded_as_whole_as_the_first(change):
    """From both tiers: the same bytes (but for the instance), and other bytes with the same facts."""
    service, (memory, shell) = selected(ONE), recording(DictStore())
    for changes in ({}, change):
        answered(service, body(THERE, about=service, **changes), shell=shell)
    (_, fresh, first), (_, again, second) = memory.kept
    assert (fresh["cached"], again["cached"]) == (False, True)
    assert read_kept(second).facts == read_kept(first).facts
    assert (again["decision"] == fresh["decision"]) is ("instance" not in change)


def test_nothing_that_names_the_patient_is_in_clear():
    service, (memory, shell) = selected(ruleset(DEFINITIONS, RULES)), recording()
    person, there = marked()
    answered(service, body(*there, about=service, person=person), shell=shell)
    clear = json.dumps(memory.kept[0][1])
    assert [marker for marker in MARKERS if marker in clear] == []


def test_of_the_patient_only_what_rules_can_read_is_kept():
    service, (memory, shell) = selected(ruleset(DEFINITIONS, RULES)), recording()
    person, there = marked()
    answered(service, body(*there, about=service, person=person), shell=shell)
    kept = read_kept(memory.kept[0][2])
    assert b"marker-patient" not in kept.facts + kept.answer


@pytest.mark.parametrize("store", [None, DictStore()])
def test_what_cannot_be_recorded_is_not_answered_from_the_cache_neither(store):
    service, (_, shell) = selected(ONE), recording(store, NotRecorded("ENOSPC"))
    for _ in range(2):
        with pytest.raises(NotRecorded):
            answered(service, body(THERE, about=service), shell=shell)


def test_what_was_refused_is_no_decision():
    service, (memory, shell) = selected(ruleset(STROKE, {"r": rule(["stroke"])})), recording()
    with pytest.raises(PrefetchMissing):
        answered(service, body(about=service, unsupplied=["Patient"]), shell=shell)
    assert memory.kept == []


@pytest.mark.parametrize("secret", [b"", b"\0\0\0", b"\0\0\0\1x", b"rubbish"])
def test_what_is_no_decision_is_told(secret):
    with pytest.raises(ValueError, match="not"):
        read_kept(secret)


def test_of_a_client_without_extensions_as_much_is_known_as_of_any_other():
    service, (memory, shell) = selected(ONE), recording()
    plain = Client("plain", extensions=False)
    response = answered(service, body(THERE, about=service), shell=shell, client=plain)
    ((_, clear, secret),) = memory.kept
    assert "extension" not in response
    assert clear["client"] == "plain"
    assert clear["cards"] == [[response["cards"][0]["uuid"], ONE.pinned, "r", "info"]]
    assert orjson.loads(read_kept(secret).answer) == response
