"""A suggestion acts on what it may act on: drafts are removed and replaced, what is in use is stopped."""

import pytest

from tests.rules.judge.telling import problems, rule

DEFINITIONS = {
    "ordered": {"any": "order", "in": ["warfarin"]},
    "drafted": {"any": ["draft", "order"], "in": ["warfarin"]},
    "used": {"any": "medication", "in": ["warfarin"]},
    "given": {"any": "administration", "in": ["warfarin"]},
    "either": {"any": ["ordered", "used"]},
    "both": {"pair": ["ordered", "used"]},
}


def told(each="", **suggestion):
    then = {"suggestions": [{"label": "Act", **suggestion}]}
    made = rule([each or "ordered"], then=then, **({"for_each": each} if each else {}))
    return problems(DEFINITIONS, {"r": made})


@pytest.mark.parametrize("target", ["ordered", "drafted"])
def test_a_draft_is_removed_and_not_stopped(target):
    assert told(remove=target) == told(target, remove="it") == []
    assert told(stop=target) == told(target, stop="it") == ["CDS130"]


def test_what_is_in_use_is_stopped_and_not_removed():
    assert told(stop="used") == told("used", stop="it") == []
    assert told(remove="used") == told("used", remove="it") == ["CDS130"]


@pytest.mark.parametrize("kind", ["remove", "stop"])
def test_what_may_be_either_or_neither_is_neither(kind):
    assert told(**{kind: "either"}) == told("either", **{kind: "it"}) == told("both", **{kind: "it"}) == ["CDS130"]
    assert told(**{kind: "given"}) == ["CDS130"]


def test_what_stands_instead_of_something_stands_instead_of_a_draft():
    create = {"resourceType": "ServiceRequest", "code": {"text": "INR"}}
    assert (
        told(create=create, **{"instead-of": "ordered"}) == told("ordered", create=create, **{"instead-of": "it"}) == []
    )
    assert told(create=create, **{"instead-of": "used"}) == ["CDS130"]
    assert told(create=create, **{"instead-of": "nothing"}) == ["CDS205"]
    assert told(remove="ordered", **{"instead-of": "ordered"}) == ["CDS125"]


def test_of_a_pair_each_has_its_own():
    assert told("both", remove="it.first") == told("both", stop="it.second") == []
    assert told("both", stop="it.first") == told("both", remove="it.second") == ["CDS130"]


def test_a_system_action_is_held_to_it_too():
    actions = {"system-actions": [{"description": "Act", "remove": "used"}]}
    assert problems(DEFINITIONS, {"r": rule(["ordered"], then=actions)}) == ["CDS130"]
