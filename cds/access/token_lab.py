"""Tokens for the lab: a key of its own, good tokens, and for each check one token that fails it and nothing else.

For trying a service, never for a client: the private key lies in a file beside the tokens it makes.
"""

import json
import secrets
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from cds.access.claims import LEEWAY, LONGEST_LIFE
from cds.access.key_set import NotAKeySet

#: Seconds, as the guide suggests and the HL7 sandbox does.
LIFE = 300

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LabKey:
    """A private P-384 key as JWK, and its name."""

    kid: str
    private: Json

    @classmethod
    def generate(cls) -> "LabKey":
        """A new key."""
        return cls.of(ec.generate_private_key(ec.SECP384R1()), f"lab-{secrets.token_hex(4)}")

    @classmethod
    def of(cls, private: ec.EllipticCurvePrivateKey, kid: str) -> "LabKey":
        """The key in our form."""
        return cls(kid, {**json.loads(ECAlgorithm.to_jwk(private)), "kid": kid, "use": "sig", "alg": "ES384"})

    @classmethod
    def read(cls, path: Path) -> "LabKey":
        """The key that :meth:`document` wrote; raises ``OSError``, NotAKeySet."""
        if path.exists() and not path.is_file():
            raise NotAKeySet("no file")
        try:
            document = json.loads(path.read_bytes())
            jwt.PyJWK(document, "ES384")
            return cls(document["kid"], document)
        except (ValueError, LookupError, TypeError, RecursionError, jwt.PyJWTError):
            raise NotAKeySet("no private P-384 key with a kid") from None

    @property
    def document(self) -> bytes:
        """The private key: for a file that nobody else reads."""
        return json.dumps(self.private, indent=2).encode() + b"\n"

    @property
    def key_set(self) -> bytes:
        """The JWK Set that a registry takes: the public key."""
        public = {name: value for name, value in self.private.items() if name != "d"}
        return json.dumps({"keys": [public]}, indent=2).encode() + b"\n"

    @property
    def signer(self) -> Any:
        """What PyJWT signs with."""
        return jwt.PyJWK(self.private, "ES384").key


@dataclass(frozen=True, slots=True)
class Lab:
    """Makes tokens for one audience. iss, tenant: as registered. now: seconds since 1970."""

    key: LabKey
    issuer: str
    audience: str
    now: Callable[[], float]
    tenant: str | None = None

    def header(self) -> Json:
        """The header of a good token."""
        return {"alg": "ES384", "typ": "JWT", "kid": self.key.kid}

    def claims(self) -> Json:
        """The claims of a good token, with a new ``jti``."""
        at = int(self.now())
        claims = {"iss": self.issuer, "aud": self.audience, "exp": at + LIFE, "iat": at, "jti": str(uuid.uuid4())}
        return claims if self.tenant is None else {**claims, "tenant": self.tenant}

    def good(self) -> str:
        """A token that is accepted, once."""
        return self.signed(self.header(), self.claims())

    def signed(self, header: Json, claims: Json) -> str:
        """A token of this header and these claims, signed whatever they say."""
        signing_input = f"{_segment(header)}.{_segment(claims)}"
        signature = ECAlgorithm(ECAlgorithm.SHA384).sign(signing_input.encode(), self.key.signer)
        return f"{signing_input}.{jwt.utils.base64url_encode(signature).decode()}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call: what is wrong with it, and its Authorization header (None for no header at all)."""

    name: str
    what: str
    authorization: str | None


def attempts(lab: Lab) -> Iterator[Attempt]:
    """One attempt for each check that a token has to pass; each fails that check and no other."""
    yield Attempt("no-token", "no Authorization header", None)
    yield Attempt("other-scheme", "Basic instead of Bearer", f"Basic {lab.good()}")
    yield Attempt("not-a-jwt", "a text that is no JWT", "Bearer not-a-jwt")
    yield Attempt("oversized", "a token of 6,000 characters", f"Bearer {lab.signed(lab.header(), _padded(lab))}")
    for name, what, header in _wrong_headers(lab):
        yield Attempt(name, what, f"Bearer {lab.signed(header, lab.claims())}")
    for name, what, claims in _wrong_claims(lab):
        yield Attempt(name, what, f"Bearer {lab.signed(lab.header(), claims)}")
    for name, what, token in _wrong_signatures(lab):
        yield Attempt(name, what, f"Bearer {token}")


