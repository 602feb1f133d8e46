"""The cache's server dies in the middle of a run: the answers stay what they were."""

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import orjson
import pytest

from cds.cache.behind import BehindStore
from cds.cache.breaker import Breaker
from cds.cache.judgements import JudgementCache
from cds.cache.memory import Memory
from cds.cache.redis_store import connect
from cds.decisions.desk import Desk
from cds.records.keys import Keys
from cds.replay.moments import moment_of
from cds.rules.engine.crosscheck import make_engine
from cds.settings import Settings
from tests.cache.stores import keys
from tests.decisions.desk import unrecorded
from tests.stores.servers import Server, binary_of

pytestmark = pytest.mark.stores

ROOT = Path(__file__).parents[2]
BODY = (ROOT / "docs" / "examples" / "order-sign.json").read_bytes()
SERVICE = "medication-safety-order-sign"
MOMENT = moment_of("2026-05-01T12:00:00Z", Settings().timezone)


@pytest.fixture(params=["valkey", "redis"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    own = Server(binary_of(request.param), tmp_path)
    own.start()
    yield own
    own.kill()


NUMBERS = count()


def asked(desk: Desk) -> tuple[list, bool]:
    """The cards, and whether they came from the cache. Never the same bytes twice: those need no server."""
    body = BODY.replace(b"{", b'{"number": %d, ' % next(NUMBERS), 1)
    answer = orjson.loads(desk.answer(SERVICE, body, MOMENT, pinned=True))
    return answer["cards"], answer["extension"]["org.cds-rules.decision"]["cached"]


def opened(server: Server, sealed: Keys, memory: Memory | None = None) -> tuple[Desk, BehindStore]:
    """A desk as a worker has it, and its store; a server that is away is asked again soon."""
    breaker, patient = Breaker(rest=0.05, longest_rest=0.1), 2.0
    store = BehindStore(
        connect(server.url, breaker=breaker), connect(server.url, answer_seconds=patient, breaker=breaker)
    )
    return Desk.open(ROOT / "rulesets", make_engine(), JudgementCache(store, sealed, memory), unrecorded()), store


def until(ask: Callable[[], bool]) -> bool:
    """Whether it comes true within some seconds."""
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        if ask():
            return True
        time.sleep(0.02)
    return False


def test_answers_are_the_same_before_during_and_after_an_outage(server: Server):
    desk, _ = opened(server, keys(), Memory(most=0))
    fresh, was_cached = asked(desk)
    assert fresh
    assert not was_cached
    assert until(lambda: asked(desk) == (fresh, True))
    server.kill()
    assert [asked(desk) for _ in range(20)] == [(fresh, False)] * 20
    server.start()
    assert {str(asked(desk)[0]) for _ in range(20)} == {str(fresh)}
    assert until(lambda: asked(desk) == (fresh, True))
    desk.close()


def test_what_one_worker_judged_another_finds_and_so_does_one_that_starts_later(server: Server):
    shared = keys()
    first, second = opened(server, shared)[0], opened(server, shared)[0]
    fresh, _ = asked(first)
    assert until(lambda: asked(second) == (fresh, True))
    later, store = opened(server, shared)
    store.catch_up()
    assert asked(later) == (fresh, True)
    for desk in (first, second, later):
        desk.close()


def test_what_a_worker_judged_itself_needs_no_server(server: Server):
    desk, _ = opened(server, keys())
    fresh, _ = asked(desk)
    server.kill()
    assert [asked(desk) for _ in range(20)] == [(fresh, True)] * 20
    desk.close()


def test_an_exact_repeat_needs_no_server(server: Server):
    desk, _ = opened(server, keys())
    first = orjson.loads(desk.answer(SERVICE, BODY, MOMENT, pinned=True))
    server.kill()
    again = orjson.loads(desk.answer(SERVICE, BODY, MOMENT, pinned=True))
    assert again["cards"] == first["cards"]
    assert again["extension"]["org.cds-rules.decision"]["cached"]
    desk.close()
