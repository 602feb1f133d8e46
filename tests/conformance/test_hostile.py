"""HTTP-07: no client mistake is a server error, whatever the bytes."""

import copy
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.desks import client
from tests.hooks.calls import bundle, call, draft

HTTP = client()
GRANT = {"access_token": "t", "token_type": "Bearer", "expires_in": 3, "scope": "s", "subject": "x"}
VALID = call(
    "order-select",
    context={"encounterId": "e"},
    fhirServer="https://e.org",
    fhirAuthorization=GRANT,
    prefetch={"Patient": {"resourceType": "Patient"}, "Condition": bundle(draft())},
    extension={"a.b": 1},
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(tree, path=()):
    """The path of every value in a tree."""
    yield path
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, value in items:
        yield from places(value, (*path, name))


PLACES = [path for path in places(VALID) if path]


def post(body):
    return HTTP.post("/cds-services/order-select", data=body, headers={"Content-Type": "application/json"})


def test_req_01_the_unchanged_request_is_answered():
    assert post(json.dumps(VALID).encode()).status_code == 200


@given(st.binary(max_size=200))
def test_http_07_random_bytes_are_a_client_mistake(body):
    response = post(body)
    assert response.status_code == 400
    assert response.get_json()["resourceType"] == "OperationOutcome"


@settings(max_examples=300)
@given(st.sampled_from(PLACES), st.none() | junk, st.booleans())
def test_http_07_a_changed_request_is_answered_or_a_client_mistake(path, value, removed):
    tree = copy.deepcopy(VALID)
    holder = tree
    for step in path[:-1]:
        holder = holder[step]
    if removed:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    assert post(json.dumps(tree).encode("utf-8", "surrogatepass")).status_code in (200, 400)


@given(st.integers(0, 2000), st.integers(0, 255))
def test_http_07_a_flipped_byte_is_answered_or_a_client_mistake(position, byte):
    body = bytearray(json.dumps(VALID).encode())
    body[position % len(body)] = byte
    assert post(bytes(body)).status_code in (200, 400)


@given(st.text(max_size=20), st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS"]))
def test_http_07_no_path_is_a_server_error(path, method):
    response = HTTP.open(method=method, environ_overrides={"PATH_INFO": path.encode().decode("latin-1")})
    assert response.status_code < 500
