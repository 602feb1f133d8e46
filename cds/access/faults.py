"""Why a caller is not let in. No fault carries a token or any text of it."""

from typing import Literal

from cds.errors import ServiceFault

#: Which check a token failed: for the service's log. Callers are not told (JWT-12).
Reason = Literal[
    "no-token",
    "not-bearer",
    "too-long",
    "malformed",
    "critical-header",
    "type",
    "algorithm",
    "kid",
    "issuer",
    "jku",
    "audience",
    "exp",
    "expired",
    "long-lived",
    "iat",
    "issued-later",
    "not-before",
    "jti",
    "tenant",
    "certificate",
    "unknown-kid",
    "signature",
    "replayed",
]

#: What each says to who may be told: the operator of the service.
MEANING: dict[Reason, str] = {
    "no-token": "nothing was given",
    "not-bearer": "it is more than one word",
    "too-long": "it is longer than any CDS Hooks token",
    "malformed": "it is not three base64url parts, of which the first two are JSON objects without repeated names",
    "critical-header": "its header has crit or b64, which no CDS Hooks token needs",
    "type": "typ in its header must be JWT",
    "algorithm": "alg in its header must be ES384 or RS384, and the one of the key that kid names",
    "kid": "kid in its header must be a text of at most 255 characters",
    "issuer": "iss is no issuer of clients.yaml, letter by letter",
    "jku": "jku in its header is not one that clients.yaml lists for the issuer",
    "audience": "aud is not the address given, or no list that holds it",
    "exp": "exp must be a number: seconds since 1970",
    "expired": "exp is past, by more than the 30 seconds that clocks may differ",
    "long-lived": "exp is more than an hour ahead; five minutes are usual",
    "iat": "iat must be a number: seconds since 1970",
    "issued-later": "iat is in the future, by more than the 30 seconds that clocks may differ",
    "not-before": "nbf is no number, or in the future",
    "jti": "jti must be a text of at most 255 characters",
    "tenant": "no client of clients.yaml has this iss with this tenant (or with none, where the token names none)",
    "certificate": "the client is also known by the name in its certificate, which no token shows",
    "unknown-kid": "the issuer's key sets, as far as they can be read, have no usable key of this kid",
    "signature": "the signature does not fit the key of this kid",
    "replayed": "it was used before",
}


class TokenRefused(ServiceFault):
    """The caller did not show who it is (401). ``reason``: which check failed; ``client``: who it seemed to be."""

    def __init__(self, reason: Reason, client: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.client = client


class CannotTell(ServiceFault):
    """Whether the token was used before cannot be told now, so nobody is let in (503)."""


class TooManyCalls(ServiceFault):
    """The client calls more often than was agreed (429). ``wait``: seconds until its next call is due."""

    def __init__(self, wait: float, client: str = "") -> None:
        super().__init__()
        self.wait = wait
        self.client = client
