"""What browsers ask: preflights, answered before any authentication, and the origin on every answer, errors too.

No credentials mode is ever allowed (CORS-05): clients send their token in a header of their own.
"""

from typing import TYPE_CHECKING

from flask import Flask, Response, request

from cds.access.client import Client
from cds.api.callers import CLIENT
from cds.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Authorization is named because "*" does not cover it; "*" covers what other SDKs add (X-Medplum, CDS-Now).
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, *",
    # Without an age browsers ask again every five seconds.
    "Access-Control-Max-Age": "3600",
}
#: What a page may read of a refusal beside its body: when to try again, and what was asked for.
_EXPOSED = "Retry-After, WWW-Authenticate"
_WITH_HEADERS = frozenset({401, 429, 503})
#: A public page asks before it calls a private network; only an origin that is listed by name is let through.
_PRIVATE_ASKED = "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK"
_EVERYBODY = ("Access-Control-Allow-Origin", "*")
_VARIES = ("Vary", "Origin")


class Origins:
    """Which origin an answer names.

    of_clients: origins that single clients are limited to. A preflight says nothing of who will call, so it may name
    any of them; the answer to a known client names its own only.
    """

    def __init__(self, settings: Settings, of_clients: frozenset[str] = frozenset()) -> None:
        self._any = settings.cors_origins == ("*",)
        self._are_all_alike = self._any and not of_clients
        self._listed = frozenset(settings.cors_origins)
        self._before_known = self._listed | of_clients

    def told(self, environ: "WSGIEnvironment", client: Client | None) -> list[tuple[str, str]]:
        """The headers for an answer to this request; client: who was let in, if anybody was."""
        if self._are_all_alike:
            return [_EVERYBODY]
        own = client.origins if client is not None else None
        if self._any and own is None:
            return [_EVERYBODY, _VARIES]
        origin = environ.get("HTTP_ORIGIN")
        allowed = own if own is not None else self._before_known if client is None else self._listed
        if origin is None or origin not in allowed:
            return [_VARIES]
        named = [("Access-Control-Allow-Origin", origin), _VARIES]
        if environ["REQUEST_METHOD"] == "OPTIONS" and _PRIVATE_ASKED in environ:
            named.append(("Access-Control-Allow-Private-Network", "true"))
        return named


def allow_browsers(app: Flask, origins: Origins) -> None:
    """Answer preflights, and name the allowed origin on every answer of ``app``."""

    @app.before_request
    def preflight() -> Response | None:
        if request.method != "OPTIONS":
            return None
        return Response(status=204, headers=_PREFLIGHT)

    @app.after_request
    def name_origin(response: Response) -> Response:
        if response.status_code in _WITH_HEADERS:
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        for name, value in origins.told(request.environ, request.environ.get(CLIENT)):
            response.headers.add(name, value)
        return response
