import base64
import contextlib
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.access import verifying
from cds.access.faults import MEANING, CannotTell, Reason, TokenRefused
from cds.access.token_lab import Lab, LabKey, attempts
from tests.access.telling import AUDIENCE, EAST, ISSUER, JWKS, NOW, Memory, key, lab, registry, verifier

#: Which check each attempt of the lab must fail: the one that it is made for, and no other.
REASONS = {
    "no-token": "no-token",
    "other-scheme": "not-bearer",
    "not-a-jwt": "malformed",
    "oversized": "too-long",
    "alg-none": "algorithm",
    "alg-es256": "algorithm",
    "alg-rs384": "algorithm",
    "alg-hs384": "algorithm",
    "alg-missing": "algorithm",
    "typ-wrong": "type",
    "typ-missing": "type",
    "kid-unknown": "unknown-kid",
    "kid-missing": "kid",
    "jku-unlisted": "jku",
    "crit": "critical-header",
    "iss-unknown": "issuer",
    "iss-missing": "issuer",
    "aud-wrong": "audience",
    "aud-longer": "audience",
    "aud-missing": "audience",
    "exp-past": "expired",
    "exp-far": "long-lived",
    "exp-text": "exp",
    "exp-missing": "exp",
    "iat-future": "issued-later",
    "iat-missing": "iat",
    "nbf-future": "not-before",
    "jti-missing": "jti",
    "jti-number": "jti",
    "tenant-unknown": "tenant",
    "signature-other-key": "signature",
    "signature-missing": "malformed",
    "signature-moved": "signature",
}
ATTEMPTS = {attempt.name: attempt for attempt in attempts(lab())}


def refusal(token: str, check=None, audience: str = AUDIENCE) -> str:
    """The reason for which a token is refused."""
    with pytest.raises(TokenRefused) as refused:
        (check or verifier()).client_of(f"Bearer {token}", frozenset((audience,)), NOW)
    return refused.value.reason


def accepted(token: str, check=None):
    return (check or verifier()).client_of(f"Bearer {token}", frozenset((AUDIENCE,)), NOW)


def test_a_good_token_is_its_client():
    assert accepted(lab().good()) is EAST


def test_the_lab_has_an_attempt_for_each_check():
    assert ATTEMPTS.keys() == REASONS.keys()


@pytest.mark.requirement("SEC-03")
@pytest.mark.parametrize("name", sorted(REASONS))
def test_jwt_01_to_11_a_token_that_is_wrong_in_one_thing_is_refused_for_that_thing(name):
    check = verifier()
    with pytest.raises(TokenRefused) as refused:
        check.client_of(ATTEMPTS[name].authorization, frozenset((AUDIENCE,)), NOW)
    assert refused.value.reason == REASONS[name]
    assert accepted(lab().good(), check) is EAST


def test_every_reason_has_its_meaning():
    assert set(MEANING) == set(Reason.__args__)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_jwt_02_none_is_refused_in_any_spelling_with_and_without_a_signature(algorithm):
    token = lab().signed({**lab().header(), "alg": algorithm}, lab().claims())
    assert refusal(token) == "algorithm"
    assert refusal(token.rpartition(".")[0] + ".") == "malformed"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512", "hs256"])
@pytest.mark.parametrize("form", ["jwks", "pem", "der", "point"])
def test_jwt_03_the_public_key_is_never_a_secret(algorithm, form):
    from cryptography.hazmat.primitives import serialization as s

    public = key().signer.public_key()
    secret = {
        "jwks": key().key_set,
        "pem": public.public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo),
        "point": public.public_bytes(s.Encoding.X962, s.PublicFormat.UncompressedPoint),
    }[form]
    header = {**lab().header(), "alg": algorithm}
    hmac = jwt.algorithms.HMACAlgorithm
    text = lab().signed(header, lab().claims()).rpartition(".")[0]
    mac = hmac({"256": hmac.SHA256, "384": hmac.SHA384, "512": hmac.SHA512}[algorithm[2:]]).sign(text.encode(), secret)
    assert refusal(f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}") == "algorithm"


def rsa_set(private: rsa.RSAPrivateKey, **members) -> bytes:
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
    return json.dumps({"keys": [{**public, "kid": "r", **members}]}).encode()


def test_jwt_03_rs384_is_taken_and_the_other_rsa_algorithms_are_not():
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    check = verifier(None, rsa_set(private))

    def signed(algorithm):
        return jwt.encode(lab().claims(), private, algorithm, headers={"kid": "r"})

    assert accepted(signed("RS384"), check) is EAST
    for algorithm in ("RS256", "RS512", "PS384"):
        assert refusal(signed(algorithm), check) == "algorithm"
    assert refusal(lab().signed({**lab().header(), "kid": "r"}, lab().claims()), check) == "algorithm"


