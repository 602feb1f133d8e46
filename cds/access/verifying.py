"""One token: is it a client's, for this address, in time, signed, and new? The cheap questions come first."""

import jwt

from cds.access.bearer import Token, read_bearer
from cds.access.claims import Claims, check_claims, name
from cds.access.client import Client
from cds.access.faults import TokenRefused
from cds.access.key_set import ALGORITHMS, VerifyingKey
from cds.access.keys import IssuerKeys
from cds.access.registry import Registry
from cds.access.spent import SpentTokens

_SIGNATURES = jwt.PyJWS(algorithms=sorted(ALGORITHMS))


class Verifier:
    """Tokens to clients. Safe to call from several threads."""

    def __init__(self, registry: Registry, keys: IssuerKeys, spent: SpentTokens) -> None:
        self._registry = registry
        self._keys = keys
        self._spent = spent

    def client_of(self, authorization: str | None, audiences: frozenset[str], now: float) -> Client:
        """The client whose token stands in the Authorization header; the token is used up by this.

        audiences: the addresses that the call may have been made to. now: seconds since 1970, by the real clock.
        Raises :class:`TokenRefused`, :class:`cds.access.faults.CannotTell`.
        """
        token = read_bearer(authorization)
        algorithm, kid = _check_header(token)
        claims = check_claims(token.claims, audiences, now)
        client = self._known(claims)
        try:
            self._spent.refuse_known(claims)
            key = self._key(claims.issuer, token.header.get("jku"), kid)
            _check_signature(token, key, algorithm)
            self._spent.spend(claims, now)
        except TokenRefused as refused:
            refused.client = client.id
            raise
        return client

    def _known(self, claims: Claims) -> Client:
        if claims.issuer not in self._registry.issuers:
            raise TokenRefused("issuer")
        client = self._registry.by_token.get((claims.issuer, claims.tenant))
        if client is None:
            raise TokenRefused("tenant")
        return client

    def _key(self, issuer: str, jku: object, kid: str) -> VerifyingKey:
        if jku is not None and (not isinstance(jku, str) or jku not in self._registry.issuers[issuer].jku):
            raise TokenRefused("jku")
        key = self._keys.find(issuer, jku, kid)
        if key is None:
            raise TokenRefused("unknown-kid")
        return key


def _check_header(token: Token) -> tuple[str, str]:
    """The algorithm that the token claims and the name of its key."""
    header = token.header
    if "crit" in header or "b64" in header:  # extensions that must be understood: we understand none
        raise TokenRefused("critical-header")
    kind = header.get("typ")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise TokenRefused("type")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenRefused("algorithm")
    return algorithm, name(header.get("kid"), "kid")


def _check_signature(token: Token, key: VerifyingKey, algorithm: str) -> None:
    """By the key's own algorithm; that the token names the same is checked, never relied on."""
    if algorithm != key.algorithm:
        raise TokenRefused("algorithm")
    try:
        _SIGNATURES.decode_complete(token.text, key.key, algorithms=[key.algorithm])
    except jwt.PyJWTError:  # not chained: the message may carry parts of the token
        raise TokenRefused("signature") from None
