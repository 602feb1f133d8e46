import pytest

from cds.hooks.context import HOOKS, read_context
from tests.hooks.calls import PATIENT, bundle, call, draft, without

DISPATCH = {
    "patientId": PATIENT,
    "dispatchedOrders": ["ServiceRequest/s1"],
    "performer": "Organization/o1",
}
ALLERGY = {"resourceType": "AllergyIntolerance", "patient": {"reference": f"Patient/{PATIENT}"}}


def faults(hook, context):
    return [fault.field for fault in read_context(hook, context)[1]]


def ordered(*resources, **members):
    return call("order-sign", context={"draftOrders": bundle(*resources, **members)})["context"]


@pytest.mark.parametrize(
    "patient_id",
    ["Patient/1", "a b", "a\n", "a\r", "", ".", "..", "a&b", "{{x}}", "a/b", "é", "a\x00", 1, None, True, [], {}],
)
def test_ctx_16_a_patient_id_is_a_bare_id(patient_id):
    assert faults("patient-view", call(context={"patientId": patient_id})["context"]) == ["context.patientId"[8:]]


@pytest.mark.parametrize("patient_id", ["a", "A-1.b_c", "...", "x" * 1024, "-"])
def test_ctx_16_ids_are_taken_far_beyond_the_64_characters_of_fhir(patient_id):
    assert faults("patient-view", call(context={"patientId": patient_id})["context"]) == []


def test_an_id_that_would_make_every_answer_long_is_refused():
    endless = "x" * 1025
    assert faults("patient-view", call(context={"patientId": endless})["context"]) == ["patientId"]
    assert faults("patient-view", call(context={"userId": f"Practitioner/{endless}"})["context"]) == ["userId"]


@pytest.mark.parametrize(
    "user",
    [
        "p1",
        "Practitioner/",
        "/p1",
        "practitioner/p1",
        "https://e.org/Practitioner/p1",
        "Practitioner/p1/_history/2",
        "Practitioner/p1\n",
        "Practitioner/..",
        " Practitioner/p1",
        4,
        "",
        None,
    ],
)
def test_ctx_16_a_user_is_a_local_reference(user):
    assert faults("patient-view", call(context={"userId": user})["context"]) == ["userId"]


def test_ctx_16_user_types_beyond_the_listed_are_tolerated():
    assert faults("patient-view", call(context={"userId": "Device/d1"})["context"]) == []


def test_ctx_14_names_are_case_sensitive():
    context = without(call()["context"], "patientId") | {"patientid": "x"}
    assert faults("patient-view", context) == ["patientId"]


def test_ctx_17_a_null_encounter_counts_as_absent_where_it_is_optional():
    assert faults("patient-view", call(context={"encounterId": None})["context"]) == []
    assert faults("encounter-start", call(context={"encounterId": None})["context"]) == ["encounterId"]


@pytest.mark.parametrize("orders", [[], "x", 1, {}, {"resourceType": "MedicationRequest"}])
def test_ctx_04_drafts_come_as_a_bundle(orders):
    assert faults("order-sign", call("order-sign", context={"draftOrders": orders})["context"]) == ["draftOrders"]


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({}, "draftOrders.entry"),
        (None, "draftOrders.entry"),
        ([1], "draftOrders.entry[0]"),
        ([{}], "draftOrders.entry[0].resource"),
        ([{"resource": []}], "draftOrders.entry[0].resource"),
        ([{"resource": {"id": "x"}}], "draftOrders.entry[0].resource.resourceType"),
        ([{"resource": draft()}, {"fullUrl": "x"}], "draftOrders.entry[1].resource"),
    ],
)
def test_ctx_04_a_broken_entry_is_named(entry, field):
    context = call("order-sign", context={"draftOrders": {"resourceType": "Bundle", "entry": entry}})["context"]
    assert faults("order-sign", context) == [field]


def test_ctx_04_a_bundle_without_entries_or_type_is_tolerated():
    for orders in ({"resourceType": "Bundle"}, {"resourceType": "Bundle", "entry": [], "type": "odd"}):
        assert faults("order-sign", call("order-sign", context={"draftOrders": orders})["context"]) == []


def test_drafts_that_follow_rules_of_their_sender_are_refused_and_not_passed_by():
    """FHIR R4: ``implicitRules`` must be understood when processing the content."""
    ruled = {"resourceType": "Bundle", "entry": [{"resource": draft()}], "implicitRules": "https://example.org/rules"}
    context = call("order-sign", context={"draftOrders": ruled})["context"]
    assert faults("order-sign", context) == ["draftOrders.implicitRules"]


def test_ctx_10_the_sandbox_drafts_are_taken_as_they_are():
    odd = draft("request-123", category={"coding": []}, code={"coding": [{}]}, reasonCode=[], status="active")
    assert faults("order-sign", ordered(odd, {"resourceType": "DeviceRequest"})) == []


@pytest.mark.parametrize("selections", ["x", {}, [], [1], ["d1"], ["MedicationRequest/d1", None], None])
def test_ctx_05_selections_are_a_filled_array_of_references(selections):
    found = faults("order-select", call("order-select", context={"selections": selections})["context"])
    assert len(found) == 1
    assert found[0].startswith("selections")


