"""A token is good for one call: its ``jti`` is noted where all workers look, before anything is answered (JWT-10).

The stores are asked in order until one can tell: Redis, then whatever stands behind it. Where none can, nobody is let
in. A store that was needed is asked beside the first for as long as tokens noted there live: the first, when it is
back, knows nothing of them. And each process remembers what it let in itself, so that a store that forgot does not
admit the same token to the same process again.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from cds.access.claims import LEEWAY, Claims
from cds.access.faults import CannotTell, TokenRefused

_PREFIX = b"cds:jti:"
_NOTED = b"1"
_PROBE = _PREFIX + b"probe"
#: Seconds between two attempts to reach a store that does not answer yet.
_PAUSE = 0.05
#: Tokens that one process remembers; the oldest go first.
_MOST = 20_000


class OnceStore(Protocol):
    """Where a key can be put once by all who share it. It never raises."""

    def put_new(self, key: bytes, value: bytes, seconds: int) -> bool | None:
        """Keep the value for so many seconds. False: something lay there already; None: nobody can tell."""


class SpentTokens:
    """Which tokens were used. Safe to call from several threads."""

    def __init__(self, stores: Sequence[OnceStore]) -> None:
        self._stores = tuple(stores)
        self._needed_until = [0.0] * len(self._stores)  # seconds since 1970
        self._own = _OwnMemory()

    def warm(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> bool:
        """Ask every store, so that each is connected before calls come; again for so many seconds where one cannot
        tell. Whether any can.
        """
        until = monotonic() + seconds
        silent: Sequence[OnceStore] = self._stores
        while silent := [store for store in silent if store.put_new(_PROBE, _NOTED, 1) is None]:
            if monotonic() >= until:
                break
            time.sleep(_PAUSE)
        return len(silent) < len(self._stores)

    def can_tell(self) -> bool:
        """Whether any store answers just now."""
        return any(store.put_new(_PROBE, _NOTED, 1) is not None for store in self._stores)

    def refuse_known(self, claims: Claims) -> None:
        """Refuse a token that this very process let in before: asked before its signature is worked out."""
        if self._own.holds(_key(claims)):
            raise TokenRefused("replayed")

    def spend(self, claims: Claims, now: float) -> None:
        """Note that the token is used; raises :class:`TokenRefused` for a used one, :class:`CannotTell`."""
        self.refuse_known(claims)
        key = _key(claims)
        if not self._is_new(key, int(claims.expires - now) + LEEWAY + 1, now):
            raise TokenRefused("replayed")
        self._own.add(key)

    def _is_new(self, key: bytes, seconds: int, now: float) -> bool:
        """As the first store that can tell says, and any other that was needed while tokens noted there are alive."""
        answered = False
        for place, store in enumerate(self._stores):
            if answered and self._needed_until[place] < now:
                continue
            is_new = store.put_new(key, _NOTED, seconds)
            if is_new is False:
                return False
            if is_new and not answered:
                answered = True
                if place > 0:
                    self._needed_until[place] = max(self._needed_until[place], now + seconds)
        if not answered:
            raise CannotTell
        return True


def _key(claims: Claims) -> bytes:
    """Of issuer and ``jti``, and shows neither; a lone surrogate, which no UTF-8 has, counts as a question mark."""
    token = f"{claims.issuer}\n{claims.token_id}".encode("utf-8", "replace")
    return _PREFIX + hashlib.sha256(token).hexdigest().encode()


class _OwnMemory:
    """The newest keys that this process noted."""

    def __init__(self) -> None:
        self._keys: dict[bytes, None] = {}
        self._lock = threading.Lock()

    def holds(self, key: bytes) -> bool:
        """Whether the key is among them."""
        return key in self._keys

    def add(self, key: bytes) -> None:
        """Note the key; the oldest goes where there are too many."""
        with self._lock:
            self._keys[key] = None
            if len(self._keys) > _MOST:
                del self._keys[next(iter(self._keys))]
