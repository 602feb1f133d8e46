"""Discovery, and the route of hook calls: those that go well are answered in front of it (``cds.api.calls``)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from cds.access.client import Client
from cds.api.calls import FAULT
from cds.api.desk import Desk
from cds.api.faults import json_response
from cds.api.moments import moment_of_call
from cds.hooks.faults import UnknownService
from cds.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def offer_services(app: Flask, settings: Settings, desk: Desk, admit: "Callable[[WSGIEnvironment], Client]") -> None:
    """Add discovery and the hook calls to ``app``.

    admit: the client that makes a call; raises where it is not let in.
    """
    zone, test_clock = settings.timezone, settings.test_clock

    @app.get("/cds-services")
    def discover() -> Response:
        admit(request.environ)
        moment, _ = moment_of_call(request.environ, zone, test_clock=test_clock)
        return json_response({"services": desk.discovery(moment)})

    @app.post("/cds-services/<service_id>")
    def call_service(service_id: str) -> Response:
        """What comes here has no answer."""
        # Taken out: a fault remembers where it was raised, and with that the request that it would lie in.
        raise request.environ.pop(FAULT, None) or UnknownService(service_id)
