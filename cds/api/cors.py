"""What browsers ask: preflights, answered before any authentication, and the origin on every answer, errors too.

No credentials mode is ever allowed (CORS-05): clients send their token in a header of their own.
"""

from flask import Flask, Response, g, request

from cds.access.client import Client
from cds.settings import Settings

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


def allow_browsers(app: Flask, settings: Settings, of_clients: frozenset[str] = frozenset()) -> None:
    """Answer preflights and name the allowed origin on every answer of ``app``.

    of_clients: origins that single clients are limited to. A preflight says nothing of who will call, so it may name
    any of them; the answer to a known client names its own only.
    """
    any_origin = settings.cors_origins == ("*",)
    origins = frozenset(settings.cors_origins)
    before_known = origins | of_clients

    @app.before_request
    def preflight() -> Response | None:
        if request.method != "OPTIONS":
            return None
        return Response(status=204, headers=_PREFLIGHT)

    @app.after_request
    def name_origin(response: Response) -> Response:
        headers = response.headers
        if response.status_code in _WITH_HEADERS:
            headers["Access-Control-Expose-Headers"] = _EXPOSED
        if any_origin and not of_clients:
            headers["Access-Control-Allow-Origin"] = "*"
            return response
        client: Client | None = g.get("client")
        own = client.origins if client is not None else None
        if any_origin and own is None:
            headers["Access-Control-Allow-Origin"] = "*"
        else:
            origin = request.environ.get("HTTP_ORIGIN")
            if origin in (own if own is not None else before_known if client is None else origins):
                headers["Access-Control-Allow-Origin"] = origin
                if request.method == "OPTIONS" and _PRIVATE_ASKED in request.environ:
                    headers["Access-Control-Allow-Private-Network"] = "true"
        headers.add("Vary", "Origin")
        return response
