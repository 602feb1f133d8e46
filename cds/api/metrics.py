"""``/metrics`` for Prometheus, and the counting of requests that it shows. No patient data.

By default it answers this machine only. A proxy on the same machine makes every call look like that, so what came
through one is refused as well; and so is a browser's page, of whatever origin.
"""

import ipaddress
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from cds import __version__, clock
from cds.api.arrival import seconds_waited
from cds.api.desk import Desk
from cds.api.faults import Overloaded, json_response
from cds.api.paths import CAME
from cds.decisions.faults import OutOfTime
from cds.facts.dates import Moment
from cds.hooks.outcome import issue, operation_outcome
from cds.metrics.meter import MEDIA_TYPE, Gauge, Meter
from cds.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: Our routes by what they are for; all others count as one.
_KINDS = {"call_service": "hook", "take_feedback": "feedback", "discover": "discovery", "explain": "explain"}
#: What a proxy adds, and what a browser adds.
_NOT_DIRECT = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_ORIGIN")


def offer_metrics(app: Flask, settings: Settings, desk: Desk, meter: Meter) -> None:
    """Add ``/metrics`` to ``app``, for whom the settings let read it."""
    if settings.metrics == "off":
        return
    everyone = settings.metrics == "open"

    @app.get("/metrics")
    def metrics() -> Response:
        if not everyone and not _is_from_here(request.environ):
            text = "Metrics are read on this machine, directly; CDS_METRICS=open lets whoever reaches it read them."
            return json_response(operation_outcome([issue("forbidden", text)]), 403)
        standing = _standing(desk, Moment(clock.now(), settings.timezone))
        return Response(meter.exposition(standing), content_type=MEDIA_TYPE)


def count_requests(app: Flask, desk: Desk, meter: Meter) -> None:
    """Count every answer of ``app`` by kind, service and status, with its time; and every refusal by kind of fault.

    A service that is not known is never named: its id is whatever somebody sent.
    """

    @app.after_request
    def count(response: Response) -> Response:
        came = request.environ.get(CAME)
        if came is not None:
            kind = _KINDS.get(request.endpoint or "", "other") if request.method != "OPTIONS" else "other"
            service = (request.view_args or {}).get("service_id", "")
            seconds = time.monotonic() - came + seconds_waited()
            meter.took(kind, service if desk.knows(service) else "", response.status_code, seconds)
        return response

    for load in (Overloaded, OutOfTime):
        meter.count("refusals", load.__name__, by=0)
    handle = app.handle_user_exception

    def counted(e: Exception) -> ResponseReturnValue:
        meter.count("refusals", type(e).__name__)
        return handle(e)

    app.handle_user_exception = counted  # type: ignore[method-assign]


def _is_from_here(environ: "WSGIEnvironment") -> bool:
    try:
        peer = ipaddress.ip_address(environ.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return peer.is_loopback and not any(name in environ for name in _NOT_DIRECT)


def _standing(desk: Desk, moment: Moment) -> Iterator[Gauge]:
    """How things stand now."""
    health = desk.health()
    yield Gauge("build_info", "The version that runs.", 1, {"version": __version__})
    yield Gauge("ready", "Whether /readyz says so.", float(health.get("ready") is True))
    records = health.get("records", {})
    if "unshipped" in records:
        yield Gauge("records_waiting_bytes", "In the spool, for the database.", records["unshipped"])
    for kind in ("refused", "damaged"):
        if kind in records:
            told = "Files of the spool that were set aside."
            yield Gauge("records_set_aside", told, records[kind], {"kind": kind})
    activation = health.get("activation", {})
    if "act" in activation:
        yield Gauge("activation_act", "The newest act of the log that the answering worker knows.", activation["act"])
        told = "What was activated and cannot be used; what answered before goes on."
        yield Gauge("activation_refused", told, len(activation["refused"]))
    for stop in activation.get("stopped", ()):
        labels = {"ruleset": stop["ruleset"], "rule": stop["rule"], "service": stop["service"]}
        yield Gauge("rule_stopped", "Rules that are stopped; service empty: in all.", 1, labels)
    for version in desk.loaded(moment):
        for live in version["live"]:
            labels = {"ruleset": version["ruleset"], "version": version["version"]}
            labels |= {"service": live["service"], "stage": live["stage"]}
            yield Gauge("version_live", "Versions that have a stage in a service.", 1, labels)
    for service, hook, ruleset in desk.not_effective(moment):
        told = "Rulesets of a service that have no version in effect today."
        yield Gauge("ruleset_not_effective", told, 1, {"service": service, "hook": hook, "ruleset": ruleset})
