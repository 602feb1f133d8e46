"""Doses by a schedule: what counts, what is planned, and the edges of grace, seasons and other vaccines."""

from datetime import date, timedelta

import pytest

from cds.schedules.forecast import Dose, Patient, forecast
from tests.schedules.tabled import schedule

BIRTH = date(2010, 1, 31)
GIRL = Patient(BIRTH, "female")
TWO = ({"age": {"minimum": "12 months", "late": "16 months 4 weeks"}}, {"interval": {"minimum": "4 weeks"}})


def dose(day, *sets, keeps_apart=False):
    return Dose(date.fromisoformat(day), frozenset(sets), keeps_apart)


def standings(table, *doses, patient=GIRL, **more):
    found = forecast(table, patient, doses, today=more.pop("today", date(2020, 1, 1)), **more)
    return [judged.standing for judged in found.doses]


def planned(table, *doses, today="2020-01-01", patient=GIRL, **more):
    found = forecast(table, patient, doses, today=date.fromisoformat(today), **more)
    if found.next is None:
        return found.none
    days = (found.next.earliest, found.next.recommended, found.next.past_due)
    return (found.next.number, *(str(day) if day else None for day in days))


@pytest.mark.parametrize(
    ("grace", "day", "expected"),
    [
        ("4 days", "2011-01-27", "counts"),
        ("4 days", "2011-01-26", "too-young"),
        ("0 days", "2011-01-31", "counts"),
        ("0 days", "2011-01-30", "too-young"),
    ],
)
def test_days_of_grace_before_an_age(grace, day, expected):
    assert standings(schedule(*TWO, grace=grace), dose(day)) == [expected]


@pytest.mark.parametrize(("days", "expected"), [(24, "counts"), (23, "too-soon"), (28, "counts")])
def test_days_of_grace_before_an_interval(days, expected):
    first = date(2011, 2, 5)
    second = Dose(first + timedelta(days=days))
    assert standings(schedule(*TWO, grace="4 days"), Dose(first), second) == ["counts", expected]


def test_an_accepted_length_has_no_grace():
    table = schedule(TWO[0], {"interval": {"minimum": "6 months", "accepted": "4 months"}}, grace="4 days")
    assert standings(table, dose("2011-02-28"), dose("2011-06-27")) == ["counts", "too-soon"]
    assert standings(table, dose("2011-02-28"), dose("2011-06-28")) == ["counts", "counts"]


def test_an_age_that_a_month_does_not_have_is_the_first_of_the_next():
    table = schedule({"age": {"minimum": "1 month"}})
    assert planned(table, today="2010-02-01") == (1, "2010-03-01", "2010-03-01", None)
    assert standings(table, dose("2010-02-28")) == ["too-young"]


def test_the_next_dose_runs_from_a_dose_that_did_not_count():
    table = schedule(*TWO, grace="4 days")
    assert planned(table, dose("2011-02-05"), dose("2011-02-20"), today="2011-02-21") == (
        2,
        "2011-03-20",
        "2011-03-20",
        None,
    )


def test_past_due_is_the_day_before_it_is_late_and_never_before_it_is_recommended():
    table = schedule(*TWO, {"interval": {"minimum": "4 weeks", "late": "5 weeks"}}, grace="4 days")
    assert planned(table, today="2010-02-01") == (1, "2011-01-31", "2011-01-31", "2011-06-27")
    late = schedule({"age": {"minimum": "0 days"}}, {"age": {"late": "2 months"}, "interval": {"minimum": "4 weeks"}})
    assert planned(late, dose("2010-06-01"), today="2010-06-02") == (2, "2010-06-29", "2010-06-29", "2010-06-29")


def test_a_complete_series_needs_no_more():
    table = schedule(*TWO)
    given = (dose("2011-02-05"), dose("2011-03-05"), dose("2012-03-05"))
    assert standings(table, *given) == ["counts", "counts", "not-needed"]
    assert planned(table, *given) == "complete"


