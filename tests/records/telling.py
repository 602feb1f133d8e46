"""Records told in a line, for the tests of spool, shipper and store."""

import uuid
from datetime import UTC, datetime

import orjson

from cds.records.frames import Kind
from cds.records.sealing import unseal
from cds.records.spool import Spool, place_of
from tests.cache.stores import ring

KEYS = ring()
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
INSTANCE = "0b1f0000-0000-4000-8000-000000000001"
PINNED = "warfarin-nsaid@1.0.0+sha256.166fd97976cf"


def card_id(number: int = 1) -> str:
    return str(uuid.UUID(int=number))


CARD = card_id()


def answered(decision: str = "d-1", cards=(CARD,), **changes) -> bytes:
    """The clear part of an answer's record."""
    told = {
        "decision": decision,
        "client": "anonymous",
        "service": "sign",
        "hook": "order-sign",
        "hook_instance": INSTANCE,
        "at": NOON,
        "zone": "UTC",
        "recorded_at": NOON,
        "build": "0.1.0+abc",
        "pinned": False,
        "cached": False,
        "rulesets": [{"ruleset": "warfarin-nsaid", "version": "1.0.0", "digest": "166f"}],
        "left_open": {},
        "cards": [[card, PINNED, "high-risk", "critical"] for card in cards],
    }
    return orjson.dumps({**told, **changes})


def reported(*outcomes, **changes) -> bytes:
    """The clear part of a feedback call's record; each outcome is (card, outcome) or (card, outcome, moment)."""
    items = [
        {
            "card": card,
            "outcome": outcome,
            "outcome_at": moment[0] if moment else NOON,
            "accepted": [],
            "reason_code": "not-now",
            "reason_system": "urn:x",
        }
        for card, outcome, *moment in outcomes
    ]
    told = {"client": "anonymous", "service": "sign", "recorded_at": NOON, "feedback": items}
    return orjson.dumps({**told, **changes})


def spool_in(tmp_path, **options) -> Spool:
    return Spool(tmp_path / "spool", KEYS, **options)


def record(spool: Spool, clear: bytes, secret: bytes = b"secret", kind: Kind = Kind.ANSWER) -> tuple[str, int]:
    return spool.append(kind, clear, secret)


def opened(frame) -> bytes | None:
    return unseal(KEYS, frame.sealed, place_of(frame.stream, frame.seq))
