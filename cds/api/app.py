"""The Flask factory: routes, faults, CORS and path tidying put together. It holds no logic of its own."""

import os

from flask import Flask

from cds.api.cors import allow_browsers
from cds.api.desk import ClosedDesk, Desk
from cds.api.faults import answer_faults
from cds.api.health import tell_health
from cds.api.paths import TidyPaths
from cds.api.services import offer_services
from cds.settings import Settings, read_settings


def create_app(settings: Settings | None = None, desk: Desk | None = None) -> Flask:
    """The WSGI application. Without settings the environment is read; without a desk it is closed and not ready."""
    settings = settings or read_settings(os.environ)
    desk = desk or ClosedDesk()
    app = Flask("cds", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    allow_browsers(app, settings)
    offer_services(app, settings, desk)
    tell_health(app, settings, desk)
    answer_faults(app, desk)
    app.wsgi_app = TidyPaths(app.wsgi_app)  # type: ignore[method-assign]
    return app
