"""The configuration of nginx that the operators' page advises, run as it is in front of ``cds serve``."""

import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.stores.served import EXAMPLE, ROOT, SERVICE, serving
from tests.stores.servers import missing

pytestmark = pytest.mark.stores

CONFIGURATION = ROOT / "docs" / "examples" / "nginx.conf"
#: What differs on a test's machine, and nothing else: (as it stands in the file, name of the value).
_PLACES = (
    ("listen 443 ssl;", "listen 127.0.0.1:{port} ssl;"),
    ("127.0.0.1:8000", "127.0.0.1:{service}"),
    ("/etc/ssl/cds.pem", "{folder}/cds.pem"),
    ("/etc/ssl/cds.key", "{folder}/cds.key"),
    ("rate=50r/s", "rate=5r/s"),
    ("burst=100", "burst=30"),
)


class Front:
    """nginx, and what its clients ask."""

    def __init__(self, folder, service):
        self.port = free_port()
        self._folder = folder
        certify(folder)
        told = CONFIGURATION.read_text(encoding="utf-8")
        for place, value in _PLACES:
            assert told.count(place) >= 1, place
            told = told.replace(place, value.format(port=self.port, service=service, folder=folder))
        (folder / "nginx.conf").write_text(told, encoding="utf-8")
        self._context = ssl.create_default_context(cafile=str(folder / "cds.pem"))
        self._process = None

    def start(self):
        settings = f"daemon off; pid {self._folder}/pid; error_log {self._folder}/error.log;"
        command = ["nginx", "-p", str(self._folder), "-c", "nginx.conf", "-g", settings]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with contextlib.suppress(OSError), self.connect():
                return
            time.sleep(0.05)
        self.stop()
        pytest.fail(self._process.stderr.read())

    def stop(self):
        self._process.terminate()
        self._process.wait(10)
        self._process.stderr.close()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def ask(self, path, body=None, **headers):
        """Status, headers, and the JSON that came."""
        url = f"https://localhost:{self.port}{path}"
        request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
        try:
            with urllib.request.urlopen(request, timeout=30, context=self._context) as answer:  # noqa: S310
                return answer.status, answer.headers, json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                content = refused.read()
                is_json = refused.headers["Content-Type"] == "application/json"
                return refused.code, refused.headers, json.loads(content) if is_json else content


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certify(folder):
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    certificate = made.sign(key, hashes.SHA256())
    (folder / "cds.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "cds.key").write_bytes(private)


def call():
    return json.dumps({**EXAMPLE, "hookInstance": str(uuid.uuid4())}).encode()


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    if shutil.which("nginx") is None:
        missing("no nginx here: the advised configuration was not run")
    folder = tmp_path_factory.mktemp("nginx")
    with serving(folder / "state", CDS_DEADLINE_MS="10000") as service:
        made = Front(folder, service.url.rpartition(":")[2])
        made.start()
        try:
            yield made, service
        finally:
            made.stop()


def test_discovery_and_calls_pass_through(front):
    nginx, _ = front
    status, headers, told = nginx.ask("/cds-services", Origin="https://ehr.example.org")
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert SERVICE in [service["id"] for service in told["services"]]
    status, headers, told = nginx.ask(f"/cds-services//{SERVICE}/", call())
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert told["cards"][0]["indicator"] == "critical"


def test_refusals_of_the_service_are_its_own(front):
    nginx, _ = front
    status, _, told = nginx.ask(f"/cds-services/{SERVICE}", b'{"hook": ')
    assert (status, told["issue"][0]["expression"]) == (400, ["body"])
    assert nginx.ask("/cds-services/none", call())[0] == 404


def test_what_is_too_large_is_refused_in_the_same_form(front):
    nginx, _ = front
    status, headers, told = nginx.ask(f"/cds-services/{SERVICE}", b" " * (9 * 1024 * 1024))
    assert (status, headers["Access-Control-Allow-Origin"]) == (413, "*")
    assert (told["resourceType"], told["issue"][0]["code"]) == ("OperationOutcome", "too-long")


def test_counts_are_not_for_the_outside(front):
    nginx, _ = front
    assert nginx.ask("/metrics")[0] == 403


def test_clients_that_send_nothing_more_keep_no_thread_of_the_service(front):
    nginx, service = front
    with contextlib.ExitStack() as stalled:
        for _ in range(40):  # far more than the service has threads
            made = stalled.enter_context(nginx._context.wrap_socket(nginx.connect(), server_hostname="localhost"))
            made.sendall(b"POST /cds-services/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{")
        began = time.monotonic()
        for _ in range(3):
            service.ask()
        assert time.monotonic() - began < 4  # seconds; a stalled thread is freed after five


def test_floods_are_refused_in_the_same_form(front):
    nginx, _ = front
    answers = [nginx.ask("/livez") for _ in range(80)]
    status, headers, told = next(answer for answer in answers if answer[0] != 200)
    assert (status, headers["Retry-After"], told["issue"][0]["code"]) == (429, "1", "throttled")
    time.sleep(1)  # the allowance grows again


def test_a_service_that_is_away_is_told_in_the_same_form(front):
    nginx, service = front
    service.stop()
    status, headers, told = nginx.ask(f"/cds-services/{SERVICE}", call())
    assert (status, headers["Retry-After"]) == (503, "5")
    assert told["issue"][0]["details"]["text"].startswith("The service does not answer")
