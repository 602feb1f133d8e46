"""The shared cases put to the real service in this process. Where ../shared is missing nothing can be compared."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from cds.replay.asking import ask_in_process
from cds.replay.case import Case
from cds.replay.known import outlived, read_known, unexplained
from cds.replay.moments import moment_of
from cds.replay.reading import Unreadable, read_cases
from cds.replay.run import Setting, outcomes, replay
from cds.replay.tally import tally_of
from cds.replay.topics import read_topics
from tests.journeys.service import ROOT, SETTINGS, desk

SHARED = ROOT.parent / "shared" / "cases"
TOPICS, TOPIC_PROBLEMS = read_topics(ROOT / "rulesets" / "topics.yaml")
KNOWN, KNOWN_PROBLEMS = read_known(ROOT / "docs" / "known-disagreements.yaml")

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no cases from outside at {SHARED}: nothing to compare")


def setting(*, unchanged: bool = False) -> Setting:
    day = moment_of("2026-11-22", SETTINGS.timezone)
    assert day is not None
    return Setting(desk().discovery(day), ask_in_process(desk()), TOPICS, day, unchanged=unchanged)


def cases_of(topic: str) -> list[Case | Unreadable]:
    return list(read_cases([SHARED / "topics" / f"{topic}.ndjson"]))


def told(found) -> str:
    return "\n".join(f"{outcome.id}: {outcome.why}" for outcome in found)


def test_the_tables_are_well_formed():
    assert TOPIC_PROBLEMS == []
    assert KNOWN_PROBLEMS == []


@needs_shared
@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_topic_differs_only_where_the_table_says_why(topic):
    tally = replay(cases_of(topic), setting())
    assert tally.total.cases > 0
    assert tally.failing == (), told(tally.failing)
    assert unexplained(tally, KNOWN) == (), told(unexplained(tally, KNOWN))


@needs_shared
def test_no_entry_of_the_table_has_outlived_its_disagreement():
    cases = [case for topic in TOPICS for case in cases_of(topic) if isinstance(case, Case)]
    tally = replay(cases, setting())
    assert outlived(tally, KNOWN, frozenset(case.id for case in cases)) == ()


@needs_shared
@pytest.mark.parametrize("unchanged", [False, True], ids=["through the adapter", "as they are"])
def test_the_protocol_requests_never_break_the_service(unchanged):
    cases = cases_of("protocol-requests")
    assert len(cases) == 40
    tally = replay(cases, setting(unchanged=unchanged))
    assert tally.failing == (), told(tally.failing)


@needs_shared
def test_no_case_of_any_other_topic_breaks_the_service():
    cases = [case for file in sorted((SHARED / "topics").glob("*.ndjson")) for case in read_cases([file])]
    tally = tally_of(outcomes(cases, setting()))
    assert tally.total.cases > 2000
    assert tally.failing == (), told(tally.failing)


def patients() -> Iterator[Case | Unreadable]:
    for file in sorted((SHARED / "patients").glob("*.ndjson.gz")):
        yield from read_cases([file])


def _small(files: list[Path]) -> Iterator[Case | Unreadable]:
    for file in files:
        yield from islice(read_cases([file]), 24)


@needs_shared
def test_a_dozen_whole_records_of_each_file_never_break_the_service():
    tally = replay(_small(sorted((SHARED / "patients").glob("*.ndjson.gz"))), setting())
    assert tally.total.cases > 100
    assert tally.failing == (), told(tally.failing)


@needs_shared
@pytest.mark.drill
def test_no_whole_record_breaks_the_service():
    tally = replay(patients(), setting())
    assert tally.total.cases >= 377
    assert tally.failing == (), told(tally.failing)
