"""The pure middle: a record, the rulesets of a service and a moment to findings. No I/O, no clock, no HTTP.

facts (read before) -> judge -> word -> findings
"""

from collections.abc import Callable, Mapping

from cds.cards.finding import Finding, word_finding
from cds.facts.dates import Moment
from cds.facts.fact import Omission, Record
from cds.frozen import value
from cds.rules.engine.faults import EnginesDiffer
from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judge import RulesetVerdicts, judge_ruleset
from cds.rules.judge.plan import Plan
from cds.rules.judge.plausibility import IMPLAUSIBLE

#: The cause of a fault of a ruleset that time did not reach.
DEADLINE = "deadline"


def never() -> bool:
    """There is time."""
    return False


@value()
class OpenRule:
    """A rule that nobody could tell, and the definitions that left it open."""

    ruleset: str
    rule: str
    definitions: tuple[str, ...]


@value()
class RulesetFault:
    """A ruleset that could not be judged, and the kind of fault; the others still answer."""

    ruleset: str
    cause: str


@value()
class Judgement:
    """What the rules say about one record at one moment. judged: how many rulesets were looked at to the end."""

    findings: tuple[Finding, ...]
    omissions: tuple[Omission, ...]  # results that a ruleset takes for implausible
    unknown: tuple[OpenRule, ...]
    faults: tuple[RulesetFault, ...]
    judged: int
    all_open: bool  # every rule of the service was unknown: nothing was judged


def decide(
    patient: Record,
    rulesets: Plan,
    moment: Moment,
    override_reasons: Mapping[str, str],
    is_late: Callable[[], bool] = never,
) -> Judgement:
    """Judge every ruleset and word what fires. The same arguments always give the same judgement.

    is_late: asked before each ruleset; those that are not judged for lack of time are named as faults (``deadline``).
    """
    indexed = index_facts(rulesets, patient)
    findings: list[Finding] = []
    omissions: dict[str, Omission] = {}
    unknown: list[OpenRule] = []
    faults: list[RulesetFault] = []
    for number in indexed.running:  # of the other rulesets every rule is silent
        part = rulesets.parts[number]
        if is_late():
            faults.append(RulesetFault(part.ruleset.address, DEADLINE))
            continue
        try:
            verdicts = judge_ruleset(rulesets, number, indexed, moment)
            if verdicts.rules:
                findings += _findings(verdicts, override_reasons)
                unknown += _open_rules(verdicts)
            if verdicts.judging.implausible:
                omissions |= {omission.reference: omission for omission in _implausible(verdicts)}
        except EnginesDiffer:  # two engines disagree: no answer at all may be trusted
            raise
        except Exception as fault:  # noqa: BLE001 - one broken ruleset must not silence the others; it is named in the answer
            faults.append(RulesetFault(part.ruleset.address, type(fault).__name__))
    all_open = not findings and not faults and _all_open(rulesets, patient.hook, unknown)
    judged, named = len(rulesets.parts) - len(faults), tuple(omissions.values())
    return Judgement(tuple(findings), named, tuple(unknown), tuple(faults), judged, all_open)


def _findings(verdicts: RulesetVerdicts, override_reasons: Mapping[str, str]) -> list[Finding]:
    fired = [verdict for verdict in verdicts.rules if verdict.outcome == "fires"]
    worded = [word_finding(verdicts.judging, verdict, override_reasons) for verdict in fired]
    rank = {verdict.rule.id: number for number, verdict in enumerate(fired)}
    return sorted(worded, key=lambda finding: (rank[finding.rule], finding.subject))


def _implausible(verdicts: RulesetVerdicts) -> list[Omission]:
    facts = sorted(verdicts.judging.implausible, key=lambda fact: fact.reference)
    return [Omission(fact.reference, IMPLAUSIBLE, frozenset((fact.kind,)), fact.codings) for fact in facts]


def _open_rules(verdicts: RulesetVerdicts) -> list[OpenRule]:
    address = verdicts.judging.ruleset.address
    return [
        OpenRule(address, verdict.rule.id, tuple(dict.fromkeys(entry.name for entry in verdict.undecided)))
        for verdict in verdicts.rules
        if verdict.outcome == "unknown"
    ]


def _all_open(plan: Plan, hook: str, unknown: list[OpenRule]) -> bool:
    """Every rule that answers at this hook was unknown, and none has a path that speaks of the unknown."""
    rules = {
        (part.ruleset.address, goals.rule.id): goals.rule
        for part in plan.parts
        for goals in part.goals
        if goals.rule.id not in part.stopped
        if not goals.rule.hooks or hook in goals.rule.hooks
    }
    has_path = any(entry.prefix in ("unknown", "missing") for rule in rules.values() for entry in rule.when)
    # A rule may be unknown for several subjects: rules are counted, not doubts.
    return bool(rules) and rules.keys() <= {(rule.ruleset, rule.rule) for rule in unknown} and not has_path
