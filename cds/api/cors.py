"""What browsers ask: preflights, answered before any authentication, and the origin on every answer, errors too.

No credentials mode is ever allowed (CORS-05): clients send their token in a header of their own.
"""

from flask import Flask, Response, request

from cds.settings import Settings

# Authorization is named because "*" does not cover it; "*" covers what other SDKs add (X-Medplum, CDS-Now).
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, *",
    # Without an age browsers ask again every five seconds.
    "Access-Control-Max-Age": "3600",
}


def allow_browsers(app: Flask, settings: Settings) -> None:
    """Answer preflights and name the allowed origin on every answer of ``app``."""
    any_origin = settings.cors_origins == ("*",)
    origins = frozenset(settings.cors_origins)

    @app.before_request
    def preflight() -> Response | None:
        if request.method != "OPTIONS":
            return None
        return Response(status=204, headers=_PREFLIGHT)

    @app.after_request
    def name_origin(response: Response) -> Response:
        headers = response.headers
        if any_origin:
            headers["Access-Control-Allow-Origin"] = "*"
            return response
        headers.add("Vary", "Origin")
        origin = request.environ.get("HTTP_ORIGIN")
        if origin in origins:
            headers["Access-Control-Allow-Origin"] = origin
        return response
