"""Exact repeats: held for the same moments as in the store, few of them, and not for long."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cds.cache import repeats
from cds.cache.repeats import Repeats

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def key(*pieces, context=(b"service",)):
    return Repeats.key(context, [memoryview(piece) for piece in pieces])


def test_what_is_kept_holds_for_its_moments_only():
    kept = Repeats()
    kept.keep(key(b"body"), b"payload", NOON, NOON + HOUR)
    assert kept.lookup(key(b"body"), NOON) == b"payload"
    assert kept.lookup(key(b"body"), NOON + HOUR - timedelta.resolution) == b"payload"
    assert kept.lookup(key(b"body"), NOON + HOUR) is None
    assert kept.lookup(key(b"body"), NOON - timedelta.resolution) is None
    assert kept.lookup(key(b"other body"), NOON) is None


def test_nothing_is_kept_longer_than_five_minutes():
    clock = Clock()
    kept = Repeats(clock)
    kept.keep(key(b"body"), b"payload", NOON, NOON + HOUR)
    clock.now += 300
    assert kept.lookup(key(b"body"), NOON) == b"payload"
    clock.now += 1
    assert kept.lookup(key(b"body"), NOON) is None
    kept.keep(key(b"another"), b"payload", NOON, NOON + HOUR)
    assert len(kept._kept) == 1


def test_the_oldest_makes_room(monkeypatch):
    monkeypatch.setattr(repeats, "_MOST", 2)
    kept = Repeats()
    for body in (b"1", b"2", b"1", b"3"):
        kept.keep(key(body), body, NOON, NOON + HOUR)
    assert [kept.lookup(key(body), NOON) for body in (b"1", b"2", b"3")] == [b"1", None, b"3"]


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_parts_never_run_together(one, other):
    assert (key(*one) == key(*other)) is (one == other)
    assert (key(b"", context=one) == key(b"", context=other)) is (one == other)