def test_who_has_grown_out_of_every_way_is_too_old():
    table = schedule({"age": {"minimum": "6 weeks", "below": "15 weeks"}})
    edge = BIRTH + timedelta(weeks=15)
    assert planned(table, today=str(edge - timedelta(days=1)))[0] == 1
    assert planned(table, today=str(edge)) == "too-old"


def test_a_dose_that_could_only_be_given_too_late_is_not_planned():
    table = schedule(
        {"age": {"minimum": "6 weeks"}}, {"age": {"below": "8 months"}, "interval": {"minimum": "4 weeks"}}
    )
    assert planned(table, dose("2010-09-10"), today="2010-09-11") == "too-old"


WAYS = schedule(
    {"age": {"minimum": "6 weeks"}},
    {
        "ways": [
            {"age": {"minimum": "10 weeks", "below": "4 years"}, "interval": {"minimum": "4 weeks"}},
            {"age": {"minimum": "4 years"}, "interval": {"minimum": "6 months"}, "last": "yes"},
        ]
    },
    {"age": {"minimum": "4 years"}, "interval": {"minimum": "6 months"}},
    grace="4 days",
)


def test_the_first_way_below_its_age_is_planned():
    assert planned(WAYS, dose("2010-04-01"), today="2010-05-01") == (2, "2010-04-29", "2010-04-29", None)
    assert planned(WAYS, dose("2010-04-01"), today="2014-02-01") == (2, "2014-01-31", "2014-01-31", None)
    assert planned(WAYS, dose("2014-01-10"), today="2014-01-11") == (2, "2014-07-10", "2014-07-10", None)


def test_any_way_accepts_a_dose():
    first = dose("2010-04-01")
    assert planned(WAYS, first, dose("2014-01-27"), today="2014-02-01") == "complete"  # 4 years less 4 days, last
    assert planned(WAYS, first, dose("2014-01-26"), today="2014-02-01")[0] == 3  # counts, and is not the last


def test_conditions_speak_of_doses_that_counted():
    table = schedule(
        {"age": {"minimum": "6 weeks"}},
        {"when": {"first-dose": "below 12 months"}, "interval": {"minimum": "4 weeks"}},
        grace="4 days",
    )
    assert planned(table, dose("2011-01-26"))[0] == 2
    assert planned(table, dose("2011-01-27")) == "complete"  # 12 months less 4 days: not below
    assert planned(table, dose("2010-02-01"), dose("2011-01-27")) == "complete"  # the too young one is no first dose


def test_vaccines_of_a_dose_and_what_is_repeated_at_once():
    table = schedule(
        {"age": {"minimum": "6 weeks"}, "vaccines": "a"},
        {"interval": {"minimum": "4 weeks"}, "vaccines": "a"},
        repeated_at_once="b",
    )
    given = (dose("2010-04-01", "a"), dose("2010-05-01", "b"))
    assert standings(table, *given) == ["counts", "wrong-vaccine"]
    assert planned(table, *given, today="2010-05-02") == (2, "2010-04-29", "2010-04-29", None)
    other = schedule({"age": {"minimum": "6 weeks"}}, {"interval": {"minimum": "4 weeks"}, "vaccines": "a"})
    assert planned(other, *given, today="2010-05-02") == (2, "2010-05-29", "2010-05-29", None)


def test_every_dose_and_a_way_of_its_own():
    table = schedule(
        {"age": {"minimum": "6 weeks"}},
        {
            "ways": [
                {"when": {"every-dose": "r"}, "vaccines": "r", "interval": {"minimum": "4 weeks"}, "last": "yes"},
                {"interval": {"minimum": "4 weeks"}},
            ]
        },
        {"interval": {"minimum": "4 weeks"}},
    )
    assert planned(table, dose("2010-04-01", "r"), dose("2010-05-01", "r")) == "complete"
    assert planned(table, dose("2010-04-01", "r"), dose("2010-05-01"))[0] == 3
    assert planned(table, dose("2010-04-01"), dose("2010-05-01", "r"))[0] == 3


