"""Calls that got no answer are kept: each that was let in, so that every accepted request can be accounted for; and of
those who were not, or came when there was no time, how many.
"""

from flask import Flask, request
from flask.typing import ResponseReturnValue

from cds.access.client import Client
from cds.access.faults import CannotTell, TokenRefused, TooManyCalls
from cds.api.callers import CLIENT
from cds.api.calls import BODY
from cds.api.desk import Desk
from cds.api.faults import Overloaded
from cds.hooks.instance import find_instance
from cds.records.refusals import Refused

#: The routes whose calls are kept, by their endpoint.
_CALLS = {"call_service": "hook", "take_feedback": "feedback"}
#: Those to which a token belongs, too.
_GUARDED = {**_CALLS, "discover": "discovery"}


def keep_refusals(app: Flask, desk: Desk) -> None:
    """Have the desk keep every call of ``app`` that a fault ended."""
    handle = app.handle_user_exception

    def kept(e: Exception) -> ResponseReturnValue:
        answer = handle(e)
        if (refused := _refused(e, app.make_response(answer).status_code)) is not None:
            desk.refused(refused)
        return answer

    app.handle_user_exception = kept  # type: ignore[method-assign]


def _refused(fault: Exception, status: int) -> Refused | None:
    """What is to be kept; None for what was no call, or no business of the gate's."""
    endpoint = request.endpoint or ""
    kind = type(fault).__name__
    client: Client | None = request.environ.get(CLIENT)
    if client is not None:
        call = _CALLS.get(endpoint)
        return None if call is None else Refused(call, _service(), client.id, status, kind, _instance())
    call = _GUARDED.get(endpoint)
    if call is None:
        return None
    if isinstance(fault, TokenRefused):
        # Who it seemed to be has not been shown, and which service was meant would be for a stranger to choose.
        return Refused(call, "", "", status, f"{kind}: {fault.reason}", outside=True)
    if isinstance(fault, TooManyCalls):
        return Refused(call, _service(), fault.client, status, kind, outside=True)
    return Refused(call, _service(), "", status, kind, outside=True) if isinstance(fault, _UNHEARD) else None


#: Faults of ours, before anybody was asked who they are.
_UNHEARD = (Overloaded, CannotTell)


def _service() -> str:
    return str((request.view_args or {}).get("service_id", ""))


def _instance() -> str | None:
    body: bytes | None = request.environ.get(BODY)
    found = find_instance(body) if body is not None else None
    return found[1].decode().lower() if found else None
