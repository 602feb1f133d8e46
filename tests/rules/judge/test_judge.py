"""Firing policies, families, subjects, hooks and anchors: which rules fire, and none is ever passed over that would."""

import threading
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cds.rules.judge.judge import judge
from cds.rules.judge.plan import Plan, join
from tests.patients import allergy, condition, draft, medication_request, observation
from tests.rules.judge.telling import MME, moment, outcomes, plan_of, record_of, rule, ruleset, verdicts

#: W and N are told by conditions and procedures, so that each can hold, fail or be unknown on its own.
PARTS = {
    "w": {"any": "condition", "in": ["stroke"]},
    "n": {"any": "procedure", "in": ["diabetes"]},
    "a": {"any": "immunization", "in": ["warfarin"]},
}
THERE = {
    "w": condition(snomed="230690007"),
    "n": {**condition(id="n", snomed="73211009"), "resourceType": "Procedure", "status": "completed"},
    "a": {
        "resourceType": "Immunization",
        "id": "a",
        "status": "completed",
        "patient": {"reference": "Patient/p1"},
        "vaccineCode": {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "11289"}]},
    },
}
TYPES = {"w": "Condition", "n": "Procedure", "a": "Immunization"}


def outcome(policy, applies_policy="fire", **states):
    """What becomes of ``r`` when its parts are in these states: holds, fails or unknown."""
    told = ruleset(
        PARTS,
        {"r": rule(["w"], ["n"], unless_unknown=policy)},
        applies={"unless": ["a"], "unless-unknown": applies_policy},
    )
    there = [THERE[name] for name, state in states.items() if state == "holds"]
    unsupplied = [TYPES[name] for name, state in states.items() if state == "unknown"]
    return outcomes(told, *there, unsupplied=unsupplied).get("r", "silent")


H, F, U = "holds", "fails", "unknown"


@pytest.mark.parametrize(
    ("w", "n", "fire", "stay_silent"),
    [
        (H, F, "fires", "fires"),
        (H, H, "silent", "silent"),
        (H, U, "fires", "unknown"),
        (F, F, "silent", "silent"),
        (F, H, "silent", "silent"),
        (F, U, "silent", "silent"),
        (U, F, "unknown", "unknown"),
        (U, H, "silent", "silent"),
        (U, U, "unknown", "unknown"),
    ],
)
def test_a_rule_fires_by_its_conditions_its_exceptions_and_its_policy(w, n, fire, stay_silent):
    assert (outcome("fire", w=w, n=n, a=F), outcome("stay-silent", w=w, n=n, a=F)) == (fire, stay_silent)


@pytest.mark.parametrize(
    ("n", "a", "rules_own", "applies", "expected"),
    [
        (F, F, "fire", "fire", "fires"),
        (F, H, "fire", "fire", "silent"),
        (U, H, "fire", "fire", "silent"),
        (H, U, "fire", "fire", "silent"),
        (F, U, "fire", "fire", "fires"),
        (F, U, "fire", "stay-silent", "unknown"),
        (F, U, "stay-silent", "fire", "fires"),  # each exception has its own policy
        (U, F, "fire", "stay-silent", "fires"),
        (U, U, "fire", "stay-silent", "unknown"),
        (U, U, "stay-silent", "fire", "unknown"),
        (U, U, "fire", "fire", "fires"),
    ],
)
def test_the_exceptions_that_apply_to_all_rules_keep_their_own_policy(n, a, rules_own, applies, expected):
    assert outcome(rules_own, applies, w=H, n=n, a=a) == expected


def test_a_rule_that_opts_out_is_not_barred_by_what_applies():
    told = ruleset(
        PARTS,
        {"r": rule(["w"], despite=["a", "n"]), "s": rule(["w"])},
        applies={"when": ["n"], "unless": ["a"], "unless-unknown": "fire", "when-unknown": "stay-silent"},
    )
    assert outcomes(told, THERE["w"], THERE["a"]) == {"r": "fires"}
    assert outcomes(told, THERE["w"], THERE["n"]) == {"r": "fires", "s": "fires"}
    assert outcomes(told, THERE["w"], THERE["n"], THERE["a"]) == {"r": "fires", "s": "silent"}


