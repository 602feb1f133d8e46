import errno
import json
import os
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cds.commands.environment import CannotStart
from cds.commands.serve import EXAMPLE, _House, greeting, try_it
from cds.settings import Settings
from tests.journeys.service import client, desk
from tests.published.newest import newest


def greeted(**settings) -> str:
    return "\n".join(greeting("http://127.0.0.1:8000", desk(), Settings(**settings)))


def test_the_start_says_where_what_and_what_not_yet():
    text = greeted(trace=True)
    assert "listens on http://127.0.0.1:8000" in text
    assert "medication-safety-order-sign (order-sign)" in text
    assert "warfarin-nsaid@1.0.0+sha256." in text
    assert "not active yet:" in text


def test_a_version_that_is_not_in_effect_says_so():
    line = next(line for line in greeted().splitlines() if "opioid-safety@1.0.0" in line)
    assert line.endswith("(not in effect today)")


@pytest.mark.parametrize("folder", [EXAMPLE.parents[2], Path("/")])
def test_the_line_to_try_is_one_curl_that_sends_a_file_that_is_there(folder, monkeypatch):
    monkeypatch.chdir(folder)
    words = shlex.split(try_it("http://127.0.0.1:8000", "sign"))
    assert words[:3] == ["curl", "-s", "http://127.0.0.1:8000/cds-services/sign"]
    assert Path(words[-1].removeprefix("@")).resolve() == EXAMPLE
    assert "\n" not in try_it("http://127.0.0.1:8000", "sign")


def test_an_open_service_says_so():
    assert "whoever can reach this address" in greeted(auth="open")


def test_no_line_is_offered_that_would_be_refused():
    assert "curl" in greeted()
    assert "curl" not in greeted(auth="jwt")


@pytest.mark.parametrize("day", ["2026-11-22", "2031-02-28", "2045-01-01"])
def test_the_example_yields_a_card_on_any_day(day):
    response = client().post(
        "/cds-services/medication-safety-order-sign",
        data=EXAMPLE.read_bytes(),
        content_type="application/json",
        headers={"CDS-Now": day},
    )
    assert response.status_code == 200
    assert [card["indicator"] for card in response.json["cards"]] == ["critical"]


def test_the_example_is_about_nobody():
    assert json.loads(EXAMPLE.read_bytes())["prefetch"]["Patient"]["id"] == "example"


def test_a_cache_server_of_our_own_is_started_only_where_none_is_named(monkeypatch):
    started = []
    monkeypatch.setattr("cds.cache.embedded.EmbeddedServer.start", started.append)
    _House(Settings(redis_url="redis://cache.example.org")).start_servers()
    assert started == []
    house = _House(Settings(state=Path("somewhere")))
    house.start_servers()
    house.stop_servers()
    assert started == [Path("somewhere")]


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_where_nothing_can_be_written_it_does_not_start_and_says_what_to_mend(number, monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(CannotStart) as stopped:
        _House(Settings(state=tmp_path / "var")).open_meter()
    told = str(stopped.value)
    assert told.startswith(f"CDS_STATE: nothing can be written below {tmp_path / 'var'} (")
    assert os.strerror(number).lower() in told
    assert "name a folder on a local disk" in told


def test_the_moment_of_the_greeting_is_the_real_one(monkeypatch):
    monkeypatch.setattr("cds.clock.now", lambda: datetime(2020, 1, 1, tzinfo=UTC))
    line = next(line for line in greeted().splitlines() if newest("opioid-safety") in line)
    assert line.endswith("(not in effect today)")
