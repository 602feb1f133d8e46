"""What the cases of a version have shown: rules, definitions, edges of limits and windows, policies for the unknown.

A *goal* is one thing that some case should show: a rule that fires, or stays silent; a definition that holds, fails, or
is unknown; an edge with a value on its near side; a doubt that a policy decides. An edge counts as shown on one side
when moving it one smallest step to that side changes what its definition says of some case.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from cds.authoring.case_judging import Outcome
from cds.authoring.mutation.equivalence import judged, may_be, may_be_unknown
from cds.authoring.mutation.mutants import Mutant
from cds.documents.problem import Location
from cds.facts.dates import Moment
from cds.facts.fact import Record
from cds.rules.definition import FINDERS, Forecast
from cds.rules.engine.reference import make_reference
from cds.rules.engine.truth import Truth
from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judge import RuleVerdict
from cds.rules.judge.judging import Judging
from cds.rules.judge.plan import Plan, RulesetPlan, compile_ruleset
from cds.rules.judge.values import Subject
from cds.rules.ruleset import Rule, Ruleset
from cds.rules.source.uses import subject_roots

KINDS: tuple[Literal["rule", "definition", "boundary", "policy"], ...] = ("rule", "definition", "boundary", "policy")


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing that some case should show. side: which; told: as a sentence without its name."""

    kind: Literal["rule", "definition", "boundary", "policy"]
    name: str
    side: str
    told: str
    location: Location


class Goals:
    """The goals of a version, and which of them a case shows."""

    def __init__(self, ruleset: Ruleset, mutants: Sequence[Mutant]) -> None:
        self._ruleset = ruleset
        self._decisive = [n for n in ruleset.definitions if n in judged(ruleset)]
        self._edges = {_edge_goal(m): m for m in mutants if m.edge and not m.equivalent}
        self._plans: dict[Goal, RulesetPlan] = {}
        self.all: tuple[Goal, ...] = (
            *_rule_goals(ruleset),
            *(goal for name in self._decisive for goal in _definition_goals(ruleset, name)),
            *self._edges,
            *_policy_goals(ruleset),
        )

    def shown(self, outcome: Outcome, among: Iterable[Goal] | None = None) -> set[Goal]:
        """The goals that a judged case shows; only those asked for, if any are named."""
        wanted = set(self.all if among is None else among)
        judging = outcome.judging
        seen = {("rule", *each) for each in self._of_rules(outcome)}
        seen |= {("policy", *each) for each in self._of_policies(outcome)}
        for name in dict.fromkeys(goal.name for goal in wanted if goal.kind == "definition"):
            truths = {judging.truth(name, it) for it in subjects_of(judging, name)}
            seen |= {("definition", name, truth.value) for truth in truths}
        found = {goal for goal in wanted if (goal.kind, goal.name, goal.side) in seen}
        return found | {goal for goal in wanted if goal.kind == "boundary" and self._is_near(goal, judging)}

    def _is_near(self, goal: Goal, judging: Judging) -> bool:
        """Whether the edge, moved by a step, makes a difference to its definition."""
        plan = self._plans.get(goal)
        if plan is None:
            plan = self._plans[goal] = compile_ruleset(self._edges[goal].ruleset, make_reference)
        moved = Judging(plan, judging.indexed, judging.moment)
        return said(moved, goal.name) != said(judging, goal.name)

    def mutant_of(self, goal: Goal) -> Mutant:
        """The mutant whose edge is that of a boundary goal."""
        return self._edges[goal]

    def _of_rules(self, outcome: Outcome) -> Iterator[tuple[str, str]]:
        hook = outcome.judging.record.hook
        verdicts = _by_rule(outcome.verdicts.rules)
        for rule in self._ruleset.rules:
            outcomes = {verdict.outcome for verdict in verdicts.get(rule.id, ())}
            if "fires" in outcomes:
                yield rule.id, "fires"
            elif not outcomes & {"folded", "unknown"} and hook in (rule.hooks or self._ruleset.hooks):
                yield rule.id, "silent"

    def _of_policies(self, outcome: Outcome) -> Iterator[tuple[str, str]]:
        applies = self._ruleset.applies
        firing = {verdict.rule.id for verdict in outcome.verdicts.rules if verdict.outcome == "fires"}
        for verdict in outcome.verdicts.rules:
            rule, doubts = verdict.rule, set(verdict.undecided)
            if doubts & set(rule.unless):
                yield rule.id, "unless-unknown"
            if doubts & set(applies.unless):
                yield "applies", "unless-unknown"
            if verdict.outcome == "unknown" and doubts & {*rule.when, *applies.when}:
                yield "applies", "when-unknown"
                if rule.when_unknown in ("", "stay-silent") or rule.when_unknown in firing:
                    yield rule.id, "when-unknown"


