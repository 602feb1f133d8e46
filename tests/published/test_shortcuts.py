"""What the judge leaves out, looked up or stopped early says what the long way says, of patients full of doubt.

The rulesets are the newest published ones, with their deep finders; patients are drawn from the codes of their value
sets, with statuses, dates, categories and supplies that leave things open. The long way goes through every fact of a
kind, asks every filter of it, and takes the weakest answer; it judges every rule by its entries, one by one.
"""

import random

import pytest

from cds.facts.fact import Fact
from cds.rules.definition import Find, Pair, ValueOf
from cds.rules.engine.truth import Truth, strongest, weakest
from cds.rules.judge.absence import gaps_of
from cds.rules.judge.finding_facts import (
    _is_recent,
    _status_passes,
    attribute_passes,
    identity,
    is_same,
)
from cds.rules.judge.judge import judge
from cds.rules.judge.plan import join
from cds.rules.judge.shared_keys import different_key, same_key
from cds.rules.judge.values import FactPair
from cds.rules.judge.windows import in_bounds
from tests.patients import allergy, condition, dispense, draft, medication_request, observation, word
from tests.published.judging import RULESETS, judge_of
from tests.rules.judge.telling import moment, record_of

NAMES = ("allergy-duplicate", "hyperkalaemia", "opioid-safety", "renal-dosing", "teratogens", "warfarin-nsaid")
SYSTEMS = {"rxnorm": "rxnorm", "sct": "snomed", "loinc.org": "loinc", "icd-10-cm": "icd10cm"}
WHERE = [{"category": [word(code, "medicationrequest-category")]} for code in ("inpatient", "community")]
DAYS = ("2026-04-28", "2026-02", "2025", "2019-03-01", None, "lost")


def parts_of(name):
    version = max((p.name for p in (RULESETS / name).glob("[0-9]*")), key=lambda v: tuple(map(int, v.split("."))))
    return judge_of(name, version).plan.parts


def drawn(rng, plan):
    """Resources and drafts, some unreadable, and the types that did not come."""
    sets = [each for part in plan.parts for each in part.ruleset.value_sets.values() if each.rows]
    resources, drafts = [], []
    for n in range(rng.randint(4, 14)):
        coding = rng.choice(sorted(rng.choice(sets).rows))
        system = next((name for mark, name in SYSTEMS.items() if mark in coding.system), None)
        if system is None:
            continue
        codes, on = {system: coding.code}, rng.choice(DAYS)
        if system == "rxnorm":
            more = rng.choice([{}, {"category": [{"text": "?"}]}, *WHERE, {"reasonCode": [{"text": "pain"}]}])
            dose = rng.choice([(1, "{tablet}"), (20, "mg"), None])
            if rng.random() < 0.4:
                drafts.append(draft(f"o{n}", more, on=on, dose=dose, per_day=2, **codes))
            else:
                status = rng.choice(["active", "stopped", "nonsense"])
                made = rng.choice(["request", "dispense", "allergy"])
                if made == "request":
                    resources.append(
                        medication_request(id=f"m{n}", on=on, status=status, dose=dose, per_day=1, more=more, **codes)
                    )
                elif made == "dispense":
                    resources.append(dispense(f"d{n}", on, **codes))
                else:
                    more = rng.choice([{}, {"type": "intolerance"}, {"criticality": "high"}])
                    resources.append(allergy(f"a{n}", rng.choice(["active", "resolved", None]), more, **codes))
        elif system == "loinc":
            resources.append(observation(rng.choice([2.0, 5.6, 29, 74]), "mmol/L", id=f"l{n}", on=on, **codes))
        else:
            status = rng.choice(["active", "resolved", "nonsense", None])
            resources.append(condition(f"c{n}", on, status, rng.choice(["confirmed", "refuted", None]), **codes))
    types = ["Condition", "MedicationRequest", "AllergyIntolerance", "Observation", "MedicationDispense"]
    return resources, drafts, rng.sample(types, rng.choice([0, 0, 1, 2]))


def facts_of(subject):
    return (subject.first, subject.second) if isinstance(subject, FactPair) else (subject,)


def found_the_long_way(judging, name, it):
    """sure and possible facts as identities, and why there may be more."""
    source = judging.ruleset.definitions[name].clause.source
    filters, sets = source.filters, judging.ruleset.value_sets
    candidates, more = [], []
    for kind in source.kinds:
        more += gaps_of(judging, kind, filters.in_sets) if kind in judging.doubtful else []
        candidates += [(f, Truth.HOLDS) for f in judging.record.facts.get(kind, ()) if _status_passes(f, filters)]
    for finder in source.finders:
        base = judging.found(finder, it)
        more += base.more
        candidates += [(f, Truth.HOLDS) for s in base.sure for f in facts_of(s)]
        candidates += [(f, Truth.UNKNOWN) for s in base.possible for f in facts_of(s)]

    def listed(fact, names):
        return any(coding in sets[each].rows for each in names for coding in fact.codings)

    sure, possible = set(), set()
    for fact, base in candidates:
        asked = [base]
        asked += [Truth.HOLDS if listed(fact, filters.in_sets) else Truth.FAILS] if filters.in_sets else []
        asked += [Truth.FAILS if listed(fact, filters.not_in) else Truth.HOLDS]
        asked += [Truth.FAILS] if filters.status and fact.status not in filters.status else []
        asked += [_is_recent(fact, filters.within, judging.moment)] if filters.within else []
        asked += [in_bounds(judging, fact, filters.bounds, it)] if filters.bounds else []
        asked += [attribute_passes(judging, fact, where, it) for where in filters.where]
        asked += [judging.truth(each, fact) for each in filters.that]
        if isinstance(it, Fact):
            asked += [same_key(judging, key, fact, it) for key in filters.same]
            asked += [different_key(judging, key, fact, it) for key in filters.different]
            asked += [Truth.FAILS] if is_same(fact, it) else []
        verdict = weakest(asked)
        if verdict is not Truth.FAILS:
            (sure if verdict is Truth.HOLDS else possible).add(identity(fact))
    return sure, possible - sure, set(more)


