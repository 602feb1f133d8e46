"""A result outside the bounds of its value set never decides: not by itself, and not by letting an older one decide.

The bounds here are made up for the tests; a ruleset gives its own, with their source.
"""

import pytest

from cds.rules.judge.values import Unclear
from tests.decisions.desk import DECISION, answered, body, selected
from tests.patients import observation
from tests.rules.judge.telling import problems, rule, ruleset, verdicts
from tests.rules.judge.test_picking import k, shown

BOUNDS = {"plausible": "from 1 to 12 mmol/L", "plausible-source": "made up for this test"}
SETS = {
    "potassium": {
        "loinc": {"2823-3": "potassium"},
        "molar-mass": "39.098 g/mol",
        "molar-mass-source": "textbook",
        "valence": "1",
        **BOUNDS,
    }
}
DEFINITIONS = {
    "k": {"latest": "lab", "in": ["potassium"]},
    "high": {"value": "k", "is": "above 5.5 mmol/L"},
    "low": {"value": "k", "is": "below 3.5 mmol/L"},
    "highest": {"highest": "lab", "in": ["potassium"]},
    "ever-high": {"value": "highest", "is": "above 5.5 mmol/L"},
    "some-high": {"any": "lab", "in": ["potassium"], "where": {"value": "above 5.5 mmol/L"}},
    "measured": {"any": "lab", "in": ["potassium"]},
    "each-high": {"for-each": "measured", "value": "it.value", "is": "above 5.5 mmol/L"},
    "one-is-high": {"any": "measured", "that": ["each-high"]},
    "twice": {"count": "lab", "in": ["potassium"], "where": {"value": "above 5.5 mmol/L"}},
}
TESTS = ("high", "ever-high", "some-high", "one-is-high")
MISTYPED = k(54)


def judged(*resources, definitions=DEFINITIONS):
    return verdicts(ruleset(definitions, value_sets=SETS), *resources).judging


@pytest.mark.parametrize("name", TESTS)
def test_a_mistyped_result_triggers_nothing_and_clears_nobody(name):
    assert judged(MISTYPED).truth(name).value == "unknown"
    assert judged(k(5.6)).truth(name).value == "holds"
    assert judged(k(5.4)).truth(name).value == "fails"


def test_it_is_unknown_and_says_why_and_the_fact_stands():
    value = judged(MISTYPED).value("k", None)
    assert isinstance(value, Unclear)
    assert value.reasons == ("unreadable:implausible-value",)
    assert [fact.reference for fact in value.facts] == ["Observation/a"]
    assert judged(MISTYPED).truth("measured").value == "holds"
    assert shown(judged(MISTYPED).value("twice", None)) == "0..1"


def test_an_older_plausible_result_does_not_decide_in_its_place():
    assert judged(k(54, "2026-04-01"), k(4, "2026-03-01", "b")).truth("high").value == "unknown"
    assert judged(k(54, "2026-03-01"), k(4, "2026-04-01", "b")).truth("high").value == "fails"
    assert judged(k(54, "2026-03-01"), k(6, "2026-04-01", "b")).truth("ever-high").value == "holds"


@pytest.mark.parametrize(
    ("value", "unit", "truth"),
    [
        (1, "mmol/L", "holds"),
        (0.99, "mmol/L", "unknown"),
        (12, "mmol/L", "fails"),
        (12.01, "mmol/L", "unknown"),
        (3, "meq/L", "holds"),
        (30, "meq/L", "unknown"),
        (10, "mg/dL", "holds"),  # 2.6 mmol/L
        (50, "mg/dL", "unknown"),  # 12.8
        (-4, "mmol/L", "unknown"),
    ],
)
def test_both_bounds_are_plausible_in_whatever_unit(value, unit, truth):
    assert judged(k(value, unit=unit)).truth("low").value == truth


def test_a_range_that_may_be_plausible_is_kept():
    assert judged(k(6, more={"valueQuantity": above(6)})).truth("high").value == "holds"
    assert judged(k(6, more={"valueQuantity": above(20)})).truth("high").value == "unknown"


def above(value):
    return {"value": value, "comparator": ">", "unit": "mmol/L"}


def test_another_ruleset_without_bounds_reads_the_same_result_as_it_did():
    assert verdicts(ruleset(DEFINITIONS), MISTYPED).judging.truth("high").value == "holds"


def test_a_formula_over_it_is_unknown():
    sets = {"creatinine": {"loinc": {"2160-0": "creatinine"}, "plausible": "from 0.1 to 30 mg/dL",
                           "plausible-source": "made up for this test"}}  # fmt: skip
    definitions = {
        "c": {"latest": "lab", "in": ["creatinine"]},
        "n": {"formula": "ckd-epi-2021", "inputs": {"creatinine": "c", "age": "patient.age", "sex": "patient.sex"}},
    }
    mistyped = observation(90, "mg/dL", loinc="2160-0")
    value = verdicts(ruleset(definitions, value_sets=sets), mistyped).judging.value("n", None)
    assert value.reasons == ("unreadable:implausible-value",)


RULES = {
    "act": rule(["high"], family="f"),
    "cannot-tell": rule(["unknown high"], family="f", card={"summary": "Not known", "detail": "Why: {k.why}."}),
}


def test_the_answer_names_the_result_and_the_card_says_why():
    about = selected(ruleset({"k": DEFINITIONS["k"], "high": DEFINITIONS["high"]}, RULES, value_sets=SETS))
    answer = answered(about, body(MISTYPED, about=about))
    assert answer["extension"][DECISION]["omissions"] == [{"reference": "Observation/a", "reason": "implausible-value"}]
    (card,) = answer["cards"]
    assert card["summary"] == "Not known"
    assert "a result is outside what is plausible" in card["detail"]
    assert "54" not in card["detail"]
    plausible = answered(about, body(k(6), about=about))
    assert plausible["extension"][DECISION]["omissions"] == []


def test_bounds_say_where_they_are_from_and_are_a_test():
    def said(**keys):
        return problems({"k": DEFINITIONS["k"]}, value_sets={"potassium": {"loinc": {"2823-3": "potassium"}, **keys}})

    assert said(**BOUNDS) == []
    assert said(plausible="from 1 to 12 mmol/L") == ["CDS109"]
    assert said(**{**BOUNDS, "plausible": "1 to 12 mmol/L"}) == ["CDS401"]
    assert said(**{**BOUNDS, "plausible": "from 12 to 1 mmol/L"}) == ["CDS403"]
