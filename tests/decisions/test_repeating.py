"""``again-after``: a card is not shown again within its time, is always told, and whatever is in doubt is shown."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from cds.access.client import Client
from cds.cache.breaker import Breaker
from cds.cache.redis_store import RedisStore
from cds.cache.showings import Showings
from cds.decisions.answer import Shell
from cds.decisions.record import read_kept
from cds.decisions.rerun import cards_again
from cds.facts.dates import Moment
from cds.records.spool import NotRecorded
from tests.cache.clients import FakeClient
from tests.cache.stores import DictStore, keys
from tests.decisions.desk import DECISION, answered, body, cache, selected, unrecorded
from tests.feedback.test_taking import Memory
from tests.patients import condition, draft
from tests.rules.judge.telling import moment, problems, rule, ruleset

STROKE = {"stroke": {"any": "condition", "in": ["stroke"]}, "ordered": {"any": "order", "in": ["warfarin"]}}
RULES = {"resting": rule(["stroke"], again_after="24 hours"), "always": rule(["stroke"])}
SERVICE = selected(ruleset(STROKE, RULES, name="one"))
THERE = condition(snomed="230690007")
FIRST, SECOND = "0b1f0000-0000-4000-8000-000000000001", "0b1f0000-0000-4000-8000-000000000002"


def shell(store=None, recorder=None, client=None):
    showings = Showings(RedisStore(client or FakeClient(), Breaker(failures_to_open=1)), keys())
    return Shell(cache(store), {}, recorder or unrecorded(), showings=showings)


def after(**elapsed) -> Moment:
    return replace(moment(), instant=moment().instant + timedelta(**elapsed))


def asked(to, at=None, instance=SECOND, service=SERVICE, client=None, *, pinned=False, **more):
    request = body(THERE, about=service, instance=instance, **more)
    return answered(service, request, at, to, *([client] if client else []), pinned=pinned)


def rules(response):
    return [card["extension"]["org.cds-rules.finding"]["rule"] for card in response["cards"]]


@pytest.mark.parametrize("store", [None, DictStore()])
def test_a_card_is_held_back_within_its_time_and_the_answer_says_since_when(store):
    desk = shell(store)
    assert rules(asked(desk, instance=FIRST)) == ["resting", "always"]
    again = asked(desk, after(hours=1))
    assert rules(again) == ["always"]
    since = moment().instant.isoformat(timespec="seconds")
    assert again["extension"][DECISION]["repeated"] == [{"ruleset": "one", "rule": "resting", "since": since}]


def test_its_time_ends_at_the_hour_and_is_not_drawn_out_by_asking():
    desk = shell()
    asked(desk, instance=FIRST)
    assert rules(asked(desk, after(hours=23, minutes=59, seconds=59))) == ["always"]
    assert rules(asked(desk, after(hours=24))) == ["resting", "always"]
    assert rules(asked(desk, after(hours=25), instance=FIRST)) == ["always"]


def test_nothing_is_told_where_nothing_was_held_back():
    assert "repeated" not in asked(shell(), instance=FIRST)["extension"][DECISION]


@pytest.mark.parametrize("store", [None, DictStore()])
def test_a_retry_of_the_call_that_was_shown_the_card_is_shown_it_again(store):
    desk = shell(store)
    first = asked(desk, instance=FIRST)
    retry = asked(desk, after(minutes=1), instance=FIRST.upper())
    assert [card["uuid"] for card in retry["cards"]] == [card["uuid"] for card in first["cards"]]


def test_another_client_another_patient_and_another_subject_are_shown_it():
    desk = shell()
    asked(desk, instance=FIRST)
    assert "resting" in rules(asked(desk, client=Client("ward-7")))
    other = json.loads(body(THERE, about=SERVICE, instance=SECOND).replace(b'"p1"', b'"p2"').replace(b"/p1", b"/p2"))
    assert "resting" in rules(answered(SERVICE, json.dumps(other).encode(), None, desk))
    orders = selected(ruleset(STROKE, {"each": rule(["ordered"], for_each="ordered", again_after="1 day")}))
    for name in ("o1", "o2"):
        order = draft(name, rxnorm="11289")
        assert rules(asked(desk, service=orders, instance=FIRST if name == "o1" else SECOND, drafts=[order])) == [
            "each"
        ]
    assert rules(asked(desk, service=orders, instance=FIRST[:-1] + "3", drafts=[order])) == []


def test_another_version_of_the_rule_is_the_same_rule():
    desk = shell()
    asked(desk, instance=FIRST)
    newer = selected(replace(ruleset(STROKE, RULES, name="one"), version="2.0.0", digest="f" * 64))
    assert rules(asked(desk, after(hours=1), service=newer)) == ["always"]


def test_what_the_store_does_not_tell_is_shown():
    client = FakeClient()
    desk = shell(client=client)
    asked(desk, instance=FIRST)
    client.fault = RedisConnectionError()
    assert rules(asked(desk, after(hours=1))) == ["resting", "always"]
    client.fault, client.kept = None, {}
    assert rules(asked(shell(client=client), after(hours=1))) == ["resting", "always"]


def test_a_service_without_such_a_rule_asks_nobody():
    client = FakeClient()
    asked(shell(client=client), service=selected(ruleset(STROKE, {"r": rule(["stroke"])})))
    silent = selected(ruleset(STROKE, {"r": rule(["ordered"], again_after="1 day")}))
    asked(shell(client=client), service=silent)  # nor does one whose rule stays silent
    assert client.calls == 0


def test_what_could_not_be_recorded_did_not_leave_and_counts_as_not_shown():
    client = FakeClient()
    with pytest.raises(NotRecorded):
        asked(shell(recorder=Memory(NotRecorded("disk")), client=client), instance=FIRST)
    assert client.kept == {}


def test_a_pinned_moment_neither_hides_a_card_nor_remembers_one():
    desk = shell()
    asked(desk, instance=FIRST, pinned=True)
    assert rules(asked(desk)) == ["resting", "always"]
    assert rules(asked(desk, after(hours=1), instance=FIRST[:-1] + "3", pinned=True)) == ["resting", "always"]


def test_the_record_says_what_was_held_back_and_is_judged_again_to_the_same_cards():
    memory = Memory()
    desk = shell(recorder=memory)
    asked(desk, instance=FIRST)
    asked(desk, after(hours=1))
    clear, secret = memory.kept[1][1], memory.kept[1][2]
    (held,) = clear["left_open"]["repeated"]
    assert (held["ruleset"], held["rule"]) == ("one", "resting")
    again = (read_kept(secret), ("anonymous", "told", SECOND), after(hours=1), SERVICE.plan, {})
    assert cards_again(*again, repeated=[(held["ruleset"], held["rule"])])
    assert not cards_again(*again)
    assert not cards_again(*again, repeated=[("one", "always")])


def test_system_actions_of_a_card_that_is_held_back_are_not_sent_again():
    action = {"description": "Order an INR", "create": {"resourceType": "ServiceRequest", "code": {"text": "INR"}}}
    acting = {"r": rule(["stroke"], again_after="1 day", then={"system-actions": [action]})}
    service, client = selected(ruleset(STROKE, acting)), Client("ward-7", system_actions=True)
    desk = shell()
    assert len(asked(desk, service=service, client=client, instance=FIRST)["systemActions"]) == 1
    assert "systemActions" not in asked(desk, after(hours=1), service=service, client=client)


@pytest.mark.parametrize(
    ("rest", "code"), [("1 month", "CDS405"), ("1 year", "CDS405"), ("soon", "CDS405"), ("0 hours", "CDS405")]
)
def test_a_card_rests_for_a_time_on_the_clock(rest, code):
    assert problems(STROKE, {"r": rule(["stroke"], again_after=rest)}) == [code]


def test_a_critical_card_never_rests():
    critical = {"r": rule(["stroke"], again_after="1 hour", card={"indicator": "critical"})}
    assert problems(STROKE, critical) == ["CDS463"]
