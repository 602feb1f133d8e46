"""How long the current request waited for a thread: told by our gunicorn worker, read by the routes.

Only that wait counts against the time for an answer: a client that sends its body slowly makes nobody else wait.
"""

import threading

_current = threading.local()


def note_wait(seconds: float) -> None:
    """The request that this thread now handles waited so long."""
    _current.seconds = seconds


def seconds_waited() -> float:
    """0 outside our worker."""
    waited: float = getattr(_current, "seconds", 0.0)
    return waited
