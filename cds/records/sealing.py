"""Sealing: AES-256-GCM, so that who reads the store learns nothing and who writes to it changes nothing.

A sealed value is ``format (1 byte) | key id (4) | nonce (12) | ciphertext and tag``. The associated data (the cache's
key, the place of a record) is bound in: a value moved elsewhere does not open. Refuses to say why something did not
open: it is ``None``, and the caller counts it.

Nonces are random, 96 bits: rotate a key well before it has sealed 2**32 values (NIST SP 800-38D, 8.3).
"""

import os

from cryptography.exceptions import InvalidTag

from cds.records.keys import KEY_ID_BYTES, Keyring

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_HEADER_BYTES = len(_FORMAT) + KEY_ID_BYTES
_BODY_AT = _HEADER_BYTES + _NONCE_BYTES


def seal(keys: Keyring, value: bytes, associated: bytes) -> bytes:
    """The value, sealed with the newest key and bound to ``associated``."""
    nonce = os.urandom(_NONCE_BYTES)
    header = _FORMAT + keys.newest.key_id
    return header + nonce + keys.newest.cipher.encrypt(nonce, value, header + associated)


def unseal(keys: Keyring, sealed: bytes, associated: bytes) -> bytes | None:
    """What was sealed under ``associated``; ``None`` if it was tampered with, moved, or sealed by a key we lack."""
    header = sealed[:_HEADER_BYTES]
    if header[: len(_FORMAT)] != _FORMAT or len(sealed) <= _BODY_AT:
        return None
    key = keys.by_id.get(header[len(_FORMAT) :])
    if key is None:
        return None
    try:
        return key.cipher.decrypt(sealed[_HEADER_BYTES:_BODY_AT], sealed[_BODY_AT:], header + associated)
    except InvalidTag:
        return None
