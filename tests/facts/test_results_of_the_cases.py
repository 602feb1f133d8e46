"""The results of every patient bundle from outside, as they came and damaged: the short way, the long way, and what
their JSON says at first sight. Where ../shared is missing nothing can be compared.
"""

import gzip
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import orjson
import pytest

from cds.facts import resource_types
from cds.facts.dates import Moment
from cds.facts.fact import Record, Vocabulary
from cds.terminology.coding import LOINC, Coding
from tests.facts.reading import read

PATIENTS = Path(__file__).parents[3] / "shared" / "cases" / "patients"
ZONE = ZoneInfo("UTC")
#: Behind most of what is in the bundles, and before some of it.
MOMENT = Moment(datetime(2019, 6, 1, tzinfo=UTC), ZONE)
#: What stands in the place of an element that was damaged.
ALIEN = (None, "", "x", 7, 1.5, True, [], {}, [{}], {"coding": "x"}, ["a"], "2019", "2031-01-01T00:00:00Z")
ALL_STATUSES = {"registered", "preliminary", "final", "amended", "corrected", "cancelled"}


def results() -> Iterator[list[dict[str, Any]]]:
    """The results of each bundle; at most 60 of one patient, spread over the record."""
    for file in sorted(PATIENTS.glob("*.ndjson.gz")):
        with gzip.open(file) as lines:
            for line in lines:
                entries = orjson.loads(line)["bundle"]["entry"]
                found = [e["resource"] for e in entries if e["resource"]["resourceType"] == "Observation"]
                yield found[:: len(found) // 60 + 1]


def damaged(resources: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    """Each with one element gone, replaced, or added that turns its meaning round; some twice, as templates overlap."""
    out = []
    for resource in resources:
        other = dict(resource)
        name = rng.choice([*sorted(set(resource) - {"resourceType"}), "modifierExtension", "effectivePeriod"])
        other[name] = rng.choice(ALIEN)
        if rng.random() < 0.3:
            del other[name]
        out += [other, resource] if rng.random() < 0.1 else [other]
    return out


def told(resources: list[dict[str, Any]], vocabulary: Vocabulary) -> Record:
    # Whose a result is has its own tests; here all are this patient's, unless the damage says otherwise.
    ours = [
        {**r, "subject": {"reference": "Patient/p1"}} if isinstance(r.get("subject"), dict) else r for r in resources
    ]
    return read(*ours, vocabulary=vocabulary, moment=MOMENT)


def both_ways(resources: list[dict[str, Any]], vocabulary: Vocabulary) -> tuple[Record, Record]:
    usual = resource_types.RESOURCE_TYPES["Observation"]
    short = told(resources, vocabulary)
    with patch.dict(resource_types.RESOURCE_TYPES, {"Observation": replace(usual, read_usual=None)}):
        return short, told(resources, vocabulary)


def shown(record: Record) -> list[tuple[object, ...]]:
    return [
        (f.kind, f.reference, f.codings, f.display, f.status, f.when, f.resource)
        for facts in record.facts.values()
        for f in facts
    ]


def loinc_codes(resource: dict[str, Any]) -> set[str]:
    """The LOINC codes of a result that has no components, straight from the JSON."""
    return {coding["code"] for coding in resource["code"]["coding"] if coding.get("system") == LOINC}


def plainly(resources: list[dict[str, Any]], codes: set[str]) -> set[tuple[str, str, str, datetime]]:
    """Who has one of the codes, as it is written: no reader of ours takes part."""
    return {
        (f"Observation/{r['id']}", r["status"], r["code"]["text"].strip(), datetime.fromisoformat(when))
        for r in resources
        if r["status"] in ALL_STATUSES
        and loinc_codes(r) & codes
        and datetime.fromisoformat(when := r["effectiveDateTime"]) <= MOMENT.instant
    }


def is_plain(resource: dict[str, Any]) -> bool:
    is_told = {"id", "status", "code", "effectiveDateTime"} <= resource.keys()
    return is_told and "T" in resource["effectiveDateTime"] and resource["code"].get("text", "").strip() != ""


@pytest.mark.skipif(not PATIENTS.is_dir(), reason=f"no cases from outside at {PATIENTS}: nothing to compare")
def test_results_from_outside_are_read_the_same_by_the_short_way_the_long_way_and_by_eye():
    rng = random.Random(35)
    bundles = seen = omitted = 0
    for resources in results():
        bundles += 1
        codes = {code for r in resources if isinstance(r.get("code"), dict) for code in loinc_codes(r)}
        half = set(sorted(codes)[::2])
        vocabulary = Vocabulary(frozenset(Coding(LOINC, code) for code in half))
        for chart in (resources, damaged(resources, rng)):
            for reading in (vocabulary, replace(vocabulary, open_kinds=frozenset({"observation"}))):
                short, long = both_ways(chart, reading)
                assert shown(short) == shown(long)
                assert short.omissions == long.omissions
                assert (short.unmapped, short.unsupplied) == (long.unmapped, long.unsupplied)
                omitted += len(short.omissions)
        plain = [r for r in resources if is_plain(r) and "component" not in r]
        facts = told(plain, vocabulary).facts.get("observation", ())
        expected = plainly(plain, half)
        assert {(f.reference, f.status, f.display, f.when.start) for f in facts if f.when} == expected
        seen += len(expected)
    assert bundles == 377
    assert seen > 3_000
    assert omitted > 1_000
