"""Discovery and hook calls: path, method, authentication, media type, size, and then the desk.

The order of the checks is the contract's. This module reads no member of a body and builds no card.
"""

from typing import TYPE_CHECKING

from flask import Flask, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from cds.api.desk import Desk
from cds.api.faults import NotAuthenticated, UnsupportedMedia, json_response
from cds.api.moments import moment_of_call
from cds.hooks.faults import UnknownService
from cds.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_JSON_TYPES = frozenset({"application/json", "application/fhir+json"})


def offer_services(app: Flask, settings: Settings, desk: Desk) -> None:
    """Add the CDS Hooks routes to ``app``. Feedback is not offered: its path is a 404 (FB-01)."""
    zone, test_clock, authenticates = settings.timezone, settings.test_clock, settings.auth != "off"
    largest = settings.max_body

    # Werkzeug refuses a declared length beyond this by itself, but cuts an undeclared one off in silence.
    app.config["MAX_CONTENT_LENGTH"] = largest + 1

    def authenticate() -> None:
        # This version cannot check tokens: where they are asked for, nobody is let in.
        if authenticates:
            raise NotAuthenticated

    @app.get("/cds-services")
    def discover() -> Response:
        authenticate()
        moment, _ = moment_of_call(zone, test_clock)
        return json_response({"services": desk.discovery(moment)})

    @app.post("/cds-services/<service_id>")
    def call_service(service_id: str) -> Response:
        if not desk.knows(service_id):
            raise UnknownService(service_id)
        authenticate()
        current = request._get_current_object()  # type: ignore[attr-defined]  # one look-up instead of five
        check_media(current.environ)
        body: bytes = current.get_data(cache=False)
        if len(body) > largest:  # a chunked body arrives cut off at MAX_CONTENT_LENGTH, which is one more
            raise RequestEntityTooLarge
        moment, pinned = moment_of_call(zone, test_clock)
        response = Response(desk.answer(service_id, body, moment, pinned=pinned), content_type="application/json")
        response.headers["Cache-Control"] = "no-store"
        return response


def check_media(environ: "WSGIEnvironment") -> None:
    """Refuse a body that is not declared as plain JSON; parameters are ignored, case does not count (HTTP-10)."""
    declared: str = environ.get("CONTENT_TYPE", "")
    if declared not in _JSON_TYPES and declared.partition(";")[0].strip().lower() not in _JSON_TYPES:
        raise UnsupportedMedia("Content-Type")
    # No client compresses hook calls, and an inflated body is a way round the size limit.
    if environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedMedia("Content-Encoding")
