from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.api.moments import read_moment
from cds.hooks import EnvelopeRejected
from tests.api.desks import FakeDesk, client
from tests.hooks.calls import call

PATH = "/cds-services/patient-view"
BERLIN = ZoneInfo("Europe/Berlin")


def asked(now, **settings):
    desk = FakeDesk()
    response = client(desk, **settings).post(PATH, json=call(), headers={"CDS-Now": now})
    return response, desk.moments


def test_a_date_means_its_end_in_the_zone_of_the_organisation():
    response, [(moment, pinned)] = asked("2023-05-01", test_clock=True, timezone=BERLIN)
    assert response.status_code == 200
    assert pinned is True
    assert moment.instant.astimezone(UTC) == datetime(2023, 5, 1, 21, 59, 59, 999999, tzinfo=UTC)
    assert moment.zone is BERLIN


def test_an_instant_is_taken_as_it_is():
    _, [(moment, _)] = asked("2023-05-01T12:00:00+02:00", test_clock=True)
    assert moment.instant == datetime(2023, 5, 1, 10, tzinfo=UTC)


def test_without_the_test_clock_the_header_is_refused_and_nothing_is_answered():
    response, moments = asked("2023-05-01")
    assert response.status_code == 400
    assert response.get_json()["issue"][0]["expression"] == ["CDS-Now"]
    assert moments == []


def test_without_the_header_the_clock_decides():
    desk = FakeDesk()
    before = datetime.now(UTC)
    client(desk, test_clock=True).post(PATH, json=call())
    [(moment, pinned)] = desk.moments
    assert pinned is False
    assert before <= moment.instant <= datetime.now(UTC)


@pytest.mark.parametrize(
    "now",
    [
        "",
        "x",
        "2023-13-01",
        "2023-02-30",
        "2023-05-01T12:00:00",
        "2023-05-01T25:00:00Z",
        "2023-05-01 12:00:00Z",
        "20230501",
        "2023-W01-1",
        "0001-01-01",
        "9999-12-31",
        "2023-05-01,2023-05-02",
        "2023-05-01T12:00:00+99:00",
    ],
)
def test_a_bad_value_is_refused(now):
    assert asked(now, test_clock=True)[0].status_code == 400


def test_discovery_takes_the_pinned_moment_too():
    desk = FakeDesk()
    assert client(desk, test_clock=True).get("/cds-services", headers={"CDS-Now": "2020-01-01"}).status_code == 200
    assert desk.moments[0][0].today.year == 2020
    assert client(desk).get("/cds-services", headers={"CDS-Now": "2020-01-01"}).status_code == 400


@given(st.text(alphabet="0123456789-:TZ+.", max_size=30))
def test_any_text_is_an_aware_instant_or_refused(text):
    try:
        told = read_moment(text, BERLIN).utcoffset() is not None
    except EnvelopeRejected as refused:
        told = refused.faults[0].field == "CDS-Now"
    assert told
