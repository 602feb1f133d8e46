"""Tokens over HTTP: who is let in, and what a refusal says."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from cds.access.client import Client, Rate
from cds.access.token_lab import attempts
from tests.access import telling
from tests.access.telling import BASE, EAST, Memory, gate, registry
from tests.api.desks import FakeDesk, client
from tests.hooks.calls import as_bytes, call

SERVICE = "/cds-services/patient-view"
BODY = as_bytes(call())
SETTINGS = {"auth": "jwt", "public_url": BASE + "/"}


def lab(path=SERVICE):
    return telling.lab(BASE + path, now=time.time)


def http(desk=None, known=None, store=None, **settings):
    return client(desk, gate(known, *([store] if store else [])), **SETTINGS, **settings)


def post(web, authorization=None, path=SERVICE, **headers):
    told = {"Content-Type": "application/json", **headers}
    if authorization is not None:
        told["Authorization"] = authorization
    return web.post(path, data=BODY, headers=told)


def test_a_good_token_is_answered_and_the_desk_is_told_the_client():
    desk = FakeDesk()
    assert post(http(desk), f"Bearer {lab().good()}").status_code == 200
    assert desk.clients == [EAST]


@pytest.mark.parametrize("path", ["/cds-services", SERVICE])
def test_jwt_01_without_a_token_it_is_401_with_a_challenge(path):
    web = http()
    response = web.get(path) if path == "/cds-services" else post(web)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    (issue,) = response.get_json()["issue"]
    assert (issue["code"], issue["expression"]) == ("login", ["Authorization"])
    assert f'aud "{BASE}{path}" exactly' in issue["details"]["text"]


def test_jwt_12_every_refusal_has_the_same_body_and_repeats_nothing_of_the_token():
    web = http()
    bodies = set()
    for attempt in attempts(lab()):
        response = post(web, attempt.authorization)
        assert response.status_code == 401, attempt.name
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        bodies.add(response.data)
    assert len(bodies) == 1
    (body,) = bodies
    assert b"elsewhere" not in body


def test_jwt_07_the_audience_is_the_address_called_behind_the_public_base():
    web = http()
    assert post(web, f"Bearer {lab('/cds-services').good()}").status_code == 401
    assert post(web, f"Bearer {telling.lab(f'http://localhost{SERVICE}', now=time.time).good()}").status_code == 401
    assert (
        web.get("/cds-services", headers={"Authorization": f"Bearer {lab('/cds-services').good()}"}).status_code == 200
    )


@pytest.mark.parametrize("called", ["/cds-services//patient-view", "/cds-services/patient-view/"])
def test_jwt_07_the_audience_may_be_the_address_as_called_or_as_tidied(called):
    web = http()
    for audience in (called, SERVICE):
        response = web.open(
            method="POST",
            data=BODY,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {lab(audience).good()}"},
            environ_overrides={"PATH_INFO": called},
        )
        assert response.status_code == 200
    assert post(web, f"Bearer {lab(called).good()}").status_code == 401


def test_jwt_10_a_token_is_refused_the_second_time():
    web = http()
    token = f"Bearer {lab().good()}"
    assert [post(web, token).status_code for _ in range(3)] == [200, 401, 401]


def test_when_nobody_can_tell_whether_a_token_was_used_it_is_503_and_says_when_to_come_back():
    store = Memory()
    store.away = True
    desk = FakeDesk()
    response = post(http(desk, store=store), f"Bearer {lab().good()}")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert response.get_json()["issue"][0]["code"] == "transient"
    assert desk.clients == []


def test_a_client_that_calls_too_often_gets_429_and_when_to_come_back():
    web = http(known=registry(Client("east", rate=Rate(2, 60))))
    assert [post(web, f"Bearer {lab().good()}").status_code for _ in range(3)] == [200, 200, 429]
    response = post(web, f"Bearer {lab().good()}")
    assert 1 <= int(response.headers["Retry-After"]) <= 30
    assert response.get_json()["issue"][0]["code"] == "throttled"


def test_the_order_of_checks_is_path_method_token_media():
    web = http()
    assert post(web, path="/cds-services/none").status_code == 404
    assert web.get(SERVICE).status_code == 405
    assert post(web, **{"Content-Type": "text/plain"}).status_code == 401
    assert post(web, f"Bearer {lab().good()}", **{"Content-Type": "text/plain"}).status_code == 415


def test_cors_01_a_preflight_needs_no_token():
    assert http().open(SERVICE, method="OPTIONS").status_code == 204


def test_health_needs_no_token_and_names_no_client():
    response = http().get("/readyz")
    assert response.status_code == 200
    assert response.get_json()["access"]["tokens"] == "asked for"
    assert "example.org" not in response.text


def test_a_service_that_would_refuse_every_call_is_not_ready():
    store = Memory()
    store.away = True
    response = http(store=store).get("/readyz")
    assert response.status_code == 503
    assert [issue["details"]["text"] for issue in response.get_json()["issue"]] == [
        "used tokens cannot be looked up: calls get 503"
    ]
    store.away = False
    assert http(store=store).get("/readyz").status_code == 200


def test_cors_06_a_known_clients_answer_names_its_own_origins_only():
    own, other = "https://east.example.org", "https://west.example.org"
    web = http(known=registry(Client("east", origins=(own,))), cors_origins=(other,))

    def allowed(origin, token=True, method="POST"):
        headers = {"Content-Type": "application/json", "Origin": origin}
        if token:
            headers["Authorization"] = f"Bearer {lab().good()}"
        return web.open(SERVICE, method=method, data=BODY, headers=headers).headers.get("Access-Control-Allow-Origin")

    assert allowed(own) == own
    assert allowed(other) is None
    for before_known in ("OPTIONS", "POST"):
        assert allowed(own, token=False, method=before_known) == own
        assert allowed(other, token=False, method=before_known) == other
        assert allowed("https://evil.example.org", token=False, method=before_known) is None


WEB = http()


@settings(deadline=None)
@given(
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=200)
    | st.builds("Bearer {}".format, st.from_regex(r"[A-Za-z0-9_-]{0,40}(\.[A-Za-z0-9_-]{0,40}){0,4}", fullmatch=True))
    | st.integers(3000, 70_000).map(lambda length: "Bearer " + "a" * length)
)
def test_no_authorization_header_is_a_server_error_or_lets_anybody_in(value):
    with capture_logs() as logged:
        response = WEB.open(
            SERVICE,
            method="POST",
            data=BODY,
            headers={"Content-Type": "application/json"},
            environ_overrides={"HTTP_AUTHORIZATION": value},
        )
    assert response.status_code == 401
    assert [entry["event"] for entry in logged] == ["token_refused"]
    assert set(logged[0]) == {"event", "reason", "client", "log_level"}
