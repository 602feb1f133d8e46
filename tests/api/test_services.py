import io
import json

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from cds.hooks.outcome import outcome_of_faults
from tests.api.desks import FakeDesk, client
from tests.hooks.calls import as_bytes, call

JSON = {"Content-Type": "application/json"}
BODY = as_bytes(call())


def post(http, path="/cds-services/patient-view", body=BODY, **headers):
    return http.post(path, data=body, headers={**JSON, **{k.replace("_", "-"): v for k, v in headers.items()}})


def fields(response):
    outcome = response.get_json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert all(
        issue["severity"] == "error" and issue["code"] and issue["details"]["text"] for issue in outcome["issue"]
    )
    return [name for issue in outcome["issue"] for name in issue.get("expression", [])]


def test_http_01_an_answer_is_200_json_and_not_stored():
    response = post(client())
    assert (response.status_code, response.data) == (200, b'{"cards":[]}')
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"


def test_disc_01_discovery_lists_the_services():
    response = client().get("/cds-services")
    assert response.status_code == 200
    assert [service["id"] for service in response.get_json()["services"]] == list(FakeDesk().hooks)


@pytest.mark.parametrize("path", ["/cds-services/none", "/cds-services/Patient-View", "/cds-services/patient-view/x"])
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_http_02_an_unknown_path_is_404_whatever_the_method(path, method):
    response = client().open(path, method=method, data=b"x", headers={"Content-Type": "text/plain"})
    assert response.status_code == 404
    assert fields(response) == ["path"]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "TRACE", "ODD"])
def test_http_03_other_methods_on_a_service_are_405_with_allow(method):
    response = client().open("/cds-services/patient-view", method=method)
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert fields(response) == ["method"]


def test_http_03_head_on_a_service_is_405_and_on_discovery_200():
    assert client().head("/cds-services/patient-view").status_code == 405
    assert client().head("/cds-services").status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_disc_16_other_methods_on_discovery_are_405(method):
    response = client().open("/cds-services", method=method)
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx", "json"])
def test_http_04_a_body_that_is_not_declared_json_is_415(media):
    response = post(client(), Content_Type=media)
    assert response.status_code == 415
    assert fields(response) == ["Content-Type"]


@pytest.mark.parametrize(
    "media",
    ["Application/JSON; charset=UTF-8", "application/fhir+json", "application/json;charset=utf-8", "APPLICATION/JSON"],
)
def test_http_10_media_types_are_compared_without_case_or_parameters(media):
    assert post(client(), Content_Type=media).status_code == 200


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, identity", "gzip, gzip"])
def test_http_04_a_coding_that_is_not_supported_is_415(coding):
    response = post(client(), Content_Encoding=coding)
    assert response.status_code == 415
    assert fields(response) == ["Content-Encoding"]


def test_http_05_a_body_beyond_the_limit_is_413_with_and_without_a_length():
    size = len(BODY)
    http = client(max_body=size)
    assert post(http).status_code == 200
    assert post(http, body=BODY + b" ").status_code == 413
    assert posted_in_chunks(http, BODY)[0] == 200
    for body in (BODY + b" ", BODY + b" " * 5000):  # cut off at the limit it would still be valid JSON
        status, answer = posted_in_chunks(http, body)
        assert status == 413
        assert answer["issue"][0]["expression"] == ["body"]


def posted_in_chunks(http, body):
    environ = EnvironBuilder("/cds-services/patient-view", method="POST", headers=JSON).get_environ()
    environ.pop("CONTENT_LENGTH", None)
    environ |= {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    content, status, _ = run_wsgi_app(http.application, environ)
    return int(status.split()[0]), json.loads(b"".join(content))


def test_http_05_a_body_of_4_mib_passes():
    assert post(client(), body=as_bytes(call(more="x" * 4_190_000))).status_code == 200


def test_the_order_of_checks_is_path_media_size_body():
    http = client(max_body=10)
    assert post(http, "/cds-services/none", Content_Type="text/plain").status_code == 404
    assert post(http, Content_Type="text/plain").status_code == 415
    assert post(http, CDS_Now="x").status_code == 413


def test_sec_02_where_tokens_are_asked_for_there_is_no_service_that_cannot_check_them():
    with pytest.raises(ValueError, match="tokens are asked for"):
        client(auth="jwt")


def test_disc_18_a_foreign_bearer_is_harmless_when_none_is_needed():
    assert client().get("/cds-services", headers={"Authorization": "Bearer x.y.z"}).status_code == 200


def test_the_accept_header_is_not_judged():
    assert post(client(), Accept="application/fhir+json, */*; q=0.1").status_code == 200
    assert post(client(), Accept="text/html").status_code == 200


def test_req_12_each_fault_is_named():
    response = post(client(), body=as_bytes({"hook": "patient-view", "context": {"patientId": "p"}}))
    assert response.status_code == 400
    assert set(fields(response)) == {"hookInstance", "context.userId"}
    assert outcome_of_faults([]) == {"resourceType": "OperationOutcome", "issue": []}


@pytest.mark.parametrize(
    "path",
    ["/cds-services/", "//cds-services", "/cds-services//patient-view", "/cds-services/patient-view/", "//livez//"],
)
def test_doubled_and_trailing_slashes_are_never_redirected(path):
    http = client()
    method = "POST" if "view" in path else "GET"
    response = http.open(method=method, data=BODY, headers=JSON, environ_overrides={"PATH_INFO": path})
    assert response.status_code == 200


def test_the_root_is_404_and_not_a_crash():
    assert client().get("/").status_code == 404
    assert client().open(environ_overrides={"PATH_INFO": "///"}).status_code == 404


def test_an_error_body_is_json_of_the_right_kind():
    response = post(client(), body=b"{")
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(response.data)["issue"][0]["expression"] == ["body"]
