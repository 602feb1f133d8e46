"""The case that is missing, found by turning and changing the cases that exist, and judging each attempt.

Every case that is offered has been judged: it shows what it is offered for. What it fires is told as its expectation;
whether it should is for the author to say.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cds.authoring.case_judging import CaseJudge, Outcome, Suite, judge_case, record_of
from cds.authoring.case_knobs import by_clock, flips, knobs_of
from cds.authoring.case_neighbours import neighbours
from cds.authoring.case_telling import facts_in
from cds.authoring.cases import CaseRun, Fired
from cds.authoring.coverage import Goal, Goals, judging_of, subjects_of
from cds.errors import ServiceFault
from cds.rules.definition import Change, Count, Points, Score
from cds.rules.judge.judging import Judging
from cds.rules.judge.values import Known, Subject

IsLate = Callable[[], bool]
#: What makes a case one of special circumstances.
_APART = ("site", "not-supplied", "unreadable", "recording", "shown-before")


@dataclass(frozen=True, slots=True, eq=False)
class FoundCase:
    """A case that shows what was missing.

    made_from: the case it is like. what: what is told otherwise. verdicts: of definitions that are judged for the
    patient, by ``holds``, ``fails``, ``unknown``: part of its expectation.
    """

    run: CaseRun
    made_from: CaseRun
    what: str
    fired: Sequence[Fired]
    verdicts: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """A like case that could be judged."""

    made_from: CaseRun
    run: CaseRun
    what: str
    outcome: Outcome

    def found(self, *names: str) -> FoundCase:
        """The attempt as a case; with the verdicts of definitions that have one for the patient."""
        judging = self.outcome.judging
        verdicts: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            definition = judging.ruleset.definitions.get(name)
            if definition is not None and definition.is_truth and name not in judging.plan.about_subjects:
                verdicts.setdefault(judging.truth(name).value, []).append(name)
        return FoundCase(self.run, self.made_from, self.what, self.outcome.findings, verdicts)


def find_cases(
    suite: Suite, goals: Goals, missing: Sequence[Goal], is_late: IsLate, at_edges: Collection[str] = ()
) -> dict[Goal, FoundCase]:
    """For each missing goal the first attempt that shows it, as far as there is time.

    at_edges: the names of cases that stand at an edge: a case that is like one of them would stand there for no reason.
    """
    found: dict[Goal, FoundCase] = {}
    runs = _plainest_first(suite.runs, at_edges)

    def look(attempts: Iterator[Attempt], wanted: Sequence[Goal]) -> None:
        for attempt in attempts:
            left = [goal for goal in wanted if goal not in found]
            if not left or is_late():
                return
            shown = [goal for goal in left if goal in goals.shown(attempt.outcome, left)]
            case = attempt.found(*(goal.name for goal in shown))
            found.update(dict.fromkeys(shown, case))

    def turn(kinds: Sequence[str]) -> None:
        for name in dict.fromkeys(goal.name for goal in missing if goal.kind in kinds and goal not in found):
            look(
                turned(suite, name, is_late, runs),
                [goal for goal in missing if goal.kind in kinds and goal.name == name],
            )

    turn(("boundary",))
    look(changed(suite, is_late, runs), missing)
    turn(("definition",))
    return found


def _plainest_first(runs: Sequence[CaseRun], at_edges: Collection[str]) -> list[CaseRun]:
    """The shorter the sooner; those of a site, of missing kinds or shown before come late, those at an edge last."""

    def plainness(run: CaseRun) -> tuple[bool, int, int]:
        apart = sum(run.told.get(key) is not None for key in _APART)
        return run.name in at_edges, apart, len(facts_in(run.told))

    return sorted(runs, key=plainness)


def changed(suite: Suite, is_late: IsLate, runs: Sequence[CaseRun] | None = None) -> Iterator[Attempt]:
    """Every case (or each of ``runs``) with one thing told otherwise."""
    for run in suite.runs if runs is None else runs:
        for what, made in neighbours(run, suite.judge.ruleset):
            if is_late():
                return
            yield from _judged(suite, run, made, what)


def turned(suite: Suite, name: str, is_late: IsLate, runs: Sequence[CaseRun] | None = None) -> Iterator[Attempt]:
    """Cases on both sides of where turning a number or a time changes what a definition says."""
    clock = by_clock(suite.judge.ruleset)
    for run in suite.runs if runs is None else runs:
        judge = suite.judge_of(run)
        for knob in knobs_of(run, by_the_clock=clock):
            for what, made in flips(run, knob, lambda made, judge=judge: _told_apart(made, judge, name)):  # type: ignore[misc]
                yield from _judged(suite, run, made, what)
            if is_late():
                return


def _judged(suite: Suite, run: CaseRun, made: CaseRun, what: str) -> Iterator[Attempt]:
    """Nothing where no request could be made of it."""
    judge = suite.judge_of(made)
    try:
        yield Attempt(run, made, what, judge_case(made, judge, record_of(made, judge)))
    except ServiceFault:
        return


def _told_apart(run: CaseRun, judge: CaseJudge, name: str) -> object:
    """What a definition says, without the numbers that every turn of a knob moves."""
    try:
        judging = judging_of(judge.plan, record_of(run, judge), run.moment)
    except ServiceFault:
        return None
    return [_side(judging, name, it) for it in subjects_of(judging, name)]


def _side(judging: Judging, name: str, it: Subject | None) -> object:
    definition = judging.ruleset.definitions[name]
    if definition.is_truth:
        return judging.truth(name, it)
    value = judging.value(name, it)
    if not isinstance(value, Known):
        return type(value)
    if isinstance(definition.clause, Points | Score | Count | Change):
        return value.quantity
    return sorted(fact.reference for fact in value.facts)
