"""Mutants: which mistakes the cases notice, which nobody could, and the case that would."""

from dataclasses import replace
from datetime import date

import pytest

from cds.authoring import case_report
from cds.authoring.case_running import Mutation, run_cases
from cds.authoring.case_writing import case_text
from cds.authoring.catching import find_killers, prepare, score_of, try_mutant
from cds.authoring.catching_pool import try_all
from cds.authoring.mutation.equivalence import may_be_unknown
from cds.authoring.mutation.mutants import mutants_of
from cds.rules.definition import Entry
from tests.authoring.suites import HEADER, ONE, RULESET, never, suite_of, write
from tests.rules.judge.telling import rule, ruleset

DAY = date(2026, 3, 1)


def results(folder):
    trial = prepare(suite_of(folder))
    return trial, [try_mutant(trial, number) for number in range(len(trial.mutants))]


def fates(folder):
    trial, found = results(folder)
    return {trial.mutants[result.number].key: result.fate for result in found}


def test_a_case_catches_the_mistakes_that_it_would_notice_and_no_other(tmp_path):
    found = fates(write(tmp_path))
    assert found["raises-potassium/when-high"] == "survived"  # it holds in the only case
    assert found["trimethoprim/code-10829"] == "caught"
    assert found["high/is/low+1"] == "survived"
    assert found["newest/which"] == "survived"


def test_every_mutant_differs_from_the_ruleset_and_has_its_own_key(tmp_path):
    suite = suite_of(write(tmp_path))
    mutants = mutants_of(suite.judge.ruleset, DAY)
    assert len({mutant.key for mutant in mutants}) == len(mutants)
    assert all(mutant.ruleset != suite.judge.ruleset for mutant in mutants)
    assert {mutant.kind for mutant in mutants} == {
        "threshold",
        "operator",
        "window",
        "clause",
        "policy",
        "codes",
        "choice",
    }


def test_the_cases_that_are_offered_catch_what_survived_once_they_are_pasted(tmp_path):
    trial, found = results(write(tmp_path))
    survivors = [trial.mutants[result.number] for result in found if result.fate == "survived"]
    killers = find_killers(trial, survivors, never)
    assert len(killers) >= len(survivors) - 2
    pasted = ONE
    for number, case in enumerate(killers.values()):
        pasted += case_text(case.run, f"killer {number}", case.fired, case.verdicts) + "\n"
    folder = write(tmp_path, pasted)
    assert run_cases(suite_of(folder)).failed == []
    after = fates(folder)
    assert {after[key] for key in killers} == {"caught"}


def test_a_case_that_fails_catches_nothing(tmp_path):
    found = fates(write(tmp_path, ONE.replace("fires: [raises-potassium]", "fires: []")))
    assert "caught" not in found.values()


def test_processes_say_the_same_as_one(tmp_path):
    trial, one = results(write(tmp_path))
    steps = []
    assert try_all(trial, 2, never, steps.append) == one
    assert sum(steps) == len(one)


def test_what_time_did_not_reach_is_untried_and_not_counted(tmp_path):
    trial, _ = results(write(tmp_path))
    found = try_all(trial, 1, lambda: True, lambda _: None)
    assert {result.fate for result in found} == {"untried"}
    assert score_of(found) == (0, 0)


def test_an_answer_in_capitals_is_left_out_once_and_whole():
    """It stayed as a word in lower case: a mutant that changed nothing and that no case could catch."""
    definitions = {"on": {"any": "medication", "in": "warfarin"}} | {
        "coded": {"for-each": "on", "value": "it.category", "in": ["G1", "G2"]}
    }
    found = mutants_of(ruleset(definitions, {"tell": rule(["coded"], **{"for-each": "on"})}), DAY)
    left_out = {each.key: each.ruleset.definitions["coded"].test for each in found if "/answers-" in each.key}
    assert sorted(left_out) == ["coded/answers-G1", "coded/answers-G2"]
    assert (left_out["coded/answers-G1"].sets, left_out["coded/answers-G1"].words) == (("G2",), frozenset({"g2"}))


def test_steps_of_months_are_single_days(tmp_path):
    trial, _ = results(write(tmp_path, ruleset=RULESET.replace("30 days", "12 months")))
    told = [mutant.told for mutant in trial.mutants if mutant.edge == "newest/within/"]
    assert told == ['"within 12 months" became "within 366 days"', '"within 12 months" became "within 364 days"']


@pytest.mark.parametrize(
    ("bound", "days"),
    [
        ({"from": "2 years before measurement start"}, ["730 days", "732 days"]),  # 2024 has 366 days
        ({"before": "6 months after measurement start"}, ["182 days", "180 days"]),
        ({"until": "1 month before measurement end"}, ["30 days", "32 days"]),
        ({"until": "2 years after birth"}, ["732 days", "730 days"]),  # of one born in January of 2024
    ],
)
def test_steps_from_the_edge_of_a_period_or_from_birth_are_single_days_there(bound, days):
    definitions = WARFARIN | {"done": {"any": "procedure", "in": ["warfarin"]} | bound}
    mutants = mutants_of(ruleset(definitions, {"r": rule(["ordered", "done"])}, **YEAR), DAY, date(2024, 1, 15))
    found = {m.key: m.ruleset.definitions["done"].clause.source.filters.bounds[-1].point for m in mutants}
    assert [str(found[f"done/end0/{sign}"].shift) for sign in ("+1", "-1")] == days


