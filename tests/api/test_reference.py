"""The OpenAPI document is true: it is 3.1, real requests and answers fit it, and what does not fit is refused."""

import json
import re

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from cds.api.openapi import describe_api
from cds.hooks.context import HOOKS
from tests.access.telling import gate
from tests.api.desks import client as advising_nothing
from tests.conformance import told
from tests.feedback.test_taking import CARD, body
from tests.journeys.golden import REQUESTS, answered, service_of
from tests.journeys.service import client, client_with_feedback
from tests.rules.judge.telling import rule, ruleset

EVERY_HOOK = told.client(
    ruleset({"ordered": {"any": "order", "in": ["warfarin"]}}, {"r": rule(["ordered"])}, hooks=list(HOOKS))
)


def document(http=None):
    return (http or client()).get("/openapi.json").json


def validator(name, http=None):
    whole = document(http)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": f"#/components/schemas/{name}"}
    return jsonschema.Draft202012Validator({**schema, "components": whole["components"]})


def test_it_is_openapi_3_1_by_the_validator_of_the_specification():
    OpenAPIV31SpecValidator(document(client_with_feedback())).validate()
    OpenAPIV31SpecValidator(document(EVERY_HOOK)).validate()


def test_it_is_openapi_3_1_and_names_every_service_of_discovery():
    found = document()
    assert found["openapi"] == "3.1.0"
    services = client().get("/cds-services").json["services"]
    assert {f"/cds-services/{entry['id']}" for entry in services} <= found["paths"].keys()
    named = {reference for reference in json.dumps(found).split('"') if reference.startswith("#/components/schemas/")}
    assert {reference.rpartition("/")[2] for reference in named} <= found["components"]["schemas"].keys()


@pytest.mark.parametrize("request_file", REQUESTS, ids=lambda file: file.stem)
def test_a_real_request_and_its_answer_fit(request_file):
    request = json.loads(request_file.read_bytes())
    path = document()["paths"][f"/cds-services/{service_of(request['hook'])}"]["post"]
    name = path["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert validator(name).is_valid(request)
    answer = answered(request_file)
    body = json.loads(json.dumps(answer["body"]).replace("<uuid ", "0b1f0000-0000-4000-8000-00000000000"))
    body = json.loads(json.dumps(body).replace('>"', '"'))
    validator("Answer" if answer["status"] == 200 else "OperationOutcome").validate(body)


def test_discovery_fits():
    validator("Discovery").validate(client().get("/cds-services").json)
    validator("Discovery", EVERY_HOOK).validate(EVERY_HOOK.get("/cds-services").json)


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_a_call_of_each_hook_fits_and_without_a_required_field_does_not(hook):
    name = "".join(part.capitalize() for part in hook.split("-"))
    judge = validator(f"{name}Call", EVERY_HOOK)
    request = told.request(hook, {})
    judge.validate(request)
    for field in HOOKS[hook].fields:
        context = {key: value for key, value in request["context"].items() if key != field.name}
        assert judge.is_valid(request | {"context": context}) is not field.required
    assert not judge.is_valid(request | {"hook": "other"})


@pytest.mark.requirement("GEN-08")
def test_the_page_shows_every_path_and_shape_and_loads_nothing():
    response = client().get("/openapi")
    assert response.content_type == "text/html; charset=utf-8"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    for path in document()["paths"]:
        assert path in response.text
    for name in document()["components"]["schemas"]:
        assert f'id="{name}"' in response.text
    assert "<script" not in response.text
    assert "`" not in re.sub(r"<style>.*</style>", "", response.text, flags=re.DOTALL)  # Markdown is drawn
    targets = set(re.findall(r'id="([^"]+)"', response.text))
    assert set(re.findall(r'href="#([^"]+)"', response.text)) <= targets
    assert "http://" not in response.text


def test_feedback_is_told_where_it_is_offered_and_only_there():
    told = {path for path in document(client_with_feedback())["paths"] if path.endswith("/feedback")}
    assert told == {f"/cds-services/{entry['id']}/feedback" for entry in client().get("/cds-services").json["services"]}
    assert not any(path.endswith("/feedback") for path in document()["paths"])


def test_what_answers_feedback_fits():
    http = client_with_feedback()
    path = "/cds-services/medication-safety-order-sign/feedback"
    response = http.post(path, data=body({"card": CARD}), content_type="application/json")
    assert response.status_code == 200
    validator("Taken", http).validate(response.json)


def test_metrics_are_told_where_they_are_offered():
    assert "/metrics" in document()["paths"]
    assert "/metrics" not in document(advising_nothing(metrics="off"))["paths"]


def test_each_header_that_a_refusal_comes_with_is_told():
    http = client()
    (told,) = document()["components"]["responses"]["405"]["headers"]
    assert told in http.get("/cds-services/medication-safety-order-sign").headers
    stored = document()["paths"]["/cds-services/medication-safety-order-sign"]["post"]["responses"]["200"]["headers"]
    assert list(stored) == ["Cache-Control"]


def test_where_tokens_are_asked_for_the_document_says_so():
    found = describe_api(client().get("/cds-services").json["services"], tokens=True)
    assert found["security"] == [{"token": []}]
    assert "401" in found["paths"]["/cds-services"]["get"]["responses"]
    assert found["paths"]["/livez"]["get"]["security"] == []
    assert "security" not in document()


@pytest.mark.parametrize(("auth", "asked"), [("off", False), ("open", False), ("jwt", True)])
def test_the_document_asks_for_tokens_exactly_where_the_service_does(auth, asked):
    assert ("security" in document(advising_nothing(gate=gate(), auth=auth))) is asked


def test_a_service_of_several_hooks_takes_the_call_of_any():
    (schemas,) = (
        EVERY_HOOK.get("/openapi.json").json["paths"]["/cds-services/told"]["post"]["requestBody"]["content"].values()
    )
    assert len(schemas["schema"]["oneOf"]) == len(HOOKS)
