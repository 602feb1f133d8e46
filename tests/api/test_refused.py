"""Calls that got no answer are kept: who, which service, why; and nothing of the body."""

import json

import pytest

from cds.access.faults import CannotTell, TokenRefused, TooManyCalls
from cds.access.gate import OpenGate
from cds.api import arrival, create_app
from cds.decisions.faults import OutOfTime
from cds.facts.wrong_patient import WrongPatient
from cds.hooks.faults import PrefetchMissing
from cds.records.refusals import Refused
from cds.records.spool import NotRecorded
from cds.settings import Settings
from tests.api.desks import FakeDesk, client

INSTANCE = "0b1f0000-0000-4000-8000-00000000000A"
BODY = {"hook": "patient-view", "hookInstance": INSTANCE, "context": {"userId": "Practitioner/p", "patientId": "p"}}
PATH = "/cds-services/patient-view"


def refused(desk, body=BODY, path=PATH, **options):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    options = {"content_type": "application/json", **options}
    client(desk).post(path, data=data, **options)
    return desk.refusals


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (PrefetchMissing(("Patient",), {}), 412),
        (WrongPatient("context.patientId"), 400),
        (OutOfTime(), 503),
        (NotRecorded("ENOSPC"), 503),
        (ValueError("a bug that repeats the body"), 500),
    ],
)
def test_whatever_ended_a_call_is_kept_with_status_and_kind(fault, status):
    (kept,) = refused(FakeDesk(fault=fault))
    assert kept == Refused("hook", "patient-view", "anonymous", status, type(fault).__name__, INSTANCE.lower())


def test_a_body_that_cannot_be_read_is_kept_with_its_instance_where_that_can_be_told():
    assert refused(FakeDesk(), b"{")[0].hook_instance is None
    (kept,) = refused(FakeDesk(), {**BODY, "hook": "another"})
    assert (kept.status, kept.fault, kept.hook_instance) == (400, "EnvelopeRejected", INSTANCE.lower())
    (kept,) = refused(FakeDesk(), content_type="text/plain")
    assert (kept.status, kept.fault, kept.hook_instance) == (415, "UnsupportedMedia", None)


class Refuses(OpenGate):
    """Lets nobody in."""

    def __init__(self, fault):
        super().__init__()
        self.fault = fault

    def admit(self, call, now):
        raise self.fault


@pytest.mark.parametrize(
    ("fault", "status", "client_id", "service", "kind"),
    [
        (TokenRefused("replayed", "east"), 401, "", "", "TokenRefused: replayed"),
        (TooManyCalls(1.5, "east"), 429, "east", "patient-view", "TooManyCalls"),
        (CannotTell(), 503, "", "patient-view", "CannotTell"),
    ],
)
def test_who_was_not_let_in_is_counted_and_is_nobody(fault, status, client_id, service, kind):
    desk = FakeDesk()
    http = client(desk, Refuses(fault))
    assert http.post(PATH, json=BODY).status_code == status
    assert desk.refusals == [Refused("hook", service, client_id, status, kind, outside=True)]
    assert http.get("/cds-services").status_code == status
    assert (desk.refusals[1].call, desk.refusals[1].service) == ("discovery", "")
    http.post("/cds-services/unknown", json=BODY)
    http.get("/nowhere")
    assert len(desk.refusals) == 2


def test_so_is_a_call_for_which_there_was_no_time():
    desk = FakeDesk()
    arrival.note_wait(60)
    try:
        assert client(desk).post(PATH, json=BODY).status_code == 503
    finally:
        arrival.note_wait(0)
    assert desk.refusals == [Refused("hook", "patient-view", "", 503, "Overloaded", outside=True)]


def test_what_was_answered_and_what_is_no_call_are_not_among_them():
    assert refused(FakeDesk()) == []
    assert refused(FakeDesk(), path="/cds-services/unknown") == []
    desk = FakeDesk()
    client(desk).get(PATH)
    client(desk).get("/nowhere")
    client(desk).get("/cds-services", headers={"CDS-Now": "2026-05-01"})
    assert desk.refusals == []


def test_feedback_that_is_refused_is_kept_as_such():
    class Takes:
        def take(self, service_id, body, client):
            raise NotRecorded("ENOSPC")

        def health(self):
            return {}

    desk = FakeDesk()
    app = create_app(Settings(), desk, None, Takes())
    app.test_client().post(f"{PATH}/feedback", data=b"{}", content_type="application/json")
    assert desk.refusals == [Refused("feedback", "patient-view", "anonymous", 503, "NotRecorded", None)]
