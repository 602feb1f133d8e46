"""Judging the rules of a plan: which fire, which stay silent, and which nobody can tell.

index the facts -> the rules worth running -> their conditions and exceptions -> fire by policy -> fold families
"""

from collections.abc import Mapping
from typing import Literal

from cds.facts.dates import Moment
from cds.facts.fact import Record
from cds.frozen import value
from cds.rules.definition import Entry
from cds.rules.engine.truth import Truth
from cds.rules.judge.finding_facts import Identity, subject_identity
from cds.rules.judge.indexing import Indexed, index_facts
from cds.rules.judge.judging import Judging
from cds.rules.judge.plan import Plan, RuleGoals
from cds.rules.judge.values import Subject
from cds.rules.ruleset import Policy, Rule

Outcome = Literal["fires", "silent", "unknown", "folded"]


@value()
class RuleVerdict:
    """What became of a rule for the patient, or for one subject.

    undecided: the entries whose doubt mattered: those that left the rule open, or that a policy overruled.
    """

    rule: Rule
    subject: Subject | None
    outcome: Outcome
    undecided: tuple[Entry, ...] = ()


@value(eq=False)
class RulesetVerdicts:
    """The verdicts of one ruleset, and the judging behind them (for texts, traces and tests)."""

    judging: Judging
    rules: tuple[RuleVerdict, ...]


def judge(plan: Plan, record: Record, moment: Moment) -> tuple[RulesetVerdicts, ...]:
    """Every ruleset of a plan judged for one record at one moment."""
    indexed = index_facts(plan, record)
    return tuple(judge_ruleset(plan, number, indexed, moment) for number in range(len(plan.parts)))


def judge_ruleset(plan: Plan, number: int, indexed: Indexed, moment: Moment) -> RulesetVerdicts:
    """The verdicts of one ruleset. Rules not worth running are left out: a condition of theirs surely fails."""
    part, record = plan.parts[number], indexed.record
    judging = Judging(part, indexed, moment)
    goals_worth = (part.goals[place] for place in indexed.running.get(number, ()))
    running = [goals for goals in goals_worth if not goals.rule.hooks or record.hook in goals.rule.hooks]
    opened, solved = _solved(judging, running)
    verdicts: list[RuleVerdict] = []
    for goals in running:
        found = [_verdict(judging, goals, it, solved[it]) for it in opened.get(goals, ())]
        kept = [verdict for verdict in found if verdict is not None]
        verdicts += kept if kept or not goals.rule.for_each else _for_another(judging, goals)
    told = _fold(verdicts)
    if part.stopped:
        told = [verdict for verdict in told if verdict.rule.id not in part.stopped]
    return RulesetVerdicts(judging, tuple(told))


def _solved(
    judging: Judging, running: list[RuleGoals]
) -> tuple[dict[RuleGoals, list[Subject | None]], dict[Subject | None, Mapping[int, Truth]]]:
    """For whom each rule may fire; and for each of these, all that such rules ask of the engine, solved together."""
    opened: dict[RuleGoals, list[Subject | None]] = {}
    asked: dict[Subject | None, list[int]] = {}
    for goals in running:
        each = goals.rule.for_each
        for it in judging.found(each, None).sure if each else _THE_PATIENT:
            if goals.may_fire(judging, it):
                opened.setdefault(goals, []).append(it)
                asked.setdefault(it, []).extend(goals.symbols)
    return opened, {it: judging.solve(symbols, it) for it, symbols in asked.items()}


_THE_PATIENT: tuple[Subject | None, ...] = (None,)


def _for_another(judging: Judging, goals: RuleGoals) -> list[RuleVerdict]:
    """A rule with ``for-each`` that fires for none of those found: doubt about who else there is, is told."""
    rule = goals.rule
    found = judging.found(rule.for_each, None)
    if (found.more or found.possible) and _may_fire_for_another(judging, goals):
        return [RuleVerdict(rule, None, "unknown", (Entry(rule.for_each, "", rule.location),))]
    return []


def _may_fire_for_another(judging: Judging, goals: RuleGoals) -> bool:
    """Whether the rule could fire for a subject nobody has seen: what is about the patient alone decides.

    And what each subject would need: without any allergy, and none that may be missing, no order meets one.
    """
    if not all(any(judging.may_have(spot) for spot in spots) for spots in goals.needed):
        return False
    about = judging.plan.about_subjects
    barring = (*goals.rule.unless, *goals.excused)
    may_be = all(judging.entry(entry) is not Truth.FAILS for entry in goals.entries if entry.name not in about)
    return may_be and not any(judging.entry(entry) is Truth.HOLDS for entry in barring if entry.name not in about)


def _verdict(
    judging: Judging, goals: RuleGoals, subject: Subject | None, solved: Mapping[int, Truth]
) -> RuleVerdict | None:
    """What became of a rule, from its solved compositions; None when its conditions fail."""
    when = solved[goals.when]
    if when is Truth.FAILS:
        return None
    rule = goals.rule
    for goal in (goals.unless, goals.applies_unless):
        if goal is not None and solved[goal] is Truth.HOLDS:
            return RuleVerdict(rule, subject, "silent")
    if when is Truth.UNKNOWN:
        return RuleVerdict(rule, subject, "unknown", _undecided(judging, goals.entries, subject))
    exceptions = [
        (goals.unless, rule.unless, rule.unless_unknown),
        (goals.applies_unless, goals.excused, judging.ruleset.applies.unless_unknown),
    ]
    return _by_policy(judging, rule, subject, exceptions, solved)


def _by_policy(
    judging: Judging,
    rule: Rule,
    subject: Subject | None,
    exceptions: list[tuple[int | None, tuple[Entry, ...], Policy | None]],
    solved: Mapping[int, Truth],
) -> RuleVerdict:
    doubts: tuple[Entry, ...] = ()
    outcome: Outcome = "fires"
    for goal, entries, policy in exceptions:
        if goal is not None and solved[goal] is Truth.UNKNOWN:
            doubts += _undecided(judging, entries, subject)
            if policy != "fire":
                outcome = "unknown"
    return RuleVerdict(rule, subject, outcome, doubts)


def _undecided(judging: Judging, entries: tuple[Entry, ...], subject: Subject | None) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if judging.entry(entry, subject) is Truth.UNKNOWN)


def _fold(verdicts: list[RuleVerdict]) -> list[RuleVerdict]:
    """Per family and subject, only the first that fires is shown."""
    shown: set[tuple[str, frozenset[Identity]]] = set()
    result = []
    for verdict in verdicts:
        key = (verdict.rule.family, subject_identity(verdict.subject))
        if verdict.outcome == "fires" and verdict.rule.family:
            if key in shown:
                result.append(RuleVerdict(verdict.rule, verdict.subject, "folded", verdict.undecided))
                continue
            shown.add(key)
        result.append(verdict)
    return result