def equivalent(definitions, rules, **more):
    return {
        mutant.key: mutant.equivalent
        for mutant in mutants_of(ruleset(definitions, rules, **more), DAY)
        if mutant.equivalent
    }


WARFARIN = {"ordered": {"any": "order", "in": ["warfarin"]}}


@pytest.mark.parametrize(
    ("definitions", "rules", "key"),
    [
        ({"adult": {"age": "now", "is": "at least 18 years"}}, {}, "adult/is/low+1"),
        (
            {"few": {"count": "condition", "is": "at least 1"}, "any-few": {"any-of": ["few", "ordered"]}},
            {"r": rule(["any-few"])},
            "",
        ),
        ({}, {"r": rule(["ordered"], **{"for-each": "ordered"})}, ""),
        ({"both": {"all-of": ["ordered", "old"]}, "old": {"age": "now", "is": "above 65 years"}},
         {"r": rule(["both", "ordered"])}, "r/when-ordered"),
        ({}, {"r": rule(["ordered"], family="f")}, "r/family"),
    ],
)  # fmt: skip
def test_what_is_proven_equivalent_is_not_counted_and_says_why(definitions, rules, key):
    rules = rules or {"r": rule(["ordered"])}
    found = equivalent(WARFARIN | definitions, rules)
    assert (key in found) is bool(key)


@pytest.mark.parametrize(
    ("narrow", "key_is_proven"),
    [
        ({"rxnorm": {"11289": "warfarin"}}, True),
        ({"rxnorm": {"11289": "warfarin", "10829": "trimethoprim"}}, False),
        ({"rxnorm": {"11289": "warfarin"}, "extensible": "yes"}, False),
    ],
)
def test_a_value_set_whose_codes_another_of_the_list_has_too_changes_nothing_where_it_is_left_out(
    narrow, key_is_proven
):
    sets = {"wide": {"rxnorm": {"11289": "warfarin", "5640": "ibuprofen"}}, "narrow": narrow}
    found = equivalent(
        {"ordered": {"any": "order", "in": ["wide", "narrow"]}},
        {"r": rule(["ordered"])},
        **{"value-sets": sets},
    )
    said = found.get("ordered/in-narrow")
    assert said == ("every code of it is in another value set of the list" if key_is_proven else None)
    assert "ordered/in-wide" not in found


def test_an_exception_that_an_earlier_tier_always_shows_is_proven_equivalent():
    old = {"old": {"age": "now", "is": "above 65 years"}}
    first, second = rule(["ordered", "old"], family="f"), rule(["ordered"], family="f", unless=["old"])
    found = equivalent(WARFARIN | old, {"tier-1": first, "tier-2": second | {"unless-unknown": "fire"}})
    assert found.get("tier-2/unless-old") == "where it would fire, an earlier rule of its family is shown"


@pytest.mark.parametrize(
    ("excused", "policy", "is_proven"),
    [(["heavy"], "fire", True), (["heavy"], "stay-silent", False), (["heavy", "light"], "fire", False)],
)
def test_an_earlier_tier_with_the_same_exceptions_is_stopped_by_no_more(excused, policy, is_proven):
    more = {
        "old": {"age": "now", "is": "above 65 years"},
        "heavy": {"any": "condition", "in": ["fever"]},
        "light": {"any": "procedure", "in": ["fever"]},
    }
    first = rule(["ordered", "old"], family="f", unless=excused) | {"unless-unknown": policy}
    second = rule(["ordered"], family="f", unless=["old", "heavy"]) | {"unless-unknown": "fire"}
    found = equivalent(WARFARIN | more, {"tier-1": first, "tier-2": second})
    assert ("tier-2/unless-old" in found) is is_proven


def test_a_tier_is_never_beside_one_that_its_exception_asks_for():
    more = {"old": {"any": "condition", "in": ["fever"]}}
    first = rule(["ordered", "old"], family="f")
    second = rule(["ordered"], family="f", unless=["old"]) | {"unless-unknown": "fire"}
    found = equivalent(WARFARIN | more, {"tier-1": first, "tier-2": second})
    assert {"tier-1/family", "tier-2/family"} <= found.keys()
    apart = rule(["ordered"], family="f", unless=["not old"]) | {"unless-unknown": "fire"}
    assert "tier-2/family" not in equivalent(WARFARIN | more, {"tier-1": first, "tier-2": apart})


def test_the_same_exception_without_an_earlier_tier_is_not(tmp_path):
    old = {"old": {"age": "now", "is": "above 65 years"}}
    only = rule(["ordered"], unless=["old"]) | {"unless-unknown": "fire"}
    assert "only/unless-old" not in equivalent(WARFARIN | old, {"only": only})


