"""FHIR servers over HTTPS: who made the certificate must be trusted by the machine, and it must be the server's."""

import ipaddress
import json
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cds.fetching.fetcher import Fetcher
from cds.hooks.prefetch import Supply, read_supplied
from tests.fetching.telling import CONDITION, request
from tests.patients import bundle, condition

pytestmark = pytest.mark.stores

DAY = timedelta(days=1)


class Authority:
    """A certificate authority of one test; ``pem``: what a machine trusts that trusts it."""

    def __init__(self, folder, name):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._certificate(self._name, self._key.public_key(), datetime.now(UTC) + DAY)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.pem = folder / f"{name}.pem"
        self.pem.write_bytes(self._signed(made))

    def _certificate(self, name, key, until):
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(until - 3 * DAY)
            .not_valid_after(until)
        )

    def _signed(self, made):
        return made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def issue(self, folder, host="127.0.0.1", until=None):
        """A context for a server of this host."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        made = self._certificate(name, key.public_key(), until or datetime.now(UTC) + DAY)
        whose = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        file = folder / "server.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + self._signed(made.add_extension(whose, critical=False)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


class Handler(BaseHTTPRequestHandler):
    """A record of one problem."""

    def do_GET(self):
        self.server.tokens.append(self.headers["Authorization"])
        content = json.dumps(bundle(condition(snomed="230690007"))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that does not trust it goes away."""


@contextmanager
def serving(context):
    with Quiet(("127.0.0.1", 0), Handler) as server:
        server.tokens = []
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def fetched(server):
    base = f"https://127.0.0.1:{server.server_port}/r4"
    call, fetcher = request(fhir_server=base), Fetcher(5.0)
    try:
        return fetcher.complete(call, read_supplied(call.prefetch, (CONDITION,)), [base])
    finally:
        fetcher.close()


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    """An authority that this machine trusts, as an operator makes it known."""
    authority = Authority(tmp_path, "hospital")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.pem))
    return authority


def test_a_server_whose_certificate_is_of_a_trusted_authority_is_read(trusted, tmp_path):
    with serving(trusted.issue(tmp_path)) as server:
        came = fetched(server)
    assert came.missing == {}
    (supply,) = came.supplied
    assert supply.state is Supply.DATA
    assert [resource["resourceType"] for resource in supply.resources] == ["Condition"]
    assert len(server.tokens) == 1


@pytest.mark.requirement("FHA-07", "FHA-08")
@pytest.mark.parametrize("wrong", ["of an unknown authority", "of another host", "past its day"])
def test_a_certificate_that_does_not_prove_the_server_is_told_and_the_token_stays_here(trusted, tmp_path, wrong):
    authority = Authority(tmp_path, "stranger") if wrong == "of an unknown authority" else trusted
    how = {"of another host": {"host": "127.0.0.2"}, "past its day": {"until": datetime.now(UTC) - DAY}}.get(wrong, {})
    with serving(authority.issue(tmp_path, **how)) as server:
        came = fetched(server)
    assert came.missing == {"Condition": "certificate"}
    assert [supply.state for supply in came.supplied] == [Supply.ABSENT]
    assert server.tokens == []


def test_a_server_that_speaks_no_tls_is_unreachable(trusted):
    with serving(None) as server:
        came = fetched(server)
    assert came.missing == {"Condition": "unreachable"}
    assert server.tokens == []
