"""The only table from fault to status and words.

Every refusal is an OperationOutcome. None tells a stack trace, a path, a library, a token or a patient's data
(HTTP-09); what a bug was is logged by type and place only, because its message may hold a record's text.
"""

import traceback
from collections.abc import Iterable

import orjson
from flask import Flask, Response, request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from cds.api.desk import Desk
from cds.decisions.faults import LiveUnknown, OutOfTime
from cds.decisions.pinning import PIN_FIELD, PinNotAllowed
from cds.errors import ServiceFault
from cds.facts.wrong_patient import WrongPatient
from cds.hooks.faults import EnvelopeRejected, FieldFault, PrefetchMissing, UnknownService
from cds.hooks.outcome import Issue, OperationOutcome, issue, operation_outcome, outcome_of_faults
from cds.logs import get_logger
from cds.records.spool import NotRecorded
from cds.services.selection import NothingEffective

_log = get_logger()

#: HTTP status -> FHIR issue type, text, field at fault.
_REFUSALS: dict[int, tuple[str, str, str]] = {
    400: ("invalid", "The request could not be read.", "body"),
    404: (
        "not-found",
        "There is nothing at this path; GET /cds-services lists the services, /openapi all paths.",
        "path",
    ),
    405: ("not-supported", "This method is not offered here; see Allow.", "method"),
    503: ("throttled", "The service is too busy to answer in time; nothing was judged. Try again.", ""),
    415: ("not-supported", "Send the body as application/json, in UTF-8, as it is or as gzip.", "Content-Type"),
}


