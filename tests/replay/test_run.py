from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cds.facts.dates import Moment
from cds.replay.answer import Answer
from cds.replay.moments import header_of, moment_of
from cds.replay.reading import Unreadable
from cds.replay.run import Setting, outcomes, replay
from cds.replay.topics import Topic
from tests.replay.telling import SERVICES, card, case

NOON = Moment(datetime(2026, 1, 1, 12, tzinfo=UTC), ZoneInfo("UTC"))


def setting(ask, **more):
    return Setting(SERVICES, ask, {"t1": Topic("r", frozenset({"a"}))}, NOON, **more)


def test_each_case_is_asked_at_its_own_moment_and_the_others_at_the_one_given():
    asked = []

    def ask(service_id, request, moment):
        asked.append((service_id, header_of(moment)))
        return Answer(200, {"cards": [card()]})

    tally = replay([case(), case("patient-view", as_of=""), case(as_of="2020-02-03T04:05:06+02:00")], setting(ask))
    assert asked == [
        ("sign", "2023-05-01T23:59:59.999999Z"),
        ("view", "2026-01-01T12:00:00Z"),
        ("sign", "2020-02-03T02:05:06Z"),
    ]
    assert tally.total.agree == 3


def test_a_service_that_breaks_is_an_error_of_that_case_and_the_next_is_asked():
    def ask(service_id, request, moment):
        if request["hook"] == "patient-view":
            raise ValueError("Jane Roe, born 1960")
        return Answer(200, {"cards": [card()]})

    broken, fine = outcomes([case("patient-view"), case()], setting(ask))
    assert (broken.standing, fine.standing) == ("error", "agree")
    assert broken.why.startswith("no answer: ValueError at run.py:")
    assert "Jane" not in broken.why
    assert broken.changes


def test_an_unreadable_line_and_an_unreadable_date_are_errors():
    tally = replay([Unreadable("f:3", "not JSON"), case(as_of="soon")], setting(lambda *_: Answer(200, {"cards": []})))
    assert tally.total.errors == 2
    assert [outcome.id for outcome in tally.failing] == ["f:3", "c1"]


def test_unchanged_requests_go_out_as_they_are():
    told = case(context={"patientId": "Patient/p1"})

    def ask(service_id, request, moment):
        assert request == told.request
        return Answer(400)

    assert replay([told], setting(ask, unchanged=True)).total.errors == 0


@pytest.mark.parametrize("text", ["2023-13-01", "2023", "soon", "2023-05-01T12:00:00", "20230501T120000Z0"])
def test_what_is_no_day_and_no_instant_is_no_moment(text):
    assert moment_of(text, ZoneInfo("UTC")) is None


def test_a_day_is_its_end_in_the_zone():
    moment = moment_of("2023-07-01", ZoneInfo("Europe/Berlin"))
    assert moment is not None
    assert header_of(moment) == "2023-07-01T21:59:59.999999Z"
