"""The time left for one answer. A clinician waits for it, and an answer that comes too late is thrown away unread."""

import math
import time
from collections.abc import Callable


class Budget:
    """Ends at an instant of the monotonic clock."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._due = monotonic() + seconds

    def left(self) -> float:
        """Seconds until the answer is due; 0 when it is."""
        return max(self._due - self._monotonic(), 0.0)

    def is_spent(self) -> bool:
        """True when the answer is due."""
        return self._monotonic() >= self._due


#: For replays and tests, which want the answer however long it takes.
UNLIMITED = Budget(math.inf)
