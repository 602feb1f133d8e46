"""Request bytes to response bytes through the real application. Rewrite: ``python -m tests.journeys.golden``."""

import json

import pytest

from cds.hooks.response_check import check_response
from tests.journeys.golden import MOMENT, REQUESTS, answer_file, answered, service_of, written
from tests.journeys.service import client


def posted(body: bytes, hook: str):
    return client().post(
        f"/cds-services/{service_of(hook)}", data=body, content_type="application/json", headers={"CDS-Now": MOMENT}
    )


def named(name: str) -> bytes:
    return next(file for file in REQUESTS if file.stem == name).read_bytes()


@pytest.mark.parametrize("request_file", REQUESTS, ids=lambda file: file.stem)
def test_the_answer_is_the_one_that_was_reviewed(request_file):
    reviewed = answer_file(request_file).read_text(encoding="utf-8")
    how = "changed on purpose? run `python -m tests.journeys.golden`, read the diff, and commit it"
    assert written(answered(request_file)) == reviewed, how


@pytest.mark.parametrize("request_file", REQUESTS, ids=lambda file: file.stem)
def test_a_success_is_valid_cds_hooks_in_compact_json(request_file):
    body = request_file.read_bytes()
    response = posted(body, json.loads(body)["hook"])
    assert response.content_type == "application/json"
    compact = json.dumps(response.json, separators=(",", ":"), ensure_ascii=False)
    assert len(response.data) == len(compact.encode())
    if response.status_code == 200:
        assert check_response(response.json) == []
    else:
        assert response.json["resourceType"] == "OperationOutcome"


def test_a_retry_of_the_same_bytes_gives_the_same_bytes():
    body = named("warfarin-with-ibuprofen")
    assert posted(body, "order-sign").data == posted(body, "order-sign").data


def test_another_hook_instance_gives_the_same_advice_under_other_ids():
    body = named("warfarin-with-ibuprofen")
    other = body.replace(b"0b1f0000", b"0b1f0001")
    first, second = posted(body, "order-sign").json["cards"], posted(other, "order-sign").json["cards"]
    assert [card["summary"] for card in first] == [card["summary"] for card in second]
    assert {card["uuid"] for card in first}.isdisjoint({card["uuid"] for card in second})


def test_the_order_of_members_and_entries_changes_no_card():
    request = json.loads(named("opioid-with-benzodiazepine"))
    turned = {key: request[key] for key in reversed(request)}
    turned["prefetch"] = {key: request["prefetch"][key] for key in reversed(request["prefetch"])}
    assert (
        posted(json.dumps(turned).encode(), "order-select").json["cards"]
        == (posted(named("opioid-with-benzodiazepine"), "order-select").json["cards"])
    )


def test_an_older_result_does_not_win_over_a_newer_one():
    request = json.loads(named("metformin-with-low-egfr"))
    entries = request["prefetch"]["Observation"]["entry"]
    old, new = (entry["resource"]["valueQuantity"] for entry in entries)
    old["value"], new["value"] = 27, 90
    cards = posted(json.dumps(request).encode(), "order-sign").json["cards"]
    assert [card for card in cards if card["extension"]["org.cds-rules.finding"]["ruleset"] == "metformin-renal"] == []


def test_a_medication_list_that_failed_to_load_is_not_an_empty_one():
    request = json.loads(named("warfarin-with-ibuprofen"))
    issue = [{"severity": "error", "code": "timeout"}]
    request["prefetch"]["MedicationRequest"] = {"resourceType": "OperationOutcome", "issue": issue}
    response = posted(json.dumps(request).encode(), "order-sign")
    decision = response.json["extension"]["org.cds-rules.decision"]
    assert response.status_code == 200
    assert "warfarin-nsaid" in {entry["ruleset"].partition("@")[0] for entry in decision["unknown"]}


def test_a_draft_of_another_patient_is_refused_and_nothing_is_judged():
    request = json.loads(named("warfarin-with-ibuprofen"))
    request["context"]["draftOrders"]["entry"][0]["resource"]["subject"]["reference"] = "Patient/somebody-else"
    response = posted(json.dumps(request).encode(), "order-sign")
    assert response.status_code == 400
    assert "somebody-else" not in response.get_data(as_text=True)
