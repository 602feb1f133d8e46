"""Each field of each context, and each member beside it, missing or of the wrong kind: what a harness would try."""

import copy

import pytest

from cds.hooks.context import HOOKS
from tests.api.test_reference import EVERY_HOOK
from tests.conformance import told

#: No field of any context takes one of these. (A null is one that was left out; ``Type/id`` is right for some.)
WRONG = [
    *(True, 0, 1.5, "", {}, "x y", "a\n", "..", [None], [{}], [1], ["a"], "x" * 3000),
    *({"resourceType": 7}, {"resource": None}, {"resourceType": "Bundle", "entry": {}}),
    *({"resourceType": "Bundle", "entry": [None]}, {"resourceType": "Bundle", "entry": [{"resource": []}]}),
    {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "id": "other"}}]},
]
FIELDS = [(hook, field.name) for hook in sorted(HOOKS) for field in HOOKS[hook].fields]
GRANT = {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs", "subject": "s"}


def fields_at_fault(request):
    """What the refusal names; it is one, and its form is that of every refusal."""
    response = EVERY_HOOK.post("/cds-services/told", json=request)
    assert response.status_code == 400, (response.status_code, response.text)
    assert response.json["resourceType"] == "OperationOutcome"
    for issue in response.json["issue"]:
        assert issue["severity"] == "error"
        assert issue["details"]["text"].startswith(issue["expression"][0])
    return [issue["expression"][0] for issue in response.json["issue"]]


def is_named(field, faults):
    """The field itself, or a place in it."""
    return any(fault == field or fault.startswith((f"{field}.", f"{field}[")) for fault in faults)


@pytest.mark.requirement("CTX-14", "CTX-15", "REQ-12", "HTTP-07")
@pytest.mark.parametrize(("hook", "field"), FIELDS)
def test_a_field_of_the_wrong_kind_is_named_and_so_is_a_required_one_that_is_missing(hook, field):
    for value in WRONG:
        request = copy.deepcopy(told.request(hook, {}))
        request["context"][field] = value
        assert is_named(f"context.{field}", fields_at_fault(request)), value
    required = next(each.required for each in HOOKS[hook].fields if each.name == field)
    for value in (None, "left out"):
        request = copy.deepcopy(told.request(hook, {}))
        request["context"].pop(field, None)
        if value is None:
            request["context"][field] = None
        response = EVERY_HOOK.post("/cds-services/told", json=request)
        assert response.status_code == 400 if required else response.status_code in (200, 412)
        if required:
            assert f"context.{field}" in fields_at_fault(request)


@pytest.mark.requirement("FHA-01", "FHA-03", "REQ-12")
@pytest.mark.parametrize("member", [*GRANT, "patient"])
def test_a_member_of_the_authorization_of_the_wrong_kind_is_named(member):
    wrong = [True, 1.5, "", {}, [], [1], *((0, -1, 2**31, 1e300, "300") if member == "expires_in" else (7,))]
    for value in wrong:
        grant = {**GRANT, member: value}
        request = told.request("patient-view", {}) | {"fhirServer": "https://e.org", "fhirAuthorization": grant}
        assert f"fhirAuthorization.{member}" in fields_at_fault(request), value


@pytest.mark.requirement("REQ-05")
@pytest.mark.parametrize(
    "server",
    [
        *("https://e.org/?a", "https://u:p@e.org/", "https://e.org/#", "//e.org", "ftp://e.org", "https://", "e.org"),
        *("https://e.org/ x", "https://e.org\n", "https://e.org:65536/", "https://e.org:99999", "javascript:alert(1)"),
    ],
)
def test_a_fhir_server_that_is_no_address_is_named(server):
    assert fields_at_fault(told.request("patient-view", {}) | {"fhirServer": server}) == ["fhirServer"]


@pytest.mark.requirement("REQ-05")
@pytest.mark.parametrize(
    "server", ["https://e.org", "HTTPS://E.org:443/", "https://[::1]/fhir", "https://e.org:65535/r"]
)
def test_an_address_is_taken_in_any_form_that_is_one(server):
    request = told.request("patient-view", {}) | {"fhirServer": server}
    assert EVERY_HOOK.post("/cds-services/told", json=request).status_code in (200, 412)