def _by_rule(verdicts: Iterable[RuleVerdict]) -> dict[str, list[RuleVerdict]]:
    found: dict[str, list[RuleVerdict]] = {}
    for verdict in verdicts:
        found.setdefault(verdict.rule.id, []).append(verdict)
    return found


def _rule_goals(ruleset: Ruleset) -> Iterator[Goal]:
    for rule in ruleset.rules:
        yield Goal("rule", rule.id, "fires", "fires", rule.location)
        yield Goal("rule", rule.id, "silent", "stays silent", rule.location)


def _definition_goals(ruleset: Ruleset, name: str) -> Iterator[Goal]:
    definition = ruleset.definitions[name]
    if not definition.is_truth:
        return
    for truth in Truth:
        if may_be(ruleset, name, truth):
            told = "is unknown" if truth is Truth.UNKNOWN else truth.value
            yield Goal("definition", name, truth.value, told, definition.location)


def _edge_goal(mutant: Mutant) -> Goal:
    one, became, other = mutant.told.partition(" became ")
    told = f"tells {one} from {other}" if became else f"notices {mutant.told}"
    return Goal("boundary", mutant.name, mutant.key, told, mutant.location)


def _policy_goals(ruleset: Ruleset) -> Iterator[Goal]:
    for rule in ruleset.rules:
        if rule.unless and rule.unless_unknown and any(may_be_unknown(ruleset, entry) for entry in rule.unless):
            told = f"unless-unknown: {rule.unless_unknown} decides"
            yield Goal("policy", rule.id, "unless-unknown", told, rule.location)
        if rule.when_unknown and _may_stay_open(ruleset, rule):
            yield Goal("policy", rule.id, "when-unknown", f"when-unknown: {rule.when_unknown} decides", rule.location)
    applies = ruleset.applies
    if applies.unless and applies.unless_unknown:
        told = f"unless-unknown: {applies.unless_unknown} decides"
        yield Goal("policy", "applies", "unless-unknown", told, applies.unless[0].location)
    if applies.when and applies.when_unknown:
        told = f"when-unknown: {applies.when_unknown} decides"
        yield Goal("policy", "applies", "when-unknown", told, applies.when[0].location)


def _may_stay_open(ruleset: Ruleset, rule: Rule) -> bool:
    return any(may_be_unknown(ruleset, entry) for entry in rule.when)


def subjects_of(judging: Judging, name: str) -> tuple[Subject | None, ...]:
    """Whom a definition is judged for: the patient, or each fact that its finder is sure of."""
    if name not in judging.plan.about_subjects:
        return (None,)
    roots = sorted(subject_roots(judging.ruleset, (name,)))
    return tuple(subject for root in roots for subject in judging.found(root, None).sure)


def said(judging: Judging, name: str) -> list[object]:
    """All that a definition says, for everyone it is judged for: what two rulesets may differ in."""
    definition = judging.ruleset.definitions[name]
    found: list[object] = []
    for it in subjects_of(judging, name):
        found.append(judging.truth(name, it) if definition.is_truth else judging.value(name, it))
        if isinstance(definition.clause, FINDERS):
            facts = judging.found(name, it)
            found.append([sorted(fact.reference for fact in each) for each in (facts.sure, facts.possible)])
        if isinstance(definition.clause, Forecast):
            found.append(judging.course(name))
    return found


def judging_of(plan: Plan, record: Record, moment: Moment) -> Judging:
    """A judging of one record, of which single definitions are asked."""
    return Judging(plan.parts[0], index_facts(plan, record), moment)
