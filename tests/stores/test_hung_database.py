"""A PostgreSQL that takes what it is sent and never answers: nobody who answers a call waits for it."""

import time
from pathlib import Path

import pytest
from sqlalchemy import make_url

from cds.records.cards import ShownCards
from cds.records.database import HURRIED, migrate, open_database
from cds.records.spent_keys import SpentKeys
from tests.stores.databases import url_of_own
from tests.stores.proxy import Proxy
from tests.stores.servers import missing

pytestmark = pytest.mark.stores

#: Seconds: far more than a call waits, far less than a hung connection lasts.
_LONG = 10


@pytest.fixture
def hung(tmp_path):
    """An URL that leads through the proxy to a database with our tables."""
    with url_of_own("postgresql", tmp_path) as url:
        database = open_database(url, tmp_path)
        migrate(database)
        database.dispose()
        parsed = make_url(url)
        folder = str(parsed.query.get("host") or parsed.host)
        if not folder.startswith("/"):
            missing("TEST_DATABASE_URL names no unix socket, which .ci/run uses")
        proxy = Proxy(str(Path(folder) / f".s.PGSQL.{parsed.port or 5432}"))
        with proxy.running():
            through = parsed.set(host="127.0.0.1", port=proxy.port, query={})
            yield proxy, through.render_as_string(hide_password=False)


def test_feedback_is_told_unchecked_and_soon(hung, tmp_path):
    proxy, url = hung
    database = open_database(url, tmp_path)
    cards = ShownCards(database, tmp_path)
    assert cards.known("c", "s", {"5ca1ab1e-0000-4000-8000-0000000000c1"}) == set()
    proxy.hold()
    began = time.monotonic()
    assert cards.known("c", "s", {"5ca1ab1e-0000-4000-8000-0000000000c1"}) is None
    assert time.monotonic() - began < _LONG
    proxy.release()
    until = time.monotonic() + _LONG
    while cards.known("c", "s", {"5ca1ab1e-0000-4000-8000-0000000000c1"}) is None:
        assert time.monotonic() < until
    database.dispose()


def test_whether_a_token_was_used_cannot_be_told_and_that_is_said_soon(hung, tmp_path):
    proxy, url = hung
    database = open_database(url, tmp_path, HURRIED)
    spent = SpentKeys(database, time.time)
    until = time.monotonic() + _LONG
    while spent.put_new(b"first", b"1", 60) is None:  # the first connection may take its time
        assert time.monotonic() < until
        time.sleep(0.1)
    proxy.hold()
    began = time.monotonic()
    assert spent.put_new(b"second", b"1", 60) is None
    assert time.monotonic() - began < _LONG
    proxy.release()
    until = time.monotonic() + _LONG
    while spent.put_new(b"third", b"1", 60) is None:
        assert time.monotonic() < until
        time.sleep(0.1)
    database.dispose()
