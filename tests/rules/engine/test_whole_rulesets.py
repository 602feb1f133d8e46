"""Random rulesets, random patients: the engine, the reference and a third judge agree on rules, findings and traces."""

import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds.decisions.decide import decide
from cds.rules.judge.judge import judge
from cds.rules.judge.tracing import Reading, RuleTrace, trace
from tests.patients import draft
from tests.rules.engine.random_rulesets import CHAIN, Drawn, depth, draw_ruleset, expected
from tests.rules.judge.hours import NOW, Patient, patients
from tests.rules.judge.telling import compile_ruleset, join, make_engine, moment, record_of

BY_MOUTH = {"dosageInstruction": [{"route": {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]}}]}
ORDERS = st.lists(
    st.sampled_from([{"dose": (10, "mg"), "per_day": 1}, {"dose": (2, "mg"), "per_day": 1}, {}, {"more": BY_MOUTH}]),
    max_size=2,
)


def judged(drawn: Drawn, people: list[Patient], orders: list[dict], told: Counter[str], dice: random.Random) -> None:
    """Compare everything; count what was seen."""
    engines = {name: make_engine(name, "off", remember=0) for name in ("durable", "reference")}
    plans = {name: join((compile_ruleset(drawn.read, make),)) for name, make in engines.items()}
    told["rulesets"] += 1
    told["rules"] += len(drawn.rules)
    told["depth"] = max(told["depth"], depth(drawn))
    for person in people:
        at = moment(NOW, person.zone)
        resources = [*person.resources(), *person.resources()[:1]]  # one of them comes twice
        dice.shuffle(resources)
        drafts = [draft(f"o{number}", rxnorm="11289", **order) for number, order in enumerate(orders)]
        missing = () if person.supplied else ("Observation",)
        record = record_of(plans["durable"], *resources, drafts=drafts, unsupplied=missing, at=at)
        found = {name: judge(plan, record, at)[0] for name, plan in plans.items()}
        told["patients"] += 1
        compare_rules(drawn, found, told)
        made = [decide(record, plan, at, {}) for plan in plans.values()]
        assert made[0] == made[1]
        told["findings"] += len(made[0].findings)
        traces = [list(map(plainly, trace(plan.parts[0], record, at).rules)) for plan in plans.values()]
        assert traces[0] == traces[1]
        told["traces"] += len(traces[0])
    for plan in plans.values():
        plan.parts[0].engine.close()


def compare_rules(drawn: Drawn, found: dict, told: Counter[str]) -> None:
    judging = found["reference"].judging
    subjects = {
        subject.reference: lambda name, it=subject: judging.truth(name, it)
        for subject in judging.found("ordered", None).sure
    }
    wanted = expected(drawn, lambda name: judging.truth(name, None), subjects)
    told.update(Counter(wanted.values()))
    for verdicts in found.values():
        assert outcomes(verdicts) == {name: outcome for name, outcome in wanted.items() if outcome != "silent"}
    for name in drawn.compositions:
        (truth,) = {each.judging.truth(name, None) for each in found.values()}
        told[f"compositions that are {truth.value}"] += 1


def outcomes(verdicts) -> dict[str, str]:
    """Silence may be told as silence, or not at all where a condition surely failed."""
    return {
        f"{each.rule.id} {each.subject.reference if each.subject else ''}".strip(): each.outcome
        for each in verdicts.rules
        if each.outcome != "silent"
    }


def plainly(traced: RuleTrace) -> tuple:
    """All that a trace says of a rule, as values that can be compared."""
    parts = (traced.when, traced.unless, traced.decided_by)
    return traced.rule.id, traced.subject, traced.outcome, [list(map(_plainly, readings)) for readings in parts]


def _plainly(reading: Reading) -> tuple:
    found = reading.found and [str(each) for each in (reading.found.sure, reading.found.possible, reading.found.more)]
    said = (reading.entry, reading.subject, reading.truth, reading.value, found)
    return *said, list(map(_plainly, reading.parts))


def seeds_and_people(each: int) -> st.SearchStrategy:
    return st.tuples(st.integers(0, 2**32), st.lists(patients(), min_size=each, max_size=each), ORDERS)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(seeds_and_people(3))
def test_random_rulesets_come_out_alike_by_three_judges(drawn_from):
    seed, people, orders = drawn_from
    told: Counter[str] = Counter()
    judged(draw_ruleset(seed), people, orders, told, random.Random(seed))
    assert told["rules"] >= 60
    assert told["depth"] >= CHAIN


@pytest.mark.drill
def test_two_hundred_random_rulesets_come_out_alike_by_three_judges():
    told: Counter[str] = Counter()

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(seeds_and_people(5))
    def run(drawn_from):
        seed, people, orders = drawn_from
        judged(draw_ruleset(seed), people, orders, told, random.Random(seed))

    run()
    print(dict(told))
    assert min(told["fires"], told["unknown"], told["silent"]) > 1_000
    assert told["folded"] > 50
