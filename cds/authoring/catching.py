"""Which mutants the cases of a version notice: each is judged by the cases until one comes out otherwise.

Deterministic: mutants and cases have a fixed order, and what is told of a mutant does not depend on the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cds.authoring.case_finding import Attempt, FoundCase, IsLate, changed, turned
from cds.authoring.case_judging import Outcome, Suite, judge_case, record_of, site_of
from cds.authoring.cases import CaseRun
from cds.authoring.coverage import said
from cds.authoring.mutation.mutants import Mutant, mutants_of, usual_birth, usual_day
from cds.facts.fact import Record
from cds.rules.engine.reference import make_reference
from cds.rules.engine.truth import Truth
from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judge import judge_ruleset
from cds.rules.judge.judging import Judging
from cds.rules.judge.plan import Plan, compile_ruleset, join
from cds.rules.ruleset import Ruleset

Fate = Literal["caught", "survived", "equivalent", "untried"]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutant. case: the name of the one that caught it, else "". why: it is equivalent, else ""."""

    number: int
    fate: Fate
    case: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A version, its mutants, and its cases with their records read once. Cases that fail already catch nothing."""

    suite: Suite
    mutants: Sequence[Mutant]
    runs: Sequence[tuple[CaseRun, Record]]
    at_sites: Mapping[tuple[tuple[str, str], ...], Mapping[str, Ruleset]]


def prepare(suite: Suite) -> Trial:
    """Mutants and records of a version."""
    day, born = usual_day(suite.runs), usual_birth(suite.runs)
    read = [(run, record_of(run, suite.judge_of(run))) for run in suite.runs]
    passing = [(run, record) for run, record in read if not judge_case(run, suite.judge_of(run), record).differing(run)]
    at_sites = {
        site: {mutant.key: mutant.ruleset for mutant in mutants_of(judge.ruleset, day, born)}
        for site, judge in suite.sites.items()
    }
    return Trial(suite, mutants_of(suite.judge.ruleset, day, born), passing, at_sites)


def try_mutant(trial: Trial, number: int) -> Result:
    """Judge the cases by one mutant until one notices."""
    mutant = trial.mutants[number]
    if mutant.equivalent:
        return Result(number, "equivalent", why=mutant.equivalent)
    plans: dict[tuple[tuple[str, str], ...], Plan | None] = {}
    for run, record in trial.runs:
        site = site_of(run)
        if site not in plans:
            plans[site] = _plan(trial.at_sites[site].get(mutant.key))
        plan = plans[site]
        if plan is not None and _notices(trial, run, record, plan):
            return Result(number, "caught", run.name)
    return Result(number, "survived")


def _plan(ruleset: Ruleset | None) -> Plan | None:
    return None if ruleset is None else join((compile_ruleset(ruleset, make_reference),))


def _notices(trial: Trial, run: CaseRun, record: Record, plan: Plan) -> bool:
    outcome = _outcome(trial.suite, run, record, plan)
    return outcome is None or bool(outcome.differing(run))


def _outcome(suite: Suite, run: CaseRun, record: Record, plan: Plan) -> Outcome | None:
    """None for a mutant that cannot be judged: a case notices that too."""
    try:
        verdicts = judge_ruleset(plan, 0, index_facts(plan, record), run.moment)
        return Outcome(suite.judge_of(run), verdicts, run.shown_before)
    except (ArithmeticError, LookupError, TypeError, ValueError):  # nonsense that only a mutant can hold
        return None


def find_killers(trial: Trial, survivors: Sequence[Mutant], is_late: IsLate) -> dict[str, FoundCase]:
    """For each surviving mutant, by its key, the first attempt that tells it apart, as far as there is time."""
    found: dict[str, FoundCase] = {}
    plans = {mutant.key: _plan(mutant.ruleset) for mutant in survivors}

    def look(attempts: Iterator[Attempt], wanted: Sequence[Mutant]) -> None:
        for attempt in attempts:
            left = [mutant for mutant in wanted if mutant.key not in found]
            if not left or is_late():
                return
            if attempt.run.site:
                continue
            for mutant in left:
                if (case := _told_apart(trial.suite, attempt, mutant, plans[mutant.key])) is not None:
                    found[mutant.key] = case

    look(changed(trial.suite, is_late), survivors)
    moved = [mutant for mutant in survivors if mutant.kind in ("threshold", "operator", "window")]
    for name in dict.fromkeys(mutant.name for mutant in moved if mutant.key not in found):
        if name in trial.suite.judge.ruleset.definitions:
            look(turned(trial.suite, name, is_late), [mutant for mutant in moved if mutant.name == name])
    return found


def _told_apart(suite: Suite, attempt: Attempt, mutant: Mutant, plan: Plan | None) -> FoundCase | None:
    if plan is None or not may_tell_apart(attempt.outcome.judging, mutant, plan):
        return None
    other = _outcome(suite, attempt.run, attempt.outcome.judging.record, plan)
    if other is None:
        return attempt.found()
    if _fires(other) != _fires(attempt.outcome):
        return attempt.found()
    name = mutant.name
    judging = attempt.outcome.judging
    definition = judging.ruleset.definitions.get(name)
    if definition is None or not definition.is_truth or name in judging.plan.about_subjects:
        return None
    return attempt.found(name) if other.judging.truth(name) is not judging.truth(name) else None


def may_tell_apart(judging: Judging, mutant: Mutant, plan: Plan) -> bool:
    """A quick look before the whole is judged: whether what was changed says anything else of this record at all."""
    ruleset = judging.ruleset
    if mutant.name in ruleset.definitions:
        moved = Judging(plan.parts[0], judging.indexed, judging.moment)
        return said(moved, mutant.name) != said(judging, mutant.name)
    if mutant.name in ruleset.value_sets and mutant.kind == "codes":
        lost = ruleset.value_sets[mutant.name].rows.keys() - mutant.ruleset.value_sets[mutant.name].rows.keys()
        facts = (fact for found in judging.record.facts.values() for fact in found)
        return any(not lost.isdisjoint(fact.codings) for fact in facts)
    before = next((rule for rule in ruleset.rules if rule.id == mutant.name), None)
    after = next((rule for rule in mutant.ruleset.rules if rule.id == mutant.name), None)
    if before is None or after is None or before.for_each:
        return True
    lost_when = [entry for entry in before.when if entry not in after.when]
    lost_unless = [entry for entry in before.unless if entry not in after.unless]
    return (
        not (lost_when or lost_unless)
        or any(judging.entry(entry) is not Truth.HOLDS for entry in lost_when)
        or any(judging.entry(entry) is not Truth.FAILS for entry in lost_unless)
    )


def _fires(outcome: Outcome) -> list[tuple[str, tuple[str, ...]]]:
    return sorted((fired.rule, tuple(sorted(fired.subject))) for fired in outcome.findings)


def score_of(results: Sequence[Result]) -> tuple[int, int]:
    """How many were caught, of how many that could be: neither equivalent nor untried."""
    caught = sum(result.fate == "caught" for result in results)
    return caught, caught + sum(result.fate == "survived" for result in results)
