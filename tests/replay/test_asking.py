from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import orjson
import pytest

from cds.errors import ServiceFault
from cds.facts.dates import Moment
from cds.facts.wrong_patient import WrongPatient
from cds.hooks.faults import EnvelopeRejected, PrefetchMissing, UnknownService
from cds.replay.answer import Answer
from cds.replay.asking import HTTPService, NoDiscovery, ask_in_process

NOON = Moment(datetime(2023, 5, 1, 12, tzinfo=UTC), ZoneInfo("UTC"))


class Desk:
    def __init__(self, outcome):
        self.outcome, self.asked = outcome, None

    def answer(self, service_id, body, moment, *, pinned):
        self.asked = (service_id, orjson.loads(body), moment, pinned)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def test_a_desk_is_asked_with_bytes_at_a_pinned_moment():
    desk = Desk(b'{"cards": []}')
    assert ask_in_process(desk)("s", {"hook": "h"}, NOON) == Answer(200, {"cards": []})
    assert desk.asked == ("s", {"hook": "h"}, NOON, True)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (PrefetchMissing(("Patient",)), 412),
        (EnvelopeRejected(()), 400),
        (WrongPatient("prefetch.Patient.id"), 400),
        (UnknownService("s"), 404),
    ],
)
def test_the_faults_of_a_desk_are_the_statuses_that_http_would_give(fault, status):
    assert ask_in_process(Desk(fault))("s", {}, NOON) == Answer(status)


def test_a_fault_that_is_no_refusal_is_let_through_to_be_named():
    with pytest.raises(ServiceFault):
        ask_in_process(Desk(ServiceFault()))("s", {}, NOON)


def http(handler, url="http://cds.example.org/"):
    return HTTPService(url, httpx.MockTransport(handler))


@pytest.mark.parametrize("url", ["http://cds.example.org", "http://cds.example.org/cds-services/"])
def test_over_http_the_moment_travels_in_its_header(url):
    def handler(request):
        assert str(request.url) == "http://cds.example.org/cds-services/s"
        assert request.headers["CDS-Now"] == "2023-05-01T12:00:00Z"
        assert orjson.loads(request.content) == {"hook": "h"}
        return httpx.Response(200, content=b'{"cards": []}')

    assert http(handler, url).ask("s", {"hook": "h"}, NOON) == Answer(200, {"cards": []})


def test_over_http_a_refusal_is_its_status_whatever_the_body():
    assert http(lambda _: httpx.Response(412, content=b"<html>")).ask("s", {}, NOON) == Answer(412)


def test_over_http_a_redirect_is_not_followed():
    answer = http(lambda _: httpx.Response(308, headers={"Location": "http://elsewhere.example.org"})).ask(
        "s", {}, NOON
    )
    assert answer == Answer(308)


def test_discovery_is_read_and_its_absence_said():
    service = http(lambda _: httpx.Response(200, content=b'{"services": [{"id": "s"}]}'))
    assert service.services() == [{"id": "s"}]
    for response in (httpx.Response(404), httpx.Response(200, content=b"no"), httpx.Response(200, content=b"[]")):
        with pytest.raises(NoDiscovery):
            http(lambda _, response=response: response).services()
