"""Why, over HTTP: the call of a service put to ``/explain`` gives each rule's trace, and nothing else happens."""

import json
from datetime import date

import pytest

from cds.api import create_app
from cds.settings import Settings
from tests.access.telling import gate
from tests.api.desks import FakeDesk
from tests.journeys.service import ROOT, client, desk

EXAMPLE = json.loads((ROOT / "docs" / "examples" / "order-sign.json").read_text("utf-8"))
SERVICE = "medication-safety-order-sign"
PATH = f"/cds-services/{SERVICE}/explain"
NOW = {"CDS-Now": "2026-05-01T12:00:00Z"}


def asked(call=EXAMPLE, path=PATH, http=None, **headers):
    return (http or client()).post(path, json=call, headers=NOW | headers)


def rules(explained, ruleset):
    (told,) = [each for each in explained["rulesets"] if each["ruleset"] == ruleset]
    return {rule["rule"]: rule for rule in told["rules"]}


def test_every_rule_of_every_ruleset_is_told_and_what_fired_is_what_the_answer_shows():
    explained = asked().get_json()
    answer = client().post(f"/cds-services/{SERVICE}", json=EXAMPLE, headers=NOW).get_json()
    shown = {
        (card["extension"]["org.cds-rules.finding"]["ruleset"], card["extension"]["org.cds-rules.finding"]["rule"])
        for card in answer["cards"]
    }
    fired = {
        (each["ruleset"], rule["rule"])
        for each in explained["rulesets"]
        for rule in each["rules"]
        if rule["outcome"] == "fires"
    }
    assert fired == shown
    assert fired
    decision = answer["extension"]["org.cds-rules.decision"]
    named = [{key: each[key] for key in ("ruleset", "version", "digest")} for each in explained["rulesets"]]
    assert named == decision["rulesets"]
    assert (explained["service"], explained["hook"], explained["at"]) == (SERVICE, "order-sign", decision["at"])
    parts = desk().live.lineups[SERVICE]["order-sign"].on(date(2026, 5, 1)).selected.plan.parts
    whole = {(part.ruleset.name, goals.rule.id) for part in parts for goals in part.goals}
    assert {(each["ruleset"], rule["rule"]) for each in explained["rulesets"] for rule in each["rules"]} == whole


def test_a_silent_rule_is_told_with_the_first_condition_that_failed_its_fact_and_its_place():
    silent = [rule for rule in rules(asked().get_json(), "metformin-renal").values() if rule["outcome"] == "silent"]
    assert silent
    for rule in silent:
        (first, *_) = rule["decidedBy"]
        assert first["verdict"] == "fails"
        assert first["says"]
        assert first["location"].startswith("metformin-renal/")
        assert rule["location"].rpartition(":")[2].isdigit()


def test_no_path_of_the_server_is_told():
    assert str(ROOT) not in asked().text


def test_what_is_unknown_is_told_with_the_reason():
    call = json.loads(json.dumps(EXAMPLE))
    call["prefetch"] = {key: value for key, value in call["prefetch"].items() if "edication" not in key}
    explained = asked(call).get_json()
    assert set(explained["notSupplied"].values()) == {"absent"}
    unknown = [rule for each in explained["rulesets"] for rule in each["rules"] if rule["outcome"] == "unknown"]
    assert unknown
    told = json.dumps(unknown)
    assert "not-supplied:Medication" in told


def test_nothing_is_kept_of_it_and_nothing_may_keep_it():
    response = asked()
    assert response.headers["Cache-Control"] == "no-store"
    assert asked().get_json() == response.get_json()


@pytest.mark.parametrize(
    ("call", "path", "status"),
    [
        (EXAMPLE, "/cds-services/nothing/explain", 404),
        ({"hook": "order-sign"}, PATH, 400),
        (EXAMPLE | {"hook": "patient-view"}, PATH, 400),
        ({key: value for key, value in EXAMPLE.items() if key != "prefetch"}, PATH, 412),
    ],
)
def test_it_is_refused_as_the_call_is(call, path, status):
    response = asked(call, path)
    assert response.status_code == status
    assert response.get_json()["resourceType"] == "OperationOutcome"


def test_another_method_is_405_and_the_service_is_judged_first():
    assert client().get(PATH).status_code == 405
    assert client().get(PATH).headers["Allow"] == "POST"
    assert client().get("/cds-services/nothing/explain").status_code == 404


def test_it_needs_the_token_that_a_call_needs():
    http = create_app(Settings(auth="jwt", public_url="https://cds.example.org"), FakeDesk(), gate()).test_client()
    assert http.post("/cds-services/order-sign/explain", json=EXAMPLE).status_code == 401
