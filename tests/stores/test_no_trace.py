"""Whatever a request holds of a patient or a token, nothing of it comes into logs, counts, health, or the cache's keys.

Each text of a request is a marker of its own, in requests that are answered, refused, or fail half-way.
"""

import copy
import itertools
import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import redis

from tests.stores.served import EXAMPLE, ROOT, SERVICE, Service, running
from tests.stores.servers import Server, binary_of

pytestmark = pytest.mark.stores

MARK = re.compile(rb"(?i)zqx[a-z]+[0-9]+qxz")
_numbers = itertools.count()


def mark(kind):
    return f"zqx{kind}{next(_numbers)}qxz"


class Logged(Service):
    """Its log is a file."""

    def start(self):
        self.log = self.state / "log"
        command = [sys.executable, "-m", "cds", "serve"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=self.environ, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        while not (found := re.search(rb"listens on (\S+)", self.log.read_bytes())):
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        self.url = found[1].decode()

    def stop(self, number=15):
        self.process.send_signal(number)
        return self.process.wait(60)


class FHIR(BaseHTTPRequestHandler):
    """Answers with what it should not: texts and headers that nobody may repeat."""

    def do_GET(self):
        body = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "diagnostics": mark("outcome")}]}
        content = json.dumps(body).encode()
        self.send_response(next(self.server.statuses))
        for name, value in (("Content-Type", "application/fhir+json"), ("X-Name", mark("header"))):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def request(server):
    """A call that is answered with cards, everything in it marked."""
    identity = mark("patient")
    call = json.loads(
        json.dumps(EXAMPLE).replace('"example"', f'"{identity}"').replace("Patient/example", "Patient/" + identity)
    )
    call["hookInstance"] = str(uuid.uuid4())
    call["context"] |= {
        "userId": f"Practitioner/{mark('user')}",
        "encounterId": mark("encounter"),
        mark("own"): mark("own"),
    }
    call["prefetch"]["Patient"] |= {
        "name": [{"family": mark("family"), "given": [mark("given")]}],
        "telecom": [{"value": mark("phone")}],
        "identifier": [{"value": mark("number")}],
        "text": {"status": "generated", "div": f"<div>{mark('div')}</div>"},
    }
    for value in call["prefetch"].values():
        for entry in value.get("entry", ()):
            entry["resource"] |= {"note": [{"text": mark("note")}], "identifier": [{"value": mark("number")}]}
    grant = {"access_token": mark("access"), "token_type": "Bearer", "expires_in": 300, "subject": mark("subject")}
    grant["scope"] = f"patient/*.rs {mark('scope')}"
    return call | {"fhirServer": server, "fhirAuthorization": grant, "extension": {mark("own"): mark("own")}}


def spoilt(call):
    """The call with one thing wrong each time."""
    for way in (
        lambda c: c.update(hook=mark("hook")),
        lambda c: c["context"].update(patientId=f"Patient/{mark('patient')}"),
        lambda c: c["context"].update(userId=mark("user")),
        lambda c: c.update(fhirServer=f"https://{mark('user')}:{mark('password')}@example.org"),
        lambda c: c["fhirAuthorization"].update(access_token=f"{mark('access')}\n"),
        lambda c: c["fhirAuthorization"].update(patient=mark("patient")),
        lambda c: c["prefetch"]["Patient"].update(id=mark("patient")),
        lambda c: c["prefetch"].pop("Patient"),
        lambda c: c["prefetch"].update({f"{mark('key')} ": mark("value")}),
        lambda c: c.update(prefetch={}),
        lambda c: c.update(extension={"org.cds-rules.pin": {mark("pin"): "1.0.0"}}),
        lambda c: c.update(context=mark("context")),
    ):
        wrong = copy.deepcopy(call)
        way(wrong)
        yield json.dumps(wrong).encode()
    yield json.dumps(call).encode()[:-9]
    yield f'{{"{(name := mark("name"))} ": 1, "{name} ": 2}}'.encode()


def outcomes():
    moment = {"outcome": "overridden", "outcomeTimestamp": "2026-05-01T10:05:31Z"}
    said = {"reason": {"code": "x", "display": mark("display")}, "userComment": mark("comment")}
    yield {"card": str(uuid.uuid4()), **moment, "overrideReason": said}
    yield {"card": str(uuid.uuid4()), **moment, "overrideReason": {**said, "reason": mark("reason")}}
    yield {"card": str(uuid.uuid4()), "outcome": mark("outcome"), "outcomeTimestamp": mark("moment")}


def sent(url, body, **more):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {mark('token')}", "Cookie": mark("cookie")}
    headers |= {"User-Agent": mark("agent"), "Referer": mark("referer"), **more}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as response:  # noqa: S310
            return response.status, response.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def page(service, name):
    with urllib.request.urlopen(f"{service.url}/{name}", timeout=30) as response:  # noqa: S310 - our own http URL
        return response.read()


@pytest.fixture
def fhir():
    with ThreadingHTTPServer(("127.0.0.1", 0), FHIR) as server:
        server.daemon_threads, server.statuses = True, itertools.cycle([200, 401, 500])
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/r4"
        server.shutdown()


def test_no_text_of_any_request_is_found_where_people_and_machines_look_after_the_service(tmp_path, fhir):
    clients = tmp_path / "clients.yaml"
    clients.write_text(f"clients: {{anonymous: {{fhir-servers: ['{fhir}']}}}}")
    server = Server(binary_of("valkey"), tmp_path)
    server.start()
    service = Logged(tmp_path, CDS_REDIS_URL=server.url, CDS_CLIENTS=str(clients), CDS_DEADLINE_MS="10000")
    service.state = tmp_path
    try:
        with running(service):
            url = f"{service.url}/cds-services/{SERVICE}"
            call = request(fhir)
            status, answer = sent(url, json.dumps(call).encode())
            assert status == 200
            assert json.loads(answer)["cards"]
            came = [sent(url, body) for body in spoilt(call)]
            came += [sent(f"{url}/feedback", json.dumps({"feedback": [item]}).encode()) for item in outcomes()]
            came.append(sent(f"{url}/{mark('path')}?{mark('query')}", b"{}"))
            came.append(sent(url, b"{}", **{"CDS-Now": mark("now")}))
            came.append(sent(url, b"{}", **{"Content-Type": f"text/{mark('type')}"}))
            assert {status for status, _ in came} == {200, 400, 403, 404, 412, 415}
            assert [MARK.findall(body) for status, body in came if status != 200 and MARK.search(body)] == []
            seen = [page(service, "metrics"), page(service, "readyz")]
            seen.append(service.told("list", "--refused", "--json").encode())
            with redis.Redis(unix_socket_path=str(server.path), protocol=2) as kept:
                keys = list(kept.scan_iter())
                assert keys
                seen += [*keys, *filter(None, (kept.dump(key) for key in keys))]
    finally:
        server.kill()
    log = service.log.read_bytes()
    assert b"not_fetched" in log  # it was not shut up altogether
    assert [found for part in (*seen, log) for found in MARK.findall(part)] == []
    # Of the records, what is in clear is of no patient: their files are looked through as they lie on the disk.
    files = [file for file in tmp_path.rglob("*") if file.is_file() and file != clients]
    assert any(file.name == "records.db" for file in files)
    assert {file.name: found for file in files if (found := MARK.findall(file.read_bytes()))} == {}
