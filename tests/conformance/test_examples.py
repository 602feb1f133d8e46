"""Every request, answer and discovery example of the specification, by its requirement."""

import json

import pytest

from cds.hooks.context import HOOKS
from cds.hooks.discovery_check import check_discovery
from cds.hooks.response_check import check_response
from tests.api.desks import FakeDesk, client
from tests.conformance.examples import body_of, entries, needs_examples

pytestmark = needs_examples


@pytest.mark.parametrize("entry", entries("request", "http"))
def test_a_request_example_gets_its_status_and_names_its_field(entry):
    http = client(FakeDesk(hooks=tuple(HOOKS)))
    path = entry.get("path", f"/cds-services/{entry['hook']}").replace("{service}", entry["hook"])
    headers = {"Content-Type": "application/json"} | entry.get("headers", {})
    response = http.open(path, method=entry.get("method", "POST"), data=body_of(entry), headers=headers)
    assert response.status_code == entry["expected_status"]
    if not entry["valid"]:
        issues = response.get_json()["issue"]
        assert entry["field"] in [name for issue in issues for name in issue["expression"]]


@pytest.mark.parametrize("entry", entries("feedback"))
def test_fb_01_feedback_that_is_not_offered_is_404(entry):
    response = client().post(f"/cds-services/{entry['hook']}/feedback", data=body_of(entry))
    assert response.status_code == 404


@pytest.mark.parametrize("entry", entries("service-response", "discovery-response"))
def test_an_answer_example_is_judged_as_the_index_says(entry):
    body = json.loads(body_of(entry))
    is_answer = entry["kind"] == "service-response"
    found = check_response(body, entry.get("feedback", False)) if is_answer else check_discovery(body)
    if entry["valid"]:
        assert found == []
    else:
        assert [line for line in found if line.startswith(f"{entry['field']}: {entry['rule']} ")], found
