"""What is recorded of a decision is enough to judge it again: the same findings, unknowns and words, of every case."""

from pathlib import Path

import pytest

from cds.authoring.cases import expand
from cds.decisions.decide import decide
from cds.decisions.identity import canonical_facts
from cds.decisions.rerun import read_facts
from tests.published.judging import judge_of, override_reasons, record_of
from tests.published.test_cases import FILES, called


@pytest.mark.parametrize("path", FILES, ids=called)
def test_the_recorded_facts_of_a_case_are_judged_as_the_case_was(path: Path):
    for run in expand(path)[0]:
        judge = judge_of(run.ruleset, path.parts[-3], tuple(sorted(run.site.items())))
        record = record_of(run, judge)
        facts = canonical_facts(record)
        again = read_facts(facts, run.moment.zone)
        assert canonical_facts(again) == facts, run.name
        assert decide(again, judge.plan, run.moment, override_reasons()) == decide(
            record, judge.plan, run.moment, override_reasons()
        ), run.name


@pytest.mark.parametrize("path", FILES, ids=called)
def test_every_time_of_a_case_is_read_back_to_the_day(path: Path):
    for run in expand(path)[0]:
        record = record_of(run, judge_of(run.ruleset, path.parts[-3], tuple(sorted(run.site.items()))))
        again = read_facts(canonical_facts(record), run.moment.zone)
        assert again.patient.birth == record.patient.birth
        assert times(again) == times(record)


def times(record) -> list:
    return sorted((f.kind, f.reference, str(f.when)) for facts in record.facts.values() for f in facts)
