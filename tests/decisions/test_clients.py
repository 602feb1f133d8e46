"""What was agreed with a client changes its answer, and only its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.access.client import ANONYMOUS, Client
from cds.hooks.faults import PrefetchMissing
from tests.cache.stores import DictStore
from tests.decisions.desk import DECISION, answered, body, fresh, remembering, selected
from tests.patients import condition
from tests.rules.judge.telling import rule, ruleset

STROKE = {"stroke": {"any": "condition", "in": ["stroke"]}}
SERVICE = selected(ruleset(STROKE, {"there": rule(["stroke"]), "open": rule(["unknown stroke"])}, name="one"))
THERE = condition(snomed="230690007")
DOUBTFUL = Client("doubtful", null_is_unknown=True)
PLAIN = Client("plain", extensions=False)
SPELT = Client("spelt", auto_launchable=True)


def nothing(service=SERVICE) -> bytes:
    """A request whose conditions are null."""
    import json

    request = json.loads(body(about=service))
    request["prefetch"]["Condition"] = None
    return json.dumps(request).encode()


def fired(response):
    return [card["extension"]["org.cds-rules.finding"]["rule"] for card in response["cards"]]


def test_a_null_says_none_unless_the_client_sends_it_for_failures_too():
    assert fired(answered(SERVICE, nothing())) == []
    assert fired(answered(SERVICE, nothing(), client=DOUBTFUL)) == ["open"]


def test_a_null_of_such_a_client_counts_as_not_supplied():
    only = selected(ruleset(STROKE, {"there": rule(["stroke"])}, name="one"))
    assert answered(only, nothing(only))["cards"] == []
    with pytest.raises(PrefetchMissing):
        answered(only, nothing(only), client=DOUBTFUL)


@given(st.lists(st.sampled_from([ANONYMOUS, DOUBTFUL, PLAIN, SPELT, Client("other")]), min_size=2, max_size=6))
def test_what_one_client_was_told_is_never_remembered_for_another_that_means_something_else(clients):
    shell = remembering(DictStore())
    for client in clients:
        remembered = answered(SERVICE, nothing(), shell=shell, client=client)
        alone = answered(SERVICE, nothing(), shell=fresh(), client=client)
        assert remembered["cards"] == alone["cards"]


def test_a_client_that_wants_no_extensions_gets_the_standard_and_nothing_else():
    request = body(THERE, about=SERVICE)
    full, plain = answered(SERVICE, request), answered(SERVICE, request, client=PLAIN)
    assert set(full) == {"cards", "extension"}
    assert set(plain) == {"cards"}
    assert "org.cds-rules" not in str(plain)
    assert [card["summary"] for card in plain["cards"]] == [card["summary"] for card in full["cards"]]


@pytest.mark.requirement("CARD-12", "LINK-05")
def test_only_a_client_with_whom_it_was_agreed_gets_a_member_of_links_that_the_guide_does_not_know():
    app = {"label": "App", "smart": "https://example.org/launch", "autolaunchable": "yes"}
    service = selected(ruleset(STROKE, {"there": rule(["stroke"], then={"links": [app]})}))
    shell, request = remembering(DictStore()), body(THERE, about=service)
    for _ in range(2):
        (spelt,) = answered(service, request, shell=shell, client=SPELT)["cards"]
        (usual,) = answered(service, request, shell=shell)["cards"]
        assert [link["autoLaunchable"] for link in spelt["links"]] == [False, True]
        assert "autoLaunchable" not in str(usual)
        without = [{k: v for k, v in link.items() if k != "autoLaunchable"} for link in spelt["links"]]
        assert without == usual["links"]
        assert usual["links"][1]["autolaunchable"] is True


def test_two_clients_never_share_a_decision_or_a_card():
    request = body(THERE, about=SERVICE)
    told = [answered(SERVICE, request, client=client) for client in (ANONYMOUS, Client("other"))]
    assert len({response["extension"][DECISION]["id"] for response in told}) == 2
    assert len({card["uuid"] for response in told for card in response["cards"]}) == 2
