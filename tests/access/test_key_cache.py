import json
import threading
import time

from cryptography.hazmat.primitives.asymmetric import ec
from structlog.testing import capture_logs

from cds.access import key_cache
from cds.access.key_cache import KeyCache
from cds.access.key_fetch import KeysNotFetched
from cds.access.token_lab import LabKey
from tests.access.telling import key

NEW = LabKey.of(ec.generate_private_key(ec.SECP384R1()), "new")


class Source:
    """A key set that can change, fail and hang, and counts how often it is read."""

    def __init__(self):
        self.document = key().key_set
        self.fails = False
        self.reads = 0
        self.hangs = threading.Event()
        self.hangs.set()

    def __call__(self):
        self.reads += 1
        self.hangs.wait(5)
        if self.fails:
            raise KeysNotFetched("away")
        return self.document


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def told(fresh=600.0, cool_down=30.0):
    source, clock = Source(), Clock()
    cache = KeyCache("source", source, fresh=fresh, cool_down=cool_down, monotonic=clock)
    cache.load()
    return cache, source, clock


def settled(cache):
    cache._done.wait(5)


def test_a_key_is_found_without_reading_again():
    cache, source, _ = told()
    assert all(cache.find(key().kid) for _ in range(50))
    assert source.reads == 1


def test_a_rotated_key_is_found_at_once_without_a_restart():
    cache, source, clock = told()
    source.document = json.dumps({"keys": [json.loads(NEW.key_set)["keys"][0]]}).encode()
    clock.now += 31
    assert cache.find("new")
    assert source.reads == 2
    assert cache.find(key().kid) is None


def test_unknown_kids_have_the_set_read_once_per_cool_down_however_many_ask():
    cache, source, clock = told()
    clock.now += 31
    assert [cache.find(f"guess-{number}") for number in range(100)] == [None] * 100
    assert source.reads == 2
    clock.now += 29
    assert cache.find("another") is None
    assert source.reads == 2
    clock.now += 2
    assert cache.find("another") is None
    assert source.reads == 3


def test_a_set_that_grew_old_is_read_again_while_calls_go_on_with_the_old_one():
    cache, source, clock = told()
    source.hangs.clear()
    clock.now += 601
    start = time.monotonic()
    assert cache.find(key().kid)
    assert time.monotonic() - start < key_cache.PATIENCE / 2
    source.hangs.set()
    settled(cache)
    assert source.reads == 2


def test_the_old_set_stays_when_it_cannot_be_read_and_that_is_logged_once():
    cache, source, clock = told()
    source.fails = True
    with capture_logs() as logged:
        for _ in range(3):
            clock.now += 601
            assert cache.find(key().kid)
            settled(cache)
        assert cache.is_failing
        source.fails = False
        clock.now += 601
        assert cache.find(key().kid)
        settled(cache)
    assert not cache.is_failing
    assert [entry["event"] for entry in logged] == ["keys_not_read", "keys_read_again"]


def test_a_set_without_a_usable_key_does_not_replace_the_old_one():
    cache, source, clock = told()
    source.document = b'{"keys": []}'
    clock.now += 601
    cache.find(key().kid)
    settled(cache)
    assert cache.find(key().kid)
    assert cache.is_failing


def test_an_issuer_that_hangs_costs_a_call_a_moment_and_the_others_nothing():
    cache, source, clock = told()
    source.hangs.clear()
    clock.now += 31
    start = time.monotonic()
    assert cache.find("unknown") is None
    assert time.monotonic() - start < key_cache.PATIENCE + 1
    start = time.monotonic()
    assert cache.find(key().kid)
    assert time.monotonic() - start < key_cache.PATIENCE / 2
    source.hangs.set()
    settled(cache)
    assert source.reads == 2


def test_a_source_that_was_away_at_the_start_is_asked_again_when_a_call_needs_it():
    source, clock = Source(), Clock()
    source.fails = True
    cache = KeyCache("source", source, fresh=600, cool_down=30, monotonic=clock)
    cache.load()
    assert not cache.has_keys
    source.fails = False
    clock.now += 31
    assert cache.find(key().kid)
