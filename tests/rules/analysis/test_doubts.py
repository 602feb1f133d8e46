"""Tiers and what is not known: a gap, an overlap, a doubt that nobody tells, a doubt in the way of a graver tier.

Each has an example that is told and its neighbour that is not; and by trial: where nothing is told, no patient is
met by silence because of a doubt.
"""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.rules.analysis.analyse import analyse
from tests.patients import draft, medication_request, observation
from tests.rules.analysis.analysed import ORDER, TAKEN, K, codes, found, k, tier
from tests.rules.judge.telling import outcomes, rule, ruleset

HIGH, VERY_HIGH, LOW = k("above 5.5 mmol/L"), k("above 6.5 mmol/L"), k("below 3.5 mmol/L")
TESTS = {"high": HIGH, "very-high": VERY_HIGH, "low": LOW}


def doubtful(*when: str, **more):
    """A tier that says nothing of its own doubt."""
    told = tier(*when, **more)
    return {key: value for key, value in told.items() if key != "when-unknown"}


def said(rules, tests=TESTS, code="CDS445", **more) -> list[str]:
    return [problem.message for problem in found(tests, rules, **more) if problem.code == code]


# --- gaps and overlaps -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "weight"),
    [
        ("from 5 to 5.5 mmol/L", "from 5.6 to 7 mmol/L", "warning"),
        ("from 5 to 5.5 mmol/L", "above 5.5 mmol/L", None),
        ("below 5 mmol/L", "above 5 mmol/L", "warning"),  # 5 itself
        ("below 5 mmol/L", "at least 5 mmol/L", None),
        ("below 3.5 mmol/L", "above 5.5 mmol/L", "advice"),  # a middle
    ],
)
def test_values_between_two_tiers_are_told(one, other, weight):
    gaps = [p for p in found({"a": k(one), "b": k(other)}, {"r1": tier("a"), "r2": tier("b")}) if p.code == "CDS443"]
    assert [problem.severity for problem in gaps] == ([weight] if weight else [])


def test_a_whole_number_between_two_tiers_is_told():
    tests = {
        "n": {"says": "Number of results", "count": "lab", "in": "potassium"},
        "few": {"says": "Below 2", "value": "n", "is": "below 2"},
        "many": {"says": "Above 2", "value": "n", "is": "above 2"},
        "several": {"says": "Above 1", "value": "n", "is": "above 1"},
    }
    assert "CDS443" in codes(tests, {"r1": tier("few"), "r2": tier("many")})
    assert "CDS443" not in codes(tests, {"r1": tier("few"), "r2": tier("several")})


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("from 5 to 6 mmol/L", "from 5.5 to 7 mmol/L", True),
        ("from 5 to 6 mmol/L", "above 6 mmol/L", False),
        ("below 5 mmol/L", "above 4 mmol/L", True),  # both ways, and neither is the narrower
        ("below 4 mmol/L", "above 5 mmol/L", False),
        ("from 5 to 6.5 mmol/L", "above 6 mmol/L", True),  # 6.2 is shown as the milder one
        ("above 6 mmol/L", "from 5 to 6.5 mmol/L", False),  # the graver one goes before
        ("above 6 mmol/L", "above 5 mmol/L", False),
    ],
)
def test_values_of_two_tiers_are_told_where_neither_holds_all_of_the_other(first, second, told):
    found_codes = codes({"a": k(first), "b": k(second)}, {"r1": tier("a"), "r2": tier("b")})
    assert ("CDS444" in found_codes) is told


# --- the unknown case ------------------------------------------------------------------------------


def test_a_doubt_that_nobody_tells_is_warned_of_once():
    rules = {"r1": doubtful("taken", "high"), "r2": doubtful("taken", "very-high"), "r3": tier("taken", "unknown high")}
    assert [message.split('"')[1] for message in said(rules)] == ["taken"]
    assert said({"r1": doubtful("ordered", "high"), "r2": tier("ordered", "unknown high")}) == []
    assert said({"r1": tier("taken", "high"), "r2": tier("ordered", "unknown high")}) == []  # decided: stay silent
    assert said({**rules, "r4": rule(["unknown taken"])}) == []


