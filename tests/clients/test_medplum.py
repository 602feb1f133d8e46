"""Medplum's SDK against ``cds serve`` and a FHIR server: what its user sees, does and reports."""

import json
import subprocess

import pytest

from tests.clients.fhir_server import FHIRServer
from tests.clients.installed import CLIENTS, medplum
from tests.stores.served import EXAMPLE, SERVICE, serving

pytestmark = pytest.mark.stores

COMMENT = "seen <b>today</b>"


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    """What the SDK's user got, the FHIR server afterwards, and the service, still running."""
    folder = medplum()
    record = {key: value for key, value in EXAMPLE["prefetch"].items() if value}
    fhir = FHIRServer(record, EXAMPLE["context"]["draftOrders"])
    # The time for an answer has its own tests; a busy machine must not decide these.
    state = tmp_path_factory.mktemp("medplum") / "state"
    with fhir.running(), serving(state, CDS_DEADLINE_MS="10000") as service:
        plan = {
            "fhir": fhir.url,
            "discovery": f"{service.url}/cds-services",
            "context": EXAMPLE["context"],
            "take": ["acetaminophen"],  # it takes the place of the draft
            "comment": COMMENT,
        }
        command = ["node", str(CLIENTS / "medplum" / "drive.cjs")]
        ran = subprocess.run(
            command, cwd=folder, input=json.dumps(plan), capture_output=True, text=True, check=False, timeout=120
        )
        assert ran.returncode == 0, ran.stderr
        yield json.loads(ran.stdout), fhir, service


def test_every_service_that_it_discovers_answers_it(drive):
    told, _, _ = drive
    services = told["discovery"]["services"]
    assert len(services) >= 8
    assert [call["service"] for call in told["calls"]] == [service["id"] for service in services]
    for service, call in zip(services, told["calls"], strict=True):
        assert set(call["request"]["prefetch"]) == set(service["prefetch"])
        assert "extension" in call["answer"]


def test_the_warning_reaches_the_user_who_signs(drive):
    told, _, _ = drive
    assert told["card"]["indicator"] == "critical"
    assert told["card"]["summary"].startswith("Warfarin + NSAID")
    assert told["again"]["uuid"] != told["card"]["uuid"]  # another call, other ids: feedback can be told apart


def test_an_address_typed_with_a_slash_is_the_same_service(drive):
    told, _, _ = drive
    assert told["slash"]["discovery"] == told["discovery"]
    assert told["slash"]["answer"]["cards"][0]["summary"] == told["card"]["summary"]


@pytest.mark.requirement("RESP-01", "CARD-03", "SUG-01", "ACT-01", "LINK-03", "DISC-02")
def test_answers_are_of_the_sdks_own_types(drive, tmp_path):
    told, _, _ = drive
    source = medplum() / f"{tmp_path.name}.ts"
    read = [("CdsResponse", call["answer"]) for call in told["calls"]]
    read += [("CdsService", service) for service in told["discovery"]["services"]]
    assert sum(len(value.get("cards", ())) for _, value in read) >= 2
    written = TYPES + "".join(_typed(number, *each) for number, each in enumerate(read))
    try:
        assert _compiled(source, written) == ""
        # And it would have been told: an indicator that there is not.
        assert "error TS2322" in _compiled(source, written.replace('"critical"', '"urgent"'))
    finally:
        source.unlink()


TYPES = "import type { CdsResponse, CdsService } from '@medplum/core';\n"


def _typed(number, its_type, value):
    """In two steps: a literal alone would be refused for members beyond those that the SDK reads (extension)."""
    return f"const came{number} = {_literal(value)};\nexport const read{number}: {its_type} = came{number};\n"


def _compiled(source, written):
    source.write_text(written, encoding="utf-8")
    command = ["node_modules/.bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"]
    command += ["--module", "nodenext", source.name]
    ran = subprocess.run(command, cwd=source.parent, capture_output=True, text=True, check=False, timeout=120)
    return ran.stdout + ran.stderr


def _literal(value):
    """JSON as TypeScript whose words stay words: an indicator is ``critical``, not any text."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_literal, value)) + "]"
    return f"{json.dumps(value)} as const" if isinstance(value, str) else json.dumps(value)


def test_a_suggestion_taken_is_on_the_fhir_server_and_the_warning_gone(drive):
    told, fhir, _ = drive
    written = dict(fhir.written)
    assert len(fhir.written) == len(written) == 2
    assert written["delete"] == "MedicationRequest/ibuprofen-draft"
    made = fhir.resources["MedicationRequest", written["create"].rpartition("/")[2]]
    assert made["medicationCodeableConcept"]["text"]
    assert made["medicationCodeableConcept"]["coding"][0]["code"]
    assert made["subject"] == {"reference": f"Patient/{EXAMPLE['context']['patientId']}"}
    drafts = told["after"]["request"]["context"]["draftOrders"]["entry"]
    assert [entry["resource"]["id"] for entry in drafts] == [made["id"]]
    assert told["card"]["summary"] not in [card["summary"] for card in told["after"]["answer"]["cards"]]


@pytest.mark.requirement("FB-05", "FB-06", "FB-09")
def test_what_became_of_both_cards_is_stored_and_joined_to_their_decisions(drive):
    told, _, service = drive
    assert told["overridden"] == told["accepted"] == {"stored": 1, "unmatched": []}
    for card, outcome in ((told["card"], "overridden"), (told["again"], "accepted")):
        decision = service.shown(card["uuid"])
        assert decision["service"] == SERVICE
        (feedback,) = [each for each in decision["feedback"] if each["card"] == card["uuid"]]
        assert feedback["outcome"] == outcome
        if outcome == "overridden":
            assert feedback["reason"]["code"] == card["overrideReasons"][0]["code"]
            assert feedback["comment"] == COMMENT
        else:
            assert feedback["accepted"] == [{"id": each["uuid"], "label": each["label"]} for each in told["taken"]]
