"""What is missing and stands there under nearly its name is told; what is left out is left out."""

import pytest

from cds.hooks.faults import EnvelopeRejected
from cds.hooks.request import misspelt_members, read_request
from cds.hooks.spelling import meant
from tests.hooks.calls import as_bytes, bundle, call, without
from tests.hooks.test_request import GRANT, HOOKS


def told(tree):
    with pytest.raises(EnvelopeRejected) as refused:
        read_request(as_bytes(tree), HOOKS)
    return {fault.field: fault.message for fault in refused.value.faults}


@pytest.mark.parametrize("written", ["hookinstance", "HookInstance", "hook_instance", "hook-instance", "hookInstanc"])
def test_a_required_member_under_nearly_its_name_is_told(written):
    tree = without(call(), "hookInstance") | {written: call()["hookInstance"]}
    message = told(tree)["hookInstance"]
    assert message == f'is required (there is "{written}": names are compared letter by letter)'


@pytest.mark.parametrize(
    ("hook", "name", "written"),
    [
        ("patient-view", "patientId", "patientID"),
        ("patient-view", "userId", "userid"),
        ("order-sign", "draftOrders", "draftOrder"),
        ("order-select", "selections", "Selections"),
    ],
)
def test_so_is_a_field_of_the_context(hook, name, written):
    tree = call(hook)
    tree["context"][written] = tree["context"].pop(name)
    assert f'"{written}"' in told(tree)[f"context.{name}"]


def test_so_are_the_members_of_the_authorization():
    grant = without(GRANT, "access_token") | {"accessToken": "secret-token"}
    messages = told(call(FHIRServer="https://e.org", fhirAuthorization=grant))
    assert '"accessToken"' in messages["fhirAuthorization.access_token"]
    assert '"FHIRServer"' in messages["fhirServer"]
    assert "secret" not in str(messages)


def test_a_member_that_is_at_its_place_is_not_taken_for_another():
    assert told(without(call(), "hook"))["hook"] == "is required"


@pytest.mark.parametrize("other", ["Jane Doe", "patient Id", "x" * 50, 'p"atientId', "zebra", "", "patient\nId"])
def test_a_name_that_is_not_nearly_ours_is_never_repeated(other):
    assert meant("patientId", [other, 7, None]) is None


def test_only_so_many_names_are_looked_at():
    assert meant("hook", [*(f"name{number}" for number in range(200)), "Hook"]) is None
    assert meant("hook", [*(f"name{number}" for number in range(199)), "Hook"]) == "Hook"


def test_members_that_may_be_left_out_are_told_for_a_request_that_lacks_them():
    condition = {"resourceType": "Condition"}
    tree = call(Prefetch={"Patient": condition}, fhirserver="https://e.org", FhirAuthorization=GRANT)
    assert set(misspelt_members(as_bytes(tree), None, ["Patient"])) == {"prefetch", "fhirServer", "fhirAuthorization"}
    prefetch = {"patient": bundle(), "Conditions": bundle(), "Observation": None}
    hints = misspelt_members(as_bytes(call(prefetch=prefetch)), prefetch, ["Patient", "Condition", "Procedure"])
    assert {field: text.split('"')[1] for field, text in hints.items()} == {
        "prefetch.Patient": "patient",
        "prefetch.Condition": "Conditions",
    }
