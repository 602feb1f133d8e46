"""Answers are filled into forms that are made once: what leaves, and what is recorded of it, is as if each were written
anew. The ids are worked out here as they were decided (SETTLED, "Cards, ids, feedback"), with the standard library.
"""

import hashlib
import json
import struct
import uuid
import zlib
from datetime import timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.access.client import ANONYMOUS, Client
from cds.decisions.answer import answer
from cds.decisions.form import Form, blank, form_of
from cds.decisions.record import read_kept
from tests.cache.stores import DictStore
from tests.decisions.desk import DECISION, answered, body, fresh, selected
from tests.decisions.test_record import recording
from tests.patients import condition, draft
from tests.rules.judge.telling import moment, rule, ruleset

SPACE = uuid.UUID("6f1d8a52-0f0e-5d0c-9a44-5b7c0de0ca4d")
ORDERED = {"ordered": {"any": "order", "in": ["warfarin"]}, "stroke": {"any": "condition", "in": ["stroke"]}}
INR = {"resourceType": "ServiceRequest", "code": {"text": "INR"}}
THEN = {
    "suggestions": [{"label": "Order an INR", "create": INR}, {"label": "Stop it", "remove": "ordered"}],
    "system-actions": [{"description": "Order an INR", "create": INR}],
}
RULES = {"each": rule(["ordered"], for_each="ordered", then=THEN), "there": rule(["stroke"])}
SERVICE = selected(ruleset(ORDERED, RULES, name="one"))
OTHER = selected(ruleset(ORDERED, {"there": RULES["there"]}, name="other"), not_effective=("gone",))
THERE = condition(snomed="230690007")
CLIENTS = [
    *(ANONYMOUS, Client("plain", extensions=False), Client("agreed", system_actions=True)),
    *(Client("agreed", auto_launchable=True), Client("agreed", extensions=False, system_actions=True)),
]
INSTANCES = [f"0b1f0000-0000-4000-8000-00000000000{digit}" for digit in "1aA"]

# --- forms --------------------------------------------------------------------------------------------

TEXTS = st.text(max_size=6) | st.sampled_from(["\0", "\x000\0", '"', "\\u0000", "é"])
VALUES = st.lists(TEXTS | st.booleans() | st.integers(-9, 9), min_size=1, max_size=12)


class Hole:
    """Where a blank goes in a tree."""

    def __init__(self, number):
        self.number = number


def put(tree, hole):
    if isinstance(tree, Hole):
        return hole(tree.number)
    if isinstance(tree, list):
        return [put(item, hole) for item in tree]
    return {name: put(item, hole) for name, item in tree.items()} if isinstance(tree, dict) else tree


@given(st.data())
def test_a_filled_form_is_what_writing_it_anew_gives(data):
    values = data.draw(VALUES)
    leaves = TEXTS | st.none() | st.integers(0, len(values) - 1).map(Hole)
    tree = data.draw(st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=12))
    form = form_of(put(tree, blank))
    expected = orjson.dumps(put(tree, lambda number: values[number]))
    for same in (form, Form(form.text), Form(zlib.decompress(zlib.compress(form.text)))):
        assert same.filled([orjson.dumps(value) for value in values]) == expected


@pytest.mark.parametrize("text", [b"{\0", b"\0x\0", b"\x001\0\0", b"{\0-\0}"])
def test_what_is_no_form_is_told(text):
    with pytest.raises(ValueError, match=r"form|invalid literal"):
        Form(text)


def test_a_form_with_a_value_too_few_is_told():
    with pytest.raises(ValueError, match="form"):
        form_of([blank(0), blank(1)]).filled([b"1"])


# --- answers ------------------------------------------------------------------------------------------

CALLS = st.lists(
    st.tuples(
        st.sampled_from([SERVICE, OTHER]),
        st.sampled_from(CLIENTS),
        st.sampled_from(INSTANCES),
        st.booleans(),
        st.integers(0, 3),
        st.booleans(),
    ),
    min_size=2,
    max_size=8,
)


