"""The cache's server dies in the middle of a run: the answers stay what they were."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import orjson
import pytest

from cds.cache.judgements import JudgementCache
from cds.cache.redis_store import connect
from cds.decisions.desk import Desk
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


def test_answers_are_the_same_before_during_and_after_an_outage(server: Server):
    cache = JudgementCache(connect(server.url), keys())
    desk = Desk.open(ROOT / "rulesets", make_engine(), cache, unrecorded())
    fresh, was_cached = asked(desk)
    assert fresh
    assert not was_cached
    assert asked(desk) == (fresh, True)
    server.kill()
    assert [asked(desk) for _ in range(20)] == [(fresh, False)] * 20
    server.start()
    assert {str(asked(desk)[0]) for _ in range(20)} == {str(fresh)}
    desk.close()


def test_an_exact_repeat_needs_no_server(server: Server):
    cache = JudgementCache(connect(server.url), keys())
    desk = Desk.open(ROOT / "rulesets", make_engine(), cache, unrecorded())
    first = orjson.loads(desk.answer(SERVICE, BODY, MOMENT, pinned=True))
    server.kill()
    again = orjson.loads(desk.answer(SERVICE, BODY, MOMENT, pinned=True))
    assert again["cards"] == first["cards"]
    assert again["extension"]["org.cds-rules.decision"]["cached"]
    desk.close()
