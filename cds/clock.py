"""The only place that asks what time it is.

Everything between envelope and answer gets the moment of decision as a parameter; only the entries (``api``,
``commands``, ``replay``) read this clock.
"""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that never run backwards, for measuring how long something took."""
    return time.monotonic()
