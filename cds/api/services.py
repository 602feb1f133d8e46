"""Discovery and hook calls: path, method, authentication, media type, size, and then the desk.

The order of the checks is the contract's. This module reads no member of a body and builds no card.
"""

from collections.abc import Callable

from flask import Flask, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from cds.access.client import Client
from cds.api.arrival import seconds_waited
from cds.api.desk import Desk
from cds.api.faults import Overloaded, json_response
from cds.api.gzipped import inflated
from cds.api.media import check_media, is_gzipped
from cds.api.moments import moment_of_call
from cds.decisions.budget import Budget
from cds.hooks.faults import UnknownService
from cds.settings import Settings


def offer_services(app: Flask, settings: Settings, desk: Desk, admit: Callable[[], Client]) -> None:
    """Add discovery and the hook calls to ``app``.

    admit: the client that makes the current call; raises where it is not let in.
    """
    zone, test_clock = settings.timezone, settings.test_clock
    largest, budget = settings.max_body, settings.deadline_ms / 1000

    # Werkzeug refuses a declared length beyond this by itself, but cuts an undeclared one off in silence.
    app.config["MAX_CONTENT_LENGTH"] = largest + 1

    @app.get("/cds-services")
    def discover() -> Response:
        admit()
        moment, _ = moment_of_call(zone, test_clock)
        return json_response({"services": desk.discovery(moment)})

    @app.post("/cds-services/<service_id>")
    def call_service(service_id: str) -> Response:
        if not desk.knows(service_id):
            raise UnknownService(service_id)
        left = budget - seconds_waited()
        if left <= 0:  # before anything is read: what waits behind it must not come too late as well
            raise Overloaded
        client = admit()
        body = read_body(largest)
        moment, pinned = moment_of_call(zone, test_clock)
        answer = desk.answer(service_id, body, moment, pinned=pinned, client=client, budget=Budget(left))
        response = Response(answer, content_type="application/json")
        response.headers["Cache-Control"] = "no-store"
        return response


def read_body(largest: int) -> bytes:
    """The JSON body of the current request, inflated; at most ``largest`` bytes, before and after. Kept in ``g``."""
    current = request._get_current_object()  # type: ignore[attr-defined]  # one look-up instead of five
    check_media(current.environ)
    body: bytes = current.get_data(cache=False)
    if len(body) > largest:  # a chunked body arrives cut off at MAX_CONTENT_LENGTH, which is one more
        raise RequestEntityTooLarge
    g.body = inflated(body, largest) if is_gzipped(current.environ) else body
    return g.body  # type: ignore[no-any-return]
