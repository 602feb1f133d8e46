import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.desks import FakeDesk, client
from tests.hooks.calls import as_bytes, call

SERVICE = "/cds-services/patient-view"
BODY = as_bytes(call())
MIB = 1024 * 1024


def packed(content):
    return gzip.compress(content, mtime=0)  # the same bytes in every process


def post(web, body, coding="gzip", **headers):
    told = {"Content-Type": "application/json", "Content-Encoding": coding, **headers}
    return web.post(SERVICE, data=body, headers=told)


@pytest.mark.parametrize("coding", ["gzip", "GZIP", " gzip", "x-gzip"])
def test_a_gzipped_body_is_read(coding):
    assert post(client(), packed(BODY), coding).status_code == 200


def test_http_05_a_body_that_would_inflate_beyond_the_limit_is_413():
    largest = len(BODY)
    web = client(max_body=largest)
    assert post(web, packed(BODY)).status_code == 200
    assert post(web, packed(BODY + b" ")).status_code == 413


def test_a_bomb_is_413_before_it_is_large():
    import tracemalloc

    bomb = packed(b" " * (200 * MIB))
    web = client()
    tracemalloc.start()
    assert post(web, bomb).status_code == 413
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * MIB


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        b"",
        packed(BODY)[:-1],
        packed(BODY)[:20],
        packed(BODY) + b"x",
        packed(BODY) + packed(b""),
        zlib.compress(BODY),
        packed(BODY)[:-8] + bytes(8),
    ],
)
def test_what_is_not_exactly_one_gzip_member_is_400(body):
    response = post(client(), body)
    assert response.status_code == 400
    assert response.get_json()["issue"][0]["expression"] == ["body"]


@settings(deadline=None)
@given(st.binary(max_size=60), st.integers(0, 200))
def test_http_07_a_broken_gzip_is_a_client_mistake(rubbish, place):
    whole = packed(BODY)
    assert post(client(), whole[:place] + rubbish + whole[place + 1 :]).status_code in {200, 400, 413}


class Long(FakeDesk):
    def answer(self, service_id, body, moment, **_):
        return b'{"cards":[],"extension":{"a.b":"%s"}}' % (b"x" * 5000)


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.8", "x-gzip"])
def test_a_large_answer_is_gzipped_for_who_takes_it(accepted):
    response = post(client(Long()), BODY, "identity", **{"Accept-Encoding": accepted})
    assert response.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in response.headers["Vary"]
    assert int(response.headers["Content-Length"]) == len(response.data) < 500
    assert gzip.decompress(response.data) == Long().answer("", b"", None)


@pytest.mark.parametrize("accepted", [None, "", "identity", "br", "gzip;q=0", "gzip; q=0.0", "gzipped"])
def test_an_answer_is_sent_as_it_is_to_everybody_else(accepted):
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    response = post(client(Long()), BODY, "identity", **headers)
    assert "Content-Encoding" not in response.headers
    assert response.data == Long().answer("", b"", None)


def test_a_small_answer_is_not_worth_it():
    response = post(client(), BODY, "identity", **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers
    assert "Vary" not in response.headers
