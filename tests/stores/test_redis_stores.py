"""The same claims for the embedded server and a real Redis: what is kept is found, whatever happens to the server."""

import itertools
import secrets
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cds.cache.breaker import Breaker
from cds.cache.embedded import EmbeddedServer
from cds.cache.hints import Hints
from cds.cache.judgements import JudgementCache
from cds.cache.memory import Memory
from cds.cache.redis_store import RedisStore, connect
from tests.cache.stores import keys
from tests.stores.servers import Server, binary_of, missing, redis_url

pytestmark = pytest.mark.stores

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
#: Seconds. Long enough for a loaded test machine where the claim is not about time.
PATIENT = {"answer_seconds": 2.0, "connect_seconds": 2.0}


@pytest.fixture(params=["embedded", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "redis":
        yield redis_url()
        return
    server = EmbeddedServer.start(tmp_path / "var")
    if server is None:
        missing("the embedded server cannot run on this machine")
        return
    yield server.url
    server.stop()


@pytest.fixture
def store(url: str) -> Iterator[RedisStore]:
    store = connect(url, **PATIENT)
    yield store
    assert store.health()["failures"] == 0
    store.close()


@pytest.fixture
def key() -> bytes:
    return b"cds:test:" + secrets.token_hex(8).encode()


@pytest.fixture(params=["valkey", "redis"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    server = Server(binary_of(request.param), tmp_path)
    server.start()
    yield server
    server.kill()


def test_what_is_put_is_got_byte_for_byte(store, key):
    value = bytes(range(256)) * 200
    store.put(key, value, 60)
    assert store.get(key) == value


def test_of_many_threads_one_puts_a_key_new(store, key):
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(store.put_new(key, b"1", 60))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 15 + [True]


def test_a_key_is_new_again_after_its_seconds(store, key):
    assert store.put_new(key, b"1", 1) is True
    assert store.put_new(key, b"1", 60) is False
    time.sleep(1.2)
    assert store.put_new(key, b"1", 60) is True


def test_what_was_never_put_is_a_miss(store, key):
    assert store.get(key) is None


def test_the_last_value_put_stands(store, key):
    store.put(key, b"first", 60)
    store.put(key, b"second", 60)
    assert store.get(key) == b"second"


def test_a_value_is_gone_after_its_seconds(store, key):
    store.put(key, b"value", 1)
    time.sleep(1.2)
    assert store.get(key) is None


def test_a_judgement_comes_back_only_within_its_interval(store, key):
    cache = JudgementCache(store, keys(), Memory(most=0))
    cache.remember(key, b"payload", NOON, NOON + timedelta(days=1), NOON)
    found = cache.lookup(key, NOON)
    assert found is not None
    assert found.payload == b"payload"
    assert cache.lookup(key, NOON - timedelta(seconds=1)) is None
    assert cache.lookup(key, NOON + timedelta(days=1)) is None


def test_many_are_put_at_once_and_their_bits_are_read_as_they_were_set(store, key):
    entries = [(key + b"%d" % number, b"%d" % number, 60) for number in range(64)]
    store.put_all(entries, key)
    assert [store.get(name) for name, _, _ in entries] == [value for _, value, _ in entries]
    hints = Hints()
    hints.load(store.get_all([key, key + b"none"]))
    assert all(hints.may_hold(name) for name, _, _ in entries)
    assert sum(hints.may_hold(b"other %d" % number) for number in range(1000)) < 10


def test_threads_never_get_each_others_values(store, key):
    wrong = []

    def work(number: int) -> None:
        for turn in range(150):
            own = key + b"%d" % number
            store.put(own, b"%d:%d" % (number, turn), 60)
            if store.get(own) != b"%d:%d" % (number, turn):
                wrong.append((number, turn))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_after_a_kill_gets_are_misses_and_fast_and_after_a_restart_values_come_back(server):
    store = connect(server.url, breaker=Breaker(rest=0.05, longest_rest=0.1))
    store.put(b"key", b"value", 60)
    server.kill()
    assert longest_get(store, 50) < 0.1
    assert store.health()["state"] == "resting"
    server.start()
    assert comes_back(store)
    assert store.health()["state"] == "answering"
    store.close()


def test_a_frozen_server_costs_a_short_time_out_and_then_next_to_nothing(server):
    store = connect(server.url, breaker=Breaker(rest=60))
    store.put(b"key", b"value", 60)
    server.freeze()
    assert longest_get(store, 3) < 0.1
    assert store.health()["state"] == "resting"
    start = time.monotonic()
    for _ in range(100):
        assert store.get(b"key") is None
    assert time.monotonic() - start < 0.1
    store.close()


def test_an_answer_that_comes_late_is_never_taken_for_the_next_key(server):
    store = connect(server.url, answer_seconds=0.02, breaker=Breaker(failures_to_open=1000))
    names = [b"a", b"b", b"c"]
    for name in names:
        store.put(name, b"value of " + name, 60)
    for first, second in itertools.permutations(names, 2):
        server.freeze()
        assert store.get(first) is None
        server.thaw()
        assert store.get(second) in {None, b"value of " + second}
        assert store.get(second) in {None, b"value of " + second}
    store.close()


def test_a_server_that_cannot_take_more_still_reads(server):
    store = connect(server.url, **PATIENT)
    store.put(b"key", b"value", 60)
    configure(server, maxmemory="1", policy="noeviction")
    store.put(b"other", b"x" * 1000, 60)
    assert store.get(b"key") == b"value"
    assert store.get(b"other") is None
    assert (store.health()["refusals"], store.health()["failures"]) == (1, 0)
    store.put_all([(b"1", b"x", 60), (b"2", b"x", 60)], b"hints")
    assert store.get_all([b"1", b"key"]) == [b"", b"value"]
    assert store.health()["state"] == "answering"
    store.close()


def test_when_it_is_away_or_full_nobody_can_tell_whether_a_key_is_new(server):
    store = connect(server.url, **PATIENT, breaker=Breaker(rest=0.05, longest_rest=0.1))
    configure(server, maxmemory="1", policy="noeviction")
    assert store.put_new(b"key", b"1", 60) is None
    configure(server, maxmemory="0", policy="noeviction")
    assert store.put_new(b"key", b"1", 60) is True
    server.kill()
    assert [store.put_new(b"other", b"1", 60) for _ in range(20)] == [None] * 20
    store.close()


def test_a_store_made_before_a_server_exists_finds_it_later(server):
    server.kill()
    store = connect(server.url, breaker=Breaker(rest=0.05, longest_rest=0.1))
    assert store.get(b"key") is None
    server.start()
    assert comes_back(store)
    store.close()


def longest_get(store: RedisStore, times: int) -> float:
    """Seconds of the slowest get; each must be a miss."""
    longest = 0.0
    for _ in range(times):
        start = time.monotonic()
        assert store.get(b"key") is None
        longest = max(longest, time.monotonic() - start)
    return longest


def comes_back(store: RedisStore) -> bool:
    limit = time.monotonic() + 5
    while time.monotonic() < limit:
        store.put(b"key", b"again", 60)
        if store.get(b"key") == b"again":
            return True
        time.sleep(0.02)
    return False


def configure(server: Server, maxmemory: str, policy: str) -> None:
    import redis

    with redis.Redis(unix_socket_path=str(server.path), protocol=2) as client:
        client.config_set("maxmemory-policy", policy)
        client.config_set("maxmemory", maxmemory)