def test_ctx_05_a_selection_of_another_type_with_the_same_id_is_refused():
    context = call("order-select", context={"selections": ["ServiceRequest/d1"]})["context"]
    assert faults("order-select", context) == ["selections[0]"]


@pytest.mark.parametrize(
    "reference",
    [f"Patient/{PATIENT}", f"Patient/{PATIENT}/_history/3", "https://e.org/Patient/other", "Group/g", "#p", None, 7],
)
def test_ctx_13_only_a_relative_reference_to_another_patient_is_wrong(reference):
    assert faults("order-sign", ordered(draft(subject={"reference": reference}))) == []


@pytest.mark.parametrize("reference", ["Patient/other", "Patient/other/_history/1", "Patient/", f"Patient/{PATIENT}x"])
@pytest.mark.parametrize("member", ["subject", "patient"])
def test_ctx_13_a_draft_of_another_patient_is_refused(member, reference):
    order = without(draft(), "subject") | {member: {"reference": reference}}
    assert faults("order-sign", ordered(order)) == [f"draftOrders.entry[0].resource.{member}.reference"]


def test_ctx_13_a_urn_that_the_bundle_resolves_to_another_patient_is_refused():
    urn = "urn:uuid:5ca1ab1e-0000-4000-8000-000000000009"
    orders = bundle(draft(subject={"reference": urn}))
    assert faults("order-sign", call("order-sign", context={"draftOrders": orders})["context"]) == []
    orders["entry"].append({"fullUrl": urn, "resource": {"resourceType": "Patient", "id": "other"}})
    assert faults("order-sign", call("order-sign", context={"draftOrders": orders})["context"]) == [
        "draftOrders.entry[0].resource.subject.reference",
        "draftOrders.entry[1].resource.id",
    ]


def test_ctx_07_tasks_belong_to_the_dispatched_orders_and_the_patient():
    task = {"resourceType": "Task", "focus": {"reference": "ServiceRequest/s1"}}
    assert faults("order-dispatch", DISPATCH | {"fulfillmentTasks": [task]}) == []
    stray = task | {"focus": {"reference": "ServiceRequest/s2"}, "for": {"reference": "Patient/other"}}
    assert faults("order-dispatch", DISPATCH | {"fulfillmentTasks": [task, stray]}) == [
        "fulfillmentTasks[1].for.reference",
        "fulfillmentTasks[1].focus.reference",
    ]


def test_ctx_08_an_allergy_may_be_wrapped_and_is_checked_all_the_same():
    hook = "allergyintolerance-create"
    for value in (ALLERGY, {"resource": ALLERGY}):
        assert faults(hook, call(context={"allergyIntolerance": value})["context"]) == []
    other = {"resource": ALLERGY | {"patient": {"reference": "Patient/other"}}}
    assert faults(hook, call(context={"allergyIntolerance": other})["context"]) == [
        "allergyIntolerance.resource.patient.reference"
    ]
    wrong = {"resource": {"resourceType": "Condition"}}
    assert faults(hook, call(context={"allergyIntolerance": wrong})["context"]) == [
        "allergyIntolerance.resource.resourceType"
    ]


def test_ctx_09_only_the_listed_types_stand_in_a_typed_bundle():
    context = call(context={"medications": bundle(draft(), {"resourceType": "ServiceRequest"})})["context"]
    assert faults("medication-refill", context) == ["medications.entry[1].resource.resourceType"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dispatchedOrders", []),
        ("dispatchedOrders", "ServiceRequest/s1"),
        ("dispatchedOrders", [{"reference": "ServiceRequest/s1"}]),
        ("dispatchedOrders", ["s1"]),
        ("performer", "o1"),
        ("performer", ["Organization/o1"]),
        ("performer", None),
    ],
)
def test_ctx_06_dispatched_orders_are_references_and_so_is_the_performer(field, value):
    (found,) = faults("order-dispatch", DISPATCH | {field: value})
    assert found.startswith(field)


_WRONG = {"id": 7, "reference": {}, "references": "x", "bundle": [], "resource": [], "tasks": {}}


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_ctx_15_each_field_of_each_hook_refuses_a_wrong_json_type(name):
    wrong = {field.name: _WRONG[field.kind] for field in HOOKS[name].fields}
    assert faults(name, wrong) == list(wrong)


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_ctx_14_each_required_field_of_each_hook_is_missed(name):
    required = [field.name for field in HOOKS[name].fields if field.required]
    assert faults(name, {"anything": 1}) == required
    assert faults(name, dict.fromkeys(required)) == required


def test_an_organisations_own_hook_needs_its_patient_only():
    assert faults("org.example.rounds", {"patientId": PATIENT, "anything": []}) == []
    assert faults("org.example.rounds", {"anything": []}) == ["patientId"]


def test_the_library_is_complete_and_every_hook_has_a_patient_token():
    assert len(HOOKS) == 13  # the twelve of the index, and medication-verify
    assert all("patientId" in hook.tokens for hook in HOOKS.values())
    assert HOOKS["order-dispatch"].tokens == {"patientId", "dispatchedOrders", "performer"}
