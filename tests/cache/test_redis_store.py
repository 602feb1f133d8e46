import random
import time

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import MaxConnectionsError, OutOfMemoryError
from structlog.testing import capture_logs

from cds.cache.breaker import Breaker
from cds.cache.hints import Hints
from cds.cache.redis_store import RedisStore, connect
from tests.cache.clients import FakeClient

FAULTS = [
    redis.ConnectionError("secret-key"),
    redis.TimeoutError("secret-key"),
    redis.BusyLoadingError("secret-key"),
    OutOfMemoryError("secret-key"),
    MaxConnectionsError("secret-key"),
    redis.InvalidResponse("secret-key"),
    redis.AuthenticationError("secret-key"),
    OSError("secret-key"),
]


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


def test_what_is_put_new_is_kept_once(client):
    store = RedisStore(client)
    assert store.put_new(b"key", b"first", 60) is True
    assert store.put_new(b"key", b"second", 60) is False
    assert store.get(b"key") == b"first"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_whether_a_key_is_new_cannot_be_told_by_a_server_that_does_not_answer(client, fault):
    store = RedisStore(client)
    client.fault = fault
    assert store.put_new(b"key", b"value", 60) is None
    for _ in range(10):
        assert store.put_new(b"key", b"value", 60) is None


def test_what_is_put_is_got(client):
    store = RedisStore(client)
    store.put(b"key", b"value", 60)
    assert store.get(b"key") == b"value"
    assert store.get(b"other") is None


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_fault_is_a_miss_and_is_never_raised(client, fault):
    store = RedisStore(client)
    client.fault = fault
    store.put(b"key", b"value", 60)
    assert store.get(b"key") is None
    store.close()


def test_an_outage_is_logged_once_and_its_end_too(client):
    now = 0.0
    store = RedisStore(client, Breaker(monotonic=lambda: now))
    with capture_logs() as logs:
        client.fault = redis.TimeoutError("secret-key")
        for _ in range(10):
            store.get(b"secret-key")
        now += 1.0
        store.get(b"secret-key")
        client.fault = None
        now += 2.0
        store.get(b"secret-key")
    assert [entry["event"] for entry in logs] == ["cache_unavailable", "cache_available"]
    assert "secret" not in str(logs)


def test_while_the_breaker_is_open_the_server_is_not_asked(client):
    store = RedisStore(client, Breaker(failures_to_open=1, monotonic=lambda: 0.0))
    client.fault = redis.ConnectionError()
    store.get(b"key")
    for _ in range(5):
        store.get(b"key")
        store.put(b"key", b"value", 60)
    assert client.calls == 1
    assert store.health() == {
        "store": "redis",
        "state": "resting",
        "failures": 1,
        "refusals": 0,
        "crowded": 0,
        "skipped": 10,
    }


def test_a_full_server_still_reads_and_is_logged_once(client):
    store = RedisStore(client)
    store.put(b"key", b"value", 60)
    with capture_logs() as logs:
        client.fault = OutOfMemoryError("command not allowed: secret-key")
        for _ in range(9):
            store.put(b"other", b"value", 60)
        client.fault = None
        assert store.get(b"key") == b"value"
    assert [(entry["event"], entry["fault"]) for entry in logs] == [("cache_refused", "OutOfMemoryError")]
    assert store.health()["refusals"] == 9
    assert store.health()["state"] == "answering"


def test_our_own_limit_of_connections_does_not_count_against_the_server(client):
    store = RedisStore(client)
    client.fault = MaxConnectionsError()
    for _ in range(9):
        store.get(b"key")
    assert store.health()["crowded"] == 9
    assert store.health()["state"] == "answering"


@pytest.mark.parametrize("answer", ["text", 7, [b"value"], True])
def test_an_answer_that_is_not_bytes_is_a_miss(client, answer):
    client.kept[b"key"] = answer
    assert RedisStore(client).get(b"key") is None


@given(seed=st.integers(0, 2**32), names=st.lists(st.sampled_from([b"a", b"b", b"c"]), max_size=40))
def test_a_client_that_fails_at_random_never_raises_and_never_gives_anothers_value(seed, names):
    chance, client, now = random.Random(seed), FakeClient(), 0.0
    store = RedisStore(client, Breaker(monotonic=lambda: now))
    for name in names:
        client.fault = chance.choice([None, None, *FAULTS])
        store.put(name, b"value of " + name, 60)
        client.fault = chance.choice([None, None, *FAULTS])
        assert store.get(name) in {None, b"value of " + name}
        now += chance.random()


def test_connect_opens_no_connection_until_asked():
    store = connect("redis://no-such-host.invalid:1/0")
    assert store.health()["failures"] == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://:hunter2@host",
        "redis://:hunter2/@host:80a",
        "redis://:hunter2@host:port",
        "redis://:hunter2@host/0?db=x",
        "redis://:hunter2@host/0?no_such_option=1",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match="Redis URL") as refused:
        connect(url)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_options_in_the_url_cannot_bring_back_the_long_time_outs_or_text_answers():
    store = connect("redis://host/0?socket_timeout=60&decode_responses=true&retry_on_timeout=true&protocol=3")
    options = store._client.connection_pool.connection_kwargs
    assert options["socket_timeout"] <= 0.05
    assert options["socket_connect_timeout"] <= 0.05
    assert options["decode_responses"] is False
    assert options["retry"].get_retries() == 0


def test_a_call_while_the_breaker_rests_costs_next_to_nothing(client):
    store = RedisStore(client, Breaker(failures_to_open=1, monotonic=lambda: 0.0))
    client.fault = redis.ConnectionError()
    store.get(b"key")
    start = time.process_time()
    for _ in range(1000):
        store.get(b"key")
    assert time.process_time() - start < 0.5  # a guard against paying time-outs, not a benchmark


def test_many_are_put_in_one_round_trip_and_their_bits_with_them(client):
    store = RedisStore(client)
    store.put_all([(b"a", b"1", 60), (b"b", b"2", 60)], b"hints")
    assert client.calls == 1
    assert store.get_all([b"b", b"none", b"a"]) == [b"2", b"", b"1"]
    hints = Hints()
    hints.load(store.get_all([b"hints"]))
    assert [hints.may_hold(key) for key in (b"a", b"b", b"c")] == [True, True, False]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_fault_while_many_are_put_or_got_is_never_raised(client, fault):
    store = RedisStore(client)
    client.fault = fault
    store.put_all([(b"a", b"1", 60)], b"hints")
    assert store.get_all([b"a"]) is None


def test_a_server_that_refuses_single_entries_of_many_is_counted_and_takes_the_others(client):
    store = RedisStore(client)
    client.refused = {b"a"}
    store.put_all([(b"a", b"1", 60), (b"b", b"2", 60)], b"hints")
    assert store.get_all([b"a", b"b"]) == [b"", b"2"]
    assert (store.health()["refusals"], store.health()["state"]) == (1, "answering")


def test_nothing_to_put_asks_nobody(client):
    RedisStore(client).put_all([], b"hints")
    assert client.calls == 0
