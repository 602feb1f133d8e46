"""Which cards were shown: asked of the database and, for the last moments, of this machine's spool."""

from collections.abc import Collection
from pathlib import Path

from sqlalchemy import Engine

from cds.logs import get_logger
from cds.records.database import DatabaseAway
from cds.records.patience import InTime
from cds.records.reading import known_cards
from cds.records.unshipped import waiting_cards

_log = get_logger(__name__)

_SECONDS = 1.0


class ShownCards:
    """Knows the cards of every recorded answer. Safe to call from several threads; connects when first asked."""

    def __init__(self, engine: Engine, state: Path, seconds: float = _SECONDS) -> None:
        """``seconds``: for one look at the database; whoever reports feedback waits for it."""
        self._engine = engine
        self._folder = state / "spool"
        self._in_time = InTime(seconds)

    def known(self, client: str, service: str, uuids: Collection[str]) -> set[str] | None:
        """Those of these cards that this service showed this client; None while the database is away."""
        try:
            found = self._in_database(client, service, set(uuids))
            if found < set(uuids):
                found |= waiting_cards(self._folder, client, service, set(uuids) - found)
            if found < set(uuids):
                # What was shipped between the two looks.
                found |= self._in_database(client, service, set(uuids) - found)
        except DatabaseAway as fault:
            _log.warning("feedback_unchecked", fault=str(fault))
            return None
        return found

    def _in_database(self, client: str, service: str, uuids: set[str]) -> set[str]:
        return self._in_time.ask(lambda: known_cards(self._engine, client, service, uuids))
