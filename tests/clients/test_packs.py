"""Every behaviour of clients that is documented, put to the service; each names the paragraph that tells of it."""

import re

import pytest

from cds.hooks.response_check import check_response
from tests.clients.behaviour import behaviours, sent
from tests.conformance.examples import FOLDER, needs_examples

EVERY = list(behaviours())
DECISION = "org.cds-rules.decision"


@pytest.mark.parametrize("behaviour", EVERY, ids=str)
def test_the_service_lives_with_what_clients_do(behaviour):
    expected = dict(behaviour.told["expect"])
    response = sent(behaviour)
    if "preflight" in expected:
        assert_preflight(response, expected.pop("preflight"))
    else:
        assert response.status_code == expected.pop("status"), response.text
    if expected.pop("allowed-origin", False):
        assert response.headers["Access-Control-Allow-Origin"] in ("*", behaviour.headers["Origin"])
    if field := expected.pop("field", ""):
        assert field in [issue["expression"][0] for issue in response.json["issue"]]
    if cards := expected.pop("cards", ""):
        assert_cards(behaviour, response, cards)
    if "not-supplied" in expected:
        assert response.json["extension"][DECISION].get("notSupplied", {}) == expected.pop("not-supplied")
    if "omissions" in expected:
        named = {entry["reference"]: entry["reason"] for entry in response.json["extension"][DECISION]["omissions"]}
        assert named == expected.pop("omissions")
    if "not-fetched" in expected:
        assert response.json["extension"][DECISION].get("notFetched", {}) == expected.pop("not-fetched")
    if "answer" in expected:
        assert response.json == expected.pop("answer")
    assert expected == {}, "an expectation that nothing looks at"


def assert_preflight(response, asked):
    method, *headers = asked
    assert response.status_code in (200, 204)
    assert method in response.headers["Access-Control-Allow-Methods"].split(", ")
    allowed = {name.lower() for name in response.headers["Access-Control-Allow-Headers"].split(", ")}
    assert set(headers) <= allowed
    assert int(response.headers["Access-Control-Max-Age"]) > 5
    assert response.headers["Access-Control-Allow-Origin"]


def assert_cards(behaviour, response, cards):
    shown = response.json["cards"]
    assert check_response(response.json, feedback=True) == []
    if cards == "same":
        assert sent(behaviour, reordered=True).json["cards"] == shown
    assert bool(shown) is (cards != "none")
    # The sandbox applies a suggested medication only if it has a text, and a code that comes first.
    suggested = [action for card in shown for each in card.get("suggestions", ()) for action in each["actions"]]
    for drug in (a["resource"].get("medicationCodeableConcept") for a in suggested if "resource" in a):
        assert drug is None or (drug["text"] and drug["coding"][0]["code"])


@needs_examples
@pytest.mark.parametrize("behaviour", EVERY, ids=str)
def test_a_behaviour_names_a_section_that_exists(behaviour):
    where = behaviour.told["from"]
    general = "cds-hooks.md" if behaviour.client == "any client" else "real-clients.md"
    document = where.split(",")[0] if where.split(",")[0].endswith(".md") else general
    sections = re.findall(r"^## (\d+)\.", (FOLDER.parent / document).read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"section (\d+)", where)) <= set(sections)


def test_names_are_said_once():
    assert len({str(behaviour) for behaviour in EVERY}) == len(EVERY)


@needs_examples
def test_every_paragraph_on_what_clients_do_has_a_behaviour_that_names_it():
    told = (FOLDER.parent / "real-clients.md").read_text(encoding="utf-8")
    parts = dict(re.findall(r"(?ms)^## (\d+)\.(.*?)(?=^## |\Z)", told))
    named = [behaviour.told["from"] for behaviour in EVERY]
    for number in ("1", "3"):
        for paragraph in re.findall(r"(?m)^\*\*([^*.]+)\.\*\*", parts[number]):
            assert any(f"section {number}" in where and paragraph in where for where in named), paragraph
    assert any("section 2" in where for where in named)
