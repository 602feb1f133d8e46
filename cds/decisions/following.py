"""Following the log of activations: one thread of each worker sees to it that its desk answers with what is live.

It looks at the number of the newest act when one is announced, and every few seconds besides. No request waits for it.
A copy of the log on this machine stands in where the database is away when a worker starts.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from cds.decisions.desk import Desk
from cds.facts.dates import Moment
from cds.logs import get_logger
from cds.records.activation_copy import read_copy, write_copy
from cds.records.activations import append, newest_number, read_log
from cds.records.database import Database, DatabaseAway
from cds.records.entry import Entry
from cds.records.taken import Taken
from cds.services.activation import seeds

_log = get_logger(__name__)

#: Seconds between looks at the database where nothing is announced.
LOOK_SECONDS = 1.5
#: Seconds after which what could not be used is tried again: its folder may have come to this machine meanwhile.
RETRY_SECONDS = 15.0
#: While a version is compiled beside them, requests take turns with it after so many seconds.
_TURN_SECONDS = 0.002


class Waiting(Protocol):
    """Waits for an announcement or for time to pass."""

    @property
    def is_heard(self) -> bool:
        """Whether announcements would be heard just now."""

    def wait(self, seconds: float) -> bool:
        """False when there is nothing to wait for any more."""


class Follower:
    """Keeps one desk at the newest act. ``begin`` is called once in each worker."""

    def __init__(
        self, desk: Desk, database: Database, state: Path, announcements: Waiting, moment: Callable[[], Moment]
    ) -> None:
        self._moment = moment
        self._desk = desk
        self._database = database
        self._state = state
        self._announcements = announcements
        self._is_away = False
        self._taken_at = 0.0
        self._taken: Taken | None = None
        desk.tell_following(self.health)

    def begin(self) -> None:
        """Catch up now, then go on by itself."""
        self._taken = Taken(self._state)
        self.look()
        if self._desk.live.number == 0 or self._is_away:
            self._catch_up_from_copy()
        self._tell()
        threading.Thread(target=self._follow, name="activation", daemon=True).start()

    def look(self) -> bool:
        """Look at the database once; True when something new is live."""
        self._desk.library.free_unused()
        try:
            is_new = newest_number(self._database) != self._desk.live.number or not self._desk.live.is_known
            if is_new or self._is_to_be_tried_again():
                is_new = self._take(read_log(self._database) or seeded_log(self._database, self._desk, self._moment()))
        except DatabaseAway as fault:
            self._note_away(fault)
            return False
        if self._is_away:
            self._is_away = False
            _log.info("activations_followed_again")
        return is_new

    def health(self) -> Mapping[str, Any]:
        """``followed``: by announcements, by looking, or not at all because the database is away."""
        if self._is_away:
            return {"followed": "the database is away"}
        return {"followed": "announced" if self._announcements.is_heard else f"every {LOOK_SECONDS:g} seconds"}

    def _follow(self) -> None:
        while self._announcements.wait(LOOK_SECONDS):
            try:
                if self.look():
                    self._tell()
            except Exception as fault:  # noqa: BLE001 - whatever it was, the last good stays, and the next look comes
                _log.error("activation_failed", fault=type(fault).__name__)

    def _is_to_be_tried_again(self) -> bool:
        return bool(self._desk.live.refused) and time.monotonic() - self._taken_at >= RETRY_SECONDS

    def _take(self, log: tuple[Entry, ...]) -> bool:
        """Answer with it; True unless all is as it was."""
        before = self._desk.live
        with _taking_turns():
            live = self._desk.follow(log, self._moment().today)
        self._taken_at = time.monotonic()
        if (live.number, live.refused) == (before.number, before.refused):
            return False
        _log.info("activated", act=live.number, refused=list(live.refused))
        write_copy(self._state, log)
        return True

    def _catch_up_from_copy(self) -> None:
        log = read_copy(self._state)
        if log and log[-1].number > self._desk.live.number:
            with _taking_turns():
                self._desk.follow(log, self._moment().today)

    def _tell(self) -> None:
        live = self._desk.live
        if self._taken is not None:
            self._taken.tell(live.number, live.refused)

    def _note_away(self, fault: DatabaseAway) -> None:
        if not self._is_away:
            self._is_away = True
            _log.error("activations_not_followed", fault=str(fault))


def seeded_log(database: Database, desk: Desk, moment: Moment) -> tuple[Entry, ...]:
    """The log, with the rows with which new rulesets begin. Raises :class:`cds.records.database.DatabaseAway`."""
    log, _ = append(database, lambda log: seeds(log, desk.services, desk.library.catalog, moment.instant))
    return tuple(log)


def start(desk: Desk, database: Database, state: Path, moment: Moment) -> None:
    """Let a desk answer with what the database says is live, else with what this machine saw last; before workers fork.

    Where neither is to be had, it answers nothing until the database does. Raises RulesetsRejected.
    """
    try:
        log = seeded_log(database, desk, moment)
    except DatabaseAway as fault:
        log = read_copy(state)
        _log.error("activations_not_followed", fault=str(fault), copy=bool(log))
        if not log:
            desk.know_nothing()
            return
    else:
        write_copy(state, log)
    desk.start_with(log, moment.today)


@contextlib.contextmanager
def _taking_turns() -> Iterator[None]:
    """Requests must not wait for a whole turn of a thread that compiles (see ``api.serving.settle``)."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, _TURN_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
