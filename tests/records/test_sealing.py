from hypothesis import given
from hypothesis import strategies as st

from cds.records.sealing import seal, unseal
from tests.cache.stores import ring, sealing_key

KEYS = ring()


@given(value=st.binary(max_size=300), associated=st.binary(max_size=80))
def test_what_is_sealed_opens_under_the_same_key_only(value, associated):
    sealed = seal(KEYS, value, associated)
    assert unseal(KEYS, sealed, associated) == value
    assert unseal(KEYS, sealed, associated + b"x") is None


@given(value=st.binary(max_size=60), data=st.data())
def test_a_changed_bit_anywhere_does_not_open(value, data):
    sealed = bytearray(seal(KEYS, value, b"key"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    assert unseal(KEYS, bytes(sealed), b"key") is None


@given(data=st.data())
def test_a_shortened_value_does_not_open(data):
    sealed = seal(KEYS, b"value", b"key")
    assert unseal(KEYS, sealed[: data.draw(st.integers(0, len(sealed) - 1))], b"key") is None


@given(rubbish=st.binary(max_size=100))
def test_rubbish_does_not_open(rubbish):
    assert unseal(KEYS, rubbish, b"key") is None
    assert unseal(KEYS, b"\x01" + KEYS.newest.key_id + rubbish, b"key") is None


def test_the_same_value_never_looks_the_same_twice():
    assert len({seal(KEYS, b"value", b"key") for _ in range(100)}) == 100


def test_a_key_that_we_lack_does_not_open():
    assert unseal(ring(), seal(KEYS, b"value", b"key"), b"key") is None


def test_the_right_id_with_another_secret_does_not_open():
    other = sealing_key()
    impostor = type(other)(KEYS.newest.key_id, other.secret, other.cipher)
    assert unseal(ring(newest=impostor), seal(KEYS, b"value", b"key"), b"key") is None


def test_an_older_key_still_opens():
    assert unseal(ring(KEYS.newest), seal(KEYS, b"value", b"key"), b"key") == b"value"


def test_the_value_cannot_be_read_from_what_is_sealed():
    assert b"warfarin" not in seal(KEYS, b"warfarin" * 10, b"key")
