"""SEC-04, FHA-06: tokens and bodies leave no trace in logs, output or answers, whether the call succeeds or not."""

import json
import logging

import pytest
import structlog

from tests.api.desks import FakeDesk
from tests.api.desks import client as fake_client
from tests.hooks.calls import call
from tests.journeys.golden import MOMENT, REQUESTS, service_of
from tests.journeys.service import client

BEARER, ACCESS, NAME = "bearer-3f9c1a", "access-7d20be", "Zebedee"
GRANT = {"access_token": ACCESS, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs", "subject": "cds"}
SERVER = {"fhirServer": "https://ehr.example.org/fhir", "fhirAuthorization": GRANT}
HEADERS = {"Authorization": f"Bearer {BEARER}", "CDS-Now": MOMENT}


def told(send, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logged:
        response = send()
    return response, f"{response.text} {response.headers} {logged} {caplog.text} {capfd.readouterr()}"


@pytest.mark.requirement("FHA-06")
def test_sec_04_a_call_that_succeeds_leaves_no_trace_of_its_tokens(caplog, capfd):
    request = json.loads(next(file for file in REQUESTS if file.stem == "nothing-to-say").read_bytes()) | SERVER
    path = f"/cds-services/{service_of(request['hook'])}"
    response, seen = told(lambda: client().post(path, json=request, headers=HEADERS), caplog, capfd)
    assert response.status_code == 200
    assert [secret for secret in (BEARER, ACCESS) if secret in seen] == []


@pytest.mark.requirement("FHA-06")
@pytest.mark.parametrize("fault", [None, ValueError(f"{NAME} {ACCESS}")])
def test_sec_04_a_call_that_fails_leaves_no_trace_of_tokens_or_body(fault, caplog, capfd):
    request = call(context={"patientId": "a b" if fault is None else "a"}, name=NAME, **SERVER)
    http = fake_client(FakeDesk(fault))
    response, seen = told(
        lambda: http.post("/cds-services/patient-view", json=request, headers={"Authorization": f"Bearer {BEARER}"}),
        caplog,
        capfd,
    )
    assert response.status_code == (400 if fault is None else 500)
    assert [secret for secret in (BEARER, ACCESS, NAME) if secret in seen] == []
