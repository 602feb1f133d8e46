"""More calls than can be answered in time: those that waited too long are told so at once, and are not judged."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection

import pytest

from cds.api import arrival
from cds.decisions.faults import OutOfTime
from tests.api.desks import FakeDesk, client
from tests.api.test_services import BODY, JSON, post

PROGRAM = """
import time
from cds.api.serving import serve
from cds.settings import read_settings
from tests.api.desks import FakeDesk

class Slow(FakeDesk):
    def answer(self, *given, **named):
        time.sleep(0.3)
        return super().answer(*given, **named)

settings = read_settings({"CDS_PORT": "0", "CDS_WORKERS": "1", "CDS_DEADLINE_MS": "400"})
serve(settings, Slow, announce=lambda url: print(url, flush=True))
"""


@pytest.fixture
def waited():
    yield arrival.note_wait
    arrival.note_wait(0.0)


def test_a_call_that_waited_longer_than_its_answer_may_take_is_refused_unread(waited):
    desk = FakeDesk()
    waited(0.4)
    response = post(client(desk))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    issue = response.get_json()["issue"][0]
    assert (issue["code"], issue["severity"]) == ("throttled", "error")
    assert desk.moments == []


def test_what_it_waited_is_taken_from_the_time_for_its_answer(waited):
    desk = FakeDesk()
    waited(0.3)
    assert post(client(desk)).status_code == 200
    (budget,) = desk.budgets
    assert 0 < budget.left() <= 0.1


def test_the_time_is_the_operators(waited):
    waited(0.4)
    assert post(client(deadline_ms=1000)).status_code == 200


def test_discovery_is_answered_however_long_it_waited(waited):
    waited(60.0)
    assert client().get("/cds-services").status_code == 200


def test_no_ruleset_in_time_is_a_503_as_well():
    response = post(client(FakeDesk(fault=OutOfTime())))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


def test_an_overloaded_server_answers_or_refuses_in_time_and_recovers():
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        try:
            port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline().strip())[1])
            told: list[tuple[int, float, dict]] = []

            def call() -> None:
                begun = time.monotonic()
                connection = HTTPConnection("127.0.0.1", port, timeout=30)
                connection.request("POST", "/cds-services/patient-view", BODY, JSON)
                response = connection.getresponse()
                told.append((response.status, time.monotonic() - begun, json.loads(response.read())))
                connection.close()

            callers = [threading.Thread(target=call) for _ in range(40)]  # four threads, 0.3 s a call
            for caller in callers:
                caller.start()
            for caller in callers:
                caller.join()
            statuses = [status for status, _, _ in told]
            # Unbounded, the last of forty would be answered after three seconds.
            assert set(statuses) == {200, 503}
            assert statuses.count(503) >= 20
            assert max(seconds for _, seconds, _ in told) < 2.5
            assert {body["issue"][0]["code"] for status, _, body in told if status == 503} == {"throttled"}
            told.clear()
            call()
            assert told[0][0] == 200
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
