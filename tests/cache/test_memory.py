"""What a process remembers itself: held for the same moments as in the store, little of it, and not for long."""

import gc
import weakref
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cds.cache.memory import Memory, repeat_key

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def key(*pieces, context=(b"service",)):
    return repeat_key(context, [memoryview(piece) for piece in pieces])


def held(memory, *names, at=NOON):
    found = [memory.lookup(name, at) for name in names]
    return [kept and kept.payload for kept in found]


def test_what_is_kept_holds_for_its_moments_only():
    memory = Memory()
    memory.keep(b"key", b"payload", NOON, NOON + HOUR)
    assert held(memory, b"key") == [b"payload"]
    assert held(memory, b"key", at=NOON + HOUR - timedelta.resolution) == [b"payload"]
    assert memory.lookup(b"key", NOON + HOUR) is None
    assert memory.lookup(b"key", NOON - timedelta.resolution) is None
    assert memory.lookup(b"other", NOON) is None


def test_nothing_is_kept_longer_than_five_minutes():
    clock = Clock()
    memory = Memory(monotonic=clock)
    memory.keep(b"key", b"payload", NOON, NOON + HOUR)
    clock.now += 300
    assert held(memory, b"key") == [b"payload"]
    clock.now += 1
    assert memory.lookup(b"key", NOON) is None
    memory.keep(b"another", b"payload", NOON, NOON + HOUR)
    assert len(memory._kept) == 1


def test_what_is_over_goes_although_nobody_calls():
    clock, called = Clock(), []
    memory = Memory(monotonic=clock, later=lambda seconds, call: called.append((clock.now + seconds, call)))

    def pass_until(moment):
        while called and called[0][0] <= moment:
            clock.now, call = called.pop(0)
            call()
        clock.now = moment

    memory.keep(b"1", b"payload", NOON, NOON + HOUR)
    pass_until(200)
    memory.keep(b"2", b"payload", NOON, NOON + HOUR)
    assert len(called) == 1  # one look for all, however many are kept
    pass_until(402)
    assert list(memory._kept) == [b"2"]
    pass_until(502)
    assert (dict(memory._kept), memory._bytes, called) == ({}, 0, [])
    memory.keep(b"3", b"payload", NOON, NOON + HOUR)
    pass_until(900)
    assert dict(memory._kept) == {}


def test_a_memory_that_nobody_uses_any_more_is_freed():
    memory = Memory()
    memory.keep(b"1", b"payload", NOON, NOON + HOUR)
    gone = weakref.ref(memory)
    del memory
    gc.collect()
    assert gone() is None


def test_the_oldest_makes_room():
    memory = Memory(most=2)
    for name in (b"1", b"2", b"1", b"3"):
        memory.keep(name, name, NOON, NOON + HOUR)
    assert held(memory, b"1", b"2", b"3") == [b"1", None, b"3"]


def test_what_is_large_makes_the_oldest_go_and_what_is_too_large_is_not_kept():
    memory = Memory(most_bytes=10)
    memory.keep(b"1", b"x" * 6, NOON, NOON + HOUR)
    memory.keep(b"1", b"y" * 6, NOON, NOON + HOUR)
    memory.keep(b"2", b"z" * 4, NOON, NOON + HOUR)
    assert held(memory, b"1", b"2") == [b"y" * 6, b"z" * 4]
    memory.keep(b"3", b"w" * 5, NOON, NOON + HOUR)
    assert held(memory, b"1", b"2", b"3") == [None, b"z" * 4, b"w" * 5]
    memory.keep(b"4", b"v" * 11, NOON, NOON + HOUR)
    assert held(memory, b"1", b"2", b"3", b"4") == [None] * 4


def test_a_memory_for_nothing_keeps_nothing():
    memory = Memory(most=0)
    memory.keep(b"key", b"payload", NOON, NOON + HOUR)
    assert held(memory, b"key") == [None]


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_parts_never_run_together(one, other):
    assert (key(*one) == key(*other)) is (one == other)
    assert (key(b"", context=one) == key(b"", context=other)) is (one == other)
