"""What cannot be read is told: mangling one part of what decides a card may make it unknown, never make it vanish."""

import copy
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cds.cache.judgements import JudgementCache
from cds.cache.null import NullStore
from cds.decisions.desk import Desk
from cds.errors import ServiceFault
from cds.replay.moments import moment_of
from cds.rules.engine.crosscheck import make_engine
from cds.settings import Settings
from tests.cache.stores import keys
from tests.decisions.desk import unrecorded

ROOT = Path(__file__).parents[2]
SERVICE = "medication-safety-order-sign"
MOMENT = moment_of("2026-05-01T12:00:00Z", Settings().timezone)
EXAMPLE = orjson.loads((ROOT / "docs" / "examples" / "order-sign.json").read_bytes())
WARFARIN = EXAMPLE["prefetch"]["MedicationRequest"]["entry"][0]["resource"]


@cache
def desk() -> Desk:
    return Desk.open(ROOT / "rulesets", make_engine("reference"), JudgementCache(NullStore(), keys()), unrecorded())


def answered(body: dict[str, Any]) -> dict[str, Any]:
    return orjson.loads(desk().answer(SERVICE, orjson.dumps(body), MOMENT, pinned=True))


def is_silent(answer: dict[str, Any]) -> bool:
    decision = answer["extension"]["org.cds-rules.decision"]
    told = [decision.get(name) for name in ("unknown", "omissions", "notSupplied", "unmapped", "faults")]
    return not answer["cards"] and not any(told)


def with_bundle(**more: Any) -> dict[str, Any]:
    body = copy.deepcopy(EXAMPLE)
    body["prefetch"]["MedicationRequest"] = {"resourceType": "Bundle", "type": "searchset", **more}
    return body


def with_draft(draft: dict[str, Any]) -> dict[str, Any]:
    body = copy.deepcopy(EXAMPLE)
    body["context"]["draftOrders"]["entry"].append({"resource": draft})
    return body


def fires(body: dict[str, Any]) -> bool:
    rules = [card["extension"]["org.cds-rules.finding"]["rule"] for card in answered(body)["cards"]]
    return "high-risk" in rules


def test_the_example_fires():
    assert fires(EXAMPLE)


def places(node: Any, path: tuple = ()) -> list[tuple]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [*([path] if path else []), *(place for key, value in inner for place in places(value, (*path, key)))]


#: Wrong in every place of a medication request: of no type that FHIR has there, or no word that it knows.
JUNK = st.sampled_from([17, -1, [], {}, [[]], [17], {"x": 1}, "\u0000", "no such word", True])
#: Parts that say who it is about or what it is called: mangled, the resource is refused or told in other ways.
LEFT = {"resourceType", "id", "meta", "text", "extension", "subject"}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([p for p in places(WARFARIN) if p[0] not in LEFT]), JUNK)
def test_a_mangled_medication_is_never_silently_gone(place, junk):
    assume(not (place[-1] == "code" and isinstance(junk, str)))  # another code of the system is another drug
    body = copy.deepcopy(EXAMPLE)
    node = body["prefetch"]["MedicationRequest"]["entry"][0]["resource"]
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = junk
    try:
        answer = answered(body)
    except ServiceFault:
        return
    assert not is_silent(answer)


@pytest.mark.parametrize(
    "page",
    [
        {"total": "5"},
        {"total": 5.0},
        {"total": 5},
        {"link": [{"relation": "Next"}]},
        {"link": [{"relation": ["next"]}]},
    ],
)
def test_a_bundle_that_may_have_more_pages_proves_nothing_absent(page):
    assert not is_silent(answered(with_bundle(**page)))


ACTIVE = f"MedicationRequest/{WARFARIN['id']}"
PARACETAMOL = {
    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "313782"}],
    "text": "acetaminophen",
}


@pytest.mark.parametrize(
    "draft",
    [
        {"status": "entered-in-error", "medicationCodeableConcept": PARACETAMOL},
        {"status": "draft", "medicationCodeableConcept": PARACETAMOL, "doNotPerform": True},
        {"status": "draft"},
        {"status": "draft", "resourceType": "ServiceRequest", "replaces": [{"reference": ACTIVE}]},
        {"status": "entered-in-error", "id": WARFARIN["id"], "medicationCodeableConcept": None},
    ],
    ids=["void", "not to be given", "nothing picked", "another kind of order", "void copy"],
)
def test_a_draft_that_orders_nothing_takes_nothing_away(draft):
    told = {"resourceType": "MedicationRequest", "id": "d9", "priorPrescription": {"reference": ACTIVE}, **draft}
    told["subject"] = WARFARIN["subject"]
    if told.get("medicationCodeableConcept", 0) is None:
        told["medicationCodeableConcept"] = WARFARIN["medicationCodeableConcept"]
    assert fires(with_draft(told))


def test_a_draft_that_replaces_takes_the_place_of_what_it_replaces():
    told = {"resourceType": "MedicationRequest", "id": "d9", "status": "draft", "subject": WARFARIN["subject"]}
    told |= {"medicationCodeableConcept": PARACETAMOL, "priorPrescription": {"reference": ACTIVE}}
    assert not fires(with_draft(told))


@pytest.mark.parametrize(
    "concept", [{"text": "warfarin 5 mg"}, {"coding": [{"system": "urn:local", "code": "W5"}]}], ids=["text", "local"]
)
def test_a_drug_that_cannot_be_matched_is_named_in_the_answer(concept):
    decision = answered(with_bundle(entry=[{"resource": {**WARFARIN, "medicationCodeableConcept": concept}}]))[
        "extension"
    ]["org.cds-rules.decision"]
    assert decision["unmapped"] == [ACTIVE]


def test_two_of_a_choice_are_not_resolved_by_order():
    both = {**WARFARIN, "medicationCodeableConcept": PARACETAMOL, "medicationReference": {"reference": "Medication/w"}}
    assert not is_silent(answered(with_bundle(entry=[{"resource": both}])))


def test_a_resource_of_the_patient_named_by_its_entry_is_anothers():
    """A ``urn:uuid`` subject means the Patient of that Bundle entry (SETTLED "Wrong patient")."""
    other = {"fullUrl": "urn:uuid:aaaa", "resource": {"resourceType": "Patient", "id": "someone-else"}}
    theirs = {"resource": {**WARFARIN, "subject": {"reference": "urn:uuid:aaaa"}}}
    answer = answered(with_bundle(entry=[theirs, other]))
    assert {"reference": ACTIVE, "reason": "wrong-subject"} in answer["extension"]["org.cds-rules.decision"][
        "omissions"
    ]
