import pytest
import structlog

from cds.decisions.faults import LiveUnknown
from cds.decisions.pinning import PinNotAllowed
from cds.errors import ServiceFault
from cds.facts.wrong_patient import WrongPatient
from cds.hooks import EnvelopeRejected, FieldFault, PrefetchMissing, UnknownService
from tests.api.desks import FakeDesk, client
from tests.hooks.calls import call

PATH = "/cds-services/patient-view"
RECORD_TEXT = "Smith, John"


def answered(fault):
    return client(FakeDesk(fault)).post(PATH, json=call())


@pytest.mark.parametrize(
    ("fault", "status", "fields"),
    [
        (EnvelopeRejected((FieldFault("context.x", "is odd"),)), 400, ["context.x"]),
        (WrongPatient("prefetch.Patient"), 400, ["prefetch.Patient"]),
        (UnknownService("x"), 404, ["path"]),
        (
            PrefetchMissing(("Patient", "Observation"), {"Patient": ("age",)}),
            412,
            ["prefetch.Patient"] * 0
            + [
                "prefetch.Patient",
                "prefetch.Observation",
            ],
        ),
        (PrefetchMissing(()), 412, ["prefetch"]),
        (PinNotAllowed("x"), 403, ["extension.org.cds-rules.pin"]),
    ],
)
def test_each_fault_has_its_status_and_names_its_field(fault, status, fields):
    response = answered(fault)
    assert response.status_code == status
    assert [issue["expression"][0] for issue in response.get_json()["issue"]] == fields
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_while_nobody_knows_what_is_live_it_may_go_well_later():
    response = answered(LiveUnknown())
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.get_json()["issue"][0]["code"] == "transient"


def test_a_412_says_what_the_data_is_for():
    text = answered(PrefetchMissing(("Patient",), {"Patient": ("age", "sex")})).get_json()["issue"][0]["details"][
        "text"
    ]
    assert "age, sex" in text


@pytest.mark.parametrize(
    "fault", [ServiceFault(RECORD_TEXT), ValueError(RECORD_TEXT), KeyError(RECORD_TEXT), RecursionError(RECORD_TEXT)]
)
def test_http_09_a_bug_is_500_and_leaks_neither_to_the_client_nor_to_the_log(fault):
    with structlog.testing.capture_logs() as logged:
        response = answered(fault)
    assert response.status_code == 500
    assert response.get_json()["issue"][0]["code"] == "exception"
    assert RECORD_TEXT not in response.text
    assert type(fault).__name__ not in response.text
    assert [(entry["event"], entry["fault"]) for entry in logged] == [("request_failed", type(fault).__name__)]
    assert RECORD_TEXT not in str(logged)


def test_http_13_the_service_answers_on_after_a_bug():
    desk = FakeDesk(RuntimeError())
    http = client(desk)
    with structlog.testing.capture_logs():
        assert http.post(PATH, json=call()).status_code == 500
    desk.fault = None
    assert http.post(PATH, json=call()).status_code == 200
