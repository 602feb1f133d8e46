import pytest

from cds.decisions.faults import OutOfTime
from tests.access.telling import gate
from tests.api.desks import FakeDesk, client
from tests.hooks.calls import call

ASKED = {
    "Origin": "http://localhost:9000",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


@pytest.mark.requirement("CORS-05")
@pytest.mark.parametrize("path", ["/cds-services", "/cds-services//x", "/cds-services/patient-view/feedback"])
@pytest.mark.parametrize("asked", [None, gate()])
def test_cors_01_to_03_a_preflight_is_answered_before_authentication(path, asked):
    response = client(gate=asked).open(path, method="OPTIONS", headers=ASKED)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert {"GET", "POST"} <= set(response.headers["Access-Control-Allow-Methods"].split(", "))
    assert {"Authorization", "Content-Type"} <= set(response.headers["Access-Control-Allow-Headers"].split(", "))
    assert int(response.headers["Access-Control-Max-Age"]) > 60
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("body", [call(), {}])
def test_cors_04_and_08_answers_and_errors_name_the_origin(body):
    response = client().post("/cds-services/patient-view", json=body)
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/none", "/cds-services/none", "/cds-services/patient-view"])
def test_cors_08_routing_errors_name_the_origin_too(path):
    assert client().get(path).headers["Access-Control-Allow-Origin"] == "*"


def test_cors_06_a_listed_origin_is_echoed_and_another_is_not():
    http = client(FakeDesk(), cors_origins=("https://ehr.example.org",))
    listed = http.get("/cds-services", headers={"Origin": "https://ehr.example.org"})
    assert listed.headers["Access-Control-Allow-Origin"] == "https://ehr.example.org"
    assert listed.headers["Vary"] == "Origin"
    for origin in ("https://evil.example.org", "null", "https://ehr.example.org.evil.org"):
        other = http.get("/cds-services", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in other.headers
        assert other.headers["Vary"] == "Origin"


PRIVATE = {**ASKED, "Origin": "https://ehr.example.org", "Access-Control-Request-Private-Network": "true"}


def test_a_listed_page_may_call_a_private_network_and_no_other_may():
    listed = client(cors_origins=("https://ehr.example.org",))
    assert listed.options("/cds-services", headers=PRIVATE).headers["Access-Control-Allow-Private-Network"] == "true"
    for http, origin in ((listed, "https://evil.example.org"), (client(), "https://ehr.example.org")):
        response = http.options("/cds-services", headers={**PRIVATE, "Origin": origin})
        assert response.status_code == 204
        assert "Access-Control-Allow-Private-Network" not in response.headers


def test_a_preflight_that_does_not_ask_hears_nothing_of_private_networks():
    http = client(cors_origins=("https://ehr.example.org",))
    asked = {name: value for name, value in PRIVATE.items() if "Private" not in name}
    assert "Access-Control-Allow-Private-Network" not in http.options("/cds-services", headers=asked).headers


def test_a_page_may_read_when_to_come_again():
    response = client(FakeDesk(OutOfTime())).post("/cds-services/patient-view", json=call())
    assert response.headers["Retry-After"]
    assert "Retry-After" in response.headers["Access-Control-Expose-Headers"].split(", ")
    assert "Access-Control-Expose-Headers" not in client().get("/cds-services").headers


def test_a_page_may_read_what_a_refused_token_lacks():
    response = client(gate=gate(), auth="jwt", public_url="https://cds.example.org").get("/cds-services")
    assert response.status_code == 401
    assert "WWW-Authenticate" in response.headers["Access-Control-Expose-Headers"].split(", ")
