import uuid

import orjson
import pytest

from cds.authoring.case_request import CHART_TYPES
from tests.authoring.telling import HEADER, problems_of, run_of

VIEW = HEADER.replace("order-sign", "patient-view")
SELECT = HEADER.replace("order-sign", "order-select")


def chart(run, resource_type):
    return [entry["resource"] for entry in run.request["prefetch"][resource_type]["entry"]]


def drafts(run):
    return [entry["resource"] for entry in run.request["context"]["draftOrders"]["entry"]]


def test_a_type_without_facts_was_looked_for_and_nothing_found():
    run = run_of("fires: []")
    assert set(run.request["prefetch"]) == {"Patient", *CHART_TYPES}
    assert run.request["prefetch"]["Condition"] == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
        "entry": [],
    }


def test_drafts_are_in_the_context_and_never_in_the_chart():
    run = run_of(
        "facts: [{order: {rxnorm: 1, id: o1}}, {draft: {rxnorm: 2, id: d1}},"
        " {medication: {rxnorm: 3, id: m1}}]\nfires: []"
    )
    assert [draft["id"] for draft in drafts(run)] == ["o1", "d1"]
    assert [request["id"] for request in chart(run, "MedicationRequest")] == ["m1"]


def test_order_select_selects_the_orders_and_not_the_drafts_beside_them():
    run = run_of("facts: [{order: {loinc: 1-8, id: o1}}, {draft: {rxnorm: 2, id: d1}}]\nfires: []", SELECT)
    assert run.request["context"]["selections"] == ["ServiceRequest/o1"]
    assert len(drafts(run)) == 2


def test_order_select_without_an_order_is_a_problem():
    assert problems_of("facts: [{draft: {rxnorm: 2}}]\nfires: []", SELECT)[0][0] == "CDS607"


def test_a_hook_without_drafts_refuses_them():
    assert problems_of("facts: [{order: {rxnorm: 2}}]\nfires: []", VIEW) == [("CDS607", "patient-view has no drafts")]
    assert problems_of("unreadable: [order]\nfires: []", VIEW) == [("CDS607", "patient-view has no drafts")]
    assert "draftOrders" not in run_of("fires: []", VIEW).request["context"]


@pytest.mark.parametrize(
    ("hook", "member"),
    [("order-review", "orders"), ("medication-prescribe", "medications"), ("medication-refill", "medications")],
)
def test_each_hook_of_orders_keeps_them_in_its_own_member(hook, member):
    run = run_of("facts: [{order: {rxnorm: 1, id: o1}}]\nfires: []", HEADER.replace("order-sign", hook))
    assert [entry["resource"]["id"] for entry in run.request["context"][member]["entry"]] == ["o1"]
    assert "draftOrders" not in run.request["context"]


def test_a_dispatched_order_is_named_in_the_context_and_stands_in_the_chart():
    header = HEADER.replace("order-sign", "order-dispatch")
    run = run_of("facts: [{order: {loinc: 1-8, id: o1}}, {order: {rxnorm: 2, id: o2}}]\nfires: []", header)
    assert run.request["context"]["dispatchedOrders"] == ["ServiceRequest/o1", "MedicationRequest/o2"]
    assert "userId" not in run.request["context"]
    assert [request["id"] for request in chart(run, "ServiceRequest")] == ["o1"]
    assert [request["id"] for request in chart(run, "MedicationRequest")] == ["o2"]
    assert problems_of("fires: []", header)[0][0] == "CDS607"


@pytest.mark.parametrize("hook", ["encounter-start", "encounter-discharge"])
def test_encounter_hooks_always_name_an_encounter(hook):
    context = run_of("fires: []", HEADER.replace("order-sign", hook)).request["context"]
    assert context["encounterId"]
    assert "encounterId" not in run_of("fires: []").request["context"]


def test_a_request_has_one_current_encounter():
    text = "facts: [{current-encounter: {class: inpatient}}, {current-encounter: {class: emergency}}]\nfires: []"
    assert problems_of(text)[0][0] == "CDS607"


def test_a_replaced_medication_is_active_and_named_by_the_draft_with_its_code():
    run = run_of(
        "facts: [{order: {rxnorm: 1, id: o1}}, {order: {rxnorm: 2, id: o2}},"
        " {medication: {rxnorm: 2, id: m1, status: replaced}}]\nfires: []"
    )
    assert chart(run, "MedicationRequest")[0]["status"] == "active"
    first, second = drafts(run)
    assert "priorPrescription" not in first
    assert second["priorPrescription"] == {"reference": "MedicationRequest/m1"}


def test_a_draft_may_name_what_it_replaces():
    run = run_of("facts: [{order: {rxnorm: 1, replaces: m1}}, {medication: {rxnorm: 2, id: m1}}]\nfires: []")
    assert drafts(run)[0]["priorPrescription"] == {"reference": "MedicationRequest/m1"}


@pytest.mark.parametrize(
    "facts",
    [
        "[{medication: {rxnorm: 2, status: replaced}}]",
        "[{order: {rxnorm: 1}}, {medication: {rxnorm: 2, status: replaced}}]",
        "[{order: {rxnorm: 2}}" + 2 * ", {medication: {rxnorm: 2, status: replaced}}" + "]",
    ],
)
def test_a_replaced_medication_that_no_draft_replaces_is_a_problem(facts):
    assert problems_of(f"facts: {facts}\nfires: []") == [("CDS607", "no draft of this case replaces this medication")]


def test_an_unreadable_resource_says_nothing_of_what_it_is():
    run = run_of("unreadable: [lab, vital, condition, medication, order]\nfires: []")
    (observation,) = chart(run, "Observation")
    (condition,) = chart(run, "Condition")
    assert observation["code"] == condition["code"] == "unreadable"
    (request,) = chart(run, "MedicationRequest")
    assert request["medicationReference"] == {"reference": "Medication/nobody-sent-it"}
    (draft,) = drafts(run)
    assert draft["status"] == "draft"
    assert draft["id"] != request["id"]


def test_an_unreadable_order_is_selected():
    context = run_of("unreadable: [order]\nfires: []", SELECT).request["context"]
    assert context["selections"] == ["MedicationRequest/unreadable-order"]


def test_the_same_case_has_the_same_hook_instance_and_another_case_another():
    first, again = (run_of("fires: []").request["hookInstance"] for _ in range(2))
    assert first == again
    assert str(uuid.UUID(first)) == first
    assert run_of("facts: [{condition: {snomed: $c}}]\nrows: [{c: 100001, fires: []}]").request["hookInstance"] != first


def test_a_request_is_json():
    run = run_of("facts: [{order: {rxnorm: 1, daily-dose: 49.9 mg/d}}]\nfires: []")
    assert orjson.loads(orjson.dumps(run.request)) == run.request
