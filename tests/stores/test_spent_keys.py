"""Used tokens in SQL, the same in SQLite and PostgreSQL; and what follows when Redis goes away and comes back."""

import threading

import pytest

from cds.access.claims import Claims
from cds.access.faults import CannotTell, TokenRefused
from cds.access.spent import SpentTokens
from cds.cache.breaker import Breaker
from cds.cache.redis_store import connect
from cds.records.database import HURRIED, migrate, open_database
from cds.records.spent_keys import SpentKeys
from tests.stores.databases import KINDS, url_of_own
from tests.stores.servers import Server, binary_of

pytestmark = pytest.mark.stores
NOW = 1_800_000_000.0
KEY = b"cds:jti:" + b"0" * 64


class Clock:
    now = NOW

    def __call__(self):
        return self.now


@pytest.fixture(params=KINDS)
def url(request, tmp_path):
    with url_of_own(request.param, tmp_path) as url:
        engine = open_database(url, tmp_path)
        migrate(engine)
        engine.dispose()
        yield url


@pytest.fixture
def opened(url, tmp_path):
    """Makes stores on the same database, as workers have them."""
    engines = []

    def open_one(clock=None):
        engines.append(open_database(url, tmp_path, HURRIED))
        return SpentKeys(engines[-1], clock or Clock())

    yield open_one
    for engine in engines:
        engine.dispose()


def token(name="j"):
    return Claims("issuer", name, None, NOW + 300)


def test_a_key_is_put_once_whoever_puts_it(opened):
    first, second = opened(), opened()
    assert [store.put_new(KEY, b"1", 60) for store in (first, second, first)] == [True, False, False]
    assert second.put_new(KEY[:-1] + b"1", b"1", 60) is True


def test_a_key_is_new_again_when_its_seconds_are_over_and_not_before(opened):
    clock = Clock()
    store = opened(clock)
    assert store.put_new(KEY, b"1", 60) is True
    clock.now += 59
    assert store.put_new(KEY, b"1", 60) is False
    clock.now += 1
    assert store.put_new(KEY, b"1", 60) is True
    assert store.put_new(KEY, b"1", 60) is False


def test_of_many_workers_at_once_one_puts_a_key(opened):
    stores, outcomes = [opened() for _ in range(8)], []
    threads = [threading.Thread(target=lambda s=s: outcomes.append(s.put_new(KEY, b"1", 60))) for s in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(True) == 1
    # SQLite lets one write at a time: who did not get its turn in time cannot tell, and lets nobody in.
    assert set(outcomes) <= {True, False, None}


def test_what_is_over_is_removed(opened, url, tmp_path):
    clock, passed = Clock(), Clock()
    engine = open_database(url, tmp_path, HURRIED)
    store = SpentKeys(engine, clock, passed)
    for number in range(10):
        store.put_new(b"%d" % number, b"1", 60)
    clock.now += 100
    passed.now += 100
    store.put_new(KEY, b"1", 60)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM spent_key").scalar() == 1
    engine.dispose()


@pytest.mark.parametrize("away", ["sqlite:////no/such/folder/records.db", "postgresql://nobody@127.0.0.1:1/none"])
def test_a_database_that_is_away_cannot_tell_and_is_not_asked_again_at_once(away, tmp_path):
    passed = Clock()
    store = SpentKeys(open_database(away, tmp_path, HURRIED), Clock(), passed)
    assert store.put_new(KEY, b"1", 60) is None
    assert store._rests_until == passed.now + 1
    assert store.put_new(KEY, b"1", 60) is None
    assert store._rests_until == passed.now + 1


def test_a_database_without_the_table_cannot_tell(tmp_path):
    store = SpentKeys(open_database(None, tmp_path, HURRIED), Clock())
    assert store.put_new(KEY, b"1", 60) is None


@pytest.mark.requirement("JWT-10")
def test_while_redis_is_away_the_database_tells_and_afterwards_both_do(opened, tmp_path):
    server = Server(binary_of("redis"), tmp_path)
    server.start()

    def worker():
        redis = connect(server.url, answer_seconds=2.0, breaker=Breaker(failures_to_open=1, rest=0.0, longest_rest=0.0))
        return SpentTokens([redis, opened()])

    one, other = worker(), worker()
    one.spend(token("before"), NOW)
    server.kill()
    one.spend(token("during"), NOW)
    with pytest.raises(TokenRefused):
        other.spend(token("during"), NOW)
    other.spend(token("during too"), NOW)
    server.start()
    for name in ("during", "during too"):
        with pytest.raises(TokenRefused):
            other.spend(token(name), NOW)
    one.spend(token("after"), NOW)
    with pytest.raises(TokenRefused):
        other.spend(token("after"), NOW)
    server.kill()


@pytest.mark.requirement("JWT-10")
def test_when_both_are_away_nobody_can_tell(tmp_path):
    server = Server(binary_of("redis"), tmp_path)
    nowhere = SpentKeys(open_database("sqlite:////no/such/folder/records.db", tmp_path, HURRIED), Clock())
    with pytest.raises(CannotTell):
        SpentTokens([connect(server.url), nowhere]).spend(token(), NOW)
