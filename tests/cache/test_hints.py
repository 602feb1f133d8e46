from hypothesis import given
from hypothesis import strategies as st

from cds.cache.hints import BITS, Hints, names, place_of

KEYS = st.lists(st.binary(max_size=40), max_size=30)


def as_redis_keeps(keys, cut=True):
    """The bits of these keys as Redis has them: no longer than the last one that is set."""
    bits = bytearray(BITS // 8)
    for key in keys:
        bits[place_of(key) // 8] |= 0x80 >> (place_of(key) % 8)
    return bytes(bits).rstrip(b"\0") if cut else bytes(bits)


@given(KEYS, KEYS)
def test_whatever_anybody_wrote_is_asked_for(one, other):
    hints = Hints()
    hints.load([as_redis_keeps(one), as_redis_keeps(other, cut=False)])
    assert all(hints.may_hold(key) for key in (*one, *other))


def test_what_nobody_wrote_is_seldom_asked_for():
    hints = Hints()
    hints.load([as_redis_keeps([b"%d" % number for number in range(10_000)])])
    assert sum(hints.may_hold(b"other %d" % number) for number in range(10_000)) < 200


def test_before_anything_is_read_nothing_is_asked_for_and_a_new_reading_replaces_the_old():
    hints = Hints()
    assert not hints.may_hold(b"key")
    hints.load([as_redis_keeps([b"key"])])
    assert hints.may_hold(b"key")
    hints.load([b"", b""])
    assert not hints.may_hold(b"key")


@given(st.binary(max_size=BITS // 4))
def test_whatever_lies_there_is_read_without_a_fault(rubbish):
    hints = Hints()
    hints.load([rubbish, b"\xff" * BITS])
    assert hints.may_hold(b"key")


def test_an_hour_is_known_until_the_end_of_the_next():
    written, _ = names(7199.9)
    assert written in names(7200)
    assert written in names(10_799)
    assert written not in names(10_800)
