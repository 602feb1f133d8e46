import pytest

from cds.hooks.discovery_check import check_discovery
from cds.hooks.response_check import check_response

UUID = "5ca1ab1e-0000-4000-8000-0000000000c1"


def answer(**members):
    return {"cards": [{"summary": "Stop", "indicator": "info", "source": {"label": "S"}, **members}]}


def fields(body, **options):
    return [line.split(":", 1)[0] for line in check_response(body, **options)]


def test_a_plain_card_is_valid():
    assert check_response(answer()) == []
    assert check_response(answer(summary="x" * 139)) == []


@pytest.mark.parametrize("body", [None, [], "x", {}, {"cards": {}}, {"cards": [1]}])
def test_what_is_no_answer_is_said(body):
    assert check_response(body)


@pytest.mark.parametrize(
    "detail",
    [
        "<script>x</script>",
        "<IMG src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "< iframe src=x>",
        "<svg/onload=x>",
        "<a\nhref='JavaScript :x'>",
    ],
)
def test_card_15_text_that_could_act_is_refused(detail):
    assert fields(answer(detail=detail)) == ["cards[0].detail"]


def test_card_15_comparisons_are_not_html():
    assert check_response(answer(detail="eGFR <30 and on = **yes**; see data: x < y")) == []


def test_resp_04_an_unknown_member_beside_cards_is_named():
    assert fields({"cards": [], "more": 1}) == ["more"]


def test_uuids_are_unique_over_cards_and_suggestions():
    suggestion = {"label": "Do", "uuid": UUID}
    body = answer(uuid=UUID, suggestions=[suggestion], selectionBehavior="any")
    assert fields(body) == ["cards[0].suggestions[0].uuid"]


def test_sug_08_a_suggestion_needs_a_uuid_where_feedback_is_offered():
    body = answer(uuid=UUID, suggestions=[{"label": "Do"}], selectionBehavior="any")
    assert fields(body, feedback=True) == ["cards[0].suggestions[0].uuid"]


def test_an_action_with_nothing_to_act_on_is_named():
    def act(**action):
        actions = [{"description": "d", **action}]
        return fields(answer(selectionBehavior="any", suggestions=[{"label": "Do", "actions": actions}]))

    place = "cards[0].suggestions[0].actions[0]"
    assert act(type="create") == [f"{place}.resource"]
    assert act(type="delete") == [f"{place}.resourceId"]
    assert act(type="delete", resourceId="x") == [f"{place}.resourceId"]
    assert act(type="create", resource={"resourceType": "X"}, resourceId="X/1") == [f"{place}.resourceId"]


def test_ext_02_an_extension_name_is_in_reverse_domain_form():
    assert fields(answer(extension={"note": 1})) == ["cards[0].extension.note"]


@pytest.mark.parametrize("body", [None, {}, {"services": {}}, {"services": [1]}])
def test_what_is_no_discovery_is_said(body):
    assert check_discovery(body)


@pytest.mark.parametrize(
    ("template", "wrong"),
    [
        ("Patient/{{context.patientId}}", False),
        ("{{context.userId}}", False),
        ("Condition?patient={{context.patientId}}&_sort=-date", False),
        ("Patient/{{patientId}}", True),
        ("Patient/{{context.patientId", True),
        ("Patient", True),
        ("https://e.org/Patient/{{context.patientId}}", True),
        ("Patient/{{context.patientId}}/$everything", True),
    ],
)
def test_a_template_is_a_relative_read_or_search(template, wrong):
    service = {"hook": "patient-view", "id": "a", "description": "d", "prefetch": {"k": template}}
    assert bool(check_discovery({"services": [service]})) is wrong