def test_a_doubt_that_another_tier_softens_is_let_be():
    rules = {"r1": doubtful("high", "not taken"), "r2": doubtful("high"), "r3": tier("ordered", "unknown high")}
    assert [message for message in said(rules) if '"taken"' in message] == []


TIERS = {"r1": doubtful("ordered", "very-high"), "r2": doubtful("ordered", "high")}


@pytest.mark.parametrize(
    ("telling", "why"),
    [
        (tier("ordered", "unknown high"), ""),
        (tier("ordered", "unknown very-high"), 'where only that "k" is near 5.5 mmol/L is known'),
        (tier("ordered", "unknown k"), 'where "k" is absent'),
        (tier("ordered", "missing k"), 'where only that "k" is near 5.5 mmol/L is known'),
        (tier("unknown high"), ""),
        (tier("ordered", "taken", "unknown high"), 'also asks for "taken"'),
        (tier("ordered", "unknown high", hooks=["order-sign"]), "at order-select, patient-view nobody tells it"),
        (tier("ordered", "unknown high", unless=["taken"], unless_unknown="fire"), 'is silent with "taken"'),
    ],
)
def test_a_doubt_is_told_wherever_it_may_be(telling, why):
    messages = said({**TIERS, "r3": telling})
    assert (messages == []) is (why == "")
    assert all(message.endswith(why) for message in messages)


def test_several_rules_may_tell_a_doubt_between_them():
    taking = tier("ordered", "taken", "unknown high")
    assert said({**TIERS, "r3": taking, "r4": tier("ordered", "not taken", "unknown high")}) == []
    hooks = [tier("ordered", "unknown high", hooks=[hook]) for hook in ("order-sign", "order-select", "patient-view")]
    assert said({**TIERS, **{f"t{number}": telling for number, telling in enumerate(hooks)}}) == []
    assert said({**TIERS, "t0": hooks[0], "t1": hooks[1]}) != []


def test_a_number_that_may_be_absent_by_choice_needs_no_telling_of_absence():
    high = {"high": k("above 5.5 mmol/L", **{"if-absent": "fails"})}
    (message,) = said({"r1": doubtful("ordered", "high"), "r2": tier("ordered", "unknown k")}, high)
    assert message.endswith('where only that "k" is near 5.5 mmol/L is known')
    assert said({"r1": doubtful("ordered", "high"), "r2": tier("ordered", "unknown high")}, high) == []
    told = {"high": HIGH, "high-or-none": k("above 5.5 mmol/L", **{"if-absent": "holds"})}
    assert said({"r1": doubtful("ordered", "high"), "r2": tier("ordered", "unknown high-or-none")}, told) != []


def shown_as(indicator: str, *when: str, **more):
    return tier(*when, card={"indicator": indicator}, **more)


@pytest.mark.parametrize(
    ("first", "second", "hides"),
    [
        (shown_as("info", "ordered", "unknown very-high"), shown_as("warning", "ordered", "high"), True),
        (shown_as("info", "ordered", "missing very-high"), shown_as("critical", "high"), True),
        (shown_as("info", "ordered", "unknown taken"), shown_as("warning", "high"), True),
        (shown_as("warning", "ordered", "unknown very-high"), shown_as("warning", "high"), False),  # as grave
        (shown_as("info", "ordered", "unknown high"), shown_as("warning", "very-high"), False),  # then high holds
        (shown_as("info", "ordered", "unknown k"), shown_as("warning", "high"), False),
        (shown_as("info", "ordered", "unknown high"), shown_as("warning", "taken", "high"), False),
        (shown_as("info", "taken", "unknown very-high"), shown_as("warning", "not taken", "high"), False),
        (shown_as("info", "unknown very-high", hooks=["order-sign"]),
         shown_as("warning", "high", hooks=["patient-view"]), False),
    ],
)  # fmt: skip
def test_a_doubt_that_may_hide_a_graver_tier_is_told(first, second, hides):
    assert (said({"r1": first, "r2": second}, code="CDS446") != []) is hides
    assert said({"r2": second, "r1": first}, code="CDS446") == []


# --- by trial --------------------------------------------------------------------------------------

