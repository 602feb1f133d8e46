"""Lengths step on the calendar as CDC's logic does: a day that a month does not have is the first of the next."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.rules.source.schedules import read_length


def after(day: str, text: str) -> str:
    length = read_length(text)
    assert length is not None
    return length.after(date.fromisoformat(day)).isoformat()


@pytest.mark.parametrize(
    ("day", "text", "expected"),
    [
        ("2000-01-31", "1 month", "2000-03-01"),
        ("2000-03-31", "6 months", "2000-10-01"),
        ("2001-01-29", "1 month", "2001-03-01"),
        ("2000-01-29", "1 month", "2000-02-29"),
        ("2008-02-29", "1 year", "2009-03-01"),
        ("2008-02-29", "4 years", "2012-02-29"),
        ("2011-08-31", "6 months", "2012-03-01"),
        ("2011-12-31", "2 months", "2012-03-01"),
        ("2011-11-30", "3 months", "2012-03-01"),
        ("2000-03-14", "16 months 4 weeks", "2001-08-11"),
        ("2012-01-31", "1 month 1 day", "2012-03-02"),
        ("2012-02-05", "28 days", "2012-03-04"),
        ("2012-02-05", "0 days", "2012-02-05"),
        ("9999-12-01", "2 months", "9999-12-31"),
    ],
)
def test_steps_on_the_calendar(day, text, expected):
    assert after(day, text) == expected


@pytest.mark.parametrize(
    "text", ["", "6", "weeks", "6 week 4", "1.5 months", "-4 days", "6 hours", "6 wks", "6 weeks,"]
)
def test_what_is_no_length(text):
    assert read_length(text) is None


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 500))
def test_months_are_completed_as_birthdays_are(day, months):
    """By (month, day), as completed months are counted: on the day, and not on the day before."""
    length = read_length(f"{months} months")
    assert length is not None
    reached = length.after(day)

    def completed(on: date) -> int:
        return (on.year - day.year) * 12 + on.month - day.month - (on.day < day.day)

    assert completed(reached) >= months
    assert completed(date.fromordinal(reached.toordinal() - 1)) < months
