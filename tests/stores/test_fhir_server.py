"""The whole service beside a FHIR server on a real socket: pages, faults, delays, and forks."""

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from cds.access.client import Client
from cds.access.gate import OpenGate
from cds.api import create_app
from cds.cache.judgements import JudgementCache
from cds.cache.null import NullStore
from cds.commands.serve import EXAMPLE
from cds.decisions.desk import Desk
from cds.fetching.fetcher import Fetcher
from cds.rules.engine.crosscheck import make_engine
from tests.cache.stores import keys
from tests.decisions.desk import unrecorded
from tests.journeys.service import ROOT, SETTINGS

REQUEST = json.loads(EXAMPLE.read_bytes())
SERVICE = "/cds-services/medication-safety-order-sign"
ACCESS = "access-3f9c1a"
GRANT = {"access_token": ACCESS, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read", "subject": "cds"}
DECISION = "org.cds-rules.decision"


class Handler(BaseHTTPRequestHandler):
    """Answers out of the example's prefetch, one entry a page; ``server.faults`` says by type what goes wrong."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        target = urlsplit(self.path)
        kind = target.path.removeprefix("/fhir/").split("/")[0]
        fault = self.server.faults.get(kind)
        self.server.asked.append(kind)
        if self.headers["Authorization"] != f"Bearer {ACCESS}":
            self._reply(401, {})
        elif fault == "slow":
            self.server.released.wait(30)
            self.close_connection = True
        elif fault == "drip":
            self.send_response(200)
            self.send_header("Content-Type", "application/fhir+json")
            self.end_headers()
            self._drip()
        elif fault == "cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 99\r\n\r\n{")
            self.close_connection = True
        elif isinstance(fault, int):
            self._reply(fault, {}, Location="http://127.0.0.1:9/")
        else:
            self._reply(200, self._found(kind, int(parse_qs(target.query).get("page", ["0"])[0])))

    def _drip(self):
        try:
            while not self.server.released.wait(0.02):
                self.wfile.write(b" ")
        except OSError:
            self.server.let_go.set()  # the service closed the connection
        self.close_connection = True

    def _found(self, kind, page):
        value = REQUEST["prefetch"].get(kind) or {"resourceType": "Bundle", "type": "searchset", "entry": []}
        if value["resourceType"] != "Bundle":
            return value
        there = value.get("entry", [])
        more = (
            [{"relation": "next", "url": f"{self.server.base}/{kind}?page={page + 1}"}] if page + 1 < len(there) else []
        )
        return {**value, "total": len(there), "entry": there[page : page + 1], "link": more}

    def _reply(self, status, body, **headers):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def fhir():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.faults, server.asked = {}, []
    server.released, server.let_go = threading.Event(), threading.Event()
    server.base = f"http://127.0.0.1:{server.server_port}/fhir"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fetcher():
    made = Fetcher(2.0)
    yield made
    made.close()


@pytest.fixture
def post(fhir, fetcher):
    cache = JudgementCache(NullStore(), keys())
    desk = Desk.open(ROOT / "rulesets", make_engine("reference"), cache, unrecorded(), fetcher=fetcher)
    # What is tested is what comes of fetching, on a machine however busy: the time for the answer has its own tests.
    http = create_app(
        replace(SETTINGS, deadline_ms=60_000), desk, OpenGate(Client("anonymous", fhir_servers=(fhir.base,)))
    ).test_client()

    def send(*, but=(), **told):
        grant = {"fhirServer": fhir.base, "fhirAuthorization": GRANT}
        prefetch = {key: value for key, value in REQUEST["prefetch"].items() if key in but}
        return http.post(
            SERVICE, json={**REQUEST, **grant, "prefetch": prefetch, **told}, headers={"CDS-Now": "2026-05-01"}
        )

    return send


def rules(response):
    return [card["extension"]["org.cds-rules.finding"]["rule"] for card in response.json["cards"]]


def not_fetched(response):
    return response.json["extension"][DECISION].get("notFetched")


def test_a_call_without_prefetch_gets_the_cards_of_one_with_it(post, fhir):
    fetched, supplied = post(), post(but=REQUEST["prefetch"])
    assert fetched.status_code == supplied.status_code == 200
    assert rules(fetched) == rules(supplied) != []
    assert not_fetched(fetched) is None
    assert fhir.asked.count("MedicationRequest") == max(1, len(REQUEST["prefetch"]["MedicationRequest"]["entry"]))


@pytest.mark.requirement("PRE-13")
def test_pre_13_without_the_patient_it_is_412_and_says_why(post, fhir):
    fhir.faults["Patient"] = 403
    response = post()
    assert response.status_code == 412
    assert response.json["issue"][0]["expression"] == ["prefetch.Patient"]
    assert "; it was not fetched from the fhirServer: refused. " in response.json["issue"][0]["details"]["text"]


@pytest.mark.requirement("FHA-08")
@pytest.mark.parametrize(
    ("fault", "reason"),
    [(500, "status"), (302, "redirected"), ("cut", "unreachable"), ("slow", "deadline"), ("drip", "deadline")],
)
def test_fha_08_a_fault_of_the_server_is_told_in_time_and_the_rest_is_judged(post, fhir, fault, reason):
    fhir.faults["Condition"] = fault
    started = time.monotonic()
    response = post()
    assert time.monotonic() - started < 6
    assert response.status_code == 200
    assert not_fetched(response) == {"Condition": reason}
    assert response.json["extension"][DECISION]["notSupplied"] == {"Condition": "absent"}
    if fault == "drip":
        assert fhir.let_go.wait(10)


def test_a_server_that_is_not_listed_hears_nothing(post, fhir):
    other = fhir.base.replace("127.0.0.1", "localhost")
    response = post(but=["Patient"], fhirServer=other)
    assert fhir.asked == []
    assert set(not_fetched(response).values()) == {"server-not-listed"}


def test_a_server_that_is_down_is_a_reason(post, fhir):
    fhir.shutdown()
    fhir.server_close()
    response = post(but=["Patient"])
    assert response.status_code == 200
    assert set(not_fetched(response).values()) == {"unreachable"}


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # from Python 3.12; that it is safe is tested
def test_a_fetcher_that_was_made_and_used_before_a_fork_fetches_in_the_child(post):
    assert not_fetched(post()) is None
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        told = b"failed"
        try:
            told = json.dumps(not_fetched(post())).encode()
        finally:
            os.write(writing, told)
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 1000) == b"null"
    os.close(reading)
    os.close(writing)


LOADS = """
import sys
from cds.fetching.fetcher import Fetcher
fetcher = Fetcher(5.0)
fetcher.open()
there = set(sys.modules)
line = fetcher._open_line()

async def ask():
    return (await line.http.get(sys.argv[1])).status_code

assert line.run(ask(), 5) == 401
print(sorted(set(sys.modules) - there))
"""


def test_a_worker_that_has_begun_loads_nothing_more_at_its_first_call(fhir):
    done = subprocess.run(
        [sys.executable, "-c", LOADS, f"{fhir.base}/Patient/p1"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
