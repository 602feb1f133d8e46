"""A running service of told rulesets: the real desk and the real Flask application, no files, no socket."""

from typing import Any

from flask.testing import FlaskClient

from cds.api import create_app
from cds.decisions.desk import Desk
from cds.decisions.library import Library
from cds.documents.problem import Location
from cds.hooks.context import HOOKS
from cds.rules.catalog.load import Catalog
from cds.rules.engine.crosscheck import make_engine
from cds.rules.ruleset import Ruleset
from cds.services.catalogue import Service
from cds.services.ranges import read_range
from cds.settings import Settings
from tests.decisions.desk import cache, unrecorded
from tests.hooks.calls import INSTANCE
from tests.patients import PATIENT, allergy, bundle, condition, draft, medication_request, patient, service_request

MOMENT = "2026-05-01T12:00:00Z"
#: One order, problem or allergy of each context, as its hook's clients send it.
WARFARIN, IBUPROFEN, STROKE, PENICILLIN = "11289", "5640", "230690007", "91936005"
#: An organisation's own hook.
OWN = "org.example.chart-close"
_DRAFT = draft(id="o1", rxnorm=WARFARIN)
_TASK = {
    "resourceType": "Task",
    "status": "requested",
    "intent": "order",
    "focus": {"reference": "MedicationRequest/m1"},
}
CONTEXTS: dict[str, dict[str, Any]] = {
    "patient-view": {},
    "order-select": {"selections": ["MedicationRequest/o1"], "draftOrders": bundle(_DRAFT)},
    "order-sign": {"draftOrders": bundle(_DRAFT)},
    "order-dispatch": {
        "dispatchedOrders": ["MedicationRequest/m1", "ServiceRequest/s1"],
        "performer": "Organization/pharmacy",
        "fulfillmentTasks": [_TASK],
    },
    "encounter-start": {"encounterId": "e1"},
    "encounter-discharge": {"encounterId": "e1"},
    "appointment-book": {"appointments": bundle({"resourceType": "Appointment", "id": "a1", "status": "proposed"})},
    "allergyintolerance-create": {"allergyIntolerance": allergy(id="a1", snomed=PENICILLIN)},
    "problem-list-item-create": {"conditions": bundle(condition(id="c1", snomed=STROKE))},
    "medication-refill": {"medications": bundle(_DRAFT)},
    "medication-prescribe": {"medications": bundle(_DRAFT)},
    "order-review": {"orders": bundle(_DRAFT)},
    OWN: {"draftOrders": bundle(_DRAFT)},
    "medication-verify": {"medication": medication_request(id="m2", rxnorm=IBUPROFEN)},
}
#: What of the record is asked about beside the context.
SUPPLIED = {
    "MedicationRequest": [medication_request(id="m1", rxnorm=WARFARIN)],
    "ServiceRequest": [service_request(id="s1", loinc="2823-3")],
}


def request(hook: str, templates: dict[str, str], /, **members: Any) -> dict[str, Any]:
    """A call of a hook with its context, the orders that are dispatched, and nothing else on record."""
    context = {"userId": "Practitioner/p", "patientId": PATIENT, **CONTEXTS[hook]}
    if hook == "order-dispatch":
        del context["userId"]
    prefetch: dict[str, Any] = {}
    for key in templates:
        came = [dict(each) for each in SUPPLIED.get(key, [])] if hook == "order-dispatch" else []
        prefetch[key] = patient() if key == "Patient" else bundle(*came)
    return {"hook": hook, "hookInstance": INSTANCE, "context": context, "prefetch": prefetch, **members}


def service(ruleset: Ruleset, hook: str, service_id: str = "told") -> Service:
    ranges = {ruleset.name: _any()}
    return Service(service_id, hook, "Told", "Synthetic.", ranges, Location("services.yaml"))


def _any() -> Any:
    found = read_range("*")
    assert found is not None
    return found


def client(ruleset: Ruleset, *services: Service, **settings: Any) -> FlaskClient:
    """The application with these services; without any, one of every hook under one id."""
    bound = services or tuple(service(ruleset, hook) for hook in HOOKS)
    catalog = Catalog({ruleset.name: (ruleset,)}, {"declined": "Declined"})
    desk = Desk(Library(catalog, make_engine("reference")), bound, cache(), unrecorded())
    return create_app(Settings(test_clock=True, **settings), desk).test_client()


def templates_of(http: FlaskClient, hook: str) -> dict[str, str]:
    services = http.get("/cds-services", headers={"CDS-Now": MOMENT}).json["services"]
    return next(entry["prefetch"] for entry in services if entry["hook"] == hook)


def asked(http: FlaskClient, hook: str, service_id: str = "told", /, **members: Any) -> Any:
    """The response to a call of a hook."""
    body = request(hook, templates_of(http, hook)) | members
    return http.post(f"/cds-services/{service_id}", json=body, headers={"CDS-Now": MOMENT})
