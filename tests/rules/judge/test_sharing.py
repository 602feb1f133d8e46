"""Rulesets that ask the same question get the same answer, found once; any difference keeps them apart."""

import pytest

from cds.rules.judge.judge import judge
from tests.rules.judge.telling import SETS, moment, plan_of, record_of, rule, ruleset
from tests.rules.judge.test_picking import k

WORDS = {"potassium": {"loinc": {"2823-3": "another display"}}}
OTHER = {"potassium": {"loinc": {"6298-4": "potassium in blood"}}}
NEWEST = {"latest": "lab", "in": ["potassium"]}
HIGH = {"value": "newest", "is": "above 5 mmol/L"}
RULES = {"high": rule(["is-high"])}


def plan(*told, value_sets=None):
    parts = []
    for number, newest in enumerate(told):
        sets = (value_sets or {}).get(number, {})
        asked = ruleset({"newest": newest, "is-high": HIGH}, RULES, name=f"told-{number}", value_sets=sets)
        parts.append(asked)
    return plan_of(*parts)


def marks(of):
    return [part.marks.get("newest") for part in of.parts]


def test_the_same_question_has_one_mark_whatever_its_names_and_displays():
    one, other = marks(plan(NEWEST, NEWEST, value_sets={1: WORDS}))
    assert one is other
    assert one is not None


@pytest.mark.parametrize(
    "other",
    [
        {**NEWEST, "latest": "vital", "in": ["egfr"]},
        {"highest": "lab", "in": ["potassium"]},
        {**NEWEST, "within": "12 months"},
        {**NEWEST, "status": ["preliminary"]},
        {**NEWEST, "on-tie": "highest"},
        {**NEWEST, "among": "sure"},
        {**NEWEST, "in": ["potassium", "egfr"]},
    ],
)
def test_every_difference_in_the_question_keeps_rulesets_apart(other):
    one, two = marks(plan(NEWEST, other))
    assert one is not two


def test_other_codes_and_other_molar_masses_keep_rulesets_apart():
    heavy = {"potassium": {**SETS["potassium"], "molar-mass": "39.098 g/mol", "molar-mass-source": "textbook"}}
    assert len(set(marks(plan(NEWEST, NEWEST, NEWEST, value_sets={1: OTHER, 2: heavy})))) == 3


def test_a_ruleset_with_bounds_of_what_is_plausible_shares_nothing():
    bounded = {"potassium": {**SETS["potassium"], "plausible": "from 1 to 12 mmol/L", "plausible-source": "made up"}}
    read = plan(NEWEST, NEWEST, value_sets={0: bounded})
    assert marks(read)[0] is None
    truths = [verdicts.judging.truth("is-high").value for verdicts in judge(read, record_of(read, k(54)), moment())]
    assert truths == ["unknown", "holds"]


def test_what_is_about_a_subject_or_rests_on_another_definition_has_no_mark():
    told = ruleset(
        {
            "listed": {"any": "medication", "in": ["warfarin"]},
            "recent": {"any": "listed", "within": "3 months"},
            "same-day": {"any": "lab", "in": ["potassium"], "same": ["day"], "for-each": "listed"},
            "one": {"any": "listed", "that": ["same-day"]},
        }
    )
    assert set(plan_of(told).parts[0].marks) == {"listed"}


def test_what_is_found_once_is_found_for_all():
    read = plan(NEWEST, NEWEST)
    first, second = judge(read, record_of(read, k(5.6)), moment())
    assert first.judging.value("newest", None) is second.judging.value("newest", None)
    assert [rules.rules[0].outcome for rules in (first, second)] == ["fires", "fires"]