def asked(service, instance, *, other_bytes):
    orders = [draft(rxnorm="11289", id="o1"), draft(rxnorm="11289", id="o1"), draft(rxnorm="11289", id="o2")]
    return body(THERE, about=service, drafts=orders, instance=instance, **({"more": 1} if other_bytes else {}))


@settings(max_examples=60, deadline=None)
@given(CALLS)
def test_whatever_was_asked_before_an_answer_is_as_if_it_were_the_first(calls):
    memory, shell = recording(DictStore())
    for service, client, instance, pinned, hours, other_bytes in calls:
        at = moment(moment().instant + timedelta(hours=hours))
        request = asked(service, instance, other_bytes=other_bytes)
        content = answer(service, request, at, shell, client, pinned=pinned)
        given, first = json.loads(content), answered(service, request, at, fresh(), client, pinned=pinned)
        for told in (given, first):
            told.get("extension", {}).get(DECISION, {}).pop("cached", None)
        assert given == first
        _, clear, secret = memory.kept[-1]
        assert read_kept(secret).answer == content
        assert [card[0] for card in clear["cards"]] == [card["uuid"] for card in given["cards"]]
        assert (clear["client"], clear["hook_instance"]) == (client.id, instance.lower())
        assert (clear["at"], clear["pinned"]) == (at.instant.isoformat(), pinned)
        assert clear["left_open"].get("notEffective", []) == list(service.not_effective)


@pytest.mark.parametrize("instance", INSTANCES)
def test_ids_and_times_are_those_of_the_call_also_where_the_form_was_there(instance):
    memory, shell = recording(DictStore())
    client = Client("agreed", system_actions=True)
    for before in (INSTANCES[1], instance):
        at = moment(moment().instant + timedelta(minutes=5))
        response = answered(SERVICE, asked(SERVICE, before, other_bytes=False), at, shell, client)
    facts = hashlib.sha256(read_kept(memory.kept[-1][2]).facts).hexdigest()
    key = "\n".join(("agreed", "told", instance.lower(), facts))
    assert response["extension"][DECISION]["id"] == str(uuid.uuid5(SPACE, key)) == memory.kept[-1][1]["decision"]
    subjects = ["MedicationRequest/o1", "MedicationRequest/o1", "MedicationRequest/o2", ""]
    seen = ["", "\n2", "", ""]
    assert len(response["cards"]) == 4
    for card, subject, number in zip(response["cards"], subjects, seen, strict=True):
        finding = card["extension"]["org.cds-rules.finding"]
        pinned = f"{finding['ruleset']}@{finding['version']}+sha256.{finding['digest'][:12]}"
        own = uuid.uuid5(SPACE, "\n".join((key, pinned, finding["rule"], subject)) + number)
        assert card["uuid"] == str(own)
        for suggestion in card.get("suggestions", []):
            assert suggestion["uuid"] == str(uuid.uuid5(own, suggestion["label"]))
    made = [s["actions"][0]["resource"] for c in response["cards"][:3] for s in c["suggestions"][:1]]
    assert {resource["authoredOn"] for resource in made} == {"2026-05-01T12:05:00+00:00"}
    assert [a["resource"]["authoredOn"] for a in response["systemActions"]] == ["2026-05-01T12:05:00+00:00"] * 3


def test_what_was_recorded_before_there_were_forms_is_read():
    facts, content = b'["order-sign"]', b'{"cards":[]}'
    packed = zlib.compress(facts)
    kept = read_kept(struct.pack(">I", len(packed)) + packed + zlib.compress(content))
    assert (kept.facts, kept.answer) == (facts, content)


@pytest.mark.parametrize("part", [0.0, 0.001, 0.01, 0.2, 0.5, 0.8])
def test_what_was_cut_off_is_no_decision(part):
    memory, shell = recording()
    answered(SERVICE, asked(SERVICE, INSTANCES[0], other_bytes=False), shell=shell)
    whole = memory.kept[0][2]
    with pytest.raises(ValueError, match="not"):
        read_kept(whole[: int(part * len(whole))])
