"""Which cards were shown: asked of the database and, for the last moments, of this machine's spool."""

from collections.abc import Collection
from pathlib import Path

import structlog
from sqlalchemy import Engine

from cds.records.database import DatabaseAway
from cds.records.reading import known_cards
from cds.records.unshipped import waiting_cards

_log = structlog.get_logger(__name__)


class ShownCards:
    """Knows the cards of every recorded answer. Safe to call from several threads; connects when first asked."""

    def __init__(self, engine: Engine, state: Path) -> None:
        self._engine = engine
        self._folder = state / "spool"

    def known(self, client: str, service: str, uuids: Collection[str]) -> set[str] | None:
        """Those of these cards that this service showed this client; None while the database is away."""
        try:
            found = known_cards(self._engine, client, service, uuids)
            if found < set(uuids):
                found |= waiting_cards(self._folder, client, service, set(uuids) - found)
            if found < set(uuids):
                # What was shipped between the two looks.
                found |= known_cards(self._engine, client, service, set(uuids) - found)
        except DatabaseAway as fault:
            _log.warning("feedback_unchecked", fault=str(fault))
            return None
        return found
