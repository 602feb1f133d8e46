"""A request refused for what is missing, although it is there under nearly its name, says so."""

import json

from tests.journeys.golden import MOMENT, REQUESTS, service_of
from tests.journeys.service import client

REQUEST = json.loads(next(file for file in REQUESTS if file.stem == "warfarin-with-ibuprofen").read_bytes())


def refused(request):
    response = client().post(f"/cds-services/{service_of('order-sign')}", json=request, headers={"CDS-Now": MOMENT})
    assert response.status_code == 412
    return {issue["expression"][0]: issue["details"]["text"] for issue in response.json["issue"]}


def test_a_misspelt_prefetch_and_server_are_told():
    request = {name: value for name, value in REQUEST.items() if name not in ("prefetch", "fhirServer")}
    told = refused(request | {"Prefetch": REQUEST["prefetch"], "FhirServer": "https://ehr.example.org/fhir"})
    assert told["prefetch"] == 'prefetch was left out (there is "Prefetch": names are compared letter by letter)'
    assert told["fhirServer"] == 'fhirServer was left out (there is "FhirServer": names are compared letter by letter)'
    assert "Data that the service needs was not supplied" in told["prefetch.Patient"]


def test_a_misspelt_key_is_told():
    prefetch = {name.lower(): value for name, value in REQUEST["prefetch"].items()}
    told = refused(REQUEST | {"prefetch": prefetch})
    assert list(told) == ["prefetch.Patient"]
    assert 'there is "patient"' in told["prefetch.Patient"]


def test_what_was_left_out_is_not_said_to_be_misspelt():
    assert "there is" not in str(refused(REQUEST | {"prefetch": {}}))
