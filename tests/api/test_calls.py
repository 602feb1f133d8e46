"""Hook calls are answered in front of Flask, once; what goes wrong with them Flask answers, once."""

import gzip
import json

import pytest

from cds.access.client import ANONYMOUS
from cds.access.faults import TokenRefused
from cds.access.gate import OpenGate
from cds.api import create_app
from cds.api.calls import FAULT
from cds.facts.wrong_patient import WrongPatient
from cds.settings import Settings
from tests.api.desks import FakeDesk

PATH = "/cds-services/patient-view"
BODY = {
    "hook": "patient-view",
    "hookInstance": "0b1f0000-0000-4000-8000-000000000001",
    "context": {"userId": "Practitioner/p", "patientId": "p"},
}


class CountingGate(OpenGate):
    """Lets in, or not, and counts how often it was asked."""

    def __init__(self, fault=None):
        super().__init__(ANONYMOUS)
        self.asked, self.fault = 0, fault

    def admit(self, call, now):
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return super().admit(call, now)


@pytest.fixture
def flask_saw():
    """The requests that came as far as Flask."""
    return []


@pytest.fixture
def made(flask_saw):
    def make(desk=None, gate=None, **settings):
        app = create_app(Settings(**settings), desk or FakeDesk(), gate or CountingGate())

        # First of all that Flask does with a request: a preflight ends before what is registered later.
        app.before_request_funcs[None].insert(0, lambda: flask_saw.append(app))
        return app.test_client()

    return make


def test_an_answer_never_comes_as_far_as_flask(made, flask_saw):
    answer = made().post(PATH, json=BODY)
    assert (answer.status_code, answer.json, flask_saw) == (200, {"cards": []}, [])
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(("fault", "status"), [(WrongPatient("context.patientId"), 400), (ValueError("a bug"), 500)])
def test_a_call_that_fails_is_let_in_and_judged_once_and_answered_by_flask(made, flask_saw, fault, status):
    gate, desk = CountingGate(), FakeDesk(fault=fault)
    answer = made(desk, gate).post(PATH, json=BODY)
    assert (answer.status_code, answer.json["resourceType"]) == (status, "OperationOutcome")
    assert (gate.asked, len(desk.moments), len(flask_saw)) == (1, 1, 1)


def test_who_is_not_let_in_is_asked_once(made):
    gate = CountingGate(TokenRefused("replayed"))
    assert made(gate=gate).post(PATH, json=BODY).status_code == 401
    assert gate.asked == 1


def test_a_fault_does_not_lie_in_its_request_afterwards(made):
    answer = made(FakeDesk(fault=ValueError("a bug"))).post(PATH, json=BODY)
    assert FAULT not in answer.request.environ


@pytest.mark.parametrize("path", ["/cds-services/unknown", "/cds-services/", f"{PATH}/more", f"{PATH}/feedback"])
def test_what_is_no_call_of_a_service_is_flasks(made, flask_saw, path):
    assert made().post(path, json=BODY).status_code in (404, 405)
    assert len(flask_saw) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_of_a_service_are_flasks(made, flask_saw, method):
    answer = made().open(PATH, method=method)
    assert answer.status_code == (204 if method == "OPTIONS" else 405)
    assert len(flask_saw) == 1


def test_a_long_answer_is_shortened_for_who_takes_that(made):
    class Talks(FakeDesk):
        def answer(self, *arguments, **options):
            super().answer(*arguments, **options)
            return json.dumps({"cards": [], "extension": {"text": "x" * 5000}}).encode()

    plain = made(Talks()).post(PATH, json=BODY)
    short = made(Talks()).post(PATH, json=BODY, headers={"Accept-Encoding": "gzip"})
    assert short.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(short.data) == plain.data
    assert len(short.data) == int(short.headers["Content-Length"]) < len(plain.data)
    assert {answer.headers["Vary"] for answer in (plain, short)} == {"Accept-Encoding"}
