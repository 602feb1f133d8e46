"""Hook calls, answered in WSGI in front of Flask: what a framework does for each costs a good part of a repeat.

Only what goes well ends here. A fault goes on to Flask with its request, where the route of hook calls raises it: there
is one table from fault to status, and one place where refusals get their headers. Every other request is Flask's.
"""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from cds.access.client import Client
from cds.api.arrival import seconds_waited
from cds.api.callers import CLIENT
from cds.api.cors import Origins
from cds.api.desk import Desk
from cds.api.faults import Overloaded
from cds.api.gzipped import inflated, shortened
from cds.api.media import check_media, is_gzipped
from cds.api.moments import moment_of_call
from cds.api.paths import CAME
from cds.decisions.budget import Budget
from cds.metrics.meter import Meter
from cds.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    Admit = Callable[["WSGIEnvironment"], Client]

#: Where a call's fault waits for Flask, and its body for whoever asks which call it was.
FAULT, BODY = "cds.fault", "cds.body"
_PREFIX = "/cds-services/"


class HookCalls:
    """WSGI middleware. The order of the checks is the contract's; no member of a body is read here."""

    def __init__(
        self,
        app: "WSGIApplication",
        settings: Settings,
        desk: Desk,
        *,
        admit: "Admit",
        origins: Origins,
        meter: Meter,
    ) -> None:
        """``admit``: the client that makes a call; raises where it is not let in."""
        self._app = app
        self._desk = desk
        self._admit = admit
        self._origins = origins
        self._meter = meter
        self._zone, self._test_clock = settings.timezone, settings.test_clock
        self._largest, self._budget = settings.max_body, settings.deadline_ms / 1000

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer, or pass on."""
        path: str = environ.get("PATH_INFO", "")
        service_id = path[len(_PREFIX) :]
        is_call = environ["REQUEST_METHOD"] == "POST" and path.startswith(_PREFIX) and self._desk.knows(service_id)
        if not is_call:
            return self._app(environ, start_response)
        try:
            answer = self._answer(environ, service_id)
        except Exception as fault:  # noqa: BLE001 - Flask's table knows every one
            environ[FAULT] = fault
            return self._app(environ, start_response)
        content, packed = shortened(answer, environ)
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), *packed]
        headers += [("Content-Length", str(len(content))), *self._origins.told(environ, environ[CLIENT])]
        self._meter.took("hook", service_id, 200, time.monotonic() - environ[CAME] + seconds_waited())
        start_response("200 OK", headers)
        return (content,)

    def _answer(self, environ: "WSGIEnvironment", service_id: str) -> bytes:
        left = self._budget - seconds_waited()
        if left <= 0:  # before anything is read: what waits behind it must not come too late as well
            raise Overloaded
        client = self._admit(environ)
        body = read_body(environ, self._largest)
        moment, pinned = moment_of_call(environ, self._zone, test_clock=self._test_clock)
        return self._desk.answer(service_id, body, moment, pinned=pinned, client=client, budget=Budget(left))


def read_body(environ: "WSGIEnvironment", largest: int) -> bytes:
    """The JSON body of a request, inflated; at most ``largest`` bytes, before and after. Left at ``BODY``, too."""
    check_media(environ)
    # Werkzeug refuses a longer declared length by itself, but cuts an undeclared one off in silence.
    body = get_input_stream(environ, max_content_length=largest + 1).read()
    if len(body) > largest:
        raise RequestEntityTooLarge
    environ[BODY] = body = inflated(body, largest) if is_gzipped(environ) else body
    return body
