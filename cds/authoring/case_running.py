"""The cases of a version run: what failed and why, what they have shown, and what no case shows yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cds.authoring.case_failure import sentences
from cds.authoring.case_finding import FoundCase
from cds.authoring.case_judging import Suite, judge_case, record_of
from cds.authoring.cases import CaseRun
from cds.authoring.catching import Result, score_of
from cds.authoring.coverage import KINDS, Goal, Goals
from cds.authoring.expectations import Fired
from cds.authoring.mutation.mutants import Mutant, mutants_of, usual_birth, usual_day


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case: ``failures`` is empty when it came out as it says.

    fired: the rules that are shown. summaries: what each of their cards says, where that was asked for.
    """

    run: CaseRun
    failures: tuple[str, ...]
    fired: tuple[Fired, ...] = ()
    summaries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Mutation:
    """What became of the mutants, and cases that would catch those that survived, by their key."""

    mutants: Sequence[Mutant]
    results: Sequence[Result]
    killers: Mapping[str, FoundCase]

    def of(self, fate: str) -> list[tuple[Mutant, Result]]:
        """Those with one fate."""
        return [(self.mutants[result.number], result) for result in self.results if result.fate == fate]

    @property
    def score(self) -> tuple[int, int]:
        """Caught, of those that could be."""
        return score_of(self.results)


@dataclass(frozen=True, slots=True, eq=False)
class SuiteReport:
    """All that a run of one version's cases says.

    shown: by goal, the first case that shows it. found: by goal that none shows, a case that would.
    """

    suite: Suite
    results: Sequence[CaseResult]
    goals: Goals
    shown: Mapping[Goal, str]
    found: Mapping[Goal, FoundCase] = field(default_factory=dict)
    mutation: Mutation | None = None

    @property
    def address(self) -> str:
        """``metformin-renal@1.0.0``, or ``metformin-renal@draft``."""
        ruleset = self.suite.judge.ruleset
        return f"{ruleset.name}@{'draft' if ruleset.status == 'draft' else ruleset.version}"

    @property
    def failed(self) -> list[CaseResult]:
        """The cases that came out otherwise."""
        return [result for result in self.results if result.failures]

    @property
    def missing(self) -> list[Goal]:
        """What no case shows."""
        return [goal for goal in self.goals.all if goal not in self.shown]

    @property
    def at_edges(self) -> set[str]:
        """The names of the cases that stand at an edge."""
        return {name for goal, name in self.shown.items() if goal.kind == "boundary"}

    def counts(self) -> dict[str, tuple[int, int]]:
        """By kind of goal: shown, of how many."""
        return {
            kind: (
                sum(goal.kind == kind for goal in self.shown),
                sum(goal.kind == kind for goal in self.goals.all),
            )
            for kind in KINDS
        }

    @property
    def percent(self) -> float:
        """Of all goals, how many are shown."""
        return percent(len(self.shown), len(self.goals.all))


def percent(part: int, whole: int) -> float:
    """100 of nothing."""
    return 100.0 if whole == 0 else 100.0 * part / whole


def run_cases(suite: Suite, *, summaries: bool = False) -> SuiteReport:
    """Judge every case, compare, and note what it shows. A case that fails shows nothing: it may be wrong.

    summaries: whether what each card says is worked out as well.
    """
    ruleset = suite.judge.ruleset
    goals = Goals(ruleset, mutants_of(ruleset, usual_day(suite.runs), usual_birth(suite.runs)))
    shown: dict[Goal, str] = {}
    results = []
    for run in suite.runs:
        judge = suite.judge_of(run)
        record = record_of(run, judge)
        outcome = judge_case(run, judge, record)
        differing = outcome.differing(run)
        failures = tuple(sentences(run, judge, record, outcome, differing) if differing else ())
        said = tuple(str(finding.card["summary"]) for finding in outcome.cards) if summaries else ()
        results.append(CaseResult(run, failures, tuple(outcome.findings), said))
        if not differing:
            left = [goal for goal in goals.all if goal not in shown]
            shown |= dict.fromkeys(goals.shown(outcome, left), run.name)
    return SuiteReport(suite, results, goals, {goal: shown[goal] for goal in goals.all if goal in shown})
