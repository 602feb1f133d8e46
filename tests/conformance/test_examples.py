"""Every request, answer and discovery example of the specification, by its requirement."""

import json

import pytest

from cds.api import create_app
from cds.feedback.taking import FeedbackDesk
from cds.hooks.context import HOOKS
from cds.hooks.discovery_check import check_discovery
from cds.hooks.response_check import check_response
from cds.settings import Settings
from tests.api.desks import FakeDesk
from tests.conformance.examples import body_of, entries, needs_examples
from tests.conformance.told import client, service, templates_of
from tests.feedback.test_taking import Memory, Shown
from tests.rules.judge.telling import rule, ruleset

pytestmark = needs_examples


RULESET = ruleset({"ordered": {"any": "order", "in": ["warfarin"]}}, {"r": rule(["ordered"])}, hooks=list(HOOKS))
HTTP = client(RULESET, *(service(RULESET, hook, hook) for hook in HOOKS))
_FILLINGS = {"null": None, "empty": {"resourceType": "Bundle", "type": "searchset"}}


def sent(entry):
    """The response to an example, its prefetch filled as the index says: every declared key is answered."""
    path = entry.get("path", f"/cds-services/{entry['hook']}").replace("{service}", entry["hook"])
    headers = {"Content-Type": "application/json"} | entry.get("headers", {})
    body = body_of(entry)
    if entry["kind"] == "request" and entry.get("prefetch", "fill") != "as-is":
        request = json.loads(body)
        if isinstance(request, dict) and isinstance(request.get("prefetch", {}), dict):
            request["prefetch"] = filled(entry, request) | request.get("prefetch", {})
            body = json.dumps(request)
    return HTTP.open(path, method=entry.get("method", "POST"), data=body, headers=headers)


def filled(entry, request):
    keys = templates_of(HTTP, entry["hook"])
    if entry.get("prefetch") in _FILLINGS:
        return dict.fromkeys(keys, _FILLINGS[entry["prefetch"]])
    context = request.get("context")
    patient = {"resourceType": "Patient", "id": context.get("patientId") if isinstance(context, dict) else None}
    return dict.fromkeys(keys, _FILLINGS["empty"]) | {"Patient": patient}


@pytest.mark.parametrize("entry", entries("request", "http"))
def test_a_request_example_gets_its_status_from_the_running_service_and_its_field_is_named(entry):
    response = sent(entry)
    accepted = {entry["expected_status"], *(entry["also_accept"] if entry["valid"] else ())}
    assert response.status_code in accepted, response.text
    if not entry["valid"]:
        issues = response.get_json()["issue"]
        assert entry["field"] in [name for issue in issues for name in issue["expression"]]


@pytest.mark.parametrize("entry", entries("feedback"))
def test_a_feedback_example_gets_its_status_names_its_field_and_is_stored_or_not(entry):
    memory = Memory()
    http = create_app(Settings(), FakeDesk(), feedback=FeedbackDesk(memory, Shown())).test_client()
    path, headers = f"/cds-services/{entry['hook']}/feedback", {"Content-Type": "application/json"}
    response = http.post(path, data=body_of(entry), headers=headers)
    assert response.status_code == entry["expected_status"]
    assert len(memory.kept) == (1 if entry["valid"] else 0)
    if not entry["valid"]:
        issues = response.get_json()["issue"]
        assert entry["field"] in [name for issue in issues for name in issue["expression"]]


@pytest.mark.parametrize("entry", entries("service-response", "discovery-response"))
def test_an_answer_example_is_judged_as_the_index_says(entry):
    body = json.loads(body_of(entry))
    is_answer = entry["kind"] == "service-response"
    found = check_response(body, entry.get("feedback", False)) if is_answer else check_discovery(body)
    if entry["valid"]:
        assert found == []
    else:
        assert [line for line in found if line.startswith(f"{entry['field']}: {entry['rule']} ")], found