def test_jwt_06_a_listed_jku_is_taken_and_never_fetched_for_the_tokens_sake():
    elsewhere = "https://elsewhere.example.org/jwks.json"
    asked = []
    known = registry(jku=(elsewhere,))
    from cds.access.keys import IssuerKeys
    from cds.access.spent import SpentTokens
    from cds.access.verifying import Verifier

    keys = IssuerKeys(known.issuers, lambda url: asked.append(url) or key().key_set)
    check = Verifier(known, keys, SpentTokens((Memory(),)))
    for jku in (JWKS, elsewhere):
        assert accepted(lab().signed({**lab().header(), "jku": jku}, lab().claims()), check) is EAST
    assert refusal(lab().signed({**lab().header(), "jku": "https://evil.example.org/"}, lab().claims()), check) == "jku"
    assert refusal(lab().signed({**lab().header(), "jku": ["x"]}, lab().claims()), check) == "jku"
    assert set(asked) == {JWKS}


def test_jwt_06_a_key_in_the_tokens_own_header_counts_for_nothing():
    other = LabKey.of(ec.generate_private_key(ec.SECP384R1()), key().kid)
    own = json.loads(other.key_set)["keys"][0]
    token = lab(key=other).signed({**lab().header(), "jwk": own, "x5c": ["x"]}, lab().claims())
    assert refusal(token) == "signature"


def test_jwt_07_an_audience_may_be_a_list_that_holds_the_address():
    for aud in ([AUDIENCE], ["https://other.example.org", AUDIENCE]):
        assert accepted(lab().signed(lab().header(), {**lab().claims(), "aud": aud})) is EAST
    for aud in ([], ["x"], [AUDIENCE, 7], AUDIENCE.upper(), AUDIENCE + "/", {"a": AUDIENCE}, None):
        assert refusal(lab().signed(lab().header(), {**lab().claims(), "aud": aud})) == "audience"


def test_jwt_10_a_token_is_good_for_one_call():
    check = verifier()
    token = lab().good()
    assert accepted(token, check) is EAST
    assert refusal(token, check) == "replayed"


def test_jwt_10_a_jti_is_used_up_whatever_else_the_token_says():
    check = verifier()
    claims = lab().claims()
    assert accepted(lab().signed(lab().header(), claims), check) is EAST
    assert refusal(lab().signed(lab().header(), {**claims, "exp": claims["exp"] + 5, "extra": 1}), check) == "replayed"


def test_jwt_10_another_worker_knows_that_a_token_was_used():
    shared = Memory()
    token = lab().good()
    assert accepted(token, verifier(None, None, shared)) is EAST
    assert refusal(token, verifier(None, None, shared)) == "replayed"


def test_jwt_10_a_replay_costs_no_signature(monkeypatch):
    check = verifier()
    token = lab().good()
    assert accepted(token, check) is EAST
    monkeypatch.setattr(verifying, "_check_signature", lambda *_: pytest.fail("worked out"))
    assert refusal(token, check) == "replayed"


def test_jwt_10_a_bad_signature_uses_no_jti_up():
    check = verifier()
    claims = lab().claims()
    other = Lab(LabKey.of(ec.generate_private_key(ec.SECP384R1()), key().kid), ISSUER, AUDIENCE, lambda: NOW)
    assert refusal(other.signed(lab().header(), claims), check) == "signature"
    assert accepted(lab().signed(lab().header(), claims), check) is EAST


def test_where_nobody_can_tell_nobody_is_let_in():
    store = Memory()
    check = verifier(None, None, store)
    store.away = True
    with pytest.raises(CannotTell):
        accepted(lab().good(), check)
    store.away = False
    assert accepted(lab().good(), check) is EAST


def test_jwt_11_a_tenant_is_the_clients_own():
    check = verifier(registry(tenant="west"))
    assert accepted(lab(tenant="west").good(), check) is EAST
    for tenant in ("west ", "West", None):
        assert refusal(lab(tenant=tenant).good(), check) == "tenant"


def test_a_name_that_stands_twice_is_refused():
    claims = json.dumps(lab().claims())[:-1] + ',"iss":"https://evil.example.org"}'
    header, _, signature = lab().good().split(".")
    payload = base64.urlsafe_b64encode(claims.encode()).rstrip(b"=").decode()
    assert refusal(f"{header}.{payload}.{signature}") == "malformed"


VERIFIER = verifier()
PARTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(lab().good().split(".")),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | st.just(AUDIENCE),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["alg", "kid", "iss", "aud", "exp", "iat", "jti", "jku", "typ"]), inner)
        ),
        max_leaves=8,
    ).map(lambda tree: base64.urlsafe_b64encode(json.dumps(tree).encode()).rstrip(b"=").decode()),
)


@settings(deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=4), st.sampled_from(["Bearer ", "bearer  ", "", "Basic ", "Bearer\t"]))
def test_no_header_does_anything_but_be_refused(parts, scheme):
    authorization = scheme + ".".join(parts)
    if authorization == f"Bearer {lab().good()}":
        return
    with pytest.raises(TokenRefused):
        VERIFIER.client_of(authorization, frozenset((AUDIENCE,)), NOW)


@settings(deadline=None)
@given(
    st.sampled_from(sorted(lab().claims())),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.lists(st.text(max_size=3)),
)
def test_a_signed_token_with_any_claim_at_all_is_its_client_or_refused(name, value):
    token = lab().signed(lab().header(), {**lab().claims(), name: value})
    with contextlib.suppress(TokenRefused):
        assert VERIFIER.client_of(f"Bearer {token}", frozenset((AUDIENCE,)), NOW) is EAST
