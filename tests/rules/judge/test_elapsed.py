"""How long ago: on the calendar for days and longer, on the clock for hours; always in step with windows."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.patients import condition, draft, encounter, immunization, medication_request, observation
from tests.rules.judge.telling import judged, moment, ruleset, truth, verdicts

ZOSTER = {"zoster": {"cvx": {"187": "zoster recombinant", "121": "zoster live"}}, "live": {"cvx": {"121": "live"}}}
SETS = {"value_sets": ZOSTER}
LAST = {"k": {"latest": "lab", "in": ["potassium"]}}


def k(on, value=5.0, id="a", unit="mmol/L", **more):  # noqa: A002 -- a FHIR name
    return observation(value, unit, on=on, id=id, loinc="2823-3", **more)


def since(phrase, *results, operand="k.time-since", at=None, **more):
    definitions = {**LAST, "long": {"value": operand, "is": phrase, **more}}
    return truth(definitions, "long", *results, at=at or moment())


# 2026-05-01 is today


@pytest.mark.parametrize(
    ("on", "phrase", "verdict"),
    [
        ("2026-03-02", "at least 60 days", "holds"),
        ("2026-03-03", "at least 60 days", "fails"),
        ("2026-03-02", "at most 60 days", "holds"),
        ("2026-03-01", "at most 60 days", "fails"),
        ("2026-03-02", "above 60 days", "fails"),
        ("2026-03-01", "above 60 days", "holds"),
        ("2026-05-01", "exactly 0 days", "holds"),
        ("2026-03-01", "at least 2 months", "holds"),
        ("2026-03-02", "at least 2 months", "fails"),
        ("2026-03-01", "exactly 2 months", "holds"),
        ("2026-03-01", "above 2 months", "fails"),
        ("2026-02-28", "above 2 months", "holds"),
        ("2025-05-01", "at least 1 year", "holds"),
        ("2025-05-02", "at least 1 year", "fails"),
        ("2025-05-01", "at most 1 year", "holds"),
        ("2025-04-30", "at most 1 year", "fails"),
        ("2026-04-24", "at least 1 week", "holds"),
        ("2026-04-25", "at least 1 week", "fails"),
        ("2026-04", "at most 30 days", "holds"),
        ("2026-04", "above 30 days", "fails"),
        ("2026-04", "at most 29 days", "unknown"),
        ("2025", "at least 1 year", "unknown"),
        ("2024", "at least 1 year", "holds"),
    ],
)
def test_days_and_longer_are_counted_on_the_calendar(on, phrase, verdict):
    assert since(phrase, k(on)) == verdict


@pytest.mark.parametrize(
    ("on", "phrase", "verdict"),
    [
        ("2026-04-29T12:00:00Z", "at least 48 hours", "holds"),
        ("2026-04-29T12:00:01Z", "at least 48 hours", "fails"),
        ("2026-04-29T12:00:00Z", "at most 48 hours", "holds"),
        ("2026-04-29T11:59:59Z", "at most 48 hours", "fails"),
        ("2026-04-29T12:00:00Z", "above 48 hours", "fails"),
        ("2026-05-01T11:00:00Z", "at least 60 minutes", "holds"),
        ("2026-04-29", "at least 24 hours", "holds"),
        ("2026-04-29", "at most 24 hours", "fails"),
        ("2026-04-29", "at least 48 hours", "unknown"),
        ("2026-05-01", "at most 12 hours", "holds"),
        ("2026-05-01", "at least 1 hour", "unknown"),
    ],
)
def test_hours_are_counted_on_the_clock_and_a_bare_day_is_all_of_its_hours(on, phrase, verdict):
    assert since(phrase, k(on)) == verdict


def test_the_night_the_clocks_change_has_its_own_number_of_hours():
    after = moment(datetime(2026, 3, 29, 10, tzinfo=UTC), "Europe/Berlin")
    assert since("exactly 23 hours", k("2026-03-28T12:00:00+01:00"), at=after) == "holds"
    assert since("exactly 1 day", k("2026-03-28T12:00:00+01:00"), at=after) == "holds"


def test_a_day_is_that_of_the_organisation():
    late = moment(datetime(2026, 5, 1, 23, 30, tzinfo=UTC), "Europe/Berlin")  # the 2nd, there
    assert since("exactly 1 day", k("2026-05-01T21:00:00Z"), at=late) == "holds"
    assert since("exactly 0 days", k("2026-05-01T22:30:00Z"), at=late) == "holds"


def test_none_is_no_time_at_all_and_one_that_was_not_supplied_is_not_known():
    assert since("at least 60 days") == "unknown"
    assert since("at least 60 days", **{"if-absent": "holds"}) == "holds"
    definitions = {**LAST, "long": {"value": "k.time-since", "is": "at least 60 days", "if-absent": "holds"}}
    assert truth(definitions, "long", unsupplied=["Observation"]) == "unknown"


def test_the_date_of_a_result_that_cannot_be_read_still_counts():
    assert since("at least 60 days", k("2026-03-02", unit="no-such-unit")) == "holds"
    assert since("at least 60 days", k("2026-03-02", value=None)) == "holds"


def test_an_undated_or_uncertain_newer_one_leaves_the_time_unknown():
    assert since("at least 60 days", k("2026-01-01"), k(None, id="b")) == "unknown"
    assert since("at least 60 days", k("2026-01-01"), k("2026-04-30", id="b", status="unheard-of")) == "unknown"


def last_dose(*doses, phrase="at least 60 days", name="due"):
    definitions = {
        "last": {"latest": "immunization", "in": ["zoster"]},
        "due": {"value": "last.time-since", "is": phrase},
        "of-live": {"value": "last", "in": ["live"]},
    }

    return verdicts(ruleset(definitions, **SETS), *doses).judging.truth(name).value


def test_the_newest_fact_of_a_kind_without_values_has_a_date():
    assert last_dose(immunization(on="2026-03-02", cvx="187")) == "holds"
    assert last_dose(immunization(on="2026-03-03", cvx="187")) == "fails"
    assert (
        last_dose(immunization(on="2025-03-03", cvx="187"), immunization(on="2026-04-03", id="b", cvx="187")) == "fails"
    )


def test_the_newest_fact_of_a_kind_without_values_answers_with_its_codes():
    live, recombinant = immunization(on="2026-03-02", cvx="121"), immunization(on="2026-03-02", id="b", cvx="187")
    assert last_dose(live, name="of-live") == "holds"
    assert last_dose(recombinant, name="of-live") == "fails"
    assert last_dose(live, recombinant, name="of-live") == "unknown"
    assert last_dose(name="of-live") == "unknown"


@pytest.mark.parametrize(
    ("start", "verdict"), [("2021-05-01", "holds"), ("2021-05-02", "fails"), ("2021", "unknown"), (None, "unknown")]
)
def test_the_time_since_an_attribute_of_the_subject(start, verdict):
    definitions = {
        "dm": {"any": "condition", "in": ["diabetes"]},
        "five-years": {"for-each": "dm", "value": "it.start.time-since", "is": "at least 5 years"},
        "some": {"any": "dm", "that": ["five-years"]},
    }
    assert truth(definitions, "some", condition(on=start, snomed="73211009")) == verdict


def test_the_time_since_the_subject_itself():
    definitions = {
        "on": {"any": "medication", "in": ["warfarin"]},
        "old": {"for-each": "on", "value": "it.time-since", "is": "above 365 days"},
        "some": {"any": "on", "that": ["old"]},
    }
    assert truth(definitions, "some", medication_request(on="2025-04-30", rxnorm="11289")) == "holds"
    assert truth(definitions, "some", medication_request(on="2025-05-01", rxnorm="11289")) == "fails"


def test_the_time_since_birth_tells_days_where_years_are_too_coarse():
    days = {"d": {"value": "patient.birth-date.time-since", "is": "at least 28 days"}}
    assert truth(days, "d", born="2026-04-03") == "holds"
    assert truth(days, "d", born="2026-04-04") == "fails"
    assert truth(days, "d", born="2026-04") == "unknown"
    assert truth(days, "d", born=None) == "unknown"


def test_a_period_that_goes_on_was_at_any_time_since_it_began():
    definitions = {"stay": {"any": "encounter"}, "long": {"value": "stay.time-since", "is": "at most 30 days"}}
    assert truth(definitions, "long", encounter(start="2026-04-20", end=None)) == "holds"
    assert truth(definitions, "long", encounter(start="2026-01-20", end="2026-02-01")) == "fails"
    assert truth(definitions, "long", encounter(start="2026-01-20", end=None)) == "unknown"
    two = [encounter(start="2026-04-20"), encounter(id="e2", start="2026-04-21")]
    assert truth(definitions, "long", *two) == "unknown"


def test_a_choice_that_is_dated_and_one_that_is_not():
    definitions = {**LAST, "e": {"latest": "lab", "in": ["egfr"]}, "n": {"newest-of": ["k", "e"]}}
    definitions["long"] = {"value": "n.time-since", "is": "at least 60 days"}
    egfr = observation(80, "mL/min/{1.73_m2}", on="2026-01-01", id="e", loinc="98979-8")
    assert truth(definitions, "long", k("2026-04-01"), egfr) == "fails"
    assert truth(definitions, "long", egfr) == "holds"


def test_points_for_how_long_ago():
    bands = {"below 6 months": 0, "from 6 months to below 1 year": 1, "at least 1 year": 2}
    definitions = {**LAST, "age": {"points": "k.time-since", "bands": bands, "is": "exactly 1"}}
    days = {"2025-11-02": "fails", "2025-11-01": "holds", "2025-05-02": "holds", "2025-05-01": "fails"}
    assert {on: truth(definitions, "age", k(on)) for on in days} == days


def test_a_draft_of_today_was_no_time_ago():
    definitions = {
        "ordered": {"any": "order", "in": ["warfarin"]},
        "fresh": {"for-each": "ordered", "value": "it.time-since", "is": "exactly 0 days"},
        "some": {"any": "ordered", "that": ["fresh"]},
    }
    assert truth(definitions, "some", drafts=[draft(on="2026-05-01", rxnorm="11289")]) == "holds"


# --- the oracle: a calendar written down a second time ---------------------------------------------


def back(today: date, count: int, unit: str) -> date:
    """The day that lies so long before, stepping month by month."""
    if unit in ("days", "weeks"):
        return today - timedelta(days=count * (7 if unit == "weeks" else 1))
    year, month = today.year, today.month
    for _ in range(count * (12 if unit == "years" else 1)):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return date(year, month, min(today.day, monthrange(year, month)[1]))


COMPARED = {
    "at most": lambda day, edge: day >= edge,
    "below": lambda day, edge: day > edge,
    "at least": lambda day, edge: day <= edge,
    "above": lambda day, edge: day < edge,
    "exactly": lambda day, edge: day == edge,
}
COUNTS = {"days": (0, 1, 90, 365), "weeks": (1, 12), "months": (0, 1, 6, 13), "years": (1, 5)}
PHRASES = [f"{word} {count} {unit}" for word in COMPARED for unit, counts in COUNTS.items() for count in counts]
EVERY = {**LAST, **{p.replace(" ", "-"): {"value": "k.time-since", "is": p} for p in PHRASES}}


@settings(deadline=None)
@given(st.dates(date(2019, 1, 1), date(2025, 2, 28)), st.dates(date(2024, 1, 1), date(2026, 12, 31)), st.data())
@example(date(2024, 2, 29), date(2025, 3, 31), None)
def test_it_agrees_with_the_calendar_and_so_with_windows(day, today, data):
    if day > today:
        day, today = today, day
    if data is not None and data.draw(st.booleans()):  # near an edge more often than chance would have it
        unit = data.draw(st.sampled_from(sorted(COUNTS)))
        day = back(today, data.draw(st.sampled_from(COUNTS[unit])), unit)
        day = min(today, day + timedelta(days=data.draw(st.integers(-1, 1))))
    at = moment(datetime(today.year, today.month, today.day, 12, tzinfo=UTC))
    judging = judged(EVERY, k(day.isoformat()), at=at)
    for phrase in PHRASES:
        word, count, unit = phrase.rsplit(" ", 2)
        expected = "holds" if COMPARED[word](day, back(today, int(count), unit)) else "fails"
        assert (phrase, judging.truth(phrase.replace(" ", "-")).value) == (phrase, expected)


@settings(deadline=None)
@given(st.sampled_from(["2026-04", "2026", "2025-12", "2025"]), st.sampled_from(PHRASES))
def test_what_is_said_of_a_partial_date_holds_of_every_day_it_may_be(told, phrase):
    today = date(2026, 5, 1)
    days = [day for n in range(800) if (day := today - timedelta(days=n)).isoformat().startswith(told)]
    word, count, unit = phrase.rsplit(" ", 2)
    worlds = {COMPARED[word](day, back(today, int(count), unit)) for day in days}
    verdict = judged(EVERY, k(told)).truth(phrase.replace(" ", "-")).value
    assert verdict == ("unknown" if len(worlds) > 1 else "holds" if worlds == {True} else "fails")