def test_rows_are_cases_of_their_own(tmp_path):
    rows = (
        HEADER
        + """\
  - name: potassium $k
    facts:
      - lab: {loinc: 2823-3, value: $k mmol/L, on: 3 days ago}
    rows:
      - {k: 5.0, fires: []}
      - {k: 5.1, fires: [raises-potassium]}
"""
    )
    found = fates(write(tmp_path, rows))
    assert {found[f"high/is/{step}"] for step in ("low+1", "low-1", "low-word")} == {"caught"}


YEAR = {"periods": {"measurement": "calendar year", "trial": {"from": "2025-01-01", "until": "2025-12-31"}}}


@pytest.mark.parametrize(
    ("kind", "window", "is_proven"),
    [
        ("procedure", {"during": "measurement"}, True),
        ("encounter", {"from": "measurement start", "until": "measurement end"}, True),
        ("device-request", {"during": "measurement"}, True),  # its plans are no usual status
        ("device-request", {"during": "measurement", "status": "any"}, False),  # a plan may be dated ahead
        ("prescription", {"during": "measurement"}, False),  # one with the intent of a plan is active too
        ("prescription", {"during": "measurement", "status": ["active"], "where": {"intent": ["order"]}}, True),
        ("prescription", {"during": "measurement", "status": ["draft"], "where": {"intent": ["order"]}}, False),
        ("prescription", {"during": "measurement", "status": ["active"], "where": {"intent": ["plan"]}}, False),
        ("medication", {"during": "measurement"}, False),  # an intended one may begin later
        ("order", {"until": "measurement end"}, False),
        ("procedure", {"until": "3 days before measurement end"}, False),
        ("procedure", {"during": "trial"}, False),  # that period is over
    ],
)
def test_a_window_to_the_end_of_the_current_year_reaches_beyond_all_that_is_dated_until_now(kind, window, is_proven):
    definitions = WARFARIN | {"done": {"any": kind, "in": ["warfarin"]} | window}
    found = equivalent(definitions, {"r": rule(["ordered", "done"])}, **YEAR)
    end = "end0" if list(window) == ["until"] else "end1"
    assert (f"done/{end}/+1" in found) is is_proven
    assert not {f"done/{end}/-1", f"done/{end}/word", "done/end0/-1"} & found.keys()


@pytest.mark.parametrize(
    ("newest", "window", "is_proven"),
    [
        ({"latest": "lab", "in": ["potassium"]}, {"in": ["potassium"]}, True),
        ({"latest": "lab", "in": ["potassium"], "during": "measurement"}, {"in": ["potassium"]}, True),
        ({"latest": "lab", "in": ["potassium", "creatinine"]}, {"in": ["potassium"]}, True),
        ({"latest": "lab", "in": ["potassium"]}, {"in": ["potassium", "creatinine"]}, False),
        ({"latest": "lab", "in": ["potassium"], "during": "trial"}, {"in": ["potassium"]}, False),
        ({"latest": "lab", "in": ["potassium"], "within": "30 days"}, {"in": ["potassium"]}, True),
        ({"latest": "lab", "in": ["potassium"], "where": {"value": "a number"}}, {"in": ["potassium"]}, False),
        ({"earliest": "lab", "in": ["potassium"]}, {"in": ["potassium"]}, False),
    ],
)
def test_a_window_to_the_day_of_the_newest_fact_has_none_after_it(newest, window, is_proven):
    definitions = WARFARIN | {
        "newest": newest,
        "that-day": {"lowest": "lab", "during": "day of newest"} | window,
        "high": {"value": "that-day", "is": "above 5 mmol/L"},
    }
    found = equivalent(definitions, {"r": rule(["ordered", "high"])}, **YEAR)
    assert ("that-day/end1/+1" in found) is is_proven
    assert not {"that-day/end1/-1", "that-day/end0/-1", "that-day/end0/+1"} & found.keys()


@pytest.mark.parametrize(
    ("clause", "is_open"),
    [
        ({"any-of": ["not on-record", "unknown on-record"]}, False),
        ({"none-of": ["on-record", "unknown on-record"]}, False),
        ({"all-of": ["known on-record", "on-record"]}, False),
        ({"all-of": ["not on-record", "unknown on-record"]}, True),
        ({"any-of": ["on-record", "unknown ordered"]}, True),
        ({"any-of": ["known on-record", "on-record"]}, True),
    ],
)
def test_a_composition_that_says_what_a_doubt_means_is_never_unknown(clause, is_open):
    definitions = WARFARIN | {"on-record": {"any": "medication", "in": ["warfarin"]}, "settled": clause}
    found = ruleset(definitions, {"r": rule(["ordered", "settled"])})
    assert may_be_unknown(found, Entry("settled", "")) is is_open


def test_a_survivor_for_which_no_case_was_found_is_said_to_be_perhaps_equivalent(tmp_path):
    trial, found = results(write(tmp_path))
    report = replace(run_cases(trial.suite), mutation=Mutation(trial.mutants, found, {}))
    told = "\n".join(case_report.lines(report, lambda text, _: text, searched=True)).partition("no case notices that")[
        2
    ]
    assert "or may be equivalent" in told
    assert "or may be equivalent" not in "\n".join(
        case_report.lines(replace(report, mutation=None), lambda text, _: text, searched=True)
    )
