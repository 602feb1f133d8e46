"""A card with everything the guide has, from a told ruleset, through the running service."""

import pytest

from cds.hooks.response_check import check_response
from tests.conformance.told import CONTEXTS, WARFARIN, asked, client, templates_of
from tests.patients import bundle, draft, medication_request, patient
from tests.rules.judge.telling import rule, ruleset

THEN = {
    "choose": "any",
    "override-reasons": ["declined"],
    "suggestions": [
        {"label": "Remove the order", "recommended": "yes", "remove": "ordered"},
        {"label": "Stop what is taken", "recommended": "yes", "stop": "taken"},
        {
            "label": "Order an INR",
            "create": {"resourceType": "ServiceRequest", "code": {"coding": [{"code": "34714-6"}]}},
        },
    ],
    "links": [
        {"label": "Table", "absolute": "https://example.org/table"},
        {
            "label": "App",
            "smart": "https://example.org/launch",
            "app-context": '{"drug": "warfarin", "n": 1}',
            "autolaunchable": "yes",
        },
    ],
    "system-actions": [{"description": "Order an INR", "create": {"resourceType": "ServiceRequest"}}],
}
CARD = {"detail": "Why.", "topic": {"system": "rxnorm", "code": WARFARIN, "display": "warfarin"}}
EVIDENCE = {
    "e": {
        "title": "Source",
        "link": "https://example.org",
        "icon": "https://example.org/icon.png",
        "grade": {"scheme": "S", "strength": "1"},
    }
}
RULESET = ruleset(
    {"ordered": {"any": "order", "in": ["warfarin"]}, "taken": {"any": "medication", "in": ["ibuprofen"]}},
    {"r": rule(["ordered"], then=THEN, card=CARD)},
    evidence=EVIDENCE,
)
HTTP = client(RULESET)
TAKEN = medication_request(id="m1", rxnorm="5640", more={"note": [{"text": "as it was"}]})


def answered(*taken, orders=None):
    prefetch = dict.fromkeys(templates_of(HTTP, "order-sign"), bundle()) | {
        "Patient": patient(),
        "MedicationRequest": bundle(*taken),
    }
    context = {"userId": "Practitioner/p", "patientId": "p1", **CONTEXTS["order-sign"]}
    if orders:
        context["draftOrders"] = bundle(*orders)
    response = asked(HTTP, "order-sign", prefetch=prefetch, context=context)
    assert response.status_code == 200
    assert check_response(response.json, feedback=True) == []
    return response.json


def actions_of(answer):
    return {s["label"]: s["actions"] for card in answer["cards"] for s in card.get("suggestions", [])}


@pytest.mark.requirement("LINK-04")
def test_link_05_an_app_gets_its_launch_address_its_context_as_text_and_the_hint():
    (card,) = answered()["cards"]
    page, app = card["links"][-2:]
    assert page == {"label": "Table", "url": "https://example.org/table", "type": "absolute"}
    assert app == {
        "label": "App",
        "url": "https://example.org/launch",
        "type": "smart",
        "appContext": '{"drug": "warfarin", "n": 1}',
        "autolaunchable": True,
    }


@pytest.mark.requirement("CARD-11")
def test_card_10_a_source_has_its_icon_and_its_topic():
    (card,) = answered()["cards"]
    assert card["source"] == {
        "label": "Source",
        "url": "https://example.org",
        "icon": "https://example.org/icon.png",
        "topic": {
            "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
            "code": WARFARIN,
            "display": "warfarin",
        },
    }


@pytest.mark.requirement("ACT-01", "ACT-03", "ACT-05")
def test_act_04_a_suggestion_deletes_a_draft_updates_a_whole_resource_or_creates_one():
    made = actions_of(answered(TAKEN))
    (removed,), (stopped,), (ordered,) = made.values()
    assert removed == {"type": "delete", "description": "Remove the order", "resourceId": "MedicationRequest/o1"}
    assert stopped["resource"] == TAKEN | {"status": "stopped"}
    assert (ordered["type"], ordered["resource"]["resourceType"]) == ("create", "ServiceRequest")


def test_act_04_what_has_no_id_is_not_changed():
    """An update must name its target, and only the client can."""
    assert "Stop what is taken" not in actions_of(answered(medication_request(id=None, rxnorm="5640")))
    assert "Remove the order" not in actions_of(answered(orders=[draft(id=None, rxnorm=WARFARIN)]))


@pytest.mark.requirement("SUG-04")
def test_sug_03_of_any_several_may_be_recommended_and_of_one_at_most_only_one():
    (card,) = answered(TAKEN)["cards"]
    assert card["selectionBehavior"] == "any"
    assert [s["isRecommended"] for s in card["suggestions"]] == [True, True, False]
    choosing = ruleset(
        {"ordered": {"any": "order", "in": ["warfarin"]}},
        {
            "r": rule(
                ["ordered"],
                then={
                    "suggestions": [
                        {"label": "A", "recommended": "yes", "remove": "ordered"},
                        {"label": "B", "recommended": "yes", "create": {"resourceType": "ServiceRequest"}},
                    ]
                },
            )
        },
    )
    (card,) = asked(client(choosing), "order-sign").json["cards"]
    assert card["selectionBehavior"] == "at-most-one"
    assert [s["isRecommended"] for s in card["suggestions"]] == [True, False]


@pytest.mark.requirement("OVR-02")
def test_ovr_01_a_reason_has_its_stable_code_its_system_and_its_display():
    (card,) = answered()["cards"]
    assert card["overrideReasons"] == [
        {"code": "declined", "system": "urn:cds-rules:override-reason", "display": "Declined"}
    ]


def test_sys_02_without_an_arrangement_no_system_action_is_sent():
    answer = answered()
    assert answer["cards"]
    assert "systemActions" not in answer
