"""The secrets at rest: one key that hides what the cache is asked (HMAC), keys that seal what it keeps for a day, and
keys that seal what is recorded for good (AES-256).

Read from the file that ``CDS_KEYS_FILE`` names, or generated once into ``CDS_STATE/keys.json`` (mode 0600). The first
key of a ring seals; the later ones still open, which is how keys are rotated. Machines that share one Redis or one
database share one keys file, or do not open what the others sealed.

Refuses to replace a file that it cannot read: other things may be sealed with it. Never shows a secret, not even in
``repr`` or in a fault.
"""

import base64
import binascii
import fcntl
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cds.errors import ServiceFault
from cds.logs import get_logger

_log = get_logger(__name__)

KEY_ID_BYTES = 4
_SECRET_BYTES = 32
_FORMAT = 1
#: How many keys of the cache a rotation leaves: the newest and this many less one that still open.
_KEPT_AT_ROTATION = 3


Reason = Literal["missing", "unreadable", "not-json", "format", "hmac", "seal", "records", "repeated-id"]


class KeysUnusable(ServiceFault):
    """The keys file cannot be used; ``reason`` says why, and never repeats what is in it."""

    def __init__(self, path: Path, reason: Reason) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"keys file {self.path}: {self.reason}"


@dataclass(frozen=True, slots=True, eq=False)
class SealingKey:
    """One AES-256-GCM key and the id that sealed values carry."""

    key_id: bytes
    secret: bytes = field(repr=False)
    cipher: AESGCM = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Keyring:
    """Keys of one purpose: ``newest`` seals; ``by_id`` opens, the newest among them."""

    newest: SealingKey
    by_id: Mapping[bytes, SealingKey]


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """``hmac`` hides cache keys; ``cache`` seals what lives for a day; ``records`` what is kept for good."""

    hmac: bytes = field(repr=False)
    cache: Keyring
    records: Keyring


def load_keys(keys_file: Path | None, state: Path) -> Keys:
    """The keys in ``keys_file``; without one, those in ``state/keys.json``, generated if this is the first start.

    Several processes may start at once: one file wins and all read that. Raises :class:`KeysUnusable`.
    """
    if keys_file is not None:
        if keys_file.exists() and keys_file.stat().st_mode & 0o007:
            _log.warning("keys_file_open_to_all", path=str(keys_file))
        return read_keys(keys_file)
    path = state / "keys.json"
    if not path.exists():
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = {"format": _FORMAT, "hmac": _new_secret(), "seal": [_new_entry()], "records": [_new_entry()]}
        _create(path, _as_json(new))
    _add_keys_of_records(path)
    return read_keys(path)


def _add_keys_of_records(path: Path) -> None:
    """A file of ours from before decisions were recorded gets a key for them; one that is not whole is left alone."""
    if "records" in _document(path):
        return
    with path.with_name(".keys.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several workers that start at once one adds it, and all read that
        document = _document(path)
        if "records" not in document:
            whole = {**document, "records": [_new_entry()]}
            _read(path, whole)  # what cannot be used is refused as it is, not replaced
            _replace(path, whole)


def read_keys(path: Path) -> Keys:
    """The keys in a file; raises :class:`KeysUnusable`."""
    return _read(path, _document(path))


def _document(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise KeysUnusable(path, "missing") from None
    except OSError:
        raise KeysUnusable(path, "unreadable") from None
    except (ValueError, RecursionError):  # ``from None``: the decoder's fault carries the text, which is secret
        raise KeysUnusable(path, "not-json") from None
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise KeysUnusable(path, "format")
    return document


def _read(path: Path, document: Mapping[str, object]) -> Keys:
    hmac = _secret(document.get("hmac"))
    if hmac is None:
        raise KeysUnusable(path, "hmac")
    cache, records = (_keyring(path, document.get(name), name) for name in ("seal", "records"))
    return Keys(hmac, cache, records)


def rotate(path: Path) -> Keys:
    """Put new sealing keys first, in one step. Of the cache's the two before it still open; of the records' all do:
    a decision must open for as long as it is kept.

    Running workers use them from their next start. An operator's act: not for two at once.
    """
    read_keys(path)
    document = json.loads(path.read_bytes())
    document["seal"] = [_new_entry(), *document["seal"]][:_KEPT_AT_ROTATION]
    document["records"] = [_new_entry(), *document["records"]]
    _replace(path, document)
    return read_keys(path)


def _replace(path: Path, document: Mapping[str, object]) -> None:
    _written_beside(path, _as_json(document)).replace(path)
    _sync_folder(path.parent)


def _keyring(path: Path, listed: object, name: Literal["seal", "records"]) -> Keyring:
    if not isinstance(listed, list) or not listed:
        raise KeysUnusable(path, name)
    sealing = [_sealing_key(entry) for entry in listed]
    found = [key for key in sealing if key is not None]
    if len(found) < len(sealing):
        raise KeysUnusable(path, name)
    by_id = {key.key_id: key for key in found}
    if len(by_id) < len(found):
        raise KeysUnusable(path, "repeated-id")
    return Keyring(found[0], by_id)


def _sealing_key(entry: object) -> SealingKey | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        return None
    try:
        key_id = bytes.fromhex(entry["id"])
    except ValueError:
        return None
    secret = _secret(entry.get("key"))
    if len(key_id) != KEY_ID_BYTES or secret is None:
        return None
    return SealingKey(key_id, secret, AESGCM(secret))


def _secret(text: object) -> bytes | None:
    """The 32 bytes that a base64 text stands for; anything else is refused, above all a short key."""
    if not isinstance(text, str):
        return None
    try:
        secret = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return secret if len(secret) == _SECRET_BYTES else None


def _new_secret() -> str:
    return base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def _new_entry() -> dict[str, str]:
    return {"id": secrets.token_hex(KEY_ID_BYTES), "key": _new_secret()}


def _as_json(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, indent=2).encode() + b"\n"


def _create(path: Path, text: bytes) -> None:
    """Make the file whole or not at all; leave it alone if another process was first."""
    temporary = _written_beside(path, text)
    try:
        os.link(temporary, path)  # unlike a rename, a link never replaces what is there
    except FileExistsError:
        return
    finally:
        temporary.unlink()
    _sync_folder(path.parent)


def _written_beside(path: Path, text: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
