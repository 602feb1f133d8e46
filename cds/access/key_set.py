"""A JWK Set (RFC 7517) to the keys that CDS Hooks tokens may be signed with.

The algorithm belongs to the key, not to the token: P-384 is ES384, RSA is RS384. Every other key of the set is passed
over, and so is one published with its private part: whoever read it can sign.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Literal

import jwt

from cds.access.claims import LONGEST_NAME
from cds.errors import ServiceFault

Algorithm = Literal["ES384", "RS384"]
ALGORITHMS: frozenset[str] = frozenset({"ES384", "RS384"})
#: Bits. Shorter ones can be broken; verifying with longer ones is a way to keep us busy.
_RSA_BITS = range(2048, 8193)
_MOST_KEYS = 100


class NotAKeySet(ServiceFault):
    """The document is no JWK Set, or holds no key that tokens may be signed with."""


@dataclass(frozen=True, slots=True, eq=False)
class VerifyingKey:
    """One public key and the only algorithm that it verifies."""

    algorithm: Algorithm
    key: jwt.PyJWK = field(repr=False)


def read_key_set(document: bytes) -> dict[str, VerifyingKey]:
    """The usable keys by ``kid``, at least one; of two with one ``kid`` the first. Raises :class:`NotAKeySet`."""
    try:
        listed = json.loads(document)["keys"]
    except (ValueError, RecursionError, LookupError, TypeError):
        raise NotAKeySet("no JSON object with keys") from None
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise NotAKeySet("keys is no list, or too long")
    keys: dict[str, VerifyingKey] = {}
    for entry in listed:
        kid = entry.get("kid") if isinstance(entry, dict) else None
        if isinstance(kid, str) and 0 < len(kid) <= LONGEST_NAME and kid not in keys:
            key = _verifying_key(entry)
            if key is not None:
                keys[kid] = key
    if not keys:
        raise NotAKeySet("no ES384 or RS384 public key with a kid")
    return keys


def _verifying_key(entry: dict[str, Any]) -> VerifyingKey | None:
    algorithm = _algorithm(entry)
    if algorithm is None:
        return None
    try:
        key = jwt.PyJWK(entry, algorithm)
    # What a key that does not fit its curve raises is the library's own choice: TypeError for numbers as members, ...
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if algorithm == "RS384" and key.key.key_size not in _RSA_BITS:
        return None
    return VerifyingKey(algorithm, key)


def _algorithm(entry: dict[str, Any]) -> Algorithm | None:
    """The algorithm of an entry that is a public signing key of ours."""
    algorithm: Algorithm
    if entry.get("kty") == "EC" and entry.get("crv") == "P-384":
        algorithm = "ES384"
    elif entry.get("kty") == "RSA":
        algorithm = "RS384"
    else:
        return None
    is_private = "d" in entry
    signs = entry.get("use", "sig") == "sig" and "verify" in (entry.get("key_ops") or ("verify",))
    return algorithm if signs and not is_private and entry.get("alg", algorithm) == algorithm else None
