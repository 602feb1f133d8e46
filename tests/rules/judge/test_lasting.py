"""How long a fact has lasted: from its start to its end or until now, on the calendar or the clock; never a guess."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.facts.dates import Duration, day_before, read_span
from cds.rules.judge.lasting import lasted
from cds.rules.judge.values import Known, Unclear
from tests.patients import encounter, observation
from tests.rules.judge.telling import moment, problems, ruleset, verdicts

SETS = {"packs": {"loinc": {"8663-7": "packs a day"}}}
SMOKED = {
    "smoked": {"any": "observation", "in": ["packs"]},
    "last": {"latest": "observation", "in": ["packs"]},
    "each": {
        "for-each": "smoked",
        "formula": "pack-years",
        "inputs": {"packs-per-day": "it.value", "years": "it.length"},
    },
    "total": {"sum": "each"},
    "enough": {"value": "total", "is": "at least 30 {pack-years}"},
    "of-last": {"formula": "pack-years", "inputs": {"packs-per-day": "last", "years": "last.length"}},
}
ZONE = ZoneInfo("UTC")
NOW = moment()


def packs(start=None, end=None, *, value=1.0, unit="Packs/day", id="a", on=None):  # noqa: A002 -- a FHIR name
    period = {key: day for key, day in (("start", start), ("end", end)) if day}
    return observation(value, unit, on=on, id=id, loinc="8663-7", more={"effectivePeriod": period} if period else None)


def asked(definitions, *results, at=None, **more):
    return verdicts(ruleset(definitions, value_sets=SETS, **more), *results, at=at or moment()).judging


def long(phrase, *results, at=None):
    definitions = {**SMOKED, "long": {"value": "last.length", "is": phrase}}
    return asked(definitions, *results, at=at).truth("long").value


def number(name, *results, at=None):
    return asked(SMOKED, *results, at=at).number(name, None)


def years(name, *results, at=None):
    found = number(name, *results, at=at)
    assert isinstance(found, Known), found
    return found.quantity.interval.low, found.quantity.interval.high


# 2026-05-01 is today


@pytest.mark.parametrize(
    ("start", "end", "phrase", "verdict"),
    [
        ("1990-01-01", "2020-01-01", "at least 30 years", "holds"),
        ("1990-01-02", "2020-01-01", "at least 30 years", "fails"),
        ("1990-01-01", "2020-01-01", "at most 30 years", "holds"),
        ("1990-01-01", "2020-01-02", "at most 30 years", "fails"),
        ("1990-01-01", "2020-01-01", "exactly 360 months", "holds"),
        ("2026-01-01", "2026-01-31", "exactly 30 days", "holds"),
        ("2026-01-01", "2026-01-15", "at least 2 weeks", "holds"),
        ("2026-01-01", "2026-01-14", "at least 2 weeks", "fails"),
        ("2026-01-01", "2026-01-01", "exactly 0 days", "holds"),
        # It goes on: until now, and no longer.
        ("1996-05-01", None, "at least 30 years", "holds"),
        ("1996-05-02", None, "at least 30 years", "fails"),
        ("1996-05-01", "2030-01-01", "at most 30 years", "holds"),
        ("2026-04-30", None, "exactly 1 day", "holds"),
        # Told by month or year: a range.
        ("1990", "2020", "at least 30 years", "unknown"),
        ("1990", "2020", "above 29 years", "holds"),
        ("1990", "2020", "at least 31 years", "fails"),
        ("1990", "2020", "at most 30 years", "unknown"),
        ("1996", None, "at least 30 years", "unknown"),
        ("1995", None, "at least 30 years", "holds"),
        ("2026", None, "at most 120 days", "holds"),
        ("2026", None, "at least 1 day", "unknown"),
        # When it began is not told.
        (None, "2020-01-01", "at least 1 day", "unknown"),
        (None, "2020-01-01", "below 100 years", "unknown"),
        # It ended before it began, or one of the two is no date: a result that cannot be read.
        ("2020-01-01", "1990-01-01", "at least 0 days", "unknown"),
        ("1990-13", "2020-01-01", "at least 0 days", "unknown"),
    ],
)
def test_days_months_and_years_from_the_start_to_the_end_or_until_now(start, end, phrase, verdict):
    assert long(phrase, packs(start, end)) == verdict


def test_what_was_at_one_time_has_no_length_and_not_a_length_of_none():
    assert long("at least 0 days", packs(on="2020-01-01")) == "unknown"
    assert long("at most 100 years", packs(on="2020-01-01")) == "unknown"
    found = number("of-last", packs(on="2020-01-01"))
    assert isinstance(found, Unclear)
    assert found.reasons == ("no-period",)
    assert number("of-last", packs(end="2020-01-01")).reasons == ("no-start",)


def test_an_end_that_is_withheld_is_not_one_that_is_still_to_come():
    told = packs("1990-01-01")
    told["effectivePeriod"]["_end"] = {"extension": [{"url": "http://example.org/masked", "valueBoolean": True}]}
    assert long("at least 1 day", told) == "unknown"


def test_a_start_to_come_makes_the_result_one_that_cannot_be_read():
    assert long("at most 1 day", packs("2026-05-02")) == "unknown"


@pytest.mark.parametrize(
    ("start", "end", "status", "phrase", "verdict"),
    [
        ("2026-04-28T10:00:00Z", "2026-04-30T10:00:00Z", "finished", "at least 48 hours", "holds"),
        ("2026-04-28T10:00:01Z", "2026-04-30T10:00:00Z", "finished", "at least 48 hours", "fails"),
        ("2026-04-28T10:00:00Z", "2026-04-30T10:00:00Z", "finished", "above 48 hours", "fails"),
        ("2026-04-29T12:00:00Z", None, "in-progress", "at least 48 hours", "holds"),
        ("2026-04-29T12:00:01Z", None, "in-progress", "at least 48 hours", "fails"),
        ("2026-04-29", None, "in-progress", "at least 37 hours", "unknown"),
        ("2026-04-29", "2026-04-30", "finished", "at most 48 hours", "holds"),
        ("2026-04-29", "2026-04-30", "finished", "at least 1 hour", "unknown"),
        # It has ended, and nobody tells when: at any time since.
        ("2026-04-28T10:00:00Z", None, "finished", "at least 1 hour", "unknown"),
        ("2026-04-28T12:00:00Z", None, "finished", "at most 3 days", "holds"),
        ("2026-04-28T12:00:00Z", None, "finished", "at most 72 hours", "holds"),
        ("2026-04-28T12:00:00Z", None, "finished", "at most 71 hours", "unknown"),
    ],
)
def test_hours_of_a_stay_are_those_of_the_clock(start, end, status, phrase, verdict):
    definitions = {"stay": {"latest": "encounter"}, "long": {"value": "stay.length", "is": phrase}}
    there = encounter(start=start, end=end, more={"status": status})
    assert asked(definitions, there).truth("long").value == verdict


def test_the_night_the_clocks_change_has_its_own_number_of_hours():
    definitions = {"stay": {"latest": "encounter"}, "long": {"value": "stay.length", "is": "exactly 23 hours"}}
    there = encounter(start="2026-03-28T12:00:00+01:00", end="2026-03-29T12:00:00+02:00")
    assert asked(definitions, there, at=moment(zone="Europe/Berlin")).truth("long").value == "holds"


def test_pack_years_grow_with_a_period_that_goes_on_and_stop_with_one_that_ended():
    for day, expected in (("2020-03-06", 30), ("2026-05-01", 30 + Fraction(6, 1) + Fraction(1, 12))):
        at = moment(datetime.fromisoformat(f"{day}T12:00:00+00:00"))
        low, high = years("of-last", packs("1990-03-06"), at=at)
        assert low == high
        assert abs(low - expected) < Fraction(1, 12)
        assert years("of-last", packs("1990-03-06", "2020-03-06"), at=at) == (30, 30)
    assert years("of-last", packs("1990-03-06", "2020-03-06", value=0.5)) == (15, 15)


@pytest.mark.parametrize("unit", ["Packs/day", "packs/day", "pack / day", "{Packs}/d", "{pack}/d", "packs per day"])
def test_packs_a_day_are_read_however_they_are_written(unit):
    assert years("of-last", packs("1990-03-06", "2020-03-06", unit=unit)) == (30, 30)


@pytest.mark.parametrize("unit", ["/d", "1", "{cigarettes}/d", "{cigs}/d", "{pack-years}", "cigarettes/day", ""])
def test_what_is_not_told_in_packs_is_not_taken_for_packs(unit):
    assert isinstance(number("of-last", packs("1990-03-06", "2020-03-06", value=20, unit=unit)), Unclear)


def test_packs_that_are_not_told_or_below_none_give_no_number():
    assert isinstance(number("of-last", packs("1990-03-06", "2020-03-06", value=None)), Unclear)
    assert isinstance(number("of-last", packs("1990-03-06", "2020-03-06", value=-1)), Unclear)


def test_a_sum_adds_what_is_known_and_leaves_open_what_is_not():
    twice = packs("1970-01-01", "1990-01-01"), packs("1995-01-01", "2005-01-01", id="b")
    assert years("total", *twice) == (30, 30)
    assert years("total", *twice, packs(on="2010-01-01", id="c")) == (30, None)
    for there, verdict in ((twice, "holds"), (twice[:1], "fails"), ((twice[0], packs(id="c", on="2010")), "unknown")):
        assert asked(SMOKED, *there).truth("enough").value == verdict
    assert asked(SMOKED, *twice, packs(on="2010-01-01", id="c")).truth("enough").value == "holds"


# --- against the calendar, another way -------------------------------------------------------------

days = st.dates(date(1992, 1, 1), date(2012, 12, 31))


def months_between(start, end):
    return lasted(read_span(str(start), ZONE), read_span(str(end), ZONE), "mo", NOW).low


@settings(max_examples=400, deadline=None)
@given(days, days)
def test_as_many_whole_months_as_time_since_counts_on_the_day_of_the_end(one, other):
    start, end = sorted((one, other))
    found = months_between(start, end)
    whole = found.numerator // found.denominator
    assert day_before(end, Duration(whole, "month")) >= start > day_before(end, Duration(whole + 1, "month"))
    assert (found == whole) == (day_before(end, Duration(whole, "month")) == start)
    assert lasted(read_span(str(start), ZONE), read_span(str(end), ZONE), "a", NOW).low * 12 == found


@settings(max_examples=400, deadline=None)
@given(days, days)
def test_a_day_more_at_either_end_is_more(one, other):
    start, end = sorted((one, other))
    day = timedelta(days=1)
    assert months_between(start - day, end) > months_between(start, end)
    assert months_between(start, end + day) > months_between(start, end)


texts = st.one_of(days.map(str), days.map(lambda day: f"{day:%Y-%m}"), days.map(lambda day: f"{day:%Y}"))
minutes = st.datetimes(datetime(2012, 1, 1), datetime(2014, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@settings(max_examples=400, deadline=None)
@given(texts, st.one_of(texts, st.none()), minutes, st.sampled_from(["d", "wk", "mo", "a", "h", "min"]), st.data())
def test_the_length_of_every_way_that_it_may_have_been_lies_in_the_range(start, end, at, unit, data):
    """A start and an end somewhere in what was told, never beyond now: nothing of the code's own ends is used."""
    now = moment(at)
    begun, over = read_span(start, ZONE), read_span(end, ZONE) if end else None
    found = lasted(begun, over, unit, now)
    first = data.draw(
        st.datetimes(begun.start.replace(tzinfo=None), (begun.end - timedelta(seconds=1)).replace(tzinfo=None))
    )
    first = first.replace(tzinfo=UTC)
    last = at
    if over is not None:
        last = data.draw(
            st.datetimes(over.start.replace(tzinfo=None), (over.end - timedelta(seconds=1)).replace(tzinfo=None))
        )
        last = min(last.replace(tzinfo=UTC), at)
    if first > last:
        return
    real = lasted(read_span(first.isoformat(), ZONE), read_span(last.isoformat(), ZONE), unit, now)
    assert found.low <= real.low
    assert real.high <= found.high
    assert found.low >= 0