PARTS = {"k": K, "ordered": ORDER, "taken": TAKEN, **TESTS}
ASKED = ["high", "very-high", "low", "taken", "not taken", "not low", "not high"]
TOLD = ["unknown high", "unknown very-high", "unknown low", "unknown taken", "missing high", "unknown k", "missing k"]
TIER = st.lists(st.sampled_from(ASKED), min_size=1, max_size=2, unique=True).map(lambda when: doubtful(*when))
TELLING = st.tuples(st.sampled_from(TOLD), st.lists(st.sampled_from(ASKED), max_size=1)).map(
    lambda drawn: tier(*drawn[1], drawn[0])
)
#: How a potassium may come: a value, a bound, no unit, not at all.
RESULTS = [None, "3", "5", "6", "7", ">5", ">6", "<6", "<7", "<5.6", "<3.6", ">3.4", "no unit"]
PATIENTS = [
    (result, taken, missing)
    for result in RESULTS
    for taken in (True, False)
    for missing in ([], ["Observation"], ["MedicationStatement"])
]


def became(told, patient) -> dict[str, str]:
    result, taken, missing = patient
    facts = [medication_request(id="m1", rxnorm="11289")] if taken else []
    if result is not None:
        bare = result.strip("<>") if result != "no unit" else "6"
        lab = observation(float(bare), "mmol/L" if result != "no unit" else "no-such-unit", loinc="2823-3")
        if result not in (bare, "no unit"):
            lab["valueQuantity"]["comparator"] = result[0]
        facts.append(lab)
    return outcomes(told, *facts, drafts=[draft(rxnorm="11289")], unsupplied=missing)


@settings(max_examples=150, deadline=None)
@given(st.lists(TIER, min_size=1, max_size=3), st.lists(TELLING, min_size=1, max_size=4))
def test_where_no_doubt_is_told_to_be_untold_nobody_is_met_by_silence(tiers, telling):
    told = ruleset(PARTS, {f"r{number}": each for number, each in enumerate([*tiers, *telling])})
    problems = [p for p in analyse(told) if p.code in ("CDS441", "CDS445")]
    if problems:
        return
    for patient in PATIENTS:
        outcome = became(told, patient)
        open_tiers = [name for name in outcome if outcome[name] == "unknown" and int(name[1:]) < len(tiers)]
        assert not open_tiers or "fires" in outcome.values(), (patient, outcome)


GRAVE = st.tuples(st.sampled_from(["info", "warning", "critical"]), st.one_of(TIER, TELLING)).map(
    lambda drawn: {**drawn[1], "when-unknown": "stay-silent", **_card(drawn[0], drawn[1])}
)


def _card(indicator: str, told: dict) -> dict:
    return {"then": {"card": {**told["then"]["card"], "indicator": indicator}}}


@settings(max_examples=150, deadline=None)
@given(st.lists(GRAVE, min_size=2, max_size=4))
def test_where_no_doubt_is_told_to_hide_none_hides_a_graver_tier(rules):
    told = ruleset(PARTS, {f"r{number}": each for number, each in enumerate(rules)})
    hiding = {p.message.split('"')[1] for p in analyse(told) if p.code == "CDS446"}
    weights = {"info": 0, "warning": 1, "critical": 2}
    gravity = {rule.id: weights[rule.card.indicator] for rule in told.rules}
    telling = {rule.id for rule in told.rules if any(e.prefix in ("unknown", "missing") for e in rule.when)}
    for patient in PATIENTS:
        outcome = became(told, patient)
        shown = next((name for name, what in outcome.items() if what == "fires"), None)
        if shown in telling - hiding:
            assert all(gravity[n] <= gravity[shown] for n, what in outcome.items() if what == "folded"), outcome


def test_rulesets_of_the_trial_are_of_both_kinds():
    """A trial that met only rulesets with problems, or none with one, would prove nothing."""
    chance, seen = random.Random(3), Counter()
    for _ in range(300):
        tiers = [doubtful(*chance.sample(ASKED, chance.randint(1, 2))) for _ in range(chance.randint(1, 2))]
        rules = [*tiers, *(tier(telling) for telling in chance.sample(TOLD, 3))]
        problems = {p.code for p in analyse(ruleset(PARTS, {f"r{n}": each for n, each in enumerate(rules)}))}
        seen["told"] += "CDS445" in problems
        seen["not told"] += not problems & {"CDS441", "CDS445"}
    assert min(seen["told"], seen["not told"]) > 50
