"""The keys of one source (a file or an address), remembered: rotation needs no restart, and an outage loses nothing.

An unknown ``kid`` has the source read again, at most once per cool-down however many ask; a set that grew old is
refreshed while calls go on with the old one; a set that cannot be read leaves the old one in place. Reading is done by
a thread of its own, and a call waits for it only a moment.
"""

import threading
import time
from collections.abc import Callable, Mapping

from cds.access.key_set import VerifyingKey, read_key_set
from cds.errors import ServiceFault
from cds.logs import get_logger

_log = get_logger(__name__)

#: Seconds that a call with an unknown ``kid`` waits for the set to be read again.
PATIENCE = 0.3


class KeyCache:
    """Safe to call from several threads."""

    def __init__(
        self,
        name: str,
        read: Callable[[], bytes],
        *,
        fresh: float,
        cool_down: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``name``: for the log. ``fresh``: seconds after which the set is read again. ``cool_down``: seconds between
        two readings at least.
        """
        self._name = name
        self._read = read
        self._fresh = fresh
        self._cool_down = cool_down
        self._monotonic = monotonic
        self._keys: Mapping[str, VerifyingKey] = {}
        self._lock = threading.Lock()
        self._tried: float | None = None
        self._done = threading.Event()
        self._done.set()
        self._failing = False

    def load(self) -> None:
        """Read now, in this thread: at the start, before calls come."""
        self._tried = self._monotonic()
        self._replace()

    def find(self, kid: str) -> VerifyingKey | None:
        """The key of this name; waits a moment where the set had to be read for it."""
        found = self._keys.get(kid)
        if found is None:
            self._refresh(self._cool_down)
            self._done.wait(PATIENCE)
            return self._keys.get(kid)
        self._refresh(self._fresh)
        return found

    @property
    def has_keys(self) -> bool:
        """Whether any key is known."""
        return bool(self._keys)

    @property
    def is_failing(self) -> bool:
        """Whether the last reading failed."""
        return self._failing

    def _refresh(self, after: float) -> None:
        """Begin to read the source, unless that was done less than ``after`` seconds ago, or is being done."""
        now = self._monotonic()
        if self._tried is not None and now - self._tried < after:  # the hot path takes no lock
            return
        with self._lock:
            if not self._done.is_set() or (self._tried is not None and now - self._tried < after):
                return
            self._tried = now
            self._done.clear()
        try:
            threading.Thread(target=self._replace, name="keys", daemon=True).start()
        except RuntimeError:  # no more threads, or the process is ending: a later call tries again
            self._done.set()

    def _replace(self) -> None:
        try:
            self._keys = read_key_set(self._read())
        except (ServiceFault, OSError) as fault:
            if not self._failing:
                _log.warning("keys_not_read", source=self._name, fault=type(fault).__name__, kept=len(self._keys))
            self._failing = True
        else:
            if self._failing:
                _log.info("keys_read_again", source=self._name)
            self._failing = False
        finally:
            self._done.set()
