"""The Authorization header to the parts of a JWT, unverified: nothing here says that they are true.

Strict where leniency has hurt others: three base64url segments and nothing else, JSON objects whose names do not
repeat, a bounded size. Whatever stands in the header, the outcome is a token or a refusal.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

from cds.access.faults import TokenRefused

#: Characters. CDS Hooks tokens have 500 to 1,500.
LONGEST = 4096
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +(\S+)\Z", re.ASCII)
_TOKEN = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\Z")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as sent: ``text`` whole, its ``header`` and ``claims``. Its repr shows nothing."""

    text: str = field(repr=False)
    header: dict[str, Any] = field(repr=False)
    claims: dict[str, Any] = field(repr=False)


def read_bearer(authorization: str | None) -> Token:
    """The token of an Authorization header; raises :class:`TokenRefused`."""
    if authorization is None or not authorization.strip():
        raise TokenRefused("no-token")
    if len(authorization) > LONGEST:
        raise TokenRefused("too-long")
    bearer = _BEARER.match(authorization.strip())
    if bearer is None:
        raise TokenRefused("not-bearer")
    parts = _TOKEN.match(bearer[1])
    if parts is None:
        raise TokenRefused("malformed")
    return Token(parts[0], _object(parts[1]), _object(parts[2]))


def _object(segment: str) -> dict[str, Any]:
    """The JSON object that a segment is."""
    try:
        text = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
        read = json.loads(text.decode(), object_pairs_hook=_once, parse_constant=_refuse)
    # Not chained: the decoder's message may carry the text.
    except (binascii.Error, ValueError, RecursionError):
        raise TokenRefused("malformed") from None
    if not isinstance(read, dict):
        raise TokenRefused("malformed")
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names do not repeat: two readers must never see two issuers."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("repeated name")
    return members


def _refuse(word: str) -> None:
    raise ValueError(word)
