"""Schedules as they are written: each slip of the pen is told with its code, and nothing is guessed."""

import pytest

from tests.schedules.tabled import read, schedule

ONE = {"age": {"minimum": "12 months"}}


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        ({}, ["CDS109"]),
        ({"doses": []}, ["CDS141"]),
        ({"doses": "two"}, ["CDS141"]),
        ({"doses": [{}]}, ["CDS141"]),
        ({"doses": [{"last": "yes"}]}, ["CDS141"]),
        ({"doses": [{"ways": []}]}, ["CDS141"]),
        ({"doses": [{"ways": [ONE], "last": "yes"}]}, ["CDS101"]),
        ({"doses": [ONE], "then": "never"}, ["CDS141"]),
        ({"doses": [{"age": {"minimun": "12 months"}}]}, ["CDS101"]),
        ({"doses": [{"age": {"minimum": "a year"}}]}, ["CDS405"]),
        ({"doses": [{"age": {"minimum": "12 hours"}}]}, ["CDS405"]),
        ({"doses": [ONE], "grace": "1 month"}, ["CDS405"]),
        ({"doses": [ONE], "apart": {"given": "1 year"}}, ["CDS405"]),
        ({"doses": [ONE], "apart": {"taken": "28 days"}}, ["CDS101"]),
        ({"doses": [ONE], "season": "winter"}, ["CDS419"]),
        ({"doses": [ONE], "for-sex": {"a": "woman"}}, ["CDS113"]),
        ({"doses": [{"age": {"minimum": "12 months", "accepted": "13 months"}}]}, ["CDS438"]),
        ({"doses": [{"age": {"minimum": "12 months", "recommended": "51 weeks"}}]}, ["CDS438"]),
        ({"doses": [{"age": {"recommended": "2 years", "late": "1 year"}}]}, ["CDS438"]),
        ({"doses": [{"interval": {"minimum": "8 weeks", "late": "4 weeks"}}]}, ["CDS438"]),
        ({"doses": [{"age": {"minimum": "5 years", "below": "4 years"}}]}, ["CDS438"]),
        ({"doses": [{**ONE, "when": {"first-dose": "under 1 year"}}]}, ["CDS401"]),
        ({"doses": [{**ONE, "when": {"first-dose": "below one year"}}]}, ["CDS405"]),
        ({"doses": [{**ONE, "when": {"earlier-doses": "at least 2"}}]}, ["CDS401"]),
        ({"doses": [{**ONE, "when": {"without": "tdap from seven"}}]}, ["CDS405"]),
        ({"doses": [{**ONE, "when": {"dose": "below 1 year"}}]}, ["CDS101"]),
        ({"doses": [{**ONE, "last": "maybe"}]}, ["CDS113"]),
    ],
)
def test_what_is_refused(table, codes):
    assert read(table)[1] == codes


def test_what_is_written_is_what_is_read():
    found = schedule(
        {"ways": [{**ONE, "when": {"every-dose": ["a"], "without": "b from 7 years"}, "vaccines": ["c", "d"]}]},
        {"interval": {"minimum": "4 weeks", "accepted": "24 days"}, "last": "yes"},
        then=[{"interval": {"minimum": "5 years"}}],
        grace="4 days",
        apart={"given": "4 weeks"},
        for_sex={"e": "female"},
        repeated_at_once="f",
        season="season",
    )
    assert (found.grace, found.apart_given, found.apart_planned, found.season) == (4, 28, 0, "season")
    assert found.sets == ("c", "d", "a", "b", "e", "f")
    assert [len(ways) for ways in found.doses] == [1, 1]
    assert found.doses[1][0].last
    renamed = found.renamed(lambda name: f"common.{name}")
    assert renamed.sets == tuple(f"common.{name}" for name in found.sets)
    assert renamed.season == "common.season"


def test_numbers_of_one_unit_may_be_compared_with_those_of_another():
    schedule({"age": {"accepted": "52 weeks", "minimum": "12 months", "recommended": "1 year", "late": "366 days"}})
