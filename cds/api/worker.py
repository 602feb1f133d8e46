"""Gunicorn's threaded worker, but it knows how long requests wait, leaves new connections to workers that have fewer,
lets nobody keep a thread by sending nothing more, and refuses what is not HTTP by an OperationOutcome.

Gunicorn's own refusals are HTML, and both they and its log repeat the line at fault, which may hold a token or a name.
"""

import contextlib
import socket
import time
from typing import Any

import orjson
from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.workers.gthread import _DEFER, ThreadWorker  # type: ignore[import-untyped]

from cds.api.arrival import note_wait
from cds.api.balance import OpenConnections
from cds.hooks.outcome import issue, operation_outcome
from cds.logs import get_logger

_log = get_logger(__name__)

_Refusal = tuple[int, str, str]  # status, its phrase, what to tell
_MALFORMED: _Refusal = (400, "Bad Request", "The request is not well-formed HTTP/1.1.")
_REFUSALS: tuple[tuple[type[Exception], _Refusal], ...] = (
    (errors.LimitRequestLine, (414, "URI Too Long", "The address is longer than this service takes.")),
    (
        errors.LimitRequestHeaders,
        (431, "Request Header Fields Too Large", "The headers are more or longer than this service takes."),
    ),
    (errors.UnsupportedTransferCoding, (501, "Not Implemented", "Send the body as it is, or chunked.")),
    (errors.ExpectationFailed, (417, "Expectation Failed", "Only Expect: 100-continue is understood.")),
    (errors.ParseException, _MALFORMED),
)
_FAILED: _Refusal = (
    500,
    "Internal Server Error",
    "The service could not answer; nothing was concluded.",
)


#: Made when gunicorn reads this module, before it forks workers.
OPEN = OpenConnections()
#: Seconds for which a worker leaves a new connection to others that have fewer; then it takes it, whatever they do.
_HESITATES = 0.005
#: Seconds for which a thread waits for the first byte of a new connection; then it serves who has something to say.
_FIRST_BYTE = 0.02
#: Seconds after which nothing more is read of a request, and after which its connection is cut: a client that is gone,
#: or hostile, would keep its thread for ever otherwise, and some of them all threads.
_READS = 5.0
_LASTS = 30.0
#: Bytes of a body that nobody asked for which are read and dropped, for two seconds at most, before its connection is
#: closed: who sends all of it before he reads would see a broken connection instead of the refusal.
_DROPS = 64 * 1024 * 1024
_DROPS_FOR = 2.0
_PIECE = 1024 * 1024


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """One process, some threads. Notes how long each request waits for one of them."""

    _accepts_at: float | None = None
    _has_hesitated = False

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._under_way: dict[Any, float] = {}

    def accept(self, listener: Any) -> None:
        """Take a new connection, or leave it for a moment to who has fewer."""
        if self._has_hesitated or OPEN.is_least(self.age, self.nr_conns):
            self._has_hesitated = False
            super().accept(listener)
            OPEN.tell(self.age, self.nr_conns)
        elif self._accepts_at is None:  # there may be several listeners
            self._accepts_at = time.monotonic() + _HESITATES
            super().set_accept_enabled(False)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Not while it hesitates."""
        if enabled and self._accepts_at is not None:
            if time.monotonic() < self._accepts_at:
                return
            self._accepts_at, self._has_hesitated = None, True
        super().set_accept_enabled(enabled)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """No longer than it hesitates. Threads that wait for their clients too long are freed meanwhile."""
        OPEN.tell(self.age, self.nr_conns)
        self._free_threads()
        if self._accepts_at is not None:
            timeout = min(timeout, max(self._accepts_at - time.monotonic(), 0.0))
        super().wait_for_and_dispatch_events(timeout)

    def enqueue_req(self, conn: Any) -> None:
        """A connection has something to read: its request waits from now on."""
        conn.queued_at = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """A thread has taken it up."""
        note_wait(time.monotonic() - conn.queued_at)
        if not (conn.initialized or conn.data_ready or conn.wait_for_data(_FIRST_BYTE)):
            return _DEFER
        self._under_way[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            del self._under_way[conn]

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        """What is left of a body goes first, so that its sender comes to read the answer."""
        try:
            _drop_rest(conn)
            return bool(super()._keepalive_after(conn, keepalive))
        except (errors.ParseException, errors.NoMoreData, OSError):  # it was answered already
            return False

    def _free_threads(self) -> None:
        """End the reading, and at last the writing, of requests that take far longer than any answer."""
        now = time.monotonic()
        for conn, began in self._under_way.copy().items():
            if now - began > _READS:
                how = socket.SHUT_RD if now - began < _LASTS else socket.SHUT_RDWR
                with contextlib.suppress(OSError):  # it may have ended by itself
                    # Not TLS's own, which would change the connection under the thread that reads from it.
                    socket.socket.shutdown(conn.sock, how)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:  # noqa: ARG002 - gunicorn's
        """Refuse what gunicorn could not read, and close the connection."""
        refusal = next((refusal for kind, refusal in _REFUSALS if isinstance(exc, kind)), _FAILED)
        event = "request_failed" if refusal is _FAILED else "not_http"
        _log.warning(event, fault=type(exc).__name__)
        with contextlib.suppress(OSError):  # whoever sent that may be gone
            util.write_nonblock(client, refusal_bytes(refusal))


def _drop_rest(conn: Any) -> None:
    """Read what the application did not, within bounds. Gunicorn does for connections that stay open, up to 64 KiB."""
    body, until = conn.parser.mesg.body, time.monotonic() + _DROPS_FOR
    for _ in range(_DROPS // _PIECE):
        conn.sock.settimeout(max(until - time.monotonic(), 0.001))
        if not body.read(_PIECE):
            break
    conn.sock.settimeout(None)


def refusal_bytes(refusal: _Refusal) -> bytes:
    """A whole response."""
    status, phrase, text = refusal
    code = "exception" if status == 500 else "invalid"
    body = orjson.dumps(operation_outcome([issue(code, text)]))
    head = (
        f"HTTP/1.1 {status} {phrase}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        # A browser shows its page nothing of an answer without it.
        "Access-Control-Allow-Origin: *",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