def test_what_is_left_open_is_named():
    told = ruleset(PARTS, {"r": rule(["w", "n"], ["a"])})
    (verdict,) = verdicts(told, THERE["w"], unsupplied=["Procedure", "Immunization"]).rules
    assert (verdict.outcome, [entry.name for entry in verdict.undecided]) == ("unknown", ["n"])
    (verdict,) = verdicts(told, THERE["w"], THERE["n"], unsupplied=["Immunization"]).rules
    assert (verdict.outcome, [entry.name for entry in verdict.undecided]) == ("fires", ["a"])


def test_of_a_family_the_first_that_fires_is_shown_and_a_doubt_above_hides_no_tier_below():
    rules = {
        "top": rule(["w", "n"], family="f"),
        "middle": rule(["w"], family="f"),
        "low": rule(["w"], family="f"),
        "other": rule(["w"]),
    }
    told = ruleset(PARTS, rules)
    everything = {"top": "fires", "middle": "folded", "low": "folded", "other": "fires"}
    assert outcomes(told, THERE["w"], THERE["n"]) == everything
    doubtful = {"top": "unknown", "middle": "fires", "low": "folded", "other": "fires"}
    assert outcomes(told, THERE["w"], unsupplied=["Procedure"]) == doubtful


OPIOIDS = {
    "opioid": {"any": ["medication", "draft"], "in": ["opioids"]},
    "mme": MME,
    "much": {"for-each": "opioid", "value": "mme", "is": "at least 90 mg/d"},
    "some": {"for-each": "opioid", "value": "mme", "is": "at least 50 mg/d"},
}


def test_a_family_is_folded_for_each_subject_by_itself():
    told = ruleset(
        OPIOIDS,
        {
            "high": rule(["much"], for_each="opioid", family="f"),
            "raised": rule(["some"], for_each="opioid", family="f"),
        },
    )
    drafts = [
        draft(name, rxnorm="7052", dose=(dose, "mg"), per_day=1) for name, dose in (("a", 90), ("b", 50), ("c", 5))
    ]
    assert outcomes(told, drafts=drafts) == {
        "high MedicationRequest/a": "fires",
        "raised MedicationRequest/a": "folded",
        "raised MedicationRequest/b": "fires",
    }


def test_two_subjects_under_one_reference_fold_apart():
    told = ruleset(OPIOIDS, {"raised": rule(["some"], for_each="opioid", family="f")})
    drafts = [draft("x", rxnorm=code, dose=(60, "mg"), per_day=1) for code in ("7052", "7804")]
    assert [v.outcome for v in verdicts(told, drafts=drafts).rules] == ["fires", "fires"]


def test_a_rule_with_narrower_hooks_is_silent_at_the_others():
    told = ruleset(PARTS, {"r": rule(["w"], hooks=["order-sign"]), "s": rule(["w"])})
    assert outcomes(told, THERE["w"], hook="order-sign") == {"r": "fires", "s": "fires"}
    assert outcomes(told, THERE["w"], hook="patient-view") == {"s": "fires"}


def test_at_a_hook_without_drafts_nothing_is_ordered_and_that_is_known():
    told = ruleset(
        {"ordered": {"any": "order", "in": ["opioids"]}}, {"r": rule(["ordered"]), "s": rule(["not ordered"])}
    )
    assert outcomes(told, hook="patient-view") == {"s": "fires"}


def test_only_the_selected_drafts_are_orders_while_ordering():
    told = ruleset(
        {"ordered": {"any": "order", "in": ["opioids"]}, "drafted": {"any": "draft", "in": ["opioids"]}},
        {"r": rule(["ordered"]), "s": rule(["drafted"])},
    )
    drafts = [draft("o1", rxnorm="7052")]
    assert outcomes(told, drafts=drafts, selections=["MedicationRequest/o1"], hook="order-select") == {
        "r": "fires",
        "s": "fires",
    }
    assert outcomes(told, drafts=drafts, selections=[], hook="order-select") == {"s": "fires"}


# --- anchors: no rule is passed over that would fire or be unknown ---------------------------------

