"""Numbers and dates of the shared forecast cases: of each next dose, and whether each dose given counts.

A replay compares what fires; these labels say more. Where ../shared is missing nothing can be compared.
"""

import json
from datetime import date
from functools import cache
from itertools import chain

import pytest

from cds.facts.record import read_record
from cds.replay.moments import moment_of
from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judging import Judging
from cds.rules.judge.plan import join
from cds.rules.prefetch.derive import derive_templates
from tests.patients import supply
from tests.published.judging import judge_of
from tests.replay.test_shared_cases import SETTINGS, SHARED, needs_shared

GROUPS = {
    "dtap-tdap": ["dtap-tdap"], "hepa": ["hepatitis-a"], "hepb": ["hepatitis-b"], "hib": ["hib"], "hpv": ["hpv"],
    "influenza": ["influenza"], "meningococcal": ["meningococcal"], "mmr": ["measles", "mumps", "rubella"],
    "pneumococcal": ["pneumococcal"], "polio": ["polio"], "rotavirus": ["rotavirus"], "varicella": ["varicella"],
}  # fmt: skip
#: Where number, earliest or recommended day are others, and why.
OTHERWISE = {
    "cdsi-2013-0024": "the day of birth 7 years ago is no minimum: a fourth dose has been due since it was late",
    "cdsi-2013-0060": "the source repeats at once from the day of the wrong vaccine on, we from when it was due",
    "cdsi-2013-0168": "we number doses of influenza within a season, and plan the next season's in that season",
    "cdsi-2013-0169": "the source waits until 1 October, we begin with the season (dossier 15)",
    "cdsi-2013-0238": "the source has a line of four doses with combined vaccines; the dates are the same",
    "cdsi-2013-0239": "as cdsi-2013-0238",
    "cdsi-2013-0381": "ACIP: the third dose was the last (known-disagreements.yaml)",
    "cdsi-2013-0404": "earliest: we keep 9 years and 24 weeks, the source 24 weeks from the first dose",
    "cdsi-2013-0427": "as cdsi-2013-0404",
    "cdsi-2013-0452": "earliest: we keep 9 years and 4 weeks, the source 4 weeks from the first dose",
    "cdsi-2013-0537": "earliest: we keep 13 months for single vaccines too",
    "cdsi-2013-0831": "the label gives dose 1 the dates of dose 2 (known-disagreements.yaml)",
}
#: Where a dose given is judged otherwise.
STANDINGS = {
    "cdsi-2013-0238": "as above: the dose is one too many in a line of three",
    "cdsi-2013-0239": "as above",
    "cdsi-2013-0495": "a dose after a complete series is called valid by the source, not needed here",
}


@cache
def plan():
    return join((judge_of("childhood-immunization", "1.0.0").plan.parts[0],))


def judging(case):
    at = moment_of(case["asOf"], SETTINGS.timezone)
    prefetch = case["request"]["prefetch"]
    given = [entry["resource"] for entry in prefetch.get("immunizations", {}).get("entry", ())]
    answers = [supply("Patient", prefetch["patient"])]
    asked = (each.resource_type for each in derive_templates(part.ruleset for part in plan().parts) if not each.is_read)
    answers += [supply(name, *(given if name == "Immunization" else ())) for name in asked]
    record = read_record(
        hook="patient-view",
        patient_id=prefetch["patient"]["id"],
        encounter_id=None,
        drafts=[],
        selections=None,
        supplied=answers,
        vocabulary=plan().vocabulary,
        moment=at,
    )
    return Judging(plan().parts[0], index_facts(plan(), record), at)


def cases_of(topic):
    lines = (SHARED / "topics" / f"immunization-{topic}.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def next_of(courses):
    """Of several lines the one that is least advanced, and when all of its number can be given."""
    planned = [course.next for course in courses if course.next is not None]
    least = [each for each in planned if each.number == min(one.number for one in planned)]
    if not least:
        return None
    return least[0].number, max(each.earliest for each in least), max(each.recommended for each in least)


def label_of(expect):
    if not expect["doseRecommended"]:
        return None
    return expect["doseNumber"], *(date.fromisoformat(expect[key]) for key in ("earliest", "recommended"))


@needs_shared
@pytest.mark.parametrize("topic", sorted(GROUPS))
def test_the_next_dose_is_the_one_of_the_label(topic):
    differing, compared = {}, 0
    for case in cases_of(topic):
        if case["expect"]["forecastType"] in ("Not recommended: contraindication", "Not recommended: immune"):
            continue  # exceptions of the rules, not of the schedule
        asked = judging(case)
        mine, label = next_of([asked.course(f"{group}-next") for group in GROUPS[topic]]), label_of(case["expect"])
        compared += 1
        if mine != label:
            differing[case["id"]] = (mine, label)
    assert {name: told for name, told in differing.items() if name not in OTHERWISE} == {}
    assert compared > 0


@needs_shared
@pytest.mark.parametrize("topic", sorted(GROUPS))
def test_each_dose_counts_or_not_as_the_label_says(topic):
    differing = {}
    for case in cases_of(topic):
        asked = judging(case)
        courses = [asked.course(f"{group}-next") for group in GROUPS[topic]]
        standing = {str(each.dose.day): each.standing for each in chain.from_iterable(c.doses for c in courses)}
        for dose in case["expect"]["doses"]:
            mine = standing.get(dose["date"])
            if mine is not None and (mine == "counts") != (dose["status"].lower() == "valid"):
                differing[case["id"]] = (dose["date"], mine, dose["status"], dose["reason"])
    assert {name: told for name, told in differing.items() if name not in STANDINGS} == {}
