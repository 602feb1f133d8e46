"""FHIR dates as spans, calendar steps, ages."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.facts.dates import (
    Duration,
    Moment,
    completed_months,
    completed_years,
    day_after,
    day_before,
    instant_after,
    instant_before,
    is_future,
    of_what_is_over,
    read_duration,
    read_period,
    read_span,
)

NEW_YORK = ZoneInfo("America/New_York")
UTC_ZONE = ZoneInfo("UTC")
ANY_ZONE = st.sampled_from([UTC_ZONE, NEW_YORK, ZoneInfo("Europe/Vienna"), ZoneInfo("Asia/Kathmandu")])


@pytest.mark.parametrize(
    ("text", "precision", "first", "last"),
    [
        ("2026", "year", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-03", "month", date(2026, 3, 1), date(2026, 3, 31)),
        ("2024-02", "month", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-03-14", "day", date(2026, 3, 14), date(2026, 3, 14)),
        ("9999", "year", date(9999, 1, 1), date(9999, 12, 31)),
    ],
)
def test_a_partial_date_is_all_of_its_days(text, precision, first, last):
    span = read_span(text, NEW_YORK)
    assert (span.precision, span.first_day, span.last_day) == (precision, first, last)
    assert span.start == datetime(first.year, first.month, first.day, tzinfo=NEW_YORK)
    if last != date.max:
        after = last + timedelta(days=1)
        assert span.end == datetime(after.year, after.month, after.day, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-14T10:30:15Z", datetime(2026, 3, 14, 10, 30, 15, tzinfo=UTC)),
        ("2026-03-14T10:30:15.25+05:30", datetime(2026, 3, 14, 5, 0, 15, 250_000, tzinfo=UTC)),
        ("2026-03-14T10:30:15.123456789-14:00", datetime(2026, 3, 15, 0, 30, 15, 123_456, tzinfo=UTC)),
        ("2026-03-14T10:30:15.5Z", datetime(2026, 3, 14, 10, 30, 15, 500_000, tzinfo=UTC)),
        ("2026-07-01T10:30:15", datetime(2026, 7, 1, 14, 30, 15, tzinfo=UTC)),  # no offset: New York, summer
    ],
)
def test_an_instant_is_a_point(text, instant):
    span = read_span(text, NEW_YORK)
    assert span.start == instant
    assert span.end - span.start == timedelta(microseconds=1)
    assert span.precision == "instant"
    assert span.first_day == span.last_day == instant.astimezone(NEW_YORK).date()


def test_a_time_without_seconds_is_a_minute_wide():
    span = read_span("2026-03-14T10:30Z", UTC_ZONE)
    assert span.end - span.start == timedelta(minutes=1)


def test_a_leap_second_stays_on_its_day():
    span = read_span("2016-12-31T23:59:60Z", UTC_ZONE)
    assert span.start == datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert span.first_day == date(2016, 12, 31)
    assert read_span("2016-12-31T23:59:60.250Z", UTC_ZONE) == span
    assert read_span("2016-12-31T18:59:60-05:00", UTC_ZONE) == span


def test_a_time_without_offset_is_both_readings_where_the_clocks_go_back():
    span = read_span("2026-11-01T01:30:00", NEW_YORK)
    assert span.start == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert span.end == datetime(2026, 11, 1, 6, 30, tzinfo=UTC) + timedelta(microseconds=1)


def test_a_day_is_as_long_as_the_zone_makes_it():
    spring, autumn = read_span("2026-03-08", NEW_YORK), read_span("2026-11-01", NEW_YORK)
    assert spring.end - spring.start == timedelta(hours=23)
    assert autumn.end - autumn.start == timedelta(hours=25)


@pytest.mark.parametrize(
    "text",
    [
        *("20260314", "2026-W10", "2026-W10-3", "2026-13", "2026-00", "0000", "0000-01-01", "2026-02-30", "2026-3-14"),
        *("2026-03-14 ", " 2026-03-14", "2026-03-14\n", "2026-03-14x", "26-03-14", "2026-03-14T", "2026-03-14T10"),
        *("2026-03-14T24:00:00Z", "2026-03-14T10:60:00Z", "2026-03-14T10:30:61Z", "2026-03-14 10:30:00Z", "2026-03-"),
        *("2026-03-14T10:30:15+15:00", "2026-03-14T10:30:15+14:30", "2026-03-14T10:30:15z", "2026-03-14T10:30:15."),
        *("٢٠٢٦-٠٣-١٤", "2026-03-14T10:30:15Z[UTC]", "", "now", "2026-073", "0001-01-01T00:00:00+05:00", "2" * 200),
        *(None, 2026, 2026.5, True, ["2026"], {"start": "2026"}),
    ],
)
def test_what_is_not_a_fhir_date_is_refused(text):
    assert read_span(text, NEW_YORK) is None


@given(st.text(max_size=40) | st.none() | st.integers() | st.lists(st.text()), ANY_ZONE)
def test_reading_never_raises(text, zone):
    assert read_span(text, zone) is None or isinstance(text, str)
    assert read_period(text, zone) is None


@given(st.dates(date(1850, 1, 1), date(2200, 1, 1)), st.times(), ANY_ZONE)
def test_a_day_holds_every_instant_of_that_day(utc_day, time, zone):
    instant = datetime.combine(utc_day, time, tzinfo=UTC)
    local = instant.astimezone(zone).date()
    day = read_span(local.isoformat(), zone)
    assert day.start <= instant < day.end
    told = read_span(f"{instant:%Y-%m-%dT%H:%M:%S.%f}Z", zone)
    assert (told.start, told.first_day) == (instant, local)


@given(st.dates(min_value=date(1850, 1, 1)), ANY_ZONE)
def test_spans_of_one_date_lie_inside_each_other(day, zone):
    full, month, year = (read_span(day.isoformat()[:n], zone) for n in (10, 7, 4))
    assert year.start <= month.start <= full.start < full.end <= month.end <= year.end


class TestPeriods:
    def test_the_end_is_included_to_its_precision(self):
        span = read_period({"start": "2026-03-01", "end": "2026-03-14"}, UTC_ZONE)
        assert (span.start, span.end) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 15, tzinfo=UTC))
        assert (span.first_day, span.last_day, span.precision) == (date(2026, 3, 1), date(2026, 3, 14), "day")

    def test_one_end_is_enough_and_the_other_is_open(self):
        still = read_period({"start": "2026-03-01"}, UTC_ZONE)
        assert (still.end, still.last_day) == (datetime.max.replace(tzinfo=UTC), date.max)
        since = read_period({"end": "2026-03-01"}, UTC_ZONE)
        assert (since.start, since.first_day) == (datetime.min.replace(tzinfo=UTC), date.min)

    def test_its_precision_is_that_of_the_coarser_end(self):
        assert read_period({"start": "2026-03", "end": "2026-03-14T10:00:00Z"}, UTC_ZONE).precision == "month"

    @pytest.mark.parametrize(
        "value",
        [
            {},
            {"start": "2026-03-14", "end": "2026-03-13"},
            {"start": "2026-03-14", "end": "soon"},
            {"start": "14.3.2026", "end": "2026-03-14"},
            {"start": 2026},
            {"start": "2026-03-14", "_end": {"extension": [{"valueCode": "masked"}]}},  # an end that is not told
            None,
            "2026",
        ],
    )
    def test_a_period_that_cannot_be_read_is_none(self, value):
        assert read_period(value, UTC_ZONE) is None


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "duration"),
        [
            ("12 months", Duration(12, "month")),
            ("1 week", Duration(1, "week")),
            ("1 weeks", Duration(1, "week")),
            ("48 hours", Duration(48, "hour")),
            ("30 minutes", Duration(30, "minute")),
            ("365 days", Duration(365, "day")),
            ("2 years", Duration(2, "year")),
        ],
    )
    def test_a_duration_is_a_count_and_a_unit(self, text, duration):
        assert read_duration(text) == duration

    @pytest.mark.parametrize("text", ["", "months", "12", "12months", "1.5 days", "-1 day", "3 d", "3 mo", "9" * 9])
    def test_other_ways_of_writing_are_refused(self, text):
        assert read_duration(text) is None

    @pytest.mark.parametrize(
        ("day", "duration", "before"),
        [
            (date(2026, 3, 31), Duration(1, "month"), date(2026, 2, 28)),
            (date(2024, 3, 31), Duration(1, "month"), date(2024, 2, 29)),
            (date(2024, 2, 29), Duration(1, "year"), date(2023, 2, 28)),
            (date(2026, 1, 15), Duration(13, "month"), date(2024, 12, 15)),
            (date(2026, 3, 1), Duration(365, "day"), date(2025, 3, 1)),
            (date(2025, 3, 1), Duration(366, "day"), date(2024, 2, 29)),
            (date(2026, 3, 1), Duration(2, "week"), date(2026, 2, 15)),
            (date(2026, 3, 1), Duration(9999, "year"), date.min),
            (date(1, 1, 5), Duration(99999, "day"), date.min),
        ],
    )
    def test_days_and_longer_step_on_the_calendar(self, day, duration, before):
        assert day_before(day, duration) == before

    def test_stepping_forward_mirrors_stepping_back(self):
        assert day_after(date(2026, 1, 31), Duration(1, "month")) == date(2026, 2, 28)
        assert day_after(date(2024, 2, 29), Duration(1, "year")) == date(2025, 2, 28)
        assert day_after(date(9999, 12, 1), Duration(1, "month")) == date.max
        assert day_after(date(9999, 12, 1), Duration(99999, "week")) == date.max

    @given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 1, 1)), st.integers(0, 600))
    def test_a_step_back_lands_in_the_month_counted(self, day, months):
        landed = day_before(day, Duration(months, "month"))
        assert (day.year * 12 + day.month) - (landed.year * 12 + landed.month) == months
        assert landed.day == day.day or (landed.day < day.day and (landed + timedelta(days=1)).day == 1)

    def test_hours_step_instants_also_where_the_clocks_change(self):
        after_change = datetime(2026, 3, 8, 12, 0, tzinfo=NEW_YORK)
        assert instant_before(after_change, Duration(24, "hour")) == datetime(2026, 3, 7, 11, 0, tzinfo=NEW_YORK)
        assert instant_after(after_change, Duration(90, "minute")) == datetime(2026, 3, 8, 13, 30, tzinfo=NEW_YORK)

    def test_hours_do_not_step_days_nor_days_instants(self):
        with pytest.raises(ValueError, match="hour"):
            day_before(date(2026, 1, 1), Duration(1, "hour"))
        with pytest.raises(ValueError, match="day"):
            instant_before(datetime(2026, 1, 1, tzinfo=UTC), Duration(1, "day"))


class TestAges:
    #: The worked examples of clinical/formulas.json#age_in_years.
    @pytest.mark.parametrize(
        ("birth", "on", "years"),
        [
            ("1960-11-22", date(2025, 11, 22), 65),
            ("1960-11-23", date(2025, 11, 22), 64),
            ("1960-11-21", date(2025, 11, 22), 65),
            ("2004-02-29", date(2022, 2, 28), 17),
            ("2004-02-29", date(2022, 3, 1), 18),
            ("1950-01-01", date(2025, 11, 22), 75),
            ("2025-11-22", date(2025, 11, 22), 0),
        ],
    )
    def test_a_full_birth_date_has_one_age(self, birth, on, years):
        assert completed_years(read_span(birth, NEW_YORK), on) == (years, years)

    def test_a_partial_birth_date_is_a_range(self):
        assert completed_years(read_span("2008", UTC_ZONE), date(2026, 6, 1)) == (17, 18)
        assert completed_years(read_span("2008-06", UTC_ZONE), date(2026, 6, 1)) == (17, 18)
        assert completed_years(read_span("2008-06", UTC_ZONE), date(2026, 6, 30)) == (18, 18)
        assert completed_years(read_span("2008-06", UTC_ZONE), date(2026, 5, 31)) == (17, 17)

    @pytest.mark.parametrize(
        ("birth", "on", "months"),
        [
            ("2026-02-15", date(2026, 5, 14), (2, 2)),
            ("2026-02-15", date(2026, 5, 15), (3, 3)),
            ("2026-01-31", date(2026, 2, 28), (0, 0)),
            ("2026-01-31", date(2026, 3, 1), (1, 1)),
            ("2025-11-30", date(2026, 5, 30), (6, 6)),
            ("2026-02", date(2026, 5, 1), (2, 3)),
            ("2026", date(2026, 6, 1), (0, 5)),
            ("2026-12-24", date(2026, 6, 1), (-7, -7)),
        ],
    )
    def test_months_are_counted_by_the_day_of_the_month(self, birth, on, months):
        assert completed_months(read_span(birth, UTC_ZONE), on) == months

    @given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
    def test_twelve_months_are_a_year(self, birth, on):
        span = read_span(birth.isoformat(), UTC_ZONE)
        (months, _), (years, _) = completed_months(span, on), completed_years(span, on)
        assert months // 12 == years

    def test_a_birth_this_year_is_age_zero_and_a_later_one_below(self):
        assert completed_years(read_span("2026", UTC_ZONE), date(2026, 6, 1)) == (0, 0)
        assert completed_years(read_span("2026-12-24", UTC_ZONE), date(2026, 6, 1)) == (-1, -1)


class TestFuture:
    NOW = Moment(datetime(2026, 3, 14, 3, 0, tzinfo=UTC), NEW_YORK)  # 23:00 on the 13th in New York

    def test_today_is_the_day_of_the_organisation(self):
        assert self.NOW.today == date(2026, 3, 13)

    @pytest.mark.parametrize(
        ("text", "future"),
        [
            ("2026-03-13", False),
            ("2026-03-14", True),
            ("2026-03", False),
            ("2026-04", True),
            ("2026", False),
            ("2027", True),
            ("2026-03-14T03:00:00Z", False),
            ("2026-03-14T03:00:01Z", True),
        ],
    )
    def test_only_what_wholly_starts_after_now_is_future(self, text, future):
        assert is_future(read_span(text, NEW_YORK), self.NOW) is future


def test_a_period_of_what_is_over_has_an_end_though_nobody_told_it():
    for told, is_open in (
        ({"start": "2005"}, True),
        ({"start": "2005", "end": "2006"}, False),
        ({"end": "2006"}, False),
    ):
        span = read_period(told, NEW_YORK)
        assert not span.untold_end
        over = of_what_is_over(span)
        assert over.untold_end is is_open
        assert (over.start, over.end, over.first_day, over.last_day) == (
            span.start,
            span.end,
            span.first_day,
            span.last_day,
        )
