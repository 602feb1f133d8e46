"""The claims of a CDS Hooks token (CDS Hooks 2.0, "Trusting CDS Clients"), checked one by one.

All but the signature: who checks these first spares the cost of a signature on a token that could never pass.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cds.access.faults import Reason, TokenRefused

#: Seconds by which two clocks may differ. The HL7 sandbox rounds ``iat``: with none, half its calls would be refused.
LEEWAY = 30
#: Seconds. The guide suggests five minutes; each token is remembered until it expires, so its life is bounded.
LONGEST_LIFE = 3600
#: Characters of ``jti``, ``tenant``, ``kid``.
LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says, in form and in time. ``exp``: seconds since 1970; ``tenant``: None where it names none."""

    issuer: str
    token_id: str
    tenant: str | None
    expires: float


def check_claims(claims: Mapping[str, Any], audiences: frozenset[str], now: float) -> Claims:
    """The claims, if the token is for one of the ``audiences`` and in time.

    now: seconds since 1970, by the real clock. Raises :class:`TokenRefused`. Whether the issuer and the tenant are
    known, and the ``jti`` new, is for others to say.
    """
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not issuer:
        raise TokenRefused("issuer")
    _check_audience(claims.get("aud"), audiences)
    expires = _check_times(claims, now)
    tenant = claims.get("tenant")
    return Claims(issuer, name(claims.get("jti"), "jti"), None if tenant is None else name(tenant, "tenant"), expires)


def name(value: object, reason: Reason) -> str:
    """A text of sensible length; anything else is refused for the ``reason``."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise TokenRefused(reason)
    return value


def _check_audience(value: object, audiences: frozenset[str]) -> None:
    named = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in named) or audiences.isdisjoint(named):
        raise TokenRefused("audience")


def _check_times(claims: Mapping[str, Any], now: float) -> float:
    """When it expires; JWT's NumericDate may have a fraction."""
    expires = _seconds(claims.get("exp"), "exp")
    issued = _seconds(claims.get("iat"), "iat")
    if expires + LEEWAY <= now:
        raise TokenRefused("expired")
    if expires - now > LONGEST_LIFE + LEEWAY:
        raise TokenRefused("long-lived")
    if issued > now + LEEWAY:
        raise TokenRefused("issued-later")
    if "nbf" in claims and _seconds(claims["nbf"], "not-before") > now + LEEWAY:
        raise TokenRefused("not-before")
    return expires


def _seconds(value: object, reason: Reason) -> float:
    """A finite number; ``true`` and "1700000000" are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(reason)
    try:
        seconds = float(value)
    except OverflowError:
        raise TokenRefused(reason) from None
    if not math.isfinite(seconds):
        raise TokenRefused(reason)
    return seconds
