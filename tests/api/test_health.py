from cds.api import create_app
from cds.settings import Settings
from tests.api.desks import FakeDesk, client


def test_a_live_process_says_so():
    assert client(FakeDesk(ready=False)).get("/livez").status_code == 200


def test_a_ready_service_lists_its_rulesets():
    response = client().get("/readyz")
    assert response.status_code == 200
    assert response.get_json()["rulesets"] == []


def test_an_unready_service_says_why():
    response = client(FakeDesk(ready=False)).get("/readyz")
    assert response.status_code == 503
    assert response.get_json()["issue"][0]["details"]["text"] == "no rulesets are loaded"


def test_an_application_without_a_desk_is_not_ready_and_knows_no_service():
    http = create_app(Settings()).test_client()
    assert http.get("/readyz").status_code == 503
    assert http.get("/cds-services").get_json() == {"services": []}
    assert http.post("/cds-services/patient-view", json={}).status_code == 404
