"""The measures read independently, against the rulesets: on the shared cases, and on neighbours of them."""

import json
import random

import pytest

from cds.replay.case import Case
from cds.replay.run import outcome_of
from tests.oracles.deliberate import reason
from tests.oracles.measures import MEASURES
from tests.oracles.neighbours import Neighbours
from tests.oracles.record import Json, Record, read_value_sets
from tests.replay.test_shared_cases import KNOWN, SHARED, needs_shared, setting

#: Of each topic; all of them together take some seconds.
NEIGHBOURS = 40
#: Patients of other topics that each is asked about; all of them in a drill.
ELSEWHERE = 60
NOT_SPLICED = ("Patient", "Coverage", "Organization", "Practitioner", "Location", "Claim", "Task", "Immunization")

pytestmark = needs_shared


@pytest.fixture(scope="module")
def sets():
    return read_value_sets(SHARED / "valuesets" / "valuesets.ndjson.gz")


def cases_of(topic: str) -> list[Json]:
    lines = (SHARED / "topics" / f"{topic}.ndjson").read_text().splitlines()
    return [case for case in map(json.loads, lines) if case["id"] not in KNOWN]


@pytest.fixture(scope="module")
def pool(sets) -> list[Json]:
    records = [Record(case, sets) for topic in MEASURES for case in cases_of(topic)]
    return [r for record in records for r in record.resources if r["resourceType"] not in NOT_SPLICED]


def own_sets(topic: str, sets) -> list[str]:
    index = json.loads((SHARED / "valuesets" / "index.json").read_text())
    names = [entry["url"].rpartition("/")[2] for entry in index[topic]["valueSets"]]
    return [name for name in names if sets.get(name)]


@pytest.mark.parametrize("topic", sorted(MEASURES))
def test_the_reading_agrees_with_the_labels(topic, sets):
    wrong = [c["id"] for c in cases_of(topic) if MEASURES[topic](Record(c, sets)) != c["expect"]["fire"]]
    assert wrong == []


@pytest.mark.parametrize("topic", sorted(MEASURES))
def test_ruleset_and_measure_agree_on_neighbours_of_the_cases(topic, sets, pool):
    chance = random.Random(topic)
    neighbours = Neighbours(chance, sets, pool, own_sets(topic, sets))
    cases = cases_of(topic)
    unexplained, asked = [], 0
    for case in chance.choices(cases, k=NEIGHBOURS):
        for change, changed in neighbours.of(case, 1):
            record = Record(changed, sets)
            label = {"type": "fire", "fire": MEASURES[topic](record)}
            outcome = outcome_of(Case(case["id"], topic, case["asOf"], changed["request"], label), setting())
            asked += 1
            if outcome.standing != "agree" and not reason(topic, change, record):
                unexplained.append(f"{case['id']}: {change}: {outcome.why}, the measure says {label['fire']}")
    assert asked == NEIGHBOURS
    assert unexplained == []


def differences(topic: str, cases: list[Json], sets) -> list[str]:
    """Cases of other topics, judged as records by both."""
    found = []
    for case in cases:
        record = Record(case, sets)
        label = {"type": "fire", "fire": MEASURES[topic](record)}
        outcome = outcome_of(Case(case["id"], topic, case["asOf"], case["request"], label), setting())
        if outcome.standing != "agree" and not reason(topic, "", record):
            found.append(f"{case['id']}: {outcome.why}, the measure says {label['fire']}")
    return found


def of_other_topics(topic: str) -> list[Json]:
    return [case for other in sorted(MEASURES) if other != topic for case in cases_of(other)]


@pytest.mark.parametrize("topic", sorted(MEASURES))
def test_ruleset_and_measure_agree_on_patients_of_other_topics(topic, sets):
    cases = random.Random(topic).sample(of_other_topics(topic), ELSEWHERE)
    assert differences(topic, cases, sets) == []


@pytest.mark.drill
@pytest.mark.parametrize("topic", sorted(MEASURES))
def test_ruleset_and_measure_agree_on_all_patients_of_other_topics(topic, sets):
    cases = of_other_topics(topic)
    assert len(cases) > 700
    assert differences(topic, cases, sets) == []


def test_a_wrong_reading_would_be_noticed(sets, pool):
    topic = "falls-screening"
    neighbours = Neighbours(random.Random(1), sets, pool, own_sets(topic, sets))
    case = cases_of(topic)[0]
    change, changed = next(neighbours.of(case, 1))
    label = {"type": "fire", "fire": not MEASURES[topic](Record(changed, sets))}
    outcome = outcome_of(Case(case["id"], topic, case["asOf"], changed["request"], label), setting())
    assert (outcome.standing, reason(topic, "delete Encounter", Record(changed, sets))) == ("disagree", ""), change
