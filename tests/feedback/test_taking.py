"""One call to a feedback endpoint, with a recorder in memory."""

import json
from datetime import UTC, datetime

import orjson
import pytest

from cds.feedback.taking import FeedbackDesk, read_words
from cds.hooks.faults import EnvelopeRejected
from cds.metrics.prometheus import PrometheusMeter
from cds.records.frames import Kind
from cds.records.spool import NotRecorded
from tests.metrics.telling import shown

CARD, OTHER = "5ca1ab1e-0000-4000-8000-0000000000c1", "5ca1ab1e-0000-4000-8000-0000000000c2"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Memory:
    """Keeps records in a list, or fails as it is told."""

    keeps_nothing = False

    def __init__(self, fault=None):
        self.fault = fault
        self.kept = []

    def now(self):
        return NOW

    def record(self, kind, clear, secret):
        if self.fault:
            raise self.fault
        self.kept.append((kind, orjson.loads(clear), secret))

    def health(self):
        return {"state": "recording"}


class Shown:
    """Knows some cards, or cannot tell."""

    def __init__(self, *cards, away=False):
        self.cards, self.away = set(cards), away

    def known(self, client, service, uuids):
        return None if self.away else self.cards & set(uuids)


def body(*items):
    told = [{"outcome": "overridden", "outcomeTimestamp": "2026-05-01T10:05:31+02:00", **item} for item in items]
    return json.dumps({"feedback": told}).encode()


def test_what_is_reported_is_recorded_with_ids_in_clear_and_words_sealed():
    memory = Memory()
    reason = {"reason": {"code": "c", "system": "urn:s", "display": "D"}, "userComment": "Zebedee hates it"}
    accepted = {"card": OTHER, "outcome": "accepted", "acceptedSuggestions": [{"id": "s"}]}
    said = FeedbackDesk(memory, Shown(CARD, OTHER)).take(
        "sign", body({"card": CARD, "overrideReason": reason}, accepted), "ehr"
    )
    assert said == {"stored": 2, "unmatched": []}
    ((kind, clear, secret),) = memory.kept
    assert kind is Kind.FEEDBACK
    assert (clear["client"], clear["service"], clear["recorded_at"]) == (
        "ehr",
        "sign",
        "2026-05-01T12:00:00+00:00",
    )
    first, second = clear["feedback"]
    assert first == {
        "card": CARD,
        "outcome": "overridden",
        "outcome_at": "2026-05-01T08:05:31+00:00",
        "accepted": [],
        "reason_code": "c",
        "reason_system": "urn:s",
    }
    assert (second["accepted"], second["reason_code"]) == (["s"], None)
    assert "Zebedee" not in json.dumps(clear)
    assert [read_words(secret, position) for position in (0, 1)] == [("Zebedee hates it", "D"), (None, None)]


def test_fb_13_an_unknown_card_is_stored_named_and_counted_and_the_others_are_too():
    memory = Memory()
    desk = FeedbackDesk(memory, Shown(CARD))
    assert desk.take("sign", body({"card": CARD}, {"card": "of a former deployment"}), "ehr") == {
        "stored": 2,
        "unmatched": ["of a former deployment"],
    }
    assert len(memory.kept[0][1]["feedback"]) == 2
    assert desk.health() == {"stored": 2, "unmatched": 1, "unchecked": 0}


def test_a_card_is_known_in_any_case_and_named_as_the_client_wrote_it():
    desk = FeedbackDesk(Memory(), Shown(CARD))
    assert desk.take("sign", body({"card": CARD.upper()}, {"card": OTHER.upper()}), "ehr")["unmatched"] == [
        OTHER.upper()
    ]


def test_while_the_database_is_away_feedback_is_stored_and_no_card_is_called_unknown():
    memory = Memory()
    desk = FeedbackDesk(memory, Shown(away=True))
    assert desk.take("sign", body({"card": CARD}), "ehr") == {"stored": 1, "unmatched": [], "unchecked": [CARD]}
    assert len(memory.kept) == 1


def test_fb_11_of_a_partly_wrong_body_nothing_is_stored():
    memory = Memory()
    with pytest.raises(EnvelopeRejected):
        FeedbackDesk(memory, Shown()).take("sign", body(*[{"card": CARD}] * 9, {"card": ""}), "ehr")
    assert memory.kept == []


def test_what_could_not_be_recorded_is_not_answered():
    with pytest.raises(NotRecorded):
        FeedbackDesk(Memory(NotRecorded("ENOSPC")), Shown(CARD)).take("sign", body({"card": CARD}), "ehr")


def test_what_was_stored_and_what_matches_no_card_is_counted():
    meter = PrometheusMeter()
    desk = FeedbackDesk(Memory(), Shown(CARD), meter)
    desk.take("sign", body({"card": CARD}, {"card": OTHER}), "ehr")
    counted = shown(meter)
    assert counted['cds_feedback_total{service="sign",what="stored"}'] == 2
    assert counted['cds_feedback_total{service="sign",what="unmatched"}'] == 1
    FeedbackDesk(Memory(), Shown(away=True), meter).take("sign", body({"card": CARD}), "ehr")
    assert shown(meter)['cds_feedback_total{service="sign",what="unchecked"}'] == 1
