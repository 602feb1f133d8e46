"""Requests from outside put to two versions of a ruleset, whatever the services select: which come out otherwise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from cds.authoring.case_judging import CaseJudge
from cds.authoring.cases import Fired
from cds.decisions import reading
from cds.errors import ServiceFault
from cds.facts.dates import Moment
from cds.hooks.prefetch import read_supplied
from cds.hooks.request import read_request
from cds.replay.case import Case, Json, NotApplicable
from cds.replay.corpus import adapt
from cds.replay.moments import moment_of
from cds.replay.reading import Unreadable
from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judge import judge_ruleset


@dataclass(frozen=True, slots=True)
class Differing:
    """A request that two versions answer otherwise, by its id: nothing of its record is told."""

    id: str
    old: tuple[Fired, ...]
    new: tuple[Fired, ...]

    @property
    def only_old(self) -> list[str]:
        """Rules that only the version before shows."""
        return sorted({each.rule for each in self.old if each not in self.new})

    @property
    def only_new(self) -> list[str]:
        """Rules that only the version after shows."""
        return sorted({each.rule for each in self.new if each not in self.old})


@dataclass(frozen=True, slots=True)
class Compared:
    """asked: requests that at least one of the versions answers. left: those that neither could be asked.

    unreadable: what is no request at all, with its place.
    """

    asked: int
    left: int
    differing: tuple[Differing, ...]
    unreadable: tuple[Unreadable, ...] = ()


def compare(cases: Iterable[Case | Unreadable], old: CaseJudge, new: CaseJudge, otherwise: Moment) -> Compared:
    """Put each request to both. otherwise: the moment of those that name none."""
    asked, left = 0, 0
    found: list[Differing] = []
    unreadable: list[Unreadable] = []
    for case in cases:
        if isinstance(case, Unreadable):
            unreadable.append(case)
            continue
        moment = _moment(case, otherwise)
        if moment is None:
            unreadable.append(Unreadable(case.origin, "the moment that it names is none (asOf)"))
            continue
        sides = [_fired(case, judge, moment) for judge in (old, new)]
        if sides[0] is None and sides[1] is None:
            left += 1
            continue
        asked += 1
        if sides[0] != sides[1]:
            found.append(Differing(case.id, sides[0] or (), sides[1] or ()))
    return Compared(asked, left, tuple(found), tuple(unreadable))


def _moment(case: Case, otherwise: Moment) -> Moment | None:
    return moment_of(case.as_of, otherwise.zone) if case.as_of else otherwise


def _fired(case: Case, judge: CaseJudge, moment: Moment) -> tuple[Fired, ...] | None:
    """None where the version cannot be asked: another hook, or a request that is refused."""
    adapted = adapt(case, _as_services(judge))
    if isinstance(adapted, NotApplicable):
        return None
    try:
        request = read_request(orjson.dumps(adapted.request), judge.ruleset.hooks)
        record = reading.record_of(request, read_supplied(request.prefetch, judge.templates), judge.plan, moment)
    except ServiceFault:
        return None
    verdicts = judge_ruleset(judge.plan, 0, index_facts(judge.plan, record), moment)
    shown = ((v.rule.id, v.subject) for v in verdicts.rules if v.outcome == "fires")
    return tuple(Fired(rule, tuple(it.reference.split()) if it is not None else ()) for rule, it in shown)


def _as_services(judge: CaseJudge) -> Sequence[Json]:
    """The version as discovery would show it, were it alone in a service for each hook."""
    prefetch = {template.key: template.query for template in judge.templates}
    return [{"id": hook, "hook": hook, "prefetch": prefetch} for hook in sorted(judge.ruleset.hooks)]