def test_vaccines_for_one_sex():
    table = schedule({"age": {"minimum": "9 years"}}, for_sex={"bivalent": "female"})
    given = dose("2019-03-01", "bivalent")
    assert standings(table, given) == ["counts"]
    assert standings(table, given, patient=Patient(BIRTH, "male")) == ["other-sex"]


@pytest.mark.parametrize(("days", "expected"), [(27, "too-soon-after-another"), (28, "counts"), (0, "counts")])
def test_other_live_vaccines(days, expected):
    table = schedule(*TWO, grace="4 days", apart={"given": "28 days", "planned": "28 days"})
    other = date(2011, 3, 1)
    given = Dose(other + timedelta(days=days), keeps_apart=True)
    assert standings(table, given, others=[other]) == [expected]
    assert standings(table, Dose(given.day), others=[other]) == ["counts"]  # not one of those that are kept apart
    assert planned(table, others=[date(2020, 1, 1)]) == (1, "2020-01-29", "2020-01-29", "2020-01-29")


SEASONS = schedule(
    {"age": {"minimum": "6 months"}},
    {"when": {"earlier-doses": "below 2"}, "age": {"below": "9 years"}, "interval": {"minimum": "4 weeks"}},
    season="season",
    grace="4 days",
)


def july(day: date) -> date:
    return date(day.year - (day.month < 7), 7, 1)


def test_a_season_begins_anew():
    def flu(*days, today):
        return planned(SEASONS, *(dose(day) for day in days), today=today, season=july)

    assert flu(today="2010-08-01") == (1, "2010-07-31", "2010-07-31", None)
    assert flu(today="2012-06-30") == (1, "2011-07-01", "2011-07-01", None)
    assert flu("2011-10-01", today="2011-12-01") == (2, "2011-10-29", "2011-10-29", None)
    assert flu("2011-10-01", "2011-10-29", today="2012-06-30") == "complete"
    assert flu("2011-10-01", "2011-10-29", today="2012-07-01") == (1, "2012-07-01", "2012-07-01", None)
    assert flu("2011-10-01", "2011-10-29", "2012-10-01", today="2012-12-01") == "complete"
    assert flu("2011-10-01", "2012-10-01", today="2012-12-01")[0] == 2
    assert flu("2018-10-01", today="2019-03-01") == "too-old"  # nine by then: one dose is enough


def test_boosters_after_a_complete_series():
    table = schedule(
        {"age": {"minimum": "6 weeks"}},
        grace="4 days",
        then=[
            {"when": {"without": "tdap from 7 years"}, "vaccines": "tdap", "age": {"minimum": "11 years"}},
            {"interval": {"minimum": "5 years", "recommended": "10 years"}},
        ],
    )
    early = dose("2010-04-01", "tdap")
    assert planned(table, early) == (2, "2021-01-31", "2021-01-31", None)
    assert planned(table, early, dose("2021-01-31", "tdap"), today="2021-02-01") == (
        3,
        "2026-01-31",
        "2031-01-31",
        None,
    )


def test_the_time_since_the_first_dose_that_counted():
    table = schedule(
        {"age": {"minimum": "0 days"}},
        {"interval": {"minimum": "4 weeks"}},
        {"since-first": {"minimum": "24 weeks", "accepted": "16 weeks"}},
        grace="4 days",
    )
    two = (dose("2010-02-01"), dose("2010-03-01"))
    assert standings(table, *two, dose("2010-05-23")) == ["counts", "counts", "too-soon"]
    assert standings(table, *two, dose("2010-05-24")) == ["counts", "counts", "counts"]
    assert planned(table, *two, today="2010-03-02") == (3, "2010-07-19", "2010-07-19", None)
