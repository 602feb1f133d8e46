"""JSON and HTTP over the real service: what every client sees, whatever the rules say (GEN, HTTP, REQ, PERF)."""

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.access.telling import gate
from tests.api.desks import client as advising_nothing
from tests.hooks.calls import call
from tests.journeys.golden import MOMENT, REQUESTS, service_of
from tests.journeys.service import client

FHIR_OR_OWN = ("extension", "resource")
JSON = {"Content-Type": "application/json"}


def request_of(file):
    return json.loads(file.read_bytes())


def posted(request, **headers):
    path = f"/cds-services/{service_of(request['hook'])}"
    return client().post(path, data=json.dumps(request), headers={**JSON, "CDS-Now": MOMENT, **headers})


def answers():
    return [posted(request_of(file)) for file in REQUESTS]


def empties(value, path=""):
    """The paths of members that are null or empty, outside FHIR and extensions."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if inner is None or (inner in ("", [], {}) and (path, name) not in (("", "cards"), ("", "services"))):
                yield f"{path}.{name}"
            elif name not in FHIR_OR_OWN:
                yield from empties(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from empties(inner, f"{path}[{index}]")


@pytest.mark.requirement("GEN-03")
def test_gen_01_every_answer_is_declared_json_in_utf_8_and_strict():
    def refuse(constant):
        raise AssertionError(constant)

    for response in [*answers(), client().get("/cds-services")]:
        assert response.content_type == "application/json"
        assert json.loads(response.data.decode("utf-8"), parse_constant=refuse)


def test_gen_02_nothing_null_or_empty_is_sent():
    for response in [*answers(), client().get("/cds-services")]:
        assert list(empties(response.json)) == []


@pytest.mark.requirement("REQ-10")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}{}",
        b"{'hook': 'patient-view'}",
        b'{"hook": NaN}',
        b'{"hook": 1e999}',
        b'{"hook": -Infinity}',
        b'{"hook": 1,}',
        b'{"hook": 1} // why',
        b'{"hook": "\xff"}',
        '{"hook": 1}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"hook": "patient-view", "hook": "order-sign"}',
        b'{"context": {"patientId": "a", "patient\\u0049d": "b"}}',
    ],
)
def test_gen_05_what_is_not_one_strict_json_object_is_refused(body):
    response = advising_nothing().post("/cds-services/patient-view", data=body, headers=JSON)
    assert response.status_code == 400
    assert response.json["issue"][0]["expression"] == ["body"]


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"7", b"true"])
def test_req_09_the_body_is_an_object(body):
    assert advising_nothing().post("/cds-services/patient-view", data=body, headers=JSON).status_code == 400


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_http_06_absurd_nesting_is_a_client_mistake(text):
    response = advising_nothing().post("/cds-services/patient-view", data=text, headers=JSON)
    assert response.status_code == 400


def test_http_08_every_refusal_is_an_operation_outcome_that_names_the_field():
    http = advising_nothing(max_body=4096)
    path = "/cds-services/patient-view"
    refusals = [
        http.post(path, data=b"{", headers=JSON),
        http.post(path, json={}),
        http.post("/cds-services/none", json={}),
        http.get(path),
        http.post(path, data=b"{}", headers={"Content-Type": "text/plain"}),
        http.post(path, data=b" " * 5000, headers=JSON),
        http.get("/nowhere"),
        advising_nothing(gate=gate()).post(path, json=call()),
        posted(request_of(named("patient-not-supplied"))),
    ]
    assert [response.status_code for response in refusals] == [400, 400, 404, 405, 415, 413, 404, 401, 412]
    for response in refusals:
        assert response.content_type == "application/json"
        assert response.json["resourceType"] == "OperationOutcome"
        assert response.json["issue"]
        for issue in response.json["issue"]:
            assert (issue["severity"], bool(issue["code"]), bool(issue["details"]["text"])) == ("error", True, True)
            assert issue["expression"]


def named(stem):
    return next(file for file in REQUESTS if file.stem == stem)


def test_http_11_an_answer_is_never_stored_on_the_way():
    assert {response.headers.get("Cache-Control") for response in answers() if response.status_code == 200} == {
        "no-store"
    }


def test_http_12_parallel_calls_do_not_disturb_each_other():
    alone = [response.data for response in answers()]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda file: posted(request_of(file)).data, REQUESTS * 4))
    assert together == alone * 4


@pytest.mark.requirement("EXT-03", "CTX-12")
@pytest.mark.parametrize("value", [{}, {"org.example.anything": [1, None]}])
def test_req_08_an_extension_is_ignored(value):
    request = call(context={"extension": value, "org.example": 1}, extension=value)
    assert advising_nothing().post("/cds-services/patient-view", json=request).status_code == 200


@pytest.mark.parametrize("value", [[], "x", 1, True])
def test_req_08_an_extension_that_is_no_object_is_refused(value):
    response = advising_nothing().post("/cds-services/patient-view", json=call(extension=value))
    assert response.status_code == 400
    assert response.json["issue"][0]["expression"] == ["extension"]


def test_req_11_a_retry_is_served_again():
    request = request_of(named("warfarin-with-ibuprofen"))
    assert posted(request).data == posted(request).data


@pytest.mark.parametrize(
    "scope",
    [
        "patient/*.read",
        "patient/Observation.rs user/Condition.rs?category=problem-list-item",
        "launch openid fhirUser offline_access",
        "urn:example:anything at:all",
    ],
)
def test_fha_05_scopes_of_either_smart_version_and_foreign_ones_are_taken(scope):
    grant = {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": scope, "subject": "cds"}
    request = call(fhirServer="https://ehr.example.org/fhir", fhirAuthorization=grant)
    assert advising_nothing().post("/cds-services/patient-view", json=request).status_code == 200


def test_perf_01_an_answer_takes_less_than_half_a_second():
    request = request_of(named("opioid-with-benzodiazepine"))
    seconds = []
    for number in range(10):
        began = time.perf_counter()
        assert posted(request | {"hookInstance": f"0b1f0000-0000-4000-8000-00000000000{number}"}).status_code == 200
        seconds.append(time.perf_counter() - began)
    assert statistics.median(seconds) < 0.5
