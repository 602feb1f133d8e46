"""Feedback over HTTP: the same checks as a hook call, in the same order, and then the feedback desk."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from cds.access.client import Client
from cds.api.calls import read_body
from cds.api.desk import Desk, FeedbackDesk
from cds.api.faults import json_response
from cds.hooks.faults import UnknownService
from cds.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def offer_feedback(
    app: Flask, settings: Settings, desk: Desk, feedback: FeedbackDesk, admit: "Callable[[WSGIEnvironment], Client]"
) -> None:
    """Add the feedback route of every service to ``app`` (FB-01)."""
    largest = settings.max_body

    @app.post("/cds-services/<service_id>/feedback")
    def take_feedback(service_id: str) -> Response:
        if not desk.knows(service_id):
            raise UnknownService(service_id)
        client = admit(request.environ)
        response = json_response(feedback.take(service_id, read_body(request.environ, largest), client.id))
        response.headers["Cache-Control"] = "no-store"
        return response
