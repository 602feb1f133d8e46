"""Answers of the real service as the guide wants them (RESP, CARD, SUG, ACT, OVR, LINK, EXT).

``check_response`` names a broken requirement by its id, and refuses every wrong example of the checklist
(``test_examples``, ``tests/hooks/test_response_check.py``); here it judges what the service really sends.
"""

import json
import re

import pytest

from cds.hooks.response_check import check_response
from tests.journeys.golden import MOMENT, REQUESTS, service_of
from tests.journeys.service import client


def answered(name, **members):
    request = json.loads(next(file for file in REQUESTS if file.stem == name).read_bytes()) | members
    return client().post(f"/cds-services/{service_of(request['hook'])}", json=request, headers={"CDS-Now": MOMENT}).json


WITH_CARDS = [file.stem for file in REQUESTS if file.stem not in ("nothing-to-say", "patient-not-supplied")]


@pytest.mark.requirement("CARD-00", "CARD-01", "CARD-03", "CARD-04", "CARD-05", "CARD-06", "CARD-07", "CARD-09")
@pytest.mark.requirement("CARD-12", "CARD-13", "CARD-14", "CARD-15", "EXT-01", "EXT-02", "RESP-04")
@pytest.mark.requirement("SUG-01", "SUG-02", "SUG-03", "SUG-04", "SUG-05", "SUG-07", "SUG-08")
@pytest.mark.requirement("ACT-01", "ACT-02", "ACT-03", "ACT-05", "ACT-06", "OVR-01", "OVR-02")
@pytest.mark.requirement("LINK-00", "LINK-01", "LINK-02", "LINK-03")
@pytest.mark.parametrize("name", WITH_CARDS)
def test_resp_01_an_answer_with_cards_is_what_the_guide_allows(name):
    answer = answered(name)
    assert answer["cards"]
    assert check_response(answer, feedback=True) == []


def test_resp_02_no_advice_is_an_empty_list():
    answer = answered("nothing-to-say")
    assert answer["cards"] == []
    assert check_response(answer) == []


def test_card_02_another_invocation_gets_other_ids():
    first = answered("warfarin-with-ibuprofen")
    other = answered("warfarin-with-ibuprofen", hookInstance="0b1f0000-0000-4000-8000-0000000000ff")
    assert {card["uuid"] for card in first["cards"]}.isdisjoint(card["uuid"] for card in other["cards"])


@pytest.mark.requirement("SUG-09", "SYS-02", "RESP-03")
@pytest.mark.parametrize("name", WITH_CARDS)
def test_sug_06_what_needs_an_arrangement_with_the_client_is_not_sent(name):
    text = json.dumps(answered(name))
    assert "actionSelectionBehavior" not in text
    assert "systemActions" not in text


@pytest.mark.parametrize("name", WITH_CARDS)
def test_link_06_links_are_https(name):
    links = [link["url"] for card in answered(name)["cards"] for link in card["links"]]
    assert links
    assert all(re.match("https://", link) for link in links)
