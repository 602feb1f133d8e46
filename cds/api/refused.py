"""Calls that were let in and refused afterwards are kept, so that every accepted request can be accounted for."""

from flask import Flask, request
from flask.typing import ResponseReturnValue

from cds.access.client import Client
from cds.api.callers import CLIENT
from cds.api.calls import BODY
from cds.api.desk import Desk
from cds.hooks.instance import find_instance
from cds.records.refusals import Refused

#: The routes whose calls are kept, by their endpoint.
_CALLS = {"call_service": "hook", "take_feedback": "feedback"}


def keep_refusals(app: Flask, desk: Desk) -> None:
    """Have the desk keep every call of ``app`` that the gate let in and that a fault ended.

    What the gate itself refused is in its log: nobody known has called.
    """
    handle = app.handle_user_exception

    def kept(e: Exception) -> ResponseReturnValue:
        answer = handle(e)
        client: Client | None = request.environ.get(CLIENT)
        call = _CALLS.get(request.endpoint or "")
        if client is not None and call is not None:
            status = app.make_response(answer).status_code
            desk.refused(Refused(call, _service(), client.id, status, type(e).__name__, _instance()))
        return answer

    app.handle_user_exception = kept  # type: ignore[method-assign]


def _service() -> str:
    return str((request.view_args or {}).get("service_id", ""))


def _instance() -> str | None:
    body: bytes | None = request.environ.get(BODY)
    found = find_instance(body) if body is not None else None
    return found[1].decode().lower() if found else None
