"""Rules that can never fire, tiers that are never shown; and proof by trial that what is called so is so."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.rules.analysis.analyse import analyse
from tests.patients import condition, draft, medication_request, observation
from tests.rules.analysis.analysed import ORDER, TAKEN, K, codes, found, k, tier
from tests.rules.judge.telling import outcomes, rule, ruleset

HIGH, VERY_HIGH, LOW = k("above 5.5 mmol/L"), k("above 6.5 mmol/L"), k("below 3.5 mmol/L")
TESTS = {"high": HIGH, "very-high": VERY_HIGH, "low": LOW}


@pytest.mark.parametrize(
    ("when", "unless"),
    [
        (["high", "low"], []),
        (["high", "not high"], []),
        (["very-high", "not high"], []),
        (["ordered", "high"], ["high"]),
        (["very-high"], ["high"]),
        (["high", "unknown high"], []),
        (["high", "missing k"], []),
        (["known k", "absent k"], []),
        (["ordered"], ["ordered"]),
        (["both-ways"], []),
    ],
)
def test_a_rule_that_contradicts_itself_is_told(when, unless):
    both = {"says": "High, and neither high nor low", "all-of": ["high", "neither"]}
    neither = {"says": "Neither high nor low", "none-of": ["high", "low"]}
    problems = codes({**TESTS, "neither": neither, "both-ways": both}, {"r": rule(when, unless)})
    assert [code for code in problems if code != "CDS441"] == []
    assert "CDS441" in problems


@pytest.mark.parametrize(
    ("when", "unless"),
    [(["high"], ["very-high"]), (["high", "not very-high"], []), (["ordered", "unknown high"], []),
     (["high", "unknown low"], []), (["not high", "not low"], []), (["missing k"], []), (["high"], ["taken"])],
)  # fmt: skip
def test_a_rule_that_can_fire_is_let_be(when, unless):
    sure = {"absent-is-high": k("above 5.5 mmol/L", **{"if-absent": "holds"})}
    assert "CDS441" not in codes({**TESTS, **sure}, {"r": rule(when, unless)})


def test_an_absent_number_may_pass_a_test_by_choice():
    high = {"high": k("above 5.5 mmol/L", **{"if-absent": "holds"}), "low": LOW}
    assert "CDS441" not in codes(high, {"r": rule(["high", "absent k"])})


def test_the_earlier_tier_hides_the_later_one():
    rules = {"broad": tier("ordered", "high"), "narrow": tier("ordered", "very-high")}
    (problem,) = found(TESTS, rules)
    assert (problem.code, problem.severity) == ("CDS442", "error")
    assert '"narrow" is never shown' in problem.message
    assert codes(TESTS, {"narrow": rules["narrow"], "broad": rules["broad"]}) == []


@pytest.mark.parametrize(
    ("broad", "narrow"),
    [
        (tier("high", unless=["taken"]), tier("very-high")),
        (tier("high", "taken"), tier("very-high")),
        (tier("high", hooks=["order-sign"]), tier("very-high")),
        (tier("high", family="g"), tier("very-high")),
        (tier("high", unless=["taken"], unless_unknown="stay-silent"), tier("very-high", unless=["taken"])),
    ],
)
def test_a_tier_that_may_be_silent_hides_nothing(broad, narrow):
    assert "CDS442" not in codes(TESTS, {"broad": broad, "narrow": narrow})


def test_a_gap_between_bands_is_warned_of_and_a_middle_is_only_advice():
    bands = {"a": k("from 5 to 5.5 mmol/L"), "b": k("from 5.6 to 7 mmol/L")}
    (problem,) = found(bands, {"r1": tier("a"), "r2": tier("b")})
    assert (problem.code, problem.severity) == ("CDS443", "warning")
    (problem,) = found(TESTS, {"r1": tier("high"), "r2": tier("low")})
    assert (problem.code, problem.severity) == ("CDS443", "advice")
    assert (
        codes(
            {**TESTS, "fine": k("from 3.5 to 5.5 mmol/L")},
            {"r1": tier("high"), "r2": tier("low"), "r3": tier("fine")},
        )
        == []
    )


def test_bands_that_overlap_in_part_are_warned_of():
    bands = {"a": k("from 5 to 6 mmol/L"), "b": k("from 5.5 to 7 mmol/L"), "c": k("from 5 to 7 mmol/L")}
    assert codes(bands, {"r1": tier("a"), "r2": tier("b")}) == ["CDS444"]
    assert codes(bands, {"r1": tier("a"), "r2": tier("c")}) == []


def test_a_family_is_about_one_subject():
    rules = {"r1": tier("ordered", for_each="ordered"), "r2": tier("high")}
    assert codes(TESTS, rules) == ["CDS233"]
    assert codes(TESTS, {"r1": rules["r1"], "r2": tier("high", family="g")}) == []


def test_a_rule_that_waits_for_orders_answers_where_there_are_orders():
    assert codes(TESTS, {"r": rule(["ordered"], hooks=["patient-view"])}) == ["CDS470"]
    assert codes(TESTS, {"r": rule(["taken"], hooks=["patient-view"])}) == []
    assert codes(TESTS, {"r": rule(["ordered"])}) == []


# --- by trial ------------------------------------------------------------------------------------

PARTS = {
    "k": K, "ordered": ORDER, "taken": TAKEN, **TESTS,
    "stroke": {"says": "A stroke", "any": "condition", "in": "stroke"},
    "not-high": k("at most 5.5 mmol/L", **{"if-absent": "holds"}),
    "neither": {"says": "Neither", "none-of": ["high", "low"]},
    "either": {"says": "Either", "any-of": ["very-high", "low", "taken"]},
    "both": {"says": "Both", "all-of": ["high", "taken"]},
    "two": {"says": "2 of 3", "at-least": "2", "of": ["high", "taken", "not stroke"]},
    "old": {"says": "At least 65 years old", "age": "now", "is": "at least 65 years"},
    "young": {"says": "Below 18 years old", "age": "now", "is": "below 18 years"},
    "risk": {"says": "Points", "score": {"old": "1", "taken": "2", "stroke": "1"}},
    "risky": {"says": "At least 3 points", "value": "risk", "is": "at least 3"},
    "safe": {"says": "Below 2 points", "value": "risk", "is": "below 2"},
}  # fmt: skip
TRUTHS = sorted(name for name in PARTS if name not in ("k", "risk"))
ENTRIES = [*TRUTHS, *(f"{word} {name}" for word in ("not", "unknown", "known") for name in TRUTHS),
           "absent k", "missing k", "unknown k", "known k"]  # fmt: skip
CONDITIONS = st.lists(st.sampled_from(ENTRIES), min_size=1, max_size=4, unique=True)
RULES = st.builds(
    tier,
    *[st.sampled_from(ENTRIES)] * 2,
    unless=st.lists(st.sampled_from(TRUTHS), max_size=2, unique=True),
    unless_unknown=st.sampled_from(["fire", "stay-silent"]),
)
PATIENTS = st.fixed_dictionaries(
    {
        "potassium": st.sampled_from([None, 2.0, 3.5, 5.0, 5.5, 6.0, 6.5, 7.0]),
        "taken": st.booleans(),
        "ordered": st.booleans(),
        "stroke": st.booleans(),
        "born": st.sampled_from([None, "1950-01-01", "1961-05-02", "1990", "2015-01-01"]),
        "unsupplied": st.lists(st.sampled_from(["Observation", "MedicationRequest", "Condition"]), unique=True),
    }
)


def became(told, patient) -> dict[str, str]:
    facts = (
        [observation(patient["potassium"], "mmol/L", loinc="2823-3", on="2026-04-30")] if patient["potassium"] else []
    )
    facts += [medication_request(id="m1", rxnorm="11289")] if patient["taken"] else []
    facts += [condition(snomed="230690007", on="2026-01-01")] if patient["stroke"] else []
    drafts = [draft(id="o1", rxnorm="11289")] if patient["ordered"] else []
    return outcomes(told, *facts, drafts=drafts, born=patient["born"], unsupplied=patient["unsupplied"])


@settings(max_examples=250, deadline=None)
@given(st.lists(RULES, min_size=1, max_size=4), st.lists(PATIENTS, min_size=6, max_size=12))
def test_what_is_said_never_to_fire_or_never_to_be_shown_does_not(rules, patients):
    told = ruleset(PARTS, {f"r{number}": rule for number, rule in enumerate(rules)})
    problems = [p for p in analyse(told) if p.code in ("CDS441", "CDS442")]
    named = {p.code: {q.message.split('"')[1] for q in problems if q.code == p.code} for p in problems}
    dead, hidden = named.get("CDS441", set()), named.get("CDS442", set())
    for patient in patients:
        for name, outcome in became(told, patient).items():
            assert not (name in dead and outcome in ("fires", "folded")), (name, patient)
            assert not (name in hidden and outcome == "fires"), (name, patient)


def test_rules_of_random_conditions_are_often_of_both_kinds():
    """A trial that met no contradiction would prove nothing."""
    chance, seen = random.Random(7), Counter()
    for _ in range(200):
        rules = {f"r{n}": tier(*chance.sample(ENTRIES, 2)) for n in range(3)}
        seen.update(problem.code for problem in analyse(ruleset(PARTS, rules)))
    assert seen["CDS441"] > 20
    assert seen["CDS442"] > 3