# --- what has no length ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        ({"value": "sick.length", "is": "at least 1 day"}, "CDS206"),
        ({"value": "shot.length", "is": "at least 1 day"}, "CDS206"),
        ({"for-each": "on-it", "value": "it.length", "is": "at least 1 day"}, "CDS206"),
        ({"for-each": "both", "value": "it.length", "is": "at least 1 day"}, "CDS206"),
        ({"for-each": "both", "value": "second.length", "is": "at least 1 day"}, "CDS206"),
        ({"value": "patient.length", "is": "at least 1 day"}, "CDS206"),
        ({"value": "total.length", "is": "at least 1 day"}, "CDS417"),
        ({"value": "grown.length", "is": "at least 1 day"}, "CDS417"),
        ({"value": "last.length", "is": "at least 1 mg"}, "CDS402"),
        ({"value": "last.length", "in": ["packs"]}, "CDS424"),
        ({"value": "it.length", "is": "at least 1 day"}, "CDS231"),
        ({"value": "nobody.length", "is": "at least 1 day"}, "CDS205"),
        ({"value": "last.start.length", "is": "at least 1 day"}, "CDS406"),
    ],
)
def test_what_cannot_last_is_told_before_any_patient_is_seen(definition, code):
    others = {
        "sick": {"any": "condition", "in": ["stroke"]},
        "shot": {"latest": "immunization", "in": ["packs"]},
        "on-it": {"any": "medication", "in": ["warfarin"]},
        "both": {"pair": ["smoked", "on-it"]},
        "grown": {"age": "now", "is": "at least 18 years"},
    }
    assert problems({**SMOKED, **others, "x": definition}, value_sets=SETS) == [code]


def test_a_pair_of_periods_may_ask_for_the_length_of_each():
    definitions = {
        **SMOKED,
        "both": {"pair": ["smoked", "smoked"]},
        "long": {"for-each": "both", "value": "first.length", "is": "at least 1 day"},
    }
    assert problems(definitions, value_sets=SETS) == []
