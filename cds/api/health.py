"""Is the process alive, and is it fit to answer? For load balancers and operators; no patient data."""

from flask import Flask, Response

from cds import clock
from cds.access.gate import Gate
from cds.api.desk import Desk, FeedbackDesk
from cds.api.faults import json_response
from cds.facts.dates import Moment
from cds.hooks.outcome import issue, operation_outcome
from cds.settings import Settings


def tell_health(app: Flask, settings: Settings, desk: Desk, gate: Gate, feedback: FeedbackDesk | None) -> None:
    """Add ``/livez`` and ``/readyz``."""

    @app.get("/livez")
    def alive() -> Response:
        return json_response({"status": "alive"})

    @app.get("/readyz")
    def ready() -> Response:
        health = desk.health()
        problems = gate.problems()
        if health.get("ready") is not True:
            problems += health.get("problems") or ["the service is not ready"]
        if problems:
            return json_response(operation_outcome(issue("transient", str(text)) for text in problems), 503)
        if feedback is not None:
            health = {**health, "feedback": dict(feedback.health())}
        moment = Moment(clock.now(), settings.timezone)
        told = {"access": dict(gate.health()), "notices": desk.notices(moment), "rulesets": desk.loaded(moment)}
        return json_response({**health, **told})
