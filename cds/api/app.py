"""The Flask factory: routes, faults, CORS and path tidying put together. It holds no logic of its own."""

import os

from flask import Flask

from cds.access.gate import Gate, OpenGate
from cds.api.callers import callers, refuse_callers
from cds.api.calls import HookCalls
from cds.api.cors import Origins, allow_browsers
from cds.api.desk import ClosedDesk, Desk, FeedbackDesk
from cds.api.explain import offer_explanations
from cds.api.faults import answer_faults
from cds.api.feedback import offer_feedback
from cds.api.gzipped import shorten_answers
from cds.api.health import tell_health
from cds.api.metrics import count_requests, offer_metrics
from cds.api.paths import TidyPaths
from cds.api.reference import offer_reference
from cds.api.refused import keep_refusals
from cds.api.services import offer_services
from cds.metrics.meter import UNCOUNTED, Meter
from cds.settings import Settings, read_settings


def create_app(
    settings: Settings | None = None,
    desk: Desk | None = None,
    gate: Gate | None = None,
    feedback: FeedbackDesk | None = None,
    meter: Meter = UNCOUNTED,
) -> Flask:
    """The WSGI application. Without settings the environment is read; without a desk it is closed and not ready.

    gate: says who calls; needed where tokens are asked for. Without it everybody is anonymous.
    feedback: takes what became of cards. Without it the feedback paths are 404 (FB-01).
    meter: counts; what it counted is at ``/metrics``.
    """
    settings = settings or read_settings(os.environ)
    desk = desk or ClosedDesk()
    if gate is None:
        if settings.auth == "jwt":
            raise ValueError("tokens are asked for and nothing here can check them")
        gate = OpenGate()
    app = Flask("cds", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    origins = Origins(settings, gate.origins())
    allow_browsers(app, origins)
    admit = callers(settings, gate)
    offer_services(app, settings, desk, admit)
    if feedback is not None:
        offer_feedback(app, settings, desk, feedback, admit)
    offer_explanations(app, settings, desk, admit)
    tell_health(app, settings, desk, gate, feedback)
    offer_metrics(app, settings, desk, meter)
    offer_reference(app, settings, desk, feedback=feedback is not None)
    answer_faults(app, desk, settings.max_body)
    refuse_callers(app, settings)
    keep_refusals(app, desk)
    shorten_answers(app)
    count_requests(app, desk, meter)
    calls = HookCalls(app.wsgi_app, settings, desk, admit=admit, origins=origins, meter=meter)
    app.wsgi_app = TidyPaths(calls)  # type: ignore[method-assign]
    return app
