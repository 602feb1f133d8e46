"""Showings: found by whom they belong to, sealed, and never in the way of a card."""

import secrets
from datetime import UTC, datetime

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError

from cds.cache.breaker import Breaker
from cds.cache.redis_store import RedisStore
from cds.cache.showings import NO_SHOWINGS, Showing, Showings
from tests.cache.clients import FakeClient
from tests.cache.stores import keys

NAME = ("ward-7", "Patient/p1", "potassium", "high", "")
AT = datetime(2026, 5, 1, 12, 0, 0, 1, tzinfo=UTC)
SHOWN = Showing(AT, "0b1f0000-0000-4000-8000-000000000001")


def stored(ring=None):
    client = FakeClient()
    return client, Showings(RedisStore(client), ring or keys())


def test_what_was_noted_is_found_in_the_order_asked():
    _, showings = stored()
    showings.note(NAME, SHOWN, 60)
    other = (*NAME[:3], "low", "")
    assert showings.last([other, NAME]) == [None, SHOWN]


@pytest.mark.parametrize("part", range(len(NAME)))
def test_every_part_of_the_name_counts_and_none_runs_into_the_next(part):
    _, showings = stored()
    showings.note(NAME, SHOWN, 60)
    other = (*NAME[:part], NAME[part] + "x", *NAME[part + 1 :])
    moved = [*NAME]
    if part:
        moved[part - 1], moved[part] = NAME[part - 1] + NAME[part][:1], NAME[part][1:]
    assert showings.last([other]) == [None]
    assert tuple(moved) == NAME or showings.last([moved]) == [None]


def test_who_reads_the_store_learns_neither_patient_nor_rule_nor_client():
    client, showings = stored()
    showings.note(("ward-7", "Patient/p1", "potassium-rules", "very-high", "MedicationRequest/m1"), SHOWN, 60)
    told = b" ".join((*client.kept, *client.kept.values()))
    for word in (b"Patient", b"p1", b"ward", b"potassium", b"very-high", b"MedicationRequest", b"0b1f0000"):
        assert word not in told


def test_what_another_wrote_to_the_store_hides_no_card():
    client, showings = stored()
    showings.note(NAME, SHOWN, 60)
    ((key, value),) = client.kept.items()
    for wrong in (b"", b"\x01", secrets.token_bytes(80), value[:-1] + bytes([value[-1] ^ 1])):
        client.kept[key] = wrong
        assert showings.last([NAME]) == [None]
    showings.note(("ward-7", "Patient/p2", *NAME[2:]), SHOWN, 60)
    client.kept[key] = next(v for k, v in client.kept.items() if k != key)  # of another patient, moved here
    assert showings.last([NAME]) == [None]


@pytest.mark.parametrize("fault", [RedisConnectionError(), TimeoutError(), OutOfMemoryError("full")])
def test_a_store_that_fails_knows_of_no_showing(fault):
    client = FakeClient()
    showings = Showings(RedisStore(client, Breaker(failures_to_open=1)), keys())
    showings.note(NAME, SHOWN, 60)
    client.fault = fault
    assert showings.last([NAME, NAME]) == [None, None]
    showings.note(NAME, SHOWN, 60)
    client.fault = None


def test_without_a_store_no_showing_is_known():
    NO_SHOWINGS.note(NAME, SHOWN, 60)
    assert NO_SHOWINGS.last([NAME]) == [None]
