"""What is not HTTP, sent to a real server: every refusal is an OperationOutcome, and nothing of it is logged."""

import json
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

from cds.api.worker import refusal_bytes

PROGRAM = """
from cds.api import worker
from cds.api.serving import serve
from cds.settings import read_settings
from tests.api.desks import FakeDesk
worker._READS = 1.0
serve(read_settings({"CDS_PORT": "0", "CDS_WORKERS": "1"}), FakeDesk, announce=lambda url: print(url, flush=True))
"""
SECRET = b"secret-5ca1ab1e"
POST = b"POST /cds-services/patient-view HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def server():
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], **told) as process:
        try:
            yield int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline().strip())[1])
        finally:
            process.send_signal(signal.SIGTERM)
            log = process.stdout.read()
            assert process.wait(20) == 0
    assert SECRET.decode() not in log
    assert "not_http" in log


def asked(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (SECRET + b"\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET /cds-services HTTP/1.1\r\nBad Header: " + SECRET + b"\r\n\r\n", 400),
        (b"GET /cds-services HTTP/1.1\r\nAuthorization: Bearer " + SECRET + b"\x00\r\n\r\n", 400),
        (b"GET /cds-services HTTP/1.1\r\n folded: " + SECRET + b"\r\n\r\n", 400),
        (b"GET /" + SECRET * 700 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /cds-services HTTP/1.1\r\nA: " + SECRET * 700 + b"\r\n\r\n", 431),
        (b"GET /cds-services HTTP/1.1\r\nExpect: " + SECRET + b"\r\n\r\n", 417),
        (POST + b"Transfer-Encoding: " + SECRET + b"\r\n\r\n", 501),
        (POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Content-Length: -2\r\n\r\n{}", 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n" + SECRET + b"\r\n{}\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}" + SECRET, 400),
        (POST + b"Content-Length: 200\r\n\r\n{}", 400),
    ],
)
def test_http_07_and_08_what_is_not_http_is_refused_like_everything_else(server, sent, status):
    head, _, body = asked(server, sent).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
    outcome = json.loads(body[:length])
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["details"]["text"]
    assert b"application/json" in head
    assert b"Access-Control-Allow-Origin: *" in head
    assert SECRET not in head + body


def test_http_13_the_server_answers_on(server):
    assert b" 200 OK\r\n" in asked(server, b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"", b""),
        (b"POST /cds-services/patient-view HTTP/1.1\r\nHost:", b""),
        (POST + b"Content-Length: 200\r\n\r\n{", b"HTTP/1.1 400 "),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{", b"HTTP/1.1 400 "),
    ],
    ids=["nothing", "half a head", "half a body", "half a chunk"],
)
def test_clients_that_send_no_more_keep_no_thread(server, sent, told):
    with ExitStack() as stack:
        stalled = [stack.enter_context(socket.create_connection(("127.0.0.1", server), timeout=10)) for _ in range(4)]
        for connection in stalled:
            connection.sendall(sent)
        assert b" 200 OK\r\n" in asked(server, b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert all(connection.recv(65536).startswith(told) for connection in stalled)


def test_a_refusal_is_one_whole_response():
    head, _, body = refusal_bytes((400, "Bad Request", "No.")).partition(b"\r\n\r\n")
    assert int(re.search(rb"Content-Length: (\d+)", head)[1]) == len(body)


MIB = 1024 * 1024
CHUNKED = b"%x\r\n" % MIB + b"x" * MIB + b"\r\n"


@pytest.mark.requirement("HTTP-05")
@pytest.mark.parametrize("connection", [b"close", b"keep-alive"])
@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        (POST + b"Content-Length: %d\r\n" % (32 * MIB), b"x" * 32 * MIB, 413),
        (POST + b"Transfer-Encoding: chunked\r\n", CHUNKED * 32 + b"0\r\n\r\n", 413),
        (POST.replace(b"patient-view", b"none") + b"Content-Length: %d\r\n" % (7 * MIB), b"x" * 7 * MIB, 404),
        (POST.replace(b"/json", b"/xml") + b"Content-Length: %d\r\n" % (7 * MIB), b"x" * 7 * MIB, 415),
    ],
)
def test_who_sends_a_large_body_to_its_end_before_he_reads_sees_the_refusal(server, connection, head, body, status):
    answer = asked(server, head + b"Connection: " + connection + b"\r\n\r\n" + body)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b'"OperationOutcome"' in answer
