"""A database that hangs keeps nobody waiting who answers a call: it is asked by a thread of its own, and given up.

Time-outs of the server or of a connection do not help against one that takes what it is sent and never answers: four
calls would stop a whole worker. Threads that were given up end when the database answers, or when its connection is
found dead; while there are several of them, nobody asks.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from typing import TypeVar

from cds.records.database import DatabaseAway

_Result = TypeVar("_Result")
#: Asked at once, those that were given up included.
_MOST = 8


class InTime:
    """Asks, and waits for so many seconds. Safe to call from several threads, and after a fork."""

    def __init__(self, seconds: float, most: int = _MOST) -> None:
        self._seconds = seconds
        self._free = threading.BoundedSemaphore(most)

    def ask(self, call: Callable[[], _Result]) -> _Result:
        """What the call says; raises what it raises, and :class:`DatabaseAway` where it takes too long."""
        if not self._free.acquire(blocking=False):
            raise DatabaseAway("StillAsked")
        said: Future[_Result] = Future()
        threading.Thread(target=self._run, args=(call, said), name="database", daemon=True).start()
        try:
            return said.result(self._seconds)
        except TookTooLong:
            raise DatabaseAway("TimeoutError") from None

    def _run(self, call: Callable[[], _Result], said: "Future[_Result]") -> None:
        try:
            said.set_result(call())
        except BaseException as fault:  # noqa: BLE001 - raised where it was asked
            said.set_exception(fault)
        finally:
            self._free.release()
