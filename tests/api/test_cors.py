import pytest

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
