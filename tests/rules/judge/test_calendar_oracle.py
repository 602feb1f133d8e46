"""Windows and ages against a calendar worked out another way: day numbers, and the clock rules of three zones as law.

Nothing of Python's calendar or time zones is in the oracle. It counts days from 1 March 0000 (Hinnant's algorithm), and
knows that clocks change on the second Sunday of March and the first of November in New York, on the last Sundays of
March and October in Vienna, and never in Kathmandu. Dates are drawn around the edges, where mistakes are.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.patients import observation
from tests.rules.judge.telling import judged, moment, truth
from tests.rules.judge.test_picking import shown

ZONES = ("America/New_York", "Europe/Vienna", "Asia/Kathmandu")
DAYS = {"1 day": 1, "30 days": 30, "90 days": 90, "365 days": 365, "2 weeks": 14}
MONTHS = {"1 month": 1, "3 months": 3, "12 months": 12, "1 year": 12, "5 years": 60}
MINUTES = {"1 hour": 60, "48 hours": 48 * 60, "90 minutes": 90}
_SUNDAY = 6  # day 0 is a Thursday, so (day + 3) % 7 is 0 on Mondays


class Day(NamedTuple):
    year: int
    month: int
    day: int

    @property
    def number(self) -> int:
        """Days since 1 January 1970."""
        year = self.year - (self.month <= 2)
        era, of_era = divmod(year, 400)
        of_year = (153 * (self.month + (-3 if self.month > 2 else 9)) + 2) // 5 + self.day - 1
        return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}-{self.day:02}"


def day_of(number):
    number += 719_468
    era, of_era = divmod(number, 146_097)
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return Day(year_of_era + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1)


def length_of(year, month):
    after = Day(year + (month == 12), month % 12 + 1, 1)
    return after.number - Day(year, month, 1).number


def sunday(year, month, which):
    """The day number of a Sunday of a month, the first being 1 and the last -1."""
    days = [Day(year, month, day).number for day in range(1, length_of(year, month) + 1)]
    return [number for number in days if (number + 3) % 7 == _SUNDAY][which - (which > 0)]


def minutes_east(zone, minute):
    """The offset of a zone at a minute since 1970 (UTC), from 2007 on."""
    year = day_of(minute // 1440).year
    if zone == "Asia/Kathmandu":
        return 345
    if zone == "Europe/Vienna":
        spring, autumn = (sunday(year, month, -1) * 1440 + 60 for month in (3, 10))
        return 120 if spring <= minute < autumn else 60
    spring = sunday(year, 3, 2) * 1440 + 7 * 60  # two o'clock at five hours west
    autumn = sunday(year, 11, 1) * 1440 + 6 * 60  # two o'clock at four hours west
    return -240 if spring <= minute < autumn else -300


def local_day(zone, minute):
    return day_of((minute + minutes_east(zone, minute)) // 1440)


def months_back(day, months):
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return Day(year, month, min(day.day, length_of(year, month)))


def edge_of(window, today):
    if window in DAYS:
        return today.number - DAYS[window]
    return months_back(today, MONTHS[window]).number


def instant(minute, zone):
    return moment(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute), zone)


def written(minute, second, offset):
    """A minute since 1970 as text in an offset of its own."""
    local = minute + offset
    sign = "-" if offset < 0 else "+"
    zone = f"{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    return f"{day_of(local // 1440)}T{local // 60 % 24:02}:{local % 60:02}:{second:02}{zone}"


def within(window, on, at):
    definitions = {"n": {"any": "lab", "in": ["potassium"], "within": window}}
    return truth(definitions, "n", observation(4, "mmol/L", on=on, loinc="2823-3"), at=at)


#: From 2008 to 2037; every third near a change of the clocks, where an hour is missing or doubled.
MINUTES_OF_NOW = st.one_of(
    st.integers(Day(2008, 1, 1).number * 1440, Day(2037, 12, 31).number * 1440),
    st.builds(
        lambda year, month, which, minute: sunday(year, month, which) * 1440 + minute,
        st.integers(2008, 2037),
        st.sampled_from([3, 10, 11]),
        st.sampled_from([1, 2, -1]),
        st.integers(-300, 600),
    ),
)


@given(MINUTES_OF_NOW, st.sampled_from(ZONES), st.sampled_from([*DAYS, *MONTHS]), st.integers(-2, 2))
@settings(deadline=None)
def test_a_day_is_in_a_window_from_its_edge_on_and_not_before(now, zone, window, off):
    today = local_day(zone, now)
    edge = edge_of(window, today)
    expected = "unknown" if edge + off > today.number else "holds" if off >= 0 else "fails"  # later than now: no fact
    assert within(window, str(day_of(edge + off)), instant(now, zone)) == expected


@given(
    MINUTES_OF_NOW,
    st.sampled_from(ZONES),
    st.sampled_from([*DAYS, *MONTHS]),
    st.integers(-1500, 1500),
    st.tuples(st.integers(0, 60), st.integers(-56, 56).map(lambda quarters: quarters * 15)),
)
@settings(deadline=None)
def test_an_instant_is_of_the_organisations_day_whatever_its_offset_and_leap_second(now, zone, window, off, told_by):
    second, offset = told_by
    today = local_day(zone, now)
    edge = edge_of(window, today)
    told = edge * 1440 + off  # a day to either side of the edge
    expected = "holds" if local_day(zone, told).number >= edge else "fails"
    if told >= now:
        expected = "holds" if told == now and second == 0 else "unknown"
    assert within(window, written(told, second, offset), instant(now, zone)) == expected


@given(
    MINUTES_OF_NOW,
    st.sampled_from(ZONES),
    st.sampled_from([*DAYS, *MONTHS]),
    st.integers(-2, 2),
    st.sampled_from([4, 7]),
)
@settings(deadline=None)
def test_a_month_or_a_year_is_each_of_its_days(now, zone, window, off, precision):
    today = local_day(zone, now)
    edge = edge_of(window, today)
    told = day_of(edge).year * 12 + day_of(edge).month - 1 + off * (12 if precision == 4 else 1)
    year, month = divmod(told, 12)
    first = Day(year, 1 if precision == 4 else month + 1, 1)
    last = Day(year, 12, 31) if precision == 4 else Day(year, month + 1, length_of(year, month + 1))
    inside = {edge <= number <= today.number for number in range(first.number, min(last.number, today.number) + 1)}
    expected = "holds" if inside == {True} else "fails" if inside == {False} else "unknown"
    assert within(window, str(first)[:precision], instant(now, zone)) == expected


@given(
    MINUTES_OF_NOW,
    st.sampled_from(ZONES),
    st.sampled_from(sorted(MINUTES)),
    st.integers(-90, 90),
    st.integers(-56, 56).map(lambda quarters: quarters * 15),
)
@settings(deadline=None)
def test_hours_count_on_the_clock_of_the_world(now, zone, window, off, offset):
    told = now - MINUTES[window] + off
    expected = "unknown" if told > now else "holds" if off >= 0 else "fails"
    assert within(window, written(told, 0, offset), instant(now, zone)) == expected


@given(MINUTES_OF_NOW, st.sampled_from(ZONES), st.integers(0, 110), st.integers(-400, 400))
@settings(deadline=None)
def test_an_age_is_reached_on_the_birthday_in_the_organisations_zone(now, zone, years, off):
    today = local_day(zone, now)
    birth = day_of(months_back(today, years * 12).number + off)
    if birth.number > today.number:
        return
    age = sum(
        (birth.year + passed, birth.month, birth.day) <= (today.year, today.month, today.day)
        for passed in range(1, 130)
    )
    judging = judged({"n": {"age": "now"}}, born=str(birth), at=instant(now, zone))
    assert shown(judging.value("n", None)) == str(age)
