"""Every case of the published rulesets, explained: the trace says what the judge did, and why, for every rule."""

from pathlib import Path

import pytest

from cds.authoring import explaining
from cds.authoring.cases import CaseRun, expand
from cds.rules.definition import Compose
from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judge import judge_ruleset
from cds.rules.judge.tracing import trace
from tests.published.judging import judge_of, record_of
from tests.published.test_cases import FILES, called


def about(subject):
    """What names a subject: the pairs of two judgements are two objects, of the same facts."""
    return None if subject is None else subject.reference


@pytest.mark.parametrize("path", FILES, ids=called)
def test_the_traces_of_a_file_agree_with_the_judge_and_name_a_reason(path: Path):
    for run in expand(path)[0]:
        check_trace(run, path.parts[-3])


def check_trace(run: CaseRun, version: str) -> None:
    case = f"{run.location}: {run.name}"
    judge = judge_of(run.ruleset, version, tuple(sorted(run.site.items())))
    record = record_of(run, judge)
    verdicts = judge_ruleset(judge.plan, 0, index_facts(judge.plan, record), run.moment).rules
    traced = trace(judge.plan.parts[0], record, run.moment)
    told = {(t.rule.id, about(t.subject)): t.outcome for t in traced.rules}
    judged = {(verdict.rule.id, about(verdict.subject)): verdict.outcome for verdict in verdicts}
    assert {key: told.get(key) for key in judged} == judged, case
    for each in traced.rules:
        if (each.rule.id, about(each.subject)) not in judged:
            assert each.outcome in ("silent", "no-subject", "other-hook"), case
        if each.outcome in ("silent", "unknown"):
            assert each.decided_by, (case, each.rule.id)
            for reading in each.decided_by:
                assert reading.entry.prefix or not isinstance(reading.definition.clause, Compose), case
    assert len(explaining.as_json(traced)) == len(traced.rules), case
    assert len(list(explaining.lines(traced, whole=True))) >= len(traced.rules), case
