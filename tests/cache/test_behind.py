"""Nobody waits for the server: what is put is written later, and only what somebody wrote is asked for."""

import pytest
import redis

from cds.cache import behind
from cds.cache.behind import BehindStore
from cds.cache.breaker import Breaker
from cds.cache.redis_store import RedisStore
from tests.cache.clients import FakeClient


class Still(BehindStore):
    """Its thread never runs: the test does what the thread would do."""

    def _wake(self):
        pass

    def catch_up(self):
        self._refreshed_at = float("-inf")
        super().catch_up()


def over(client, seconds=0.0):
    breaker = Breaker()
    return Still(RedisStore(client, breaker), RedisStore(client, breaker), lambda: seconds)


@pytest.fixture
def client():
    return FakeClient()


def test_putting_and_getting_what_nobody_wrote_ask_the_server_for_nothing(client):
    store = over(client)
    store.put(b"key", b"value", 60)
    assert store.get(b"key") is None
    assert store.get(b"other") is None
    assert client.calls == 0
    assert (store.health()["waiting"], store.health()["unasked"]) == (1, 2)


def test_what_was_put_is_got_by_all_once_they_have_caught_up(client):
    writer, reader = over(client), over(client)
    writer.put(b"key", b"value", 60)
    writer.catch_up()
    reader.catch_up()
    assert [store.get(b"key") for store in (writer, reader)] == [b"value", b"value"]
    assert writer.health()["waiting"] == 0


def test_one_that_starts_anew_finds_what_was_written_this_hour_and_the_hour_before(client):
    writer = over(client, seconds=7199.0)
    writer.put(b"key", b"value", 60)
    writer.catch_up()
    for seconds, found in ((7199.5, b"value"), (7200.0, b"value"), (10_800.0, None)):
        anew = over(client, seconds)
        anew.catch_up()
        assert anew.get(b"key") == found


def test_many_are_written_in_few_round_trips(client):
    store = over(client)
    for number in range(behind._BATCH * 3):
        store.put(b"%d" % number, b"value", 60)
    store.catch_up()
    assert client.calls == 4  # and one to read the hints
    assert {client.kept[b"%d" % number] for number in range(behind._BATCH * 3)} == {b"value"}


def test_what_is_too_much_to_wait_is_dropped_and_counted(client):
    store = over(client)
    for number in range(behind._MOST_WAITING + 7):
        store.put(b"%d" % number, b"value", 60)
    assert (store.health()["waiting"], store.health()["dropped"]) == (behind._MOST_WAITING, 7)


def test_large_entries_wait_for_no_more_than_some_bytes(client):
    store = over(client)
    large = b"x" * (behind._MOST_BYTES // 4)
    for number in range(6):
        store.put(b"%d" % number, large, 60)
    assert (store.health()["waiting"], store.health()["dropped"]) == (4, 2)
    store.catch_up()
    assert client.calls == 5  # each by itself, and the hints
    store.put(b"6", large, 60)
    assert (store.health()["waiting"], store.health()["dropped"]) == (1, 2)


def test_a_server_that_is_away_costs_entries_and_nothing_else(client):
    store = over(client)
    client.fault = redis.ConnectionError("secret-key")
    for number in range(3 * behind._MOST_WAITING):
        store.put(b"%d" % number, b"value", 60)
        if number % 100 == 0:
            store.catch_up()
        assert store.get(b"%d" % number) is None
    store.catch_up()
    assert store.health()["state"] == "resting"
    assert store.health()["waiting"] == 0


def test_hints_that_cannot_be_read_stay_as_they_were(client):
    store = over(client)
    store.put(b"key", b"value", 60)
    store.catch_up()
    client.fault = redis.TimeoutError()
    store.catch_up()
    client.fault = None
    assert store.get(b"key") == b"value"


def test_the_thread_writes_by_itself_and_the_rest_at_the_end(client):
    store = BehindStore(RedisStore(client), RedisStore(client))
    store.put(b"key", b"value", 60)
    store.close()
    assert client.kept[b"key"] == b"value"
    store.close()
