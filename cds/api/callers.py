"""Who is calling: the gate asked with what HTTP tells about a call, and its refusals as answers.

A refused caller is told everything that a token needs here, and not which check failed (JWT-12): the list helps who
builds a client and says nothing to who guesses. The reason is in the service's log.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from cds import clock
from cds.access.claims import LONGEST_LIFE
from cds.access.client import Client
from cds.access.faults import CannotTell, TokenRefused, TooManyCalls
from cds.access.gate import Call, Gate
from cds.api.faults import json_response
from cds.api.paths import AS_CALLED
from cds.hooks.outcome import issue, operation_outcome
from cds.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: Where the client stands that was let in.
CLIENT = "cds.client"
_RETRY_SECONDS = "2"


def callers(settings: Settings, gate: Gate) -> "Callable[[WSGIEnvironment], Client]":
    """A function that admits the caller of a request and leaves it at ``CLIENT``; raises as :meth:`Gate.admit` does."""
    base = (settings.public_url or "").rstrip("/")

    def admit(environ: "WSGIEnvironment") -> Client:
        path: str = environ["PATH_INFO"]
        addresses = {base + path, base + environ.get(AS_CALLED, path)}
        call = Call(frozenset(addresses), environ.get("HTTP_AUTHORIZATION"), environ.get("REMOTE_ADDR", ""), environ)
        client = gate.admit(call, clock.now().timestamp())
        environ[CLIENT] = client
        return client

    return admit


def refuse_callers(app: Flask, settings: Settings) -> None:
    """Make the gate's refusals OperationOutcomes with their statuses."""
    base = (settings.public_url or "").rstrip("/")

    @app.errorhandler(TokenRefused)
    def token_refused(fault: TokenRefused) -> Response:
        text = needed(base + request.path)
        response = json_response(operation_outcome([issue("login", text, "Authorization")]), 401)
        response.headers["WWW-Authenticate"] = (
            "Bearer" if fault.reason == "no-token" else 'Bearer error="invalid_token"'
        )
        return response

    @app.errorhandler(CannotTell)
    def cannot_tell(_: CannotTell) -> Response:
        text = "Whether the token was used before cannot be told just now; nothing was judged. Send a new one soon."
        response = json_response(operation_outcome([issue("transient", text)]), 503)
        response.headers["Retry-After"] = _RETRY_SECONDS
        return response

    @app.errorhandler(TooManyCalls)
    def too_many_calls(fault: TooManyCalls) -> Response:
        text = "This client calls more often than was agreed; nothing was judged. See Retry-After."
        response = json_response(operation_outcome([issue("throttled", text)]), 429)
        response.headers["Retry-After"] = str(math.ceil(fault.wait))
        return response


def needed(audience: str) -> str:
    """What a token for this address needs."""
    return (
        "The call needs a bearer token (JWT) of its own. Header: alg ES384 or RS384, typ JWT, kid of a key that is "
        f'registered for the issuer. Claims: iss as registered, aud "{audience}" exactly, exp in the future and at '
        f"most {LONGEST_LIFE // 60} minutes ahead, iat not in the future, a jti never sent before, tenant as "
        "registered. Which of these failed is in the service's log."
    )