def _padded(lab: Lab) -> Json:
    return {**lab.claims(), "padding": "x" * 4_000}


def _wrong_headers(lab: Lab) -> Iterator[tuple[str, str, Json]]:
    good = lab.header()
    yield "alg-none", "alg none", {**good, "alg": "none"}
    yield "alg-es256", "alg ES256", {**good, "alg": "ES256"}
    yield "alg-rs384", "alg RS384 with the kid of an elliptic key", {**good, "alg": "RS384"}
    yield "alg-missing", "no alg", _without(good, "alg")
    yield "typ-wrong", "typ JOSE", {**good, "typ": "JOSE"}
    yield "typ-missing", "no typ", _without(good, "typ")
    yield "kid-unknown", "a kid that nobody registered", {**good, "kid": f"unknown-{secrets.token_hex(4)}"}
    yield "kid-missing", "no kid", _without(good, "kid")
    yield "jku-unlisted", "a jku that is not on the list", {**good, "jku": "https://elsewhere.invalid/jwks.json"}
    yield "crit", "a header that must be understood", {**good, "crit": ["exp"]}


def _wrong_claims(lab: Lab) -> Iterator[tuple[str, str, Json]]:
    good = lab.claims()
    at = int(lab.now())
    yield "iss-unknown", "an issuer that nobody registered", {**good, "iss": "https://elsewhere.invalid"}
    yield "iss-missing", "no iss", _without(good, "iss")
    yield "aud-wrong", "aud of another service", {**good, "aud": "https://elsewhere.invalid/cds-services/x"}
    yield "aud-longer", "aud with more behind it", {**good, "aud": f"{lab.audience}/more"}
    yield "aud-missing", "no aud", _without(good, "aud")
    yield "exp-past", "expired", {**good, "exp": at - LEEWAY - 10, "iat": at - LEEWAY - 310}
    yield "exp-far", "valid for longer than is taken", {**good, "exp": at + LONGEST_LIFE + LEEWAY + 60}
    yield "exp-text", "exp as a text", {**good, "exp": str(good["exp"])}
    yield "exp-missing", "no exp", _without(good, "exp")
    yield "iat-future", "issued in the future", {**good, "iat": at + LEEWAY + 60}
    yield "iat-missing", "no iat", _without(good, "iat")
    yield "nbf-future", "not valid yet", {**good, "nbf": at + LEEWAY + 60}
    yield "jti-missing", "no jti", _without(good, "jti")
    yield "jti-number", "jti as a number", {**good, "jti": 7}
    yield "tenant-unknown", "a tenant that nobody registered", {**good, "tenant": f"unknown-{secrets.token_hex(4)}"}


def _wrong_signatures(lab: Lab) -> Iterator[tuple[str, str, str]]:
    good = lab.good()
    head, _, _ = good.rpartition(".")
    other = LabKey.of(ec.generate_private_key(ec.SECP384R1()), lab.key.kid)
    yield (
        "signature-other-key",
        "signed by another key under the same kid",
        Lab(other, lab.issuer, lab.audience, lab.now, lab.tenant).good(),
    )
    yield "signature-missing", "the signature cut off", f"{head}."
    yield (
        "signature-moved",
        "other claims under the signature of a good token",
        (f"{_segment(lab.header())}.{_segment(lab.claims())}.{good.rpartition('.')[2]}"),
    )
    # The classic confusion: the public key, which everybody has, as the secret of a symmetric algorithm.
    secret = lab.key.key_set
    confused = f"{_segment({**lab.header(), 'alg': 'HS384'})}.{_segment(lab.claims())}"
    mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA384).sign(confused.encode(), secret)
    yield (
        "alg-hs384",
        "HS384 with the public key as its secret",
        (f"{confused}.{jwt.utils.base64url_encode(mac).decode()}"),
    )


def _segment(content: Json) -> str:
    return jwt.utils.base64url_encode(json.dumps(content, separators=(",", ":")).encode()).decode()


def _without(members: Json, name: str) -> Json:
    return {key: value for key, value in members.items() if key != name}
