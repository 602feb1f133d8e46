"""Stand-ins for a store, and keys to seal with; no sockets."""

import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cds.records.keys import Keyring, Keys, SealingKey


class DictStore:
    """A store in memory that never expires anything: what holds is left to the interval."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}
        self.seconds: dict[bytes, int] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.kept.get(key)

    def put(self, key: bytes, value: bytes, seconds: int) -> None:
        self.kept[key], self.seconds[key] = value, seconds

    def health(self) -> dict[str, str | int]:
        return {"store": "dict"}

    def close(self) -> None:
        self.kept.clear()


class ConfusedStore(DictStore):
    """Gives back what ``choose`` picks of all that was ever put: other keys' values, old ones, nothing, rubbish."""

    def __init__(self, choose: Callable[[list[bytes | None]], bytes | None]) -> None:
        super().__init__()
        self._choose = choose
        self._ever: list[bytes | None] = [None, b"", b"\x01", b"rubbish"]

    def get(self, key: bytes) -> bytes | None:
        return self._choose(self._ever)

    def put(self, key: bytes, value: bytes, seconds: int) -> None:
        self._ever.append(value)


def sealing_key() -> SealingKey:
    secret = secrets.token_bytes(32)
    return SealingKey(secrets.token_bytes(4), secret, AESGCM(secret))


def ring(*older: SealingKey, newest: SealingKey | None = None) -> Keyring:
    newest = newest or sealing_key()
    return Keyring(newest, {key.key_id: key for key in (newest, *older)})


def keys(*older: SealingKey) -> Keys:
    """Keys of one's own; ``older`` still open what lies in the cache."""
    return Keys(secrets.token_bytes(32), ring(*older), ring())
