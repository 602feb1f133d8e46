"""A registry, keys and tokens told in one line; no file and no socket."""

from functools import cache
from typing import Any

from cds.access.client import Client
from cds.access.gate import Call, TokenGate
from cds.access.keys import IssuerKeys
from cds.access.proxy import Proxy
from cds.access.registry import Issuer, Registry
from cds.access.spent import SpentTokens
from cds.access.token_lab import Lab, LabKey
from cds.access.verifying import Verifier

NOW = 1_800_000_000.0
ISSUER = "https://ehr.example.org"
JWKS = "https://ehr.example.org/jwks.json"
BASE = "https://cds.example.org/base"
AUDIENCE = f"{BASE}/cds-services"
EAST = Client("east")


@cache
def key() -> LabKey:
    return LabKey.generate()


def lab(audience: str = AUDIENCE, **members: Any) -> Lab:
    return Lab(**{"key": key(), "issuer": ISSUER, "audience": audience, "now": lambda: NOW, **members})


class Memory:
    """A store that keeps a key once, or cannot tell."""

    def __init__(self) -> None:
        self.kept: dict[bytes, tuple[bytes, int]] = {}
        self.away = False

    def put_new(self, key: bytes, value: bytes, seconds: int) -> bool | None:
        if self.away:
            return None
        is_new = key not in self.kept
        self.kept.setdefault(key, (value, seconds))
        return is_new


def registry(
    client: Client = EAST,
    tenant: str | None = None,
    jku: tuple[str, ...] = (),
    certificate: str = "",
    proxy: Proxy | None = None,
) -> Registry:
    issuer = Issuer(ISSUER, (), (JWKS,), frozenset((JWKS, *jku)))
    return Registry({ISSUER: issuer}, {(ISSUER, tenant): client}, {certificate: client} if certificate else {}, proxy)


def keys(known: Registry, key_set: bytes | None = None) -> IssuerKeys:
    loaded = IssuerKeys(known.issuers, lambda _: key_set or key().key_set)
    loaded.load()
    return loaded


def verifier(known: Registry | None = None, key_set: bytes | None = None, *stores: Any) -> Verifier:
    known = known or registry()
    return Verifier(known, keys(known, key_set), SpentTokens(stores or (Memory(),)))


def gate(known: Registry | None = None, *stores: Any) -> TokenGate:
    known = known or registry()
    return TokenGate(known, keys(known), SpentTokens(stores or (Memory(),)))


def call(token: str | None, audience: str = AUDIENCE, **members: Any) -> Call:
    return Call(frozenset((audience,)), None if token is None else f"Bearer {token}", **members)
