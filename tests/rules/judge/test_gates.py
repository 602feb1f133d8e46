"""Conditions of many parts: judged as any other, and compiled in time that grows with the text, not with its paths."""

import pytest

from cds.rules.judge.gates import MOST_PARTS
from cds.rules.judge.judge import judge
from tests.patients import condition
from tests.rules.judge.telling import moment, plan_of, record_of, rule, ruleset

LEAVES = {"diabetic": {"any": "condition", "in": "diabetes"}, "stroke": {"any": "condition", "in": "stroke"}}
DIABETES, STROKE = condition(id="d", snomed="73211009"), condition(id="s", snomed="230690007")
#: As many levels as definitions may rest on one another.
DEEP = 38


def diamonds(above: dict, below: dict) -> dict:
    """Two compositions at each level, each of both of the level below: 2 ** 38 paths from the first to the leaves."""
    told, parts = dict(LEAVES), ["diabetic", "stroke"]
    for level in range(DEEP):
        told[f"a{level}"] = {key: (parts if key == "of" else value or parts) for key, value in above.items()}
        told[f"b{level}"] = {key: (parts if key == "of" else value or parts) for key, value in below.items()}
        parts = [f"a{level}", f"b{level}"]
    return told


def fired(told: dict, when: list[str], *resources, **how) -> bool:
    plan = plan_of(ruleset(told, {"told": rule(when)}))
    verdicts = judge(plan, record_of(plan, *resources, **how), moment())[0]
    return any(verdict.outcome == "fires" for verdict in verdicts.rules)


@pytest.mark.parametrize(
    ("above", "below", "of_one", "of_both"),
    [
        ({"any-of": None}, {"any-of": None}, True, True),
        ({"all-of": None}, {"all-of": None}, False, True),
        ({"all-of": None}, {"any-of": None}, False, True),
        ({"at-least": "1", "of": None}, {"at-least": "2", "of": None}, True, True),
    ],
)
def test_compositions_that_share_parts_at_every_level_are_compiled_and_judged(above, below, of_one, of_both):
    told, top = diamonds(above, below), [f"a{DEEP - 1}"]
    assert fired(told, top) is False
    assert fired(told, top, DIABETES) is of_one
    assert fired(told, top, DIABETES, STROKE) is of_both


@pytest.mark.parametrize("more", [-2, 0, 2, 200])
def test_the_parts_that_no_gate_looks_at_are_judged_all_the_same(more):
    """The last part of a long list decides, inside and beyond what a gate looks at."""
    asked = {f"p{n}": LEAVES["stroke"] for n in range(MOST_PARTS + more)}
    told = {**asked, "last": LEAVES["diabetic"], "some": {"any-of": [*asked, "last"]}}
    told |= {"none": {"none-of": [*asked, "last"]}, "every": {"all-of": [*asked, "last"]}}
    assert fired(told, ["some"], DIABETES)
    assert not fired(told, ["some"])
    assert not fired(told, ["none"], DIABETES)
    assert fired(told, ["none"])
    assert fired(told, ["every"], DIABETES, STROKE)
    assert not fired(told, ["every"], STROKE)