DEFINITIONS = {
    **PARTS,
    "ordered": {"any": "order", "in": ["ibuprofen", "warfarin"]},
    "in-use": {"any": ["medication", "draft"], "in": ["warfarin", "ibuprofen"]},
    "narrowed": {"any": "in-use", "in": ["warfarin"]},
    "of-finder": {"any": "narrowed", "within": "90 days"},
    "open": {"any": "condition"},
    "open-narrowed": {"any": "open", "in": ["stroke"]},
    "pair": {"pair": ["ordered", "in-use"], "different": ["ingredient"]},
    "paired": {"any": "pair", "in": ["warfarin"]},
    "some-of": {"any": ["narrowed", "paired"]},
    "any-or-stroke": {"any": ["narrowed", "condition"]},
    "two-of-them": {"pair": ["open", "some-of"]},
    "k": {"latest": "lab", "in": ["potassium"]},
    "by-dose": {"for-each": "in-use", "value": "it.daily-dose", "is": "above 5 mg/d"},
    "its-allergy": {"for-each": "in-use", "any": "allergic", "same": "ingredient"},
    "its-stroke": {"for-each": "in-use", "all-of": ["w", "by-dose"]},
    "k-high": {"value": "k", "is": "above 5 mmol/L"},
    "k-ok": {"value": "k", "is": "above 3 mmol/L", "if-absent": "holds"},
    "no-k": {"absent": "k"},
    "both": {"all-of": ["w", "in-use"]},
    "either": {"any-of": ["w", "ordered"]},
    "either-not": {"any-of": ["w", "not ordered"]},
    "neither": {"none-of": ["w", "n"]},
    "two": {"at-least": 2, "of": ["w", "n", "ordered"]},
    "deep": {"all-of": ["either", "either-not", "not neither"]},
    "allergic": {"any": "allergy", "in": ["ibuprofen"]},
    "few": {"count": ["medication"], "in": ["warfarin"], "is": "at most 1"},
}
PREFIXES = ("", "", "", "not ", "absent ", "known ", "unknown ")
ABOUT = ["by-dose", "its-allergy", "its-stroke"]  # of each in use
truths = [name for name in DEFINITIONS if name not in ("k", *ABOUT)]
about = st.builds(str.__add__, st.sampled_from(["", "", "not ", "known ", "unknown "]), st.sampled_from(ABOUT))
entries = st.builds(str.__add__, st.sampled_from(PREFIXES), st.sampled_from(truths)).filter(
    lambda entry: not entry.startswith("absent ") or DEFINITIONS[entry.split()[1]].keys() & {"any", "pair"}
)
drawn_rules = st.lists(
    st.tuples(
        st.lists(entries, min_size=1, max_size=3, unique=True),
        st.lists(entries, max_size=2, unique=True),
        st.sampled_from(["", "", "in-use", "paired", "pair", "some-of", "any-or-stroke", "two-of-them"]),
        st.lists(about, max_size=2, unique=True),
    ),
    min_size=1,
    max_size=4,
)
resources = st.lists(
    st.sampled_from(
        [
            THERE["w"],
            THERE["n"],
            THERE["a"],
            condition(id="odd", snomed="230690007", status="unheard-of"),
            condition(id="other", snomed="22298006"),
            condition(id="text", more={"code": {"text": "stroke"}}),
            observation(6, "mmol/L", loinc="2823-3"),
            observation(4, "no-such-unit", id="l2", on="2026-02-01", loinc="2823-3"),
            observation(4, "mmol/L", id="l3", on="nonsense", loinc="2823-3"),
            allergy(rxnorm="5640"),
            allergy(id="al2", rxnorm="7052"),
            medication_request(id="m1", rxnorm="11289", dose=(10, "mg"), per_day=1),
            medication_request(id="m2", rxnorm="5640", on="2025-01-01"),
            medication_request(id="m3", rxnorm="5640", status="unheard-of"),
            medication_request(id="m4", more={"medicationReference": {"reference": "Medication/lost"}}),
        ]
    ),
    max_size=5,
    unique_by=lambda resource: resource["id"],
)
drafts_drawn = st.lists(
    st.sampled_from([draft("o1", rxnorm="5640"), draft("o2", rxnorm="11289"), draft("o3"), draft("o4", rxnorm="7052")]),
    max_size=3,
    unique_by=lambda resource: resource["id"],
)
missing = st.sets(
    st.sampled_from(
        ["Condition", "Procedure", "Observation", "MedicationRequest", "MedicationDispense", "AllergyIntolerance"]
    )
)


