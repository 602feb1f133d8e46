"""Mistakes in schedules of doses: each age and interval a day to both sides, each part left out; and who notices."""

from datetime import date

from cds.authoring.mutation.planned_alike import planned_alike
from cds.authoring.mutation.schedules import schedule_slips
from cds.schedules.forecast import Dose, Patient, forecast
from tests.schedules.tabled import schedule

BIRTH = date(2010, 1, 31)
TWO = (
    {"age": {"minimum": "12 months", "late": "16 months 4 weeks"}},
    {
        "ways": [
            {"when": {"first-dose": "below 15 months"}, "vaccines": "live", "interval": {"minimum": "4 weeks"}},
            {
                "age": {"below": "13 years"},
                "since-first": {"minimum": "3 months", "accepted": "2 months"},
                "last": "yes",
            },
        ]
    },
)


def slips(*doses, **more):
    return {slip.key: slip for slip in schedule_slips(schedule(*doses, **more))}


def test_each_age_and_interval_is_moved_by_a_day_to_both_sides_and_each_part_is_left_out():
    found = slips(*TWO, grace="4 days")
    edges = (
        "dose1/age-minimum", "dose1/age-late", "dose2/1/interval-minimum", "dose2/1/first-dose-below",
        "dose2/2/age-below", "dose2/2/since-first-minimum", "dose2/2/since-first-accepted", "grace",
    )  # fmt: skip
    parts = {
        "dose2/1/left-out", "dose2/1/without-first-dose", "dose2/1/vaccines-live",
        "dose2/2/left-out", "dose2/2/last", "fewer",
    }  # fmt: skip
    assert found.keys() == parts | {f"{edge}/{sign}" for edge in edges for sign in ("+1", "-1")}
    assert {key: slip.edge for key, slip in found.items()} == dict.fromkeys(parts, "") | {
        f"{edge}/{sign}": f"{edge}/" for edge in edges for sign in ("+1", "-1")
    }
    assert all(slip.schedule != schedule(*TWO, grace="4 days") for slip in found.values())
    assert found["dose1/age-late/-1"].told == "dose 1: age, late 16 months 4 weeks, a day earlier"


def test_a_day_is_a_day_on_the_calendar():
    moved = slips(*TWO)
    for key, day in (("+1", "2011-02-01"), ("-1", "2011-01-30")):
        other = moved[f"dose1/age-minimum/{key}"].schedule
        planned = forecast(other, Patient(BIRTH, "female"), (), today=date(2010, 6, 1)).next
        assert str(planned.earliest) == day


def test_who_stands_at_the_edge_notices_and_who_does_not_stand_there_does_not():
    table = schedule(*TWO, grace="4 days")
    moved = slips(*TWO, grace="4 days")

    def standing(of, day):
        return forecast(of, Patient(BIRTH, "female"), (Dose(date.fromisoformat(day)),), today=date(2012, 1, 1)).doses

    later, sooner = (moved[f"dose1/age-minimum/{sign}"].schedule for sign in ("+1", "-1"))
    assert standing(later, "2011-01-27") != standing(table, "2011-01-27")
    assert standing(sooner, "2011-01-27") == standing(table, "2011-01-27")
    assert standing(sooner, "2011-01-26") != standing(table, "2011-01-26")
    assert standing(later, "2011-02-27") == standing(table, "2011-02-27")


def test_nothing_is_earlier_than_birth():
    assert slips({"age": {"minimum": "0 days"}}).keys() == {"dose1/age-minimum/+1"}


def test_what_holds_for_all_doses_is_left_out_or_moved_too():
    more = {
        "for-sex": {"hpv-2": "female"}, "apart": {"given": "28 days", "planned": "28 days"},
        "repeated-at-once": "tdap",
    }  # fmt: skip
    found = slips({"age": {"minimum": "9 years"}}, **more)
    assert {"for-sex-hpv-2", "repeated-tdap", "apart_given/+1", "apart_planned/-1"} <= found.keys()
    assert found["for-sex-hpv-2"].schedule.for_sex == ()
    assert found["repeated-tdap"].schedule.repeated_at_once == ()


def test_a_recommended_age_that_lies_no_later_than_the_minimum_is_proven_to_decide_nothing():
    same = {"age": {"minimum": "12 months", "recommended": "12 months", "late": "16 months"}}
    later = {"age": {"minimum": "11 months 4 weeks", "recommended": "12 months"}}
    for dose, proven in ((same, {"dose1/age-recommended/-1"}), (later, set())):
        found = slips(dose, dose)
        alike = {key for key, slip in found.items() if planned_alike(schedule(dose, dose), slip.schedule)}
        assert alike == proven | {key.replace("dose1", "dose2") for key in proven}
