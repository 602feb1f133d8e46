"""Feedback over HTTP (CDS Hooks 2.0, "Feedback"): the same checks as a hook call, in the same order."""

import gzip
import json
import time

import pytest

from cds.api import create_app
from cds.feedback.taking import FeedbackDesk
from cds.records.spool import NotRecorded
from cds.settings import Settings
from tests.access.telling import BASE, EAST, gate, lab
from tests.api.desks import FakeDesk
from tests.feedback.test_taking import CARD, Memory, Shown, body

JSON = {"Content-Type": "application/json"}
PATH = "/cds-services/patient-view/feedback"


def client(memory=None, keeper=None, **settings):
    desk = FeedbackDesk(memory or Memory(), Shown(CARD))
    return create_app(Settings(**settings), FakeDesk(), keeper, desk).test_client()


def post(http, path=PATH, content=None, **headers):
    return http.post(path, data=content or body({"card": CARD}), headers={**JSON, **headers})


def fields(response):
    return [name for issue in response.get_json()["issue"] for name in issue.get("expression", [])]


def test_fb_09_feedback_is_answered_with_200_and_what_was_done():
    response = post(client())
    assert (response.status_code, response.get_json()) == (200, {"stored": 1, "unmatched": []})
    assert response.headers["Cache-Control"] == "no-store"


def test_fb_13_an_unknown_card_is_stored_and_named():
    response = post(client(), content=body({"card": CARD}, {"card": "unknown"}))
    assert (response.status_code, response.get_json()) == (200, {"stored": 2, "unmatched": ["unknown"]})


@pytest.mark.parametrize("path", ["/cds-services/none/feedback", "/cds-services/feedback/feedback", PATH + "/x"])
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_fb_10_an_unknown_service_is_404_whatever_the_method(path, method):
    assert client().open(path, method=method, data=b"x").status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_fb_10_other_methods_are_405_with_allow(method):
    response = client().open(PATH, method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


def test_fb_01_without_a_feedback_desk_the_path_is_404():
    assert post(create_app(Settings(), FakeDesk()).test_client()).status_code == 404


def test_fb_11_a_malformed_body_is_400_names_its_fields_and_stores_nothing():
    memory = Memory()
    response = post(client(memory), content=body(*[{"card": CARD}] * 9, {"outcome": "ignored"}))
    assert response.status_code == 400
    assert sorted(fields(response)) == ["feedback[9].card", "feedback[9].outcome"]
    assert memory.kept == []


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"feedback":[],"feedback":[]}', b"\xff"])
def test_http_07_what_is_no_object_is_400(content):
    response = post(client(), content=content)
    assert (response.status_code, fields(response)) == (400, ["body"])


def test_http_04_the_body_is_declared_json_or_gzipped_json():
    assert fields(post(client(), **{"Content-Type": "text/plain"})) == ["Content-Type"]
    assert fields(post(client(), **{"Content-Encoding": "br"})) == ["Content-Encoding"]
    assert post(client(), **{"Content-Type": "application/fhir+json; charset=utf-8"}).status_code == 200
    short = gzip.compress(body({"card": CARD}))
    assert post(client(), content=short, **{"Content-Encoding": "gzip"}).status_code == 200


def test_http_05_a_body_beyond_the_limit_is_413():
    content = body({"card": CARD})
    assert post(client(max_body=len(content)), content=content).status_code == 200
    assert post(client(max_body=len(content)), content=content + b" ").status_code == 413


def with_token(memory, audience):
    http = client(memory, gate(), auth="jwt", public_url=BASE + "/")
    token = lab(BASE + audience, now=time.time).good()
    return post(http, Authorization=f"Bearer {token}")


def test_jwt_01_where_tokens_are_asked_for_feedback_asks_for_one_too():
    http = client(None, gate(), auth="jwt", public_url=BASE + "/")
    assert post(http).status_code == 401
    assert post(http, "/cds-services/none/feedback").status_code == 404


def test_fb_14_the_token_names_the_feedback_address_and_the_record_the_client():
    memory = Memory()
    assert with_token(memory, PATH).status_code == 200
    assert memory.kept[0][1]["client"] == EAST.id
    assert with_token(memory, PATH.removesuffix("/feedback")).status_code == 401
    assert len(memory.kept) == 1


def test_cors_01_browsers_may_post_feedback():
    http = client(cors_origins=("https://ehr.example.org",))
    origin = {"Origin": "https://ehr.example.org"}
    preflight = http.options(PATH, headers=origin)
    assert preflight.status_code == 204
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    for response in (preflight, post(http, **origin), post(http, content=b"{", **origin)):
        assert response.headers["Access-Control-Allow-Origin"] == "https://ehr.example.org"


@pytest.mark.parametrize("path", [PATH + "/", "//cds-services//patient-view/feedback", PATH.replace("/f", "//f")])
def test_doubled_and_trailing_slashes_are_never_redirected(path):
    http = client()
    response = http.post(data=body({"card": CARD}), headers=JSON, environ_overrides={"PATH_INFO": path})
    assert response.status_code == 200


def test_what_could_not_be_recorded_is_503_and_says_nothing_of_it():
    response = post(client(Memory(NotRecorded("ENOSPC"))))
    assert response.status_code == 503
    (issue,) = response.get_json()["issue"]
    assert issue["code"] == "transient"
    assert "ENOSPC" not in json.dumps(issue)


def test_readiness_counts_feedback():
    http = client()
    post(http, content=body({"card": CARD}, {"card": "unknown"}))
    assert http.get("/readyz").get_json()["feedback"] == {"stored": 2, "unmatched": 1, "unchecked": 0}