def forced(plan: Plan) -> Plan:
    """The same plan with every rule worth running."""
    parts = [replace(p, goals=tuple(replace(goals, anchor=None) for goals in p.goals)) for p in plan.parts]
    return join(tuple(parts))


def told_by(drawn):
    return ruleset(
        DEFINITIONS,
        {
            f"r{n}": rule([*when, *(its if each == "in-use" else ())], unless, **({"for_each": each} if each else {}))
            for n, (when, unless, each, its) in enumerate(drawn)
        },
    )


def came(plan, record):
    return [
        (v.rule.id, v.subject.reference if v.subject else "", v.outcome, tuple(map(str, v.undecided)))
        for v in judge(plan, record, moment())[0].rules
    ]


@settings(max_examples=500, deadline=None)
@given(drawn_rules, resources, drafts_drawn, missing)
@example([([], [], "in-use", ["its-allergy"])], [allergy(id="al2", rxnorm="7052")], [], {"MedicationRequest"})
@example([([], [], "in-use", ["its-allergy"])], [], [], {"MedicationRequest"})
def test_no_rule_is_passed_over_that_would_fire_or_be_unknown(drawn, there, drafts, unsupplied):
    plan = plan_of(told_by(drawn))
    record = record_of(plan, *there, drafts=drafts, unsupplied=unsupplied)
    assert came(plan, record) == came(forced(plan), record)


@settings(max_examples=100, deadline=None)
@given(drawn_rules, resources, drafts_drawn, missing)
def test_a_condition_that_surely_fails_is_what_keeps_a_rule_silent(drawn, there, drafts, unsupplied):
    """The quick look before the engine and the engine agree, for every rule about the patient."""
    plan = plan_of(told_by(drawn))
    found = judge(plan, record_of(plan, *there, drafts=drafts, unsupplied=unsupplied), moment())[0]
    judging, outcomes_found = found.judging, {v.rule.id: v.outcome for v in found.rules}
    for goals in plan.parts[0].goals:
        if goals.rule.for_each:
            continue
        solved = judging.solve(goals.symbols, None)
        when = solved[goals.when].value
        barred = goals.unless is not None and solved[goals.unless].value == "holds"
        expected = {"fails": None, "unknown": "unknown", "holds": "fires"}[when]
        assert outcomes_found.get(goals.rule.id) == ("silent" if barred and expected else expected)


@settings(max_examples=60, deadline=None)
@given(drawn_rules, resources, drafts_drawn, missing, st.randoms(use_true_random=False))
def test_the_order_of_resources_and_drafts_changes_nothing(drawn, there, drafts, unsupplied, dice):
    plan = plan_of(told_by(drawn))
    mixed, mixed_drafts = list(there), list(drafts)
    dice.shuffle(mixed)
    dice.shuffle(mixed_drafts)
    first = came(plan, record_of(plan, *there, drafts=drafts, unsupplied=unsupplied))
    second = came(plan, record_of(plan, *mixed, drafts=mixed_drafts, unsupplied=unsupplied))
    assert sorted(first) == sorted(second)


def test_two_patients_judged_at_once_share_nothing():
    told = ruleset(
        {**OPIOIDS, "w": PARTS["w"]},
        {"r": rule(["much"], for_each="opioid"), "s": rule(["w"]), "t": rule(["not w", "known w"])},
    )
    plan = plan_of(told, engine="durable")
    patients = [
        record_of(plan, THERE["w"], drafts=[draft("a", rxnorm="7052", dose=(90, "mg"), per_day=1)]),
        record_of(plan, drafts=[draft("a", rxnorm="7052", dose=(5, "mg"), per_day=1)]),
    ]
    expected = [came(plan, patient) for patient in patients]
    assert expected[0] != expected[1]
    wrong = []

    def work(number):
        seen = [came(plan, patients[number % 2]) for _ in range(100)]
        wrong.extend(found for found in seen if found != expected[number % 2])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
