import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from cds.access.key_set import NotAKeySet, read_key_set
from tests.access.telling import key

GOOD = json.loads(key().key_set)["keys"][0]


def read(*entries):
    return read_key_set(json.dumps({"keys": list(entries)}).encode())


def public(private, kid="k", **members):
    kind = jwt.algorithms.RSAAlgorithm if isinstance(private, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**json.loads(kind.to_jwk(private.public_key())), "kid": kid, **members}


def test_the_algorithm_is_the_keys():
    keys = read(GOOD, public(rsa.generate_private_key(public_exponent=65537, key_size=2048), "r"))
    assert {kid: found.algorithm for kid, found in keys.items()} == {key().kid: "ES384", "r": "RS384"}


@pytest.mark.parametrize(
    "entry",
    [
        {**GOOD, "kid": ""},
        {**GOOD, "kid": 7},
        {name: value for name, value in GOOD.items() if name != "kid"},
        {**GOOD, "use": "enc"},
        {**GOOD, "key_ops": ["sign"]},
        {**GOOD, "alg": "ES256"},
        {**GOOD, "x": "AAAA"},
        {**GOOD, "x": 7},
        {**GOOD, "crv": "P-256"},
        key().private,
        public(ec.generate_private_key(ec.SECP256R1())),
        public(ec.generate_private_key(ec.SECP521R1())),
        public(rsa.generate_private_key(public_exponent=65537, key_size=1024)),  # noqa: S505 - refused, that is the claim
        public(rsa.generate_private_key(public_exponent=65537, key_size=2048), alg="RS256"),
        json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate().public_key())),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS384"},
        None,
        7,
    ],
)
def test_a_key_that_no_token_may_be_signed_with_is_passed_over(entry):
    other = public(ec.generate_private_key(ec.SECP384R1()), "other")
    assert set(read(entry, other)) == {"other"}
    with pytest.raises(NotAKeySet):
        read(entry)


def test_of_two_keys_with_one_kid_the_first_counts():
    second = public(rsa.generate_private_key(public_exponent=65537, key_size=2048), key().kid)
    assert read(GOOD, second)[key().kid].algorithm == "ES384"


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"[]", b'{"keys": {}}', b'{"keys": []}', b"\xff", b"[" * 100_000, b'{"keys": [' + b"7," * 200 + b"7]}"],
)
def test_what_is_no_key_set_is_said_to_be_none(document):
    with pytest.raises(NotAKeySet):
        read_key_set(document)


@given(
    st.sampled_from(sorted(GOOD)),
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.text()),
)
def test_a_changed_member_gives_a_key_or_none(name, value):
    other = public(ec.generate_private_key(ec.SECP384R1()), "other")
    assert {"other"} <= set(read({**GOOD, name: value}, other))
