from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.authoring.case_times import read_moment, read_time
from cds.facts.dates import Moment

BERLIN = ZoneInfo("Europe/Berlin")
NOON = Moment(datetime(2026, 3, 1, 12, tzinfo=UTC), ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("30 days ago", "2026-01-30"),
        ("1 day ago", "2026-02-28"),
        ("0 days ago", "2026-03-01"),
        ("65 years ago", "1961-03-01"),
        ("64 years and 364 days ago", "1961-03-02"),
        ("1 year, 2 months and 3 days ago", "2024-12-29"),
        ("2 weeks ago", "2026-02-15"),
        ("today", "2026-03-01"),
        ("2026-01-15", "2026-01-15"),
        ("2026-01", "2026-01"),
        ("1961", "1961"),
    ],
)
def test_a_time_is_as_precise_as_it_was_told(text, day):
    assert read_time(text, NOON) == day


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2 hours ago", "2026-03-01T10:00:00+00:00"),
        ("90 minutes ago", "2026-03-01T10:30:00+00:00"),
        ("1 day and 1 hour ago", "2026-02-28T11:00:00+00:00"),
        ("now", "2026-03-01T12:00:00+00:00"),
        ("2026-02-01T08:30", "2026-02-01T08:30:00+00:00"),
        ("2026-02-01T08:30:00+02:00", "2026-02-01T06:30:00+00:00"),
    ],
)
def test_hours_and_written_times_are_instants(text, instant):
    assert read_time(text, NOON) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "30 day",
        "30 days",
        "ago",
        "2026-13-01",
        "2026-13",
        "2026-02-30",
        "5 days agoo",
        "1.5 days ago",
        "5000 years ago",
    ],
)
def test_what_is_not_a_time_is_never_guessed(text):
    assert read_time(text, NOON) is None


def test_months_step_back_on_the_calendar():
    assert read_time("1 month ago", Moment(datetime(2026, 3, 31, 12, tzinfo=UTC), ZoneInfo("UTC"))) == "2026-02-28"
    assert read_time("1 year ago", Moment(datetime(2024, 2, 29, 12, tzinfo=UTC), ZoneInfo("UTC"))) == "2023-02-28"


def test_days_are_those_of_the_organisation():
    just_after_midnight_in_berlin = Moment(datetime(2026, 2, 28, 23, 30, tzinfo=UTC), BERLIN)
    assert read_time("today", just_after_midnight_in_berlin) == "2026-03-01"
    assert read_time("1 day ago", just_after_midnight_in_berlin) == "2026-02-28"


def test_hours_count_as_elapsed_when_the_clocks_change():
    spring = Moment(datetime(2026, 3, 29, 4, tzinfo=BERLIN), BERLIN)  # 02:00 became 03:00
    assert read_time("2 hours ago", spring) == "2026-03-29T01:00:00+01:00"


def test_a_date_as_moment_is_the_end_of_that_day():
    moment = read_moment("2026-03-01", BERLIN)
    assert moment is not None
    assert moment.today == date(2026, 3, 1)
    assert moment.instant + timedelta(seconds=1) == datetime(2026, 3, 2, tzinfo=BERLIN)


def test_a_moment_with_a_time_is_that_instant():
    moment = read_moment("2026-03-01T08:30:00Z", BERLIN)
    assert moment is not None
    assert moment.instant == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026", "2026-03", "30 days ago", "2026-02-30", "noon", "2026-03-01Tnoon"])
def test_what_is_not_a_moment_is_none(text):
    assert read_moment(text, BERLIN) is None


@given(st.integers(0, 40000), st.dates(date(1970, 1, 1), date(2100, 1, 1)))
def test_days_ago_are_exactly_that_many_days(days, today):
    if (today - date.min).days <= days:
        return
    moment = Moment(datetime.combine(today, datetime.max.time(), UTC), ZoneInfo("UTC"))
    found = read_time(f"{days} days ago", moment)
    assert found is not None
    assert (today - date.fromisoformat(found)).days == days
