"""HealthChain's client against ``cds serve``: what its user sees, does and reports."""

import json
import subprocess
from contextlib import contextmanager

import pytest

from tests.clients.installed import CLIENTS, healthchain
from tests.patients import condition, patient
from tests.stores.served import EXAMPLE, SERVICE, serving

pytestmark = pytest.mark.stores

CARE_GAPS = "care-gaps-patient-view"
COMMENT = "asked | <i>again</i>"
TEMPLATES = [
    "AllergyIntolerance",
    "Encounter",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Procedure",
]
NOTHING = {"resourceType": "Bundle", "type": "searchset", "total": 0}
DIABETES = {**NOTHING, "total": 1, "entry": [{"resource": condition(snomed="44054006")}]}


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    """What the client's user got, and the service, still running."""
    with driven(tmp_path_factory.mktemp("healthchain")) as told:
        yield told


@contextmanager
def driven(folder, **settings):
    python = healthchain()
    # The time for an answer has its own tests; a busy machine must not decide these.
    with serving(folder / "state", CDS_DEADLINE_MS="10000", **settings) as service:
        plan = {
            "base": service.url,
            "patient": "p1",
            "prefetch": {"Patient": patient(), "Condition": DIABETES, **dict.fromkeys(TEMPLATES, NOTHING)},
            "service": CARE_GAPS,
            "signing": SERVICE,
            "draftOrders": EXAMPLE["context"]["draftOrders"],
            "comment": COMMENT,
        }
        command = [str(python), str(CLIENTS / "healthchain" / "drive.py")]
        ran = subprocess.run(
            command, input=json.dumps(plan), capture_output=True, text=True, check=False, timeout=180, env={}
        )
        assert ran.returncode == 0, ran.stderr
        yield json.loads(ran.stdout), ran.stderr, service


def test_its_model_of_discovery_takes_every_service(drive):
    told, _, _ = drive
    assert {CARE_GAPS, SERVICE} < {service["id"] for service in told["discovery"]["services"]}


@pytest.mark.requirement("RESP-01", "CARD-03", "SUG-03")
def test_cards_reach_its_user_and_its_model_misses_one_spelling_only(drive):
    told, _, _ = drive
    assert len(told["answer"]["cards"]) >= 2
    assert any(card.get("links") for card in told["answer"]["cards"])
    # docs/clients.md: its model demands autoLaunchable on each link, which the guide spells otherwise and leaves out.
    assert told["refused"] == ["autoLaunchable"]
    assert told["refused-but-for-the-spelling"] == []


def test_where_it_was_agreed_its_model_takes_every_card_and_hands_on_its_links(drive, tmp_path):
    usual, _, _ = drive
    clients = tmp_path / "clients.yaml"
    clients.write_text("clients: {anonymous: {auto-launchable: yes}}")
    with driven(tmp_path, CDS_CLIENTS=str(clients)) as (told, _, _):
        assert told["refused"] == []
        links = [link for card in told["answer"]["cards"] for link in card["links"]]
        assert {link["autoLaunchable"] for link in links} == {False}
        without = [{k: v for k, v in link.items() if k != "autoLaunchable"} for link in links]
        assert without == [link for card in usual["answer"]["cards"] for link in card["links"]]
        assert told["overridden"] == told["accepted"] == {"stored": 1, "unmatched": []}


def test_a_suggestion_taken_is_a_resource_that_it_can_make_and_its_result_ends_the_advice(drive):
    told, _, _ = drive
    assert told["order-is-valid"]
    assert told["order"]["resourceType"] == "ServiceRequest"
    assert told["order"]["subject"]["reference"] == "Patient/p1"
    assert told["order"]["code"]["coding"][0]["code"] == "4548-4"
    after = [card["summary"] for card in told["after"]["cards"]]
    assert told["due"]["summary"] not in after
    assert told["other"]["summary"] in after


@pytest.mark.requirement("FB-05", "FB-06", "FB-09")
def test_what_became_of_both_cards_is_stored_and_joined_to_their_decision(drive):
    told, _, service = drive
    assert told["overridden"] == told["accepted"] == {"stored": 1, "unmatched": []}
    decision = service.shown(told["due"]["uuid"])
    assert (decision["service"], decision["hook"]) == (CARE_GAPS, "patient-view")
    by_card = {each["card"]: each for each in decision["feedback"]}
    (suggestion,) = told["due"]["suggestions"]
    accepted, overridden = by_card[told["due"]["uuid"]], by_card[told["other"]["uuid"]]
    assert accepted["outcome"] == "accepted"
    assert accepted["accepted"] == [{"id": suggestion["uuid"], "label": suggestion["label"]}]
    assert overridden["outcome"] == "overridden"
    assert overridden["comment"] == COMMENT
    assert overridden["reason"] == told["other"]["overrideReasons"][0]


def test_order_calls_whose_drafts_it_drops_are_refused_and_the_field_is_named(drive):
    told, logged, service = drive
    assert told["wire"] == ["patientId", "userId"]
    assert told["signed"] == {}
    assert "400" in logged
    assert "context.draftOrders" in logged
    refused = json.loads(service.told("list", "--refused", "--json"))["result"]["refused"]
    assert [each["status"] for each in refused if each["service"] == SERVICE] == [400]


def test_its_synthetic_patients_are_never_advised_on(drive):
    told, logged, _ = drive
    assert told["synthetic"] == [{}, {}]
    assert "412" in logged
    assert "prefetch.Patient" in logged
