"""Ids of cards and suggestions: UUIDs of version 5 (RFC 9562), the same for the same name under the same parent."""

import hashlib


def named_id(parent: bytes, name: str) -> bytes:
    """The 16 bytes of the UUID, as ``uuid.uuid5`` makes it, without an object for each step: every card has several."""
    made = bytearray(hashlib.sha1(parent + name.encode(), usedforsecurity=False).digest()[:16])
    made[6] = made[6] & 0x0F | 0x50
    made[8] = made[8] & 0x3F | 0x80
    return bytes(made)


def show_id(identity: bytes) -> str:
    """``8-4-4-4-12`` hexadecimal digits."""
    text = identity.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
