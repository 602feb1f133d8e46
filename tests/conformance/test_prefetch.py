"""Prefetch in all its forms, put to the real service (PRE-10 to PRE-18)."""

import json

import pytest

from tests.journeys.golden import MOMENT, REQUESTS, service_of
from tests.journeys.service import client

REQUEST = json.loads(next(file for file in REQUESTS if file.stem == "warfarin-with-ibuprofen").read_bytes())
DECISION = "org.cds-rules.decision"
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}


def posted(prefetch):
    path = f"/cds-services/{service_of(REQUEST['hook'])}"
    return client().post(path, json=REQUEST | {"prefetch": prefetch}, headers={"CDS-Now": MOMENT})


def changed(**keys):
    return posted(REQUEST["prefetch"] | keys)


def every(value):
    return dict.fromkeys(REQUEST["prefetch"], value)


def not_supplied(response):
    return response.json["extension"][DECISION].get("notSupplied", {})


@pytest.mark.parametrize("key", sorted(REQUEST["prefetch"]))
def test_pre_10_a_dropped_key_is_never_the_clients_fault(key):
    response = posted({name: value for name, value in REQUEST["prefetch"].items() if name != key})
    assert response.status_code == (412 if key == "Patient" else 200)
    if response.status_code == 200:
        assert not_supplied(response)[key] == "absent"


def test_pre_11_null_is_survived_and_for_a_search_means_none():
    assert posted(every(None)).status_code == 412  # there must be a patient
    response = posted(every(None) | {"Patient": REQUEST["prefetch"]["Patient"]})
    assert response.status_code == 200
    assert not_supplied(response) == {}


def test_pre_12_an_outcome_means_failed_and_not_none():
    assert posted(every(OUTCOME)).status_code == 412
    assert not_supplied(changed(Condition=OUTCOME)) == {"Condition": "failed"}
    among = {"resourceType": "Bundle", "entry": [{"resource": OUTCOME}]}
    assert not_supplied(changed(Condition=among)) == {"Condition": "incomplete"}


@pytest.mark.parametrize("prefetch", [{}, {"other": None}])
def test_pre_13_what_is_needed_and_not_to_be_had_is_412_and_named(prefetch):
    response = posted(prefetch)
    assert response.status_code == 412
    assert response.json["issue"][0]["expression"] == ["prefetch.Patient"]


def test_pre_14_a_page_of_several_proves_nothing_absent():
    page = REQUEST["prefetch"]["Condition"] | {"link": [{"relation": "next", "url": "https://ehr.example.org/next"}]}
    assert not_supplied(changed(Condition=page)) == {"Condition": "incomplete"}


def test_pre_15_a_key_that_nobody_asked_for_changes_no_card():
    response = changed(whatever={"resourceType": "Group"})
    assert (response.status_code, response.json["cards"]) == (200, changed().json["cards"])


def test_pre_16_a_value_is_null_or_a_resource():
    assert posted([]).status_code == 400
    assert changed(Condition="none").status_code == 400


def test_pre_17_a_searchset_without_entries_is_no_data():
    response = changed(Condition={"resourceType": "Bundle", "type": "searchset"})
    assert response.status_code == 200
    assert not_supplied(response) == {}


def test_pre_18_another_patient_is_refused_and_another_type_was_not_delivered():
    other = REQUEST["prefetch"]["Patient"] | {"id": "somebody-else"}
    response = changed(Patient=other)
    assert response.status_code == 400
    assert "somebody-else" not in response.text
    assert changed(Patient={"resourceType": "Group", "id": "g"}).status_code == 412
