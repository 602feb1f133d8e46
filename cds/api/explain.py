"""Why, over HTTP: the call of a service put to ``/explain`` beside it, and each rule's trace as JSON.

For whoever builds a client or looks into an answer. It tells no more than the caller sent, or may have fetched, and is
neither recorded nor counted among the answers.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from cds.access.client import Client
from cds.api.arrival import seconds_waited
from cds.api.calls import read_body
from cds.api.desk import Desk
from cds.api.faults import Overloaded, json_response
from cds.api.moments import moment_of_call
from cds.authoring.explaining import as_json
from cds.decisions.budget import Budget
from cds.decisions.why import Explanation
from cds.facts.dates import Moment
from cds.hooks.faults import UnknownService
from cds.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: Seconds that one may take: nobody waits for it at a bedside.
_SECONDS = 5.0


def offer_explanations(
    app: Flask, settings: Settings, desk: Desk, admit: "Callable[[WSGIEnvironment], Client]"
) -> None:
    """Add the path of every service to ``app``; checked as a hook call is, in the same order."""
    folders = tuple(f"{folder}/" for folder in (settings.rulesets.resolve(), settings.rulesets))
    zone, test_clock, largest = settings.timezone, settings.test_clock, settings.max_body

    @app.post("/cds-services/<service_id>/explain")
    def explain(service_id: str) -> Response:
        if not desk.knows(service_id):
            raise UnknownService(service_id)
        if seconds_waited() >= settings.deadline_ms / 1000:  # clinicians wait as well, and come first
            raise Overloaded
        client = admit(request.environ)
        body = read_body(request.environ, largest)
        moment, _ = moment_of_call(request.environ, zone, test_clock=test_clock)
        found = desk.why(service_id, body, moment, client=client, budget=Budget(_SECONDS))
        response = json_response(_told(found, moment, folders))
        response.headers["Cache-Control"] = "no-store"
        return response


def _placed(node: Any, folders: tuple[str, ...]) -> Any:
    """With places as they are called in the folder of rulesets: where that lies is nobody's business."""
    if isinstance(node, list):
        return [_placed(each, folders) for each in node]
    if not isinstance(node, dict):
        return node
    placed = {key: _placed(value, folders) for key, value in node.items()}
    if isinstance(placed.get("location"), str):
        for folder in folders:
            placed["location"] = placed["location"].removeprefix(folder)
    return placed


def _told(found: Explanation, moment: Moment, folders: tuple[str, ...]) -> dict[str, Any]:
    selected, record = found.selected, found.record
    return {
        "service": selected.service.id,
        "hook": record.hook,
        "at": moment.instant.isoformat(),
        "rulesets": [
            {**named, "rules": _placed(as_json(trace), folders)}
            for named, trace in zip(selected.rulesets, found.traces, strict=True)
        ],
        "stopped": list(selected.stopped),
        "notEffective": list(selected.not_effective),
        "omissions": [{"reference": one.reference, "reason": one.reason} for one in record.omissions],
        "notSupplied": dict(sorted(record.unsupplied.items())),
        "unmapped": list(record.unmapped),
    }
