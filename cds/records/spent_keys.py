"""Keys that may be used once, in the SQL database: where used tokens are noted while Redis is away.

One statement decides, so of all workers and machines that put the same key at once, one put it first.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, delete
from sqlalchemy.dialects import postgresql, sqlite

from cds.logs import get_logger
from cds.records.database import DatabaseAway, reached
from cds.records.patience import InTime
from cds.records.tables import SPENT_KEY

_log = get_logger(__name__)
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
#: Seconds between two removals of what is over, and for which a database that did not answer is not asked again.
_TIDY = 60.0
_REST = 1.0
#: Seconds that a call waits for its word.
_SECONDS = 0.3


class SpentKeys:
    """Puts keys once. Safe to call from several threads, and after a fork; it never raises.

    engine: of its own, with little patience (``open_database``). now: seconds since 1970, by the real clock.
    """

    def __init__(
        self, engine: Engine, now: Callable[[], float], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._now = now
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._tidy_at = float("-inf")
        self._rests_until = float("-inf")
        self._in_time = InTime(_SECONDS)

    def put_new(self, key: bytes, value: bytes, seconds: int) -> bool | None:  # noqa: ARG002 - that it is there is all
        """Keep the key for so many seconds. False: it lay there already; None: nobody can tell."""
        if self._monotonic() < self._rests_until:
            return None
        try:
            return self._in_time.ask(lambda: self._put(key.decode(), int(self._now()), seconds))
        except DatabaseAway as fault:
            self._rests_until = self._monotonic() + _REST
            _log.warning("spent_keys_away", fault=str(fault))
            return None

    def _put(self, key: str, now: int, seconds: int) -> bool:
        insert = _INSERT[self._engine.dialect.name](SPENT_KEY).values(key=key, until=now + seconds)
        # A key that is over may be used anew; without a row that comes back, a living one lay there.
        put = insert.on_conflict_do_update(
            index_elements=["key"], set_={"until": insert.excluded.until}, where=SPENT_KEY.c.until <= now
        ).returning(SPENT_KEY.c.key)
        with reached(self._engine) as connection:
            is_new = connection.execute(put).first() is not None
            if self._is_time_to_tidy():
                connection.execute(delete(SPENT_KEY).where(SPENT_KEY.c.until <= now))
        return is_new

    def _is_time_to_tidy(self) -> bool:
        with self._lock:
            now = self._monotonic()
            if now < self._tidy_at:
                return False
            self._tidy_at = now + _TIDY
            return True
