"""``/openapi.json`` and ``/openapi``: the API for machines, and the same as a page to read. No patient data."""

from functools import cache
from pathlib import Path

import orjson
from flask import Flask, Response, render_template_string

from cds import clock
from cds.api.desk import Desk
from cds.api.openapi import Json, describe_api
from cds.facts.dates import Moment
from cds.settings import Settings

_PAGE = Path(__file__).with_suffix(".html")


def offer_reference(app: Flask, settings: Settings, desk: Desk, *, feedback: bool) -> None:
    """Add both to ``app``. The services do not change while a process runs, so the document is made once."""

    @cache
    def document() -> Json:
        services = desk.discovery(Moment(clock.now(), settings.timezone))
        tokens, metrics = settings.auth == "jwt", settings.metrics != "off"
        return describe_api(services, tokens=tokens, feedback=feedback, metrics=metrics)

    @app.get("/openapi.json")
    def machine_readable() -> Response:
        return Response(orjson.dumps(document()), content_type="application/json")

    @app.get("/openapi")
    def readable() -> Response:
        page = Response(render_template_string(_PAGE.read_text(encoding="utf-8"), api=document()))
        page.content_type = "text/html; charset=utf-8"
        page.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return page