class UnsupportedMedia(ServiceFault):
    """The body is declared as something other than plain JSON. ``field``: the header at fault."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class Overloaded(ServiceFault):
    """The request waited so long for its turn that its answer would come too late. Nothing was read of it."""


def json_response(body: object, status: int = 200) -> Response:
    """A JSON answer of ours."""
    return Response(orjson.dumps(body), status, content_type="application/json")


def refusal(status: int, field: str = "") -> Response:
    """The usual refusal of a status."""
    code, text, usual_field = _REFUSALS.get(status, ("processing", "The request was refused.", ""))
    return json_response(operation_outcome([issue(code, text, field or usual_field)]), status)


def answer_faults(app: Flask, desk: Desk, largest: int) -> None:
    """Make every fault of ``app`` an OperationOutcome with its status. ``largest``: bytes that a body may have."""
    _answer_later(app)

    @app.errorhandler(EnvelopeRejected)
    def envelope(fault: EnvelopeRejected) -> Response:
        return json_response(outcome_of_faults(fault.faults), 400)

    @app.errorhandler(WrongPatient)
    def wrong_patient(fault: WrongPatient) -> Response:
        said = FieldFault(fault.field, "is about another patient than context.patientId", "invariant")
        return json_response(outcome_of_faults([said]), 400)

    @app.errorhandler(UnknownService)
    def unknown_service(_: UnknownService) -> Response:
        return _no_such_service()

    @app.errorhandler(UnsupportedMedia)
    def unsupported_media(fault: UnsupportedMedia) -> Response:
        return refusal(415, fault.field)

    _http(app, desk, largest)

    @app.errorhandler(ParseException)
    def not_http(_: Exception) -> Response:
        """A chunked body that is not one: gunicorn finds that out when the body is read."""
        return refusal(400)

    @app.errorhandler(PrefetchMissing)
    def prefetch_missing(fault: PrefetchMissing) -> Response:
        return json_response(_missing(fault), 412)

    @app.errorhandler(NothingEffective)
    def nothing_effective(fault: NothingEffective) -> Response:
        text = f"No version of {', '.join(fault.names)} is in effect on the day of decision; nothing was judged."
        return json_response(operation_outcome([issue("processing", text)]), 500)

    @app.errorhandler(PinNotAllowed)
    def pin_not_allowed(_: PinNotAllowed) -> Response:
        text = "It was not agreed with this client that it may choose versions (pin: yes in clients.yaml)."
        return json_response(operation_outcome([issue("forbidden", text, PIN_FIELD)]), 403)

    @app.errorhandler(Exception)
    def bug(fault: Exception) -> Response:
        """The last resort: also for service faults that nobody gave a status."""
        _log.error("request_failed", fault=type(fault).__name__, place=_place(fault))
        text = "The service could not answer; nothing was concluded about the patient."
        return json_response(operation_outcome([issue("exception", text)]), 500)


def _http(app: Flask, desk: Desk, largest: int) -> None:
    """What routing and reading refuse."""

    @app.errorhandler(HTTPException)
    def http(fault: HTTPException) -> Response:
        if isinstance(fault, MethodNotAllowed):
            return _method_refused(desk)
        if isinstance(fault, RequestEntityTooLarge):
            return _too_large(largest)
        return refusal(fault.code or 500)


def _no_such_service() -> Response:
    text = "There is no service of this id; ids are compared letter by letter, and GET /cds-services lists them."
    return json_response(operation_outcome([issue("not-found", text, "path")]), 404)


def _too_large(largest: int) -> Response:
    text = f"The body is larger than this service takes: {largest} bytes, unpacked; the operator may allow more."
    return json_response(operation_outcome([issue("too-long", text, "body")]), 413)


def _answer_later(app: Flask) -> None:
    """What may go well if it is tried again (503)."""

    @app.errorhandler(Overloaded)
    @app.errorhandler(OutOfTime)
    def too_late(_: ServiceFault) -> Response:
        response = refusal(503)
        response.headers["Retry-After"] = "1"
        return response

    @app.errorhandler(LiveUnknown)
    def live_unknown(_: LiveUnknown) -> Response:
        text = "Which versions are live is not known, because the database does not answer; nothing was judged."
        response = json_response(operation_outcome([issue("transient", text)]), 503)
        response.headers["Retry-After"] = "5"
        return response

    @app.errorhandler(NotRecorded)
    def not_recorded(_: NotRecorded) -> Response:
        text = "This could not be recorded, so it is not answered; nothing was concluded about the patient."
        return json_response(operation_outcome([issue("transient", text)]), 503)


def _missing(fault: PrefetchMissing) -> OperationOutcome:
    return operation_outcome(_missing_issues(fault))


def _missing_issues(fault: PrefetchMissing) -> Iterable[Issue]:
    for key in fault.keys or ("",):
        wanted = ", ".join(fault.definitions.get(key, ()))
        text = f"Data that the service needs was not supplied: prefetch {key}".rstrip()
        text = f"{text} (for {wanted})" if wanted else text
        why = fault.not_fetched.get(key)
        text = f"{text}; it was not fetched from the fhirServer: {why}" if why else text
        text += fault.misspelt.get(f"prefetch.{key}", "")
        text = f"{text}. Discovery has its template." if key else text
        yield issue("required", text, f"prefetch.{key}" if key else "prefetch")
    for field in ("prefetch", "fhirServer", "fhirAuthorization"):
        if found := fault.misspelt.get(field):
            yield issue("required", f"{field} was left out{found}", field)


def _method_refused(desk: Desk) -> Response:
    """405 with Allow; but the path is judged first, so an unknown service stays a 404."""
    match request.path.split("/"):
        case ["", "cds-services", service_id] | ["", "cds-services", service_id, "feedback" | "explain"]:
            is_service = True
        case _:
            is_service, service_id = False, ""
    if is_service and not desk.knows(service_id):
        return _no_such_service()
    response = refusal(405)
    response.headers["Allow"] = "POST" if is_service else "GET, HEAD"
    return response


def _place(fault: Exception) -> str:
    """Where it happened: file, line and function of the innermost frame; no values."""
    frames = traceback.extract_tb(fault.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno} {frames[-1].name}" if frames else ""
