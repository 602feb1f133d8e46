"""A half-open circuit breaker: stops asking a server that does not answer, so that an outage costs no request its time.

It counts failures and decides; it does no I/O and does not log.
"""

import threading
import time
from collections.abc import Callable


class Breaker:
    """Closed while the server answers; open after some failures in a row; then one probe at a time.

    The rest between probes doubles up to ``longest_rest`` seconds, so a server that hangs costs one time-out per rest.
    """

    def __init__(
        self,
        failures_to_open: int = 3,
        rest: float = 1.0,
        longest_rest: float = 8.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures_to_open = failures_to_open
        self._first_rest = rest
        self._longest_rest = longest_rest
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures = 0
        self._rest = rest
        self._open_until: float | None = None

    @property
    def is_open(self) -> bool:
        """True from the failure that opened it until the next success."""
        return self._open_until is not None

    def allows(self) -> bool:
        """May the server be asked now? When open: yes for one caller per rest, the probe."""
        if self._open_until is None:  # the hot path takes no lock
            return True
        with self._lock:
            now = self._monotonic()
            if self._open_until is None:
                return True
            if now < self._open_until:
                return False
            # This caller is the probe. The others wait a rest more, whether or not it ever reports back.
            self._open_until = now + self._rest
            return True

    def succeeded(self) -> bool:
        """The server answered; True when that closed an open breaker."""
        if not self._failures:  # the hot path takes no lock
            return False
        with self._lock:
            was_open = self._open_until is not None
            self._failures, self._rest, self._open_until = 0, self._first_rest, None
            return was_open

    def failed(self) -> bool:
        """The server did not answer; True when that opened a closed breaker."""
        with self._lock:
            self._failures += 1
            if self._failures < self._failures_to_open:
                return False
            opens = self._open_until is None
            if not opens:
                self._rest = min(self._rest * 2, self._longest_rest)
            self._open_until = self._monotonic() + self._rest
            return opens
