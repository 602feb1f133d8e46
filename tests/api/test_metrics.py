"""``/metrics``: what it counts of requests, and who may read it."""

import pytest

from cds.api import create_app
from cds.decisions.faults import OutOfTime
from cds.metrics.prometheus import PrometheusMeter
from cds.rules.engine.faults import EnginesDiffer
from cds.settings import Settings
from tests.api.desks import FakeDesk
from tests.hooks.calls import call
from tests.metrics.telling import read

SIGN = "/cds-services/patient-view"


def client(desk=None, **settings):
    return create_app(Settings(**settings), desk or FakeDesk(), meter=PrometheusMeter()).test_client()


def counted(http) -> dict[str, float]:
    return read(http.get("/metrics").text)


def requests(http) -> dict[tuple[str, ...], float]:
    found = {}
    for name, value in counted(http).items():
        if name.startswith("cds_request_seconds_count"):
            labels = [part.split("=")[1].strip('"}') for part in name.partition("{")[2].split(",")]
            found[tuple(labels)] = value
    return found


def test_requests_are_counted_by_kind_service_and_status():
    http = client()
    http.post(SIGN, json=call())
    http.post(SIGN, json=call())
    http.post(SIGN, json={})
    http.get("/cds-services")
    assert requests(http) == {
        ("hook", "patient-view", "200"): 2,
        ("hook", "patient-view", "400"): 1,
        ("discovery", "", "200"): 1,
    }


def test_what_somebody_made_up_is_never_a_label():
    http = client()
    http.post("/cds-services/Patient-4711", json=call())
    http.get("/cds-services/Patient-4711/feedback")
    http.get("/Patient-4711")
    http.options("/cds-services/Patient-4711")
    assert "4711" not in http.get("/metrics").text


@pytest.mark.parametrize(("fault", "name"), [(OutOfTime(), "OutOfTime"), (EnginesDiffer((1,)), "EnginesDiffer")])
def test_refusals_are_counted_by_their_fault(fault, name):
    http = client(FakeDesk(fault))
    assert http.post(SIGN, json=call()).status_code >= 500
    assert counted(http)[f'cds_refusals_total{{fault="{name}"}}'] == 1


def test_too_much_load_is_told_from_the_start():
    told = counted(client())
    assert told['cds_refusals_total{fault="Overloaded"}'] == told['cds_refusals_total{fault="OutOfTime"}'] == 0


def test_whether_it_is_ready_is_told():
    assert counted(client())["cds_ready"] == 1
    assert counted(client(FakeDesk(ready=False)))["cds_ready"] == 0


def test_rulesets_without_a_version_in_effect_are_told():
    desk = FakeDesk()
    desk.not_effective = lambda _: [("sign", "order-sign", "old")]
    told = counted(client(desk))
    assert told['cds_ruleset_not_effective{hook="order-sign",ruleset="old",service="sign"}'] == 1


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.1", "::1"])
def test_this_machine_may_read_them(peer):
    assert client().get("/metrics", environ_base={"REMOTE_ADDR": peer}).status_code == 200


@pytest.mark.parametrize("peer", ["10.0.0.5", "2001:db8::1", "", "::ffff:10.0.0.5"])
def test_other_machines_may_not_unless_the_operator_says_so(peer):
    refused = client().get("/metrics", environ_base={"REMOTE_ADDR": peer})
    assert refused.status_code == 403
    assert refused.json["issue"][0]["code"] == "forbidden"
    assert client(metrics="open").get("/metrics", environ_base={"REMOTE_ADDR": peer}).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "Origin"])
def test_what_comes_through_a_proxy_or_from_a_browsers_page_is_not_from_here(header):
    assert client().get("/metrics", headers={header: "something"}).status_code == 403


def test_they_can_be_shut_off():
    assert client(metrics="off").get("/metrics").status_code == 404


def test_other_methods_are_refused():
    response = client().post("/metrics")
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
