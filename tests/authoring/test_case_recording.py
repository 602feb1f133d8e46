"""Cases of hooks that are about what somebody records: it stands in the context, is judged, and is not in the chart."""

import orjson
import pytest

from cds.authoring.cases import prefetch_for
from cds.facts.record import read_record
from cds.hooks.context import HOOKS
from cds.hooks.prefetch import Template, read_supplied
from cds.hooks.request import read_request
from tests.authoring.telling import HEADER, problems_of, run_of
from tests.facts.reading import VOCABULARY

ALLERGY, PROBLEMS, VERIFY = (
    HEADER.replace("order-sign", hook)
    for hook in ("allergyintolerance-create", "problem-list-item-create", "medication-verify")
)
TEMPLATES = tuple(
    Template(name, name, f"{name}?patient={{{{context.patientId}}}}")
    for name in ("AllergyIntolerance", "Condition", "MedicationRequest")
)


def record_of(run):
    """What a service would read of the case's request."""
    patient = Template("Patient", "Patient", "Patient/{{context.patientId}}", is_read=True)
    templates = (patient, *TEMPLATES)
    request = read_request(orjson.dumps(run.request | {"prefetch": prefetch_for(run, templates)}), frozenset(HOOKS))
    return read_record(
        hook=request.hook,
        patient_id=request.patient_id,
        encounter_id=request.encounter_id,
        drafts=request.drafts,
        selections=request.selections,
        stated=request.stated,
        supplied=read_supplied(request.prefetch, templates),
        vocabulary=VOCABULARY,
        moment=run.moment,
    )


def chart(run, name):
    return [entry["resource"]["id"] for entry in run.request["prefetch"][name]["entry"]]


def test_an_allergy_that_is_being_recorded_is_in_the_context_and_known_to_the_rules():
    run = run_of(
        "facts: [{allergy: {rxnorm: 1191, id: a1}}, {allergy: {rxnorm: 7980, id: a2}}]\nrecording: [a2]\nfires: []",
        ALLERGY,
    )
    assert run.request["context"]["allergyIntolerance"]["id"] == "a2"
    assert chart(run, "AllergyIntolerance") == ["a1"]
    assert {fact.reference for fact in record_of(run).facts["allergy"]} == {
        "AllergyIntolerance/a1",
        "AllergyIntolerance/a2",
    }


def test_several_problems_may_be_recorded_at_once():
    facts = "facts: [{condition: {snomed: 38341003, id: c1}}, {condition: {snomed: 44054006, id: c2}}]"
    run = run_of(f"{facts}\nrecording: [c1, c2]\nfires: []", PROBLEMS)
    assert [entry["resource"]["id"] for entry in run.request["context"]["conditions"]["entry"]] == ["c1", "c2"]
    assert chart(run, "Condition") == []
    assert len(record_of(run).facts["condition"]) == 2


def test_the_medication_that_is_verified_is_one():
    run = run_of("facts: [{medication: {rxnorm: 11289, id: m1}}]\nrecording: [m1]\nfires: []", VERIFY)
    assert run.request["context"]["medication"]["id"] == "m1"
    assert [fact.reference for fact in record_of(run).facts["medication"]] == ["MedicationRequest/m1"]


def test_at_appointment_book_something_is_booked_that_no_rule_reads():
    run = run_of("fires: []", HEADER.replace("order-sign", "appointment-book"))
    assert [e["resource"]["resourceType"] for e in run.request["context"]["appointments"]["entry"]] == ["Appointment"]
    assert record_of(run).facts == {}


@pytest.mark.parametrize(
    ("header", "text", "gist"),
    [
        (ALLERGY, "facts: [{allergy: {rxnorm: 1191, id: a1}}]", "needs exactly one fact"),
        (PROBLEMS, "facts: []", "needs at least one fact"),
        (
            ALLERGY,
            "facts: [{allergy: {rxnorm: 1191, id: a1}}]\nrecording: [a2]",
            'no fact of this case has the id "a2"',
        ),
        (ALLERGY, "facts: [{condition: {snomed: 100001, id: c1}}]\nrecording: [c1]", "records no condition"),
        (
            ALLERGY,
            "facts: [{allergy: {rxnorm: 1, id: a1}}, {allergy: {rxnorm: 2, id: a2}}]\nrecording: [a1, a2]",
            "exactly one",
        ),
        (HEADER, "facts: [{allergy: {rxnorm: 1191, id: a1}}]\nrecording: [a1]", "nothing is recorded at order-sign"),
    ],
)
def test_what_cannot_be_recorded_is_told(header, text, gist):
    found = problems_of(f"{text}\nfires: []", header)
    assert {code for code, _ in found} == {"CDS607"}
    assert any(gist in message for _, message in found)


@pytest.mark.parametrize("hook", sorted(set(HOOKS) - {"order-select", "order-dispatch"}))
def test_a_case_can_be_written_for_every_hook(hook):
    told = ("allergy: {rxnorm: 1, id: a1}", "condition: {icd10cm: I10, id: c1}", "medication: {rxnorm: 1, id: m1}")
    facts = f"facts: [{', '.join(f'{{{fact}}}' for fact in told)}]"
    recorded = {"allergyintolerance-create": "a1", "problem-list-item-create": "c1", "medication-verify": "m1"}
    recording = f"recording: [{recorded[hook]}]\n" if hook in recorded else ""
    run = run_of(f"{facts}\n{recording}fires: []", HEADER.replace("order-sign", hook))
    assert record_of(run).hook == hook
