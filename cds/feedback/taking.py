"""One call to a feedback endpoint: understood, recorded before it is answered, and told which cards are not known.

    body -> outcomes -> record -> which cards did we show? -> answer

Feedback is stored whether or not its card is known: the answer that showed it may be of a former deployment, or arrive
later from another machine. What belongs to which decision is a join by card, never a guess.
"""

import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import orjson

from cds.hooks.feedback import Outcome, read_feedback
from cds.metrics.meter import UNCOUNTED, Meter
from cds.records.frames import Kind
from cds.records.recorder import Recorder


class Cards(Protocol):
    """Knows which cards were shown."""

    def known(self, client: str, service: str, uuids: Collection[str]) -> set[str] | None:
        """Those of these cards that this service showed this client; None while nobody can tell."""


class FeedbackDesk:
    """Takes feedback for services. Safe to call from several threads."""

    def __init__(self, recorder: Recorder, cards: Cards, meter: Meter = UNCOUNTED) -> None:
        self._recorder = recorder
        self._cards = cards
        self._meter = meter
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def take(self, service_id: str, body: bytes, client: str) -> dict[str, Any]:
        """Record what a client's body reports, all or nothing, and say what was done.

        ``stored``: how many outcomes; ``unmatched``: cards that we do not know to have shown; ``unchecked`` instead,
        while the database is away. Raises EnvelopeRejected, and :class:`cds.records.spool.NotRecorded`.
        """
        outcomes = read_feedback(body)
        self._record(service_id, client, outcomes)
        cards = {outcome.card: outcome.card.lower() for outcome in outcomes}
        known = self._cards.known(client, service_id, set(cards.values()))
        others = [card for card, uuid in cards.items() if known is None or uuid not in known]
        name = "unchecked" if known is None else "unmatched"
        with self._lock:
            self._counts["stored"] += len(outcomes)
            self._counts[name] += len(others)
        self._meter.count("feedback", service_id, "stored", by=len(outcomes))
        if others:
            self._meter.count("feedback", service_id, name, by=len(others))
        return {"stored": len(outcomes), "unmatched": [], name: others}

    def health(self) -> Mapping[str, int]:
        """What this process counted since it started."""
        with self._lock:
            return {name: self._counts[name] for name in ("stored", "unmatched", "unchecked")}

    def _record(self, service_id: str, client: str, outcomes: Sequence[Outcome]) -> None:
        clear = {
            "client": client,
            "service": service_id,
            "recorded_at": self._recorder.now(),
            "feedback": [_in_clear(outcome) for outcome in outcomes],
        }
        secret = [[o.reason.comment, o.reason.display] if o.reason else None for o in outcomes]
        self._recorder.record(Kind.FEEDBACK, orjson.dumps(clear), orjson.dumps(secret))


def _in_clear(outcome: Outcome) -> dict[str, Any]:
    """Ids, codes and times; what a person wrote is sealed."""
    reason = outcome.reason
    return {
        "card": outcome.card.lower(),  # ours are lower case, and a client may write a UUID in any
        "outcome": outcome.outcome,
        "outcome_at": outcome.at,
        "accepted": outcome.accepted,
        "reason_code": reason.code if reason else None,
        "reason_system": reason.system if reason else None,
    }


def read_words(secret: bytes, position: int) -> tuple[str | None, str | None]:
    """The comment and the display of the reason that came with one outcome of a call's opened sealed part."""
    words = orjson.loads(secret)[position]
    return (words[0], words[1]) if words else (None, None)
