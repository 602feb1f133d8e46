"""Key sets over HTTP from a real server of the test's own, which misbehaves as it is told."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cds.access import key_fetch
from cds.access.key_fetch import KeysNotFetched, fetch_keys
from cds.access.key_set import read_key_set
from tests.access.telling import key


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        getattr(self, "answer_" + self.path.strip("/"))()

    def answer_set(self):
        self.send(key().key_set)

    def answer_moved(self):
        self.send_response(302)
        self.send_header("Location", "/set")
        self.end_headers()

    def answer_gone(self):
        self.send(b"gone", 404)

    def answer_large(self):
        self.send(b" " * 300_000)

    def answer_drip(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(200):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.02)

    def answer_silence(self):
        time.sleep(1)

    def answer_short(self):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"{")

    def send(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Keep quiet."""


class Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        """The client hung up: that is what some tests are about."""


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Handler) as running:
        running.asked = []
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def url(server, path):
    return f"http://127.0.0.1:{server.server_port}/{path}"


def test_a_key_set_is_fetched(server):
    assert key().kid in read_key_set(fetch_keys(url(server, "set")))


@pytest.mark.parametrize("path", ["moved", "gone", "large", "short"])
def test_jwt_06_what_is_not_a_whole_document_of_sensible_size_at_that_very_address_is_not_taken(server, path):
    with pytest.raises(KeysNotFetched):
        fetch_keys(url(server, path))
    assert server.asked == [f"/{path}"]


@pytest.mark.parametrize("path", ["drip", "silence"])
def test_a_server_that_is_slow_is_given_up(server, path, monkeypatch):
    monkeypatch.setattr(key_fetch, "_STEP", 0.2)
    monkeypatch.setattr(key_fetch, "_WHOLE", 0.5)
    start = time.monotonic()
    with pytest.raises(KeysNotFetched):
        fetch_keys(url(server, path))
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://no.invalid/", "http://[::1", "nonsense"])
def test_an_address_where_nobody_answers_is_said_to_be_one(address):
    with pytest.raises(KeysNotFetched) as fault:
        fetch_keys(address)
    assert address not in str(fault.value)
