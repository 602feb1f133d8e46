"""Every hook of the library over HTTP: its context checked, and what is in it known to the rules."""

import re
from dataclasses import replace

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from cds.hooks.context import HOOKS
from cds.hooks.discovery_check import check_discovery
from cds.hooks.response_check import check_response
from tests.conformance.examples import FOLDER, needs_examples
from tests.conformance.told import CONTEXTS, OWN, WARFARIN, asked, client, request, service, templates_of
from tests.patients import bundle, draft
from tests.rules.judge.telling import rule, ruleset

ALLERGIC = {"any": "allergy", "in": ["penicillin-allergy"]}
DEFINITIONS = {
    "ordered": {"any": "order", "in": ["warfarin", "potassium"]},
    "drafted": {"any": "draft", "in": ["warfarin"]},
    "allergic": ALLERGIC,
    "had-stroke": {"any": "condition", "in": ["stroke"]},
    "takes-ibuprofen": {"any": "medication", "in": ["ibuprofen"]},
}
RULESET = ruleset(
    DEFINITIONS,
    {f"{name}-rule": rule([name]) for name in DEFINITIONS},
    hooks=list(HOOKS),
    value_sets={"penicillin-allergy": {"snomed": {"91936005": "allergy to penicillin"}}},
)
HTTP = client(RULESET)
#: Which rules fire on the context alone.
SEEN = {
    "order-select": {"ordered", "drafted"},
    "order-sign": {"ordered", "drafted"},
    "order-dispatch": {"ordered", "drafted"},
    "order-review": {"ordered", "drafted"},
    "medication-prescribe": {"ordered", "drafted"},
    "medication-refill": {"ordered", "drafted"},
    "allergyintolerance-create": {"allergic"},
    "problem-list-item-create": {"had-stroke"},
    "medication-verify": {"takes-ibuprofen"},
}


@pytest.mark.requirement("REQ-01")
@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_a_call_of_each_hook_is_judged_with_what_its_context_holds(hook):
    response = asked(HTTP, hook)
    assert response.status_code == 200, response.json
    fired = {card["extension"]["org.cds-rules.finding"]["rule"] for card in response.json["cards"]}
    assert fired == {f"{name}-rule" for name in SEEN.get(hook, ())}
    assert response.json["extension"]["org.cds-rules.decision"]["omissions"] == []
    assert check_response(response.json, feedback=True) == []


def test_disc_12_one_service_id_answers_several_hooks_and_each_by_its_own():
    services = HTTP.get("/cds-services").json["services"]
    assert {(entry["id"], entry["hook"]) for entry in services} == {("told", hook) for hook in HOOKS}
    assert check_discovery({"services": services}) == []


def test_disc_11_each_entry_names_the_version_of_its_hook():
    services = HTTP.get("/cds-services").json["services"]
    assert {entry["hook"]: entry["hookVersion"] for entry in services} == {h.name: h.version for h in HOOKS.values()}


def test_disc_09_what_a_client_must_arrange_first_is_told_where_a_service_says_so():
    needing = replace(service(RULESET, "order-sign"), usage_requirements="Agree on the drug codes first.")
    (entry,) = client(RULESET, needing).get("/cds-services").json["services"]
    assert entry["usageRequirements"] == "Agree on the drug codes first."
    assert check_discovery({"services": [entry]}) == []
    assert all("usageRequirements" not in entry for entry in HTTP.get("/cds-services").json["services"])


@needs_examples
def test_disc_11_the_versions_of_hooks_are_those_of_the_checklist():
    written = (FOLDER.parent / "cds-hooks.md").read_text(encoding="utf-8").partition("## 9. Hooks")[2]
    rows = re.findall(r"^\| ([a-z][a-z-]+)(?: \([^|]*\))? \| ([0-9.]+)[, (]", written, re.MULTILINE)
    assert dict(rows) == {hook.name: hook.version for hook in HOOKS.values()}


@pytest.mark.requirement("DISC-12", "REQ-02")
@pytest.mark.parametrize("hook", ["patient-view ", "Patient-View", "patient_view", "", "org.example.rounds", 7, None])
def test_a_hook_that_a_service_of_several_does_not_answer_is_refused(hook):
    response = asked(HTTP, "patient-view", hook=hook)
    assert response.status_code == 400
    assert "hook" in [issue["expression"][0] for issue in response.json["issue"]]


@pytest.mark.requirement("DISC-12")
@pytest.mark.parametrize("decoy", ['"hook":"order-sign"', '{"hook":"order-sign"}', 'hook":"order-sign'])
def test_a_hook_named_elsewhere_in_a_request_is_not_taken_for_it(decoy):
    """Text of a record that looks like the member, and a member of that name further down."""
    for members in ({"note": decoy}, {"extension": {"org.example.x": {"hook": "order-sign"}}}):
        response = asked(HTTP, "allergyintolerance-create", **members)
        assert response.status_code == 200
        assert [c["extension"]["org.cds-rules.finding"]["rule"] for c in response.json["cards"]] == ["allergic-rule"]


def test_req_02_a_service_of_one_hook_refuses_the_others():
    http = client(RULESET, service(RULESET, "order-sign"))
    assert asked(http, "order-sign").status_code == 200
    response = asked(http, "order-sign", hook="patient-view")
    assert response.status_code == 400
    assert response.json["issue"][0]["expression"] == ["hook"]


def test_an_order_that_is_dispatched_and_did_not_come_could_be_an_order_of_anything():
    context = CONTEXTS["order-dispatch"] | {"patientId": "p1", "dispatchedOrders": ["DeviceRequest/d1"]}
    del context["fulfillmentTasks"]
    response = asked(HTTP, "order-dispatch", context=context)
    decision = response.json["extension"]["org.cds-rules.decision"]
    assert decision["omissions"] == [{"reference": "DeviceRequest/d1", "reason": "unresolved-order"}]
    assert {"ordered-rule", "drafted-rule"} <= {entry["rule"] for entry in decision["unknown"]}