def test_shortcuts_say_what_the_long_way_says():
    counted = {"finders": 0, "sure": 0, "possible": 0, "more": 0, "answers": 0, "fires": 0, "unknown": 0}
    plan = join(tuple(part for name in NAMES for part in parts_of(name)))
    for seed in range(24):
        resources, drafts, unsupplied = drawn(random.Random(seed), plan)
        record = record_of(plan, *resources, drafts=drafts, unsupplied=unsupplied)
        for verdicts in judge(plan, record, moment()):
            judging = verdicts.judging
            for name, definition in judging.ruleset.definitions.items():
                each = definition.for_each
                for it in judging.found(each, None).sure if each else (None,):
                    if isinstance(definition.clause, Find):
                        found = judging.found(name, it)
                        sure = {identity(f) for s in found.sure for f in facts_of(s)}
                        possible = {identity(f) for s in found.possible for f in facts_of(s)}
                        assert (sure, possible, set(found.more)) == found_the_long_way(judging, name, it), (seed, name)
                        counted["finders"] += 1
                        for what, some in (("sure", sure), ("possible", possible), ("more", found.more)):
                            counted[what] += bool(some)
                    elif isinstance(definition.clause, ValueOf) and definition.test is not None:
                        value = judging.value(name, it)
                        assert judging.truth(name, it) is judging._test(definition, value), (seed, name)
                        counted["answers"] += 1
            told = {(v.rule.id, v.subject): v.outcome for v in verdicts.rules}
            for goals in judging.plan.goals:
                rule = goals.rule
                if record.hook not in (rule.hooks or judging.ruleset.hooks):
                    continue
                for it in judging.found(rule.for_each, None).sure if rule.for_each else (None,):
                    expected = outcome_of(judging, goals, it)
                    assert shown(told.get((rule.id, it))) == expected, (seed, rule.id)
                    counted[expected] = counted.get(expected, 0) + 1
    assert min(counted.values()) > 20, counted


def shown(outcome):
    return {"folded": "fires", None: "silent"}.get(outcome, outcome)


def outcome_of(judging, goals, it):
    rule, applies = goals.rule, judging.ruleset.applies
    when = weakest([judging.entry(entry, it) for entry in goals.entries])
    exceptions = [(rule.unless, rule.unless_unknown), (goals.excused, applies.unless_unknown)]
    barring = [(strongest([judging.entry(entry, it) for entry in some]), policy) for some, policy in exceptions]
    if when is Truth.FAILS or any(truth is Truth.HOLDS for truth, _ in barring):
        return "silent"
    if when is Truth.UNKNOWN or any(truth is Truth.UNKNOWN and policy != "fire" for truth, policy in barring):
        return "unknown"
    return "fires"


@pytest.mark.parametrize("seed", range(6))
def test_pairs_are_those_of_every_two_facts(seed):
    """The join by what two facts share, and filters that stop early, against every two facts and every filter."""
    plan = join(tuple(part for name in NAMES for part in parts_of(name)))
    resources, drafts, unsupplied = drawn(random.Random(100 + seed), plan)
    record = record_of(plan, *resources, drafts=[*drafts, draft("w", rxnorm="855332")], unsupplied=unsupplied)
    for verdicts in judge(plan, record, moment()):
        judging = verdicts.judging
        for name, definition in judging.ruleset.definitions.items():
            clause = definition.clause
            if not isinstance(clause, Pair) or clause.table is not None or clause.filters.where:
                continue
            found = judging.found(name, None)
            first, second = judging.found(clause.first, None), judging.found(clause.second, None)
            sure, possible = set(), set()
            for one in (*first.sure, *first.possible):
                for other in (*second.sure, *second.possible):
                    asked = [same_key(judging, key, one, other) for key in clause.filters.same]
                    asked += [different_key(judging, key, one, other) for key in clause.filters.different]
                    asked += [] if one in first.sure and other in second.sure else [Truth.UNKNOWN]
                    asked += [Truth.FAILS] if is_same(one, other) else []
                    if weakest(asked) is not Truth.FAILS:
                        target = sure if weakest(asked) is Truth.HOLDS else possible
                        target.add(frozenset((identity(one), identity(other))))
            of = [{frozenset(map(identity, facts_of(pair))) for pair in some} for some in (found.sure, found.possible)]
            assert of == [sure, possible - sure], (seed, name)
