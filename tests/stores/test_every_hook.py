"""docs/examples/every-hook, served: a service for each hook of the library, and the specification's examples on it."""

import json
import urllib.error
import urllib.request

import pytest

from cds.hooks.context import HOOKS
from cds.hooks.response_check import check_response
from tests.conformance import told
from tests.conformance.examples import body_of, entries, needs_examples
from tests.patients import bundle, patient
from tests.stores.served import ROOT, serving

pytestmark = pytest.mark.stores

TOUR = ROOT / "docs" / "examples" / "every-hook"
EMPTY = {"resourceType": "Bundle", "type": "searchset"}
#: What a call of a hook brings beside the patient, by the rule that tells of it.
ORDERS = ("order-select", "order-sign", "order-review", "order-dispatch", "medication-prescribe", "medication-refill")
READ = {
    **{hook: {"order-came"} for hook in ORDERS},
    "allergyintolerance-create": {"allergy-came"},
    "problem-list-item-create": {"problem-came"},
    "medication-verify": {"in-use"},
}
FIBRILLATION = "49436004"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("tour") / "state", CDS_RULESETS=str(TOUR), CDS_DEADLINE_MS="10000") as service:
        yield service


@pytest.fixture(scope="module")
def discovered(served):
    with urllib.request.urlopen(f"{served.url}/cds-services", timeout=30) as response:  # noqa: S310
        return {entry["hook"]: entry for entry in json.loads(response.read())["services"]}


def sent(served, path, body, method="POST", **headers):
    request = urllib.request.Request(served.url + path, body, headers, method=method)  # noqa: S310 - our own http URL
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())


@pytest.mark.requirement("DISC-11", "REQ-01")
def test_each_hook_of_the_library_is_offered_and_reads_what_its_context_brings(served, discovered):
    assert {hook: entry["hookVersion"] for hook, entry in discovered.items()} == {
        hook: HOOKS[hook].version for hook in HOOKS
    }
    for hook, entry in discovered.items():
        request = told.request(hook, entry["prefetch"])
        if hook == "problem-list-item-create":
            (problem,) = request["context"]["conditions"]["entry"]
            problem["resource"]["code"]["coding"][0]["code"] = FIBRILLATION
        status, answer = sent(
            served, f"/cds-services/{entry['id']}", json.dumps(request).encode(), **{"Content-Type": "application/json"}
        )
        assert (status, check_response(answer, feedback=True)) == (200, [])
        rules = {card["extension"]["org.cds-rules.finding"]["rule"] for card in answer["cards"]}
        assert rules == {"person"} | READ.get(hook, set()), hook


@needs_examples
@pytest.mark.parametrize("entry", entries("request", "http", "feedback"))
def test_an_example_of_the_specification_over_http(served, discovered, entry):
    service = discovered[entry["hook"]]
    usual = "/cds-services/{service}" + ("/feedback" if entry["kind"] == "feedback" else "")
    path = entry.get("path", usual).replace("{service}", service["id"])
    body = body_of(entry)
    if entry["kind"] == "request" and entry.get("prefetch", "fill") != "as-is":
        request = json.loads(body)
        if isinstance(request.get("prefetch", {}), dict):
            request["prefetch"] = filled(entry, request, service["prefetch"]) | request.get("prefetch", {})
            body = json.dumps(request).encode()
    headers = {"Content-Type": "application/json"} | entry.get("headers", {})
    status, answer = sent(served, path, body, entry.get("method", "POST"), **headers)
    assert status in {entry["expected_status"], *(entry["also_accept"] if entry["valid"] else ())}
    if not entry["valid"]:
        assert entry["field"] in [name for issue in answer["issue"] for name in issue["expression"]]


def filled(entry, request, templates):
    if entry.get("prefetch") in ("null", "empty"):
        return dict.fromkeys(templates, None if entry["prefetch"] == "null" else EMPTY)
    context = request.get("context")
    person = patient() | {"id": context.get("patientId") if isinstance(context, dict) else None}
    return dict.fromkeys(templates, bundle()) | {"Patient": person}