def test_an_order_of_another_patient_that_is_dispatched_is_left_out_and_named():
    templates = templates_of(HTTP, "order-dispatch")
    prefetch = request("order-dispatch", templates)["prefetch"]
    prefetch["MedicationRequest"]["entry"][0]["resource"] |= {"subject": {"reference": "Patient/other"}}
    response = asked(HTTP, "order-dispatch", prefetch=prefetch)
    decision = response.json["extension"]["org.cds-rules.decision"]
    assert decision["omissions"] == [
        {"reference": "MedicationRequest/m1", "reason": "unresolved-order"},
        {"reference": "MedicationRequest/m1", "reason": "wrong-subject"},
    ]


def test_the_orders_that_order_dispatch_names_by_reference_are_asked_for():
    assert {"MedicationRequest", "ServiceRequest"} <= templates_of(HTTP, "order-dispatch").keys()
    assert "ServiceRequest" not in templates_of(HTTP, "order-sign")


def test_what_is_being_recorded_counts_and_not_an_older_copy_of_it():
    context = {"userId": "Practitioner/p", "patientId": "p1", **CONTEXTS["problem-list-item-create"]}
    resource = context["conditions"]["entry"][0]["resource"]
    older = {**resource, "code": {"coding": [{"system": "http://snomed.info/sct", "code": "73211009"}]}}
    templates = templates_of(HTTP, "problem-list-item-create")
    bundle = {"resourceType": "Bundle", "type": "searchset"}
    prefetch = dict.fromkeys(templates, bundle) | {
        "Patient": {"resourceType": "Patient", "id": "p1"},
        "Condition": bundle | {"entry": [{"resource": older}]},
    }
    response = asked(HTTP, "problem-list-item-create", context=context, prefetch=prefetch)
    assert response.json["extension"]["org.cds-rules.decision"]["omissions"] == []
    assert [c["extension"]["org.cds-rules.finding"]["rule"] for c in response.json["cards"]] == ["had-stroke-rule"]


OWN_RULES = ruleset(
    DEFINITIONS,
    {f"{name}-rule": rule([name]) for name in DEFINITIONS},
    hooks=[OWN],
    value_sets={"penicillin-allergy": {"snomed": {"91936005": "allergy to penicillin"}}},
)


@pytest.mark.requirement("DISC-13")
def test_an_organisations_own_hook_is_answered_with_the_orders_that_it_brings():
    http = client(OWN_RULES, service(OWN_RULES, OWN))
    assert check_discovery(http.get("/cds-services").json) == []
    assert "hookVersion" not in http.get("/cds-services").json["services"][0]
    response = asked(http, OWN)
    fired = {card["extension"]["org.cds-rules.finding"]["rule"] for card in response.json["cards"]}
    assert (response.status_code, fired) == (200, {"ordered-rule", "drafted-rule"})
    assert asked(http, OWN, context={"patientId": "p1"}).json["cards"] == []


@pytest.mark.parametrize(
    ("context", "field"),
    [
        ({"userId": "Practitioner/p"}, "context.patientId"),
        ({"patientId": "p1", "draftOrders": []}, "context.draftOrders"),
        ({"patientId": "Patient/p1"}, "context.patientId"),
        (
            {"patientId": "p1", "draftOrders": bundle(draft(more={"subject": {"reference": "Patient/other"}}))},
            "context.draftOrders.entry[0].resource.subject.reference",
        ),
    ],
)
def test_the_context_of_an_organisations_own_hook_is_checked_as_far_as_it_is_known(context, field):
    response = asked(client(OWN_RULES, service(OWN_RULES, OWN)), OWN, context=context)
    assert response.status_code == 400
    assert field in [issue["expression"][0] for issue in response.json["issue"]]


def test_an_organisations_own_hook_stands_in_the_openapi_document():
    document = client(OWN_RULES, service(OWN_RULES, OWN)).get("/openapi.json").json
    OpenAPIV31SpecValidator(document).validate()
    call = document["components"]["schemas"]["Org.example.chartCloseCall"]
    assert call["properties"]["hook"] == {"const": OWN}


def test_ctx_11_a_context_of_several_fhir_versions_is_read_resource_by_resource_and_none_is_passed_over():
    """It may be refused; we read each by its own elements, and name what cannot be read (ADR 0019)."""
    drug = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": WARFARIN}]}
    about = {"status": "draft", "subject": {"reference": "Patient/p1"}}
    dstu2 = {"resourceType": "MedicationOrder", "id": "dstu2", "medicationCodeableConcept": drug, "status": "draft"}
    r4 = {
        "resourceType": "MedicationRequest",
        "id": "r4",
        "intent": "order",
        "medicationCodeableConcept": drug,
        **about,
    }
    r5 = {"resourceType": "MedicationRequest", "id": "r5", "intent": "order", "medication": {"concept": drug}, **about}
    context = {"userId": "Practitioner/p", "patientId": "p1", "draftOrders": bundle(dstu2, r4, r5)}
    response = asked(HTTP, "order-sign", context=context)
    assert response.status_code == 200
    findings = [card["extension"]["org.cds-rules.finding"] for card in response.json["cards"]]
    (ordered,) = [finding for finding in findings if finding["rule"] == "ordered-rule"]
    assert {fact["reference"] for fact in ordered["facts"]} == {"MedicationOrder/dstu2", "MedicationRequest/r4"}
    omissions = response.json["extension"]["org.cds-rules.decision"]["omissions"]
    assert omissions == [{"reference": "MedicationRequest/r5", "reason": "unresolved-medication"}]
