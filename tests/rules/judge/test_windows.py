"""Windows with ends of their own: both sides of every edge, and all the times that a coarse date may mean."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.patients import condition, draft, encounter, immunization, medication_request, observation
from tests.rules.judge.telling import judged, moment, ruleset, truth, verdicts

K = {"any": "lab", "in": ["potassium"]}
E = {"latest": "lab", "in": ["egfr"]}
PERIODS = {
    "year": "calendar year",
    "quarter": "calendar quarter",
    "month": "calendar month",
    "season": "year from 1 July",
    "pilot": {"from": "2026-02-01", "until": "2026-04-15"},
}


def k(on, id="a"):  # noqa: A002 -- a FHIR name
    return observation(5, "mmol/L", on=on, id=id, loinc="2823-3")


def e(on, id="e"):  # noqa: A002
    return observation(80, "mL/min/{1.73_m2}", on=on, id=id, loinc="98979-8")


def seen(window, *results, at=None, **how):
    told = ruleset({"e": E, "k": {**K, **window}}, periods=PERIODS)
    return verdicts(told, *results, at=at or moment(), **how).judging.truth("k").value


# now is 2026-05-01 12:00 UTC


@pytest.mark.parametrize(
    ("window", "on", "verdict"),
    [
        ({"from": "3 days before now"}, "2026-04-28", "holds"),
        ({"from": "3 days before now"}, "2026-04-27", "fails"),
        ({"from": "3 days before now"}, "2026-04-28T00:00:00Z", "holds"),
        ({"from": "3 days before now"}, "2026-04", "unknown"),
        ({"after": "3 days before now"}, "2026-04-28T23:59:59Z", "fails"),
        ({"after": "3 days before now"}, "2026-04-29", "holds"),
        ({"until": "3 days before now"}, "2026-04-28T23:59:59Z", "holds"),
        ({"until": "3 days before now"}, "2026-04-29", "fails"),
        ({"before": "3 days before now"}, "2026-04-28", "fails"),
        ({"before": "3 days before now"}, "2026-04-27", "holds"),
        ({"before": "3 days before now"}, "2026", "unknown"),
        ({"before": "3 days before now"}, "2025", "holds"),
        ({"from": "1 month before now"}, "2026-04-01", "holds"),
        ({"from": "1 month before now"}, "2026-03-31", "fails"),
        ({"from": "3 hours before now"}, "2026-05-01T09:00:00Z", "holds"),
        ({"from": "3 hours before now"}, "2026-05-01T08:59:59Z", "fails"),
        ({"after": "3 hours before now"}, "2026-05-01T09:00:00Z", "fails"),
        ({"after": "3 hours before now"}, "2026-05-01", "unknown"),
        ({"from": "3 hours before now"}, "2026-04-30", "fails"),
        ({"until": "now"}, "2026-05-01", "holds"),
        ({"until": "now"}, "2026-05-01T12:00:00Z", "holds"),
        ({"before": "now"}, "2026-05-01T12:00:00Z", "fails"),
        ({"before": "now"}, "2026-04-30", "holds"),
        ({"during": "day of now"}, "2026-05-01", "holds"),
        ({"during": "day of now"}, "2026-04-30T23:59:59Z", "fails"),
        ({"from": "90 days before now", "until": "30 days before now"}, "2026-04-01", "holds"),
        ({"from": "90 days before now", "until": "30 days before now"}, "2026-04-02", "fails"),
        ({"from": "90 days before now", "until": "30 days before now"}, "2026-01-31", "holds"),
        ({"from": "90 days before now", "until": "30 days before now"}, "2026-01-30", "fails"),
        ({"within": "90 days", "before": "30 days before now"}, "2026-04-01", "fails"),
        ({"within": "90 days", "before": "30 days before now"}, "2026-03-31", "holds"),
        ({"from": "3 days before now"}, None, "unknown"),
    ],
)
def test_a_window_that_ends_with_now(window, on, verdict):
    assert seen(window, k(on)) == verdict


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        ({"during": "year"}, "2026-01-01", None),
        ({"during": "month"}, "2026-05-01", None),
        ({"during": "quarter"}, "2026-04-01", None),
        ({"during": "season"}, "2025-07-01", None),
        ({"during": "pilot"}, "2026-02-01", "2026-04-15"),
        ({"from": "27 months before year start", "until": "pilot end"}, "2023-10-01", "2026-04-15"),
        ({"after": "pilot start", "before": "pilot end"}, "2026-02-02", "2026-04-14"),
        ({"from": "1 year before season start", "before": "season start"}, "2024-07-01", "2025-06-30"),
        ({"from": "1 week before pilot start", "until": "2 weeks after pilot start"}, "2026-01-25", "2026-02-15"),
    ],
)
def test_a_period_has_a_first_and_a_last_day(window, first, last):
    begin = date.fromisoformat(first)
    assert seen(window, k(first)) == "holds"
    assert seen(window, k((begin - timedelta(days=1)).isoformat())) == "fails"
    if last:
        assert seen(window, k(last)) == "holds"
        assert seen(window, k((date.fromisoformat(last) + timedelta(days=1)).isoformat())) == "fails"


@pytest.mark.parametrize(
    ("today", "during", "first", "last"),
    [
        ("2026-06-30", "season", "2025-07-01", "2026-06-30"),
        ("2026-07-01", "season", "2026-07-01", "2027-06-30"),
        ("2028-02-29", "season", "2027-07-01", "2028-06-30"),
        ("2028-02-29", "month", "2028-02-01", "2028-02-29"),
        ("2026-12-31", "quarter", "2026-10-01", "2026-12-31"),
        ("2026-12-31", "year", "2026-01-01", "2026-12-31"),
        ("2027-01-01", "year", "2027-01-01", "2027-12-31"),
    ],
)
def test_a_period_is_the_one_that_contains_now(today, during, first, last):
    at = moment(datetime.fromisoformat(f"{today}T12:00:00+00:00"))
    age = ruleset({"a": {"age": f"{during} end", "is": "exactly 40 years"}}, periods=PERIODS)
    begin = ruleset({"a": {"age": f"{during} start", "is": "exactly 40 years"}}, periods=PERIODS)
    for told, day in ((begin, first), (age, last)):
        year, month, number = (int(part) for part in day.split("-"))
        born = date(year - 40, month, number)
        assert verdicts(told, at=at, born=born.isoformat()).judging.truth("a").value == "holds"
        later = (born + timedelta(days=1)).isoformat()
        assert verdicts(told, at=at, born=later).judging.truth("a").value == "fails"


def test_a_season_may_begin_with_a_parameter():
    start = {"says": "When the season begins", "default": "1 July", "allowed": ["1 July", "1 September"]}
    told = ruleset({"k": {**K, "during": "s"}}, parameters={"start": start}, periods={"s": "year from start"})
    assert verdicts(told, k("2025-07-01")).judging.truth("k").value == "holds"
    assert verdicts(told, k("2025-06-30")).judging.truth("k").value == "fails"


@pytest.mark.parametrize(
    ("window", "on", "verdict"),
    [
        ({"after": "e"}, "2026-04-10T08:00:00Z", "fails"),
        ({"after": "e"}, "2026-04-10T08:00:01Z", "holds"),
        ({"after": "e"}, "2026-04-10", "unknown"),
        ({"after": "e"}, "2026-04-11", "holds"),
        ({"after": "day of e"}, "2026-04-10T23:00:00Z", "fails"),
        ({"from": "e"}, "2026-04-10T08:00:00Z", "holds"),
        ({"from": "day of e"}, "2026-04-10T01:00:00Z", "holds"),
        ({"during": "day of e"}, "2026-04-10", "holds"),
        ({"during": "day of e"}, "2026-04-11T00:00:00Z", "fails"),
        ({"after": "e", "until": "4 hours after e"}, "2026-04-10T12:00:00Z", "holds"),
        ({"after": "e", "until": "4 hours after e"}, "2026-04-10T12:00:01Z", "fails"),
        ({"from": "7 days before e", "before": "e"}, "2026-04-03", "holds"),
        ({"from": "7 days before e", "before": "e"}, "2026-04-02", "fails"),
        ({"from": "7 days before e", "before": "e"}, "2026-04-10T07:59:59Z", "holds"),
    ],
)
def test_a_window_about_another_fact(window, on, verdict):
    assert seen(window, k(on), e("2026-04-10T08:00:00Z")) == verdict


def test_a_window_about_a_fact_that_is_not_there_or_not_known_is_unknown():
    assert seen({"after": "e"}, k("2026-04-10")) == "unknown"
    assert seen({"after": "e"}, k("2026-04-10"), e(None)) == "unknown"
    assert seen({"after": "e"}, e("2026-04-10")) == "fails"
    told = {"e": {"any": "condition", "in": ["stroke"]}, "k": {**K, "after": "e"}}
    assert truth(told, "k", k("2026-04-10"), condition(snomed="230690007", on="2026-04-09")) == "holds"
    assert truth(told, "k", k("2026-04-10"), unsupplied=["Condition"]) == "unknown"


def test_a_fact_is_not_after_itself_however_coarsely_it_is_dated():
    told = {"last": {"latest": "lab", "in": ["potassium"]}, "k": {**K, "after": "last"}, "k2": {**K, "from": "last"}}
    for on in ("2026-04-10T08:00:00Z", "2026-04-10", "2026-04"):
        assert truth(told, "k", k(on)) == "fails"
        assert truth(told, "k2", k(on)) == "holds"


def test_a_stay_counts_if_it_overlaps_and_may_be_a_window_itself():
    told = {
        "stay": {"any": "encounter", "during": "pilot"},
        "here": {"any": "encounter"},
        "k": {**K, "during": "here"},
        "later": {**K, "after": "here"},
    }
    told = ruleset(told, periods=PERIODS)

    def judge(*resources):
        judging = verdicts(told, *resources).judging
        return [judging.truth(name).value for name in ("stay", "k", "later")]

    stay = encounter(start="2026-01-20", end="2026-02-01")
    assert judge(stay) == ["holds", "fails", "fails"]
    assert judge(encounter(start="2026-01-20", end="2026-01-31"))[0] == "fails"
    assert judge(encounter(start="2026-04-15", end="2026-04-20"))[0] == "holds"
    assert judge(encounter(start="2026-04-16", end=None))[0] == "fails"
    assert judge(stay, k("2026-01-25")) == ["holds", "holds", "fails"]
    assert judge(stay, k("2026-02-02")) == ["holds", "fails", "holds"]
    assert judge(stay, k("2026-02-01"))[1] == "unknown"  # the hour of discharge is not told
    timed = encounter(start="2026-01-20T10:00:00Z", end="2026-02-01T09:00:00Z")
    assert judge(timed, k("2026-02-01T09:00:00Z"))[1:] == ["holds", "fails"]
    assert judge(timed, k("2026-02-01T09:00:01Z"))[1:] == ["fails", "holds"]


def test_a_window_about_the_subject():
    told = {
        "on": {"any": "medication", "in": ["warfarin"]},
        "checked": {"for-each": "on", **K, "from": "it", "until": "14 days after it"},
        "unchecked": {"for-each": "on", "none-of": ["checked"]},
        "some": {"any": "on", "that": ["unchecked"]},
    }
    warfarin = medication_request(on="2026-04-01", rxnorm="11289")
    assert truth(told, "some", warfarin, k("2026-04-15")) == "fails"
    assert truth(told, "some", warfarin, k("2026-04-16")) == "holds"
    assert truth(told, "some", warfarin, k("2026-04-02"), k("2026-06-01", "b")) == "fails"


def test_a_draft_of_tomorrow_is_not_in_a_window_of_which_the_author_says_that_it_ends_now():
    told = {"o": {"any": "order", "in": ["warfarin"], "from": "3 days before now", "until": "now"}}
    assert truth(told, "o", drafts=[draft(on="2026-05-01T11:00:00Z", rxnorm="11289")]) == "holds"
    assert truth(told, "o", drafts=[draft(on="2026-05-02", rxnorm="11289")]) == "fails"


def test_the_time_of_an_attribute_is_compared_by_the_words_of_windows():
    def ended(phrase, end):
        told = {"d": {"any": "condition", "in": ["diabetes"], "status": "any", "where": {"start": phrase}}}
        return truth(told, "d", condition(on=end, snomed="73211009"))

    assert ended("within 30 days", "2026-04-01") == "holds"
    assert ended("within 30 days", "2026-03-31") == "fails"
    assert ended("after 30 days before now", "2026-04-01") == "fails"
    assert ended("before 30 days before now", "2026-03-31") == "holds"
    assert ended("before 30 days before now", "2026") == "unknown"
    assert ended("recorded", "2026") == "holds"
    assert ended("within 30 days", None) == "unknown"


def test_a_time_that_is_not_recorded_passes_beside_a_window_where_the_list_says_so():
    def going_on(end, status="active"):
        where = {"end": ["not recorded", "from 30 days before now"]}
        told = {"d": {"any": "condition", "in": ["diabetes"], "status": "any", "where": where}}
        return truth(told, "d", condition(more={"abatementDateTime": end}, snomed="73211009"))

    assert going_on(None) == "holds"
    assert going_on("2026-04-01") == "holds"
    assert going_on("2026-03-31") == "fails"
    assert going_on("2027-01-01") == "holds"  # an end may lie ahead
    assert going_on("2026") == "unknown"


def test_days_covered_are_those_in_the_window():
    told = {"n": {"count": "encounter", "distinct": "day", "during": "pilot"}}
    for name, phrase in (("three", "exactly 3"), ("two", "at most 2")):
        told[name] = {"value": "n", "is": phrase}
    told = ruleset(told, periods=PERIODS)
    judging = verdicts(told, encounter(start="2026-01-20", end="2026-02-03")).judging
    assert judging.truth("three").value == "holds"
    assert judging.truth("two").value == "fails"


def test_age_at_the_moment_of_a_fact():
    told = {"dose": {"latest": "immunization"}, "old": {"age": "dose", "is": "at least 50 years"}}
    assert truth(told, "old", immunization(on="2026-03-01", cvx="187"), born="1976-03-01") == "holds"
    assert truth(told, "old", immunization(on="2026-03-01", cvx="187"), born="1976-03-02") == "fails"
    assert truth(told, "old", immunization(on="2026", cvx="187"), born="1976-03-02") == "unknown"
    assert truth(told, "old", born="1976-03-02") == "unknown"


@pytest.mark.parametrize(
    ("window", "on", "verdict"),
    [
        ({"from": "42 days after birth"}, "2024-02-12", "holds"),
        ({"from": "42 days after birth"}, "2024-02-11T23:59:59Z", "fails"),
        ({"from": "42 days after birth"}, "2024-02", "unknown"),
        ({"until": "2 years after birth"}, "2026-01-01T23:59:59Z", "holds"),
        ({"until": "2 years after birth"}, "2026-01-02", "fails"),
        ({"during": "birth"}, "2024-01-01T08:00:00Z", "holds"),
        ({"after": "birth"}, "2024-01-01T08:00:00Z", "fails"),
        ({"before": "birth"}, "2023-12-31", "holds"),
        ({"before": "2 weeks before birth"}, "2023-12-18", "fails"),
    ],
)
def test_a_window_about_the_day_of_birth(window, on, verdict):
    assert seen(window, k(on), born="2024-01-01") == verdict
    assert seen(window, k(on), born=None) == "unknown"


def test_an_age_may_be_counted_at_birth_itself():
    told = {"day": {"any": "condition", "in": ["diabetes"], "where": {"start": "until 1 week after birth"}}}
    assert truth(told, "day", condition(on="2024-01-08", snomed="73211009"), born="2024-01-01") == "holds"
    assert truth(told, "day", condition(on="2024-01-09", snomed="73211009"), born="2024-01-01") == "fails"


@given(st.integers(0, 800), st.sampled_from(["2024", "2024-02", "2024-02-29", "2024-12-31"]), st.integers(0, 25))
@settings(max_examples=150)
def test_a_partial_date_of_birth_may_be_any_of_its_days(age, born, months):
    """Every day that the birth may have been, the window by plain dates: all the same, or unknown."""
    day = date(2024, 1, 1) + timedelta(days=age)
    months_later = {"from": f"{months} months after birth"}
    possible = [date(2024, 1, 1) + timedelta(days=n) for n in range(366)]
    worlds = {_forth(birth, months) <= day for birth in possible if birth.isoformat().startswith(born)}
    expected = "unknown" if len(worlds) > 1 else "holds" if worlds == {True} else "fails"
    if day <= NOW.date():
        assert seen(months_later, k(day.isoformat()), born=born) == expected


def _forth(day, months):
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


# --- the oracle: every time that a date may mean, compared as plain datetimes ----------------------


def back(day: date, months: int) -> date:
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOURS = [timedelta(hours=hours) for hours in (0, 4, 8, 12, 20, 23.999)]


def local(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


#: window: (as it is written, what it means of two plain times)
MEANINGS = {
    "from": ({"from": "e"}, lambda a, b, z: a >= b),
    "after": ({"after": "e"}, lambda a, b, z: a > b),
    "until": ({"until": "e"}, lambda a, b, z: a <= b),
    "before": ({"before": "e"}, lambda a, b, z: a < b),
    "day": ({"during": "day of e"}, lambda a, b, z: local(a, z) == local(b, z)),
    "days-before": ({"from": "3 days before e"}, lambda a, b, z: local(a, z) >= local(b, z) - timedelta(days=3)),
    "days-after": ({"until": "3 days after e"}, lambda a, b, z: local(a, z) <= local(b, z) + timedelta(days=3)),
    "month-before": ({"before": "1 month before e"}, lambda a, b, z: local(a, z) < back(local(b, z), 1)),
    "hours-before": ({"after": "4 hours before e"}, lambda a, b, z: a > b - timedelta(hours=4)),
    "hours-after": ({"from": "e", "until": "4 hours after e"}, lambda a, b, z: b <= a <= b + timedelta(hours=4)),
    "past": ({"before": "now"}, lambda a, b, z: a < NOW),
    "days-ago": ({"from": "2 days before now"}, lambda a, b, z: local(a, z) >= local(NOW, z) - timedelta(days=2)),
    "hours-ago": ({"after": "36 hours before now"}, lambda a, b, z: a > NOW - timedelta(hours=36)),
    "this-month": ({"during": "month"}, lambda a, b, z: local(a, z) >= date(2026, 5, 1)),
    "before-quarter": ({"before": "quarter start"}, lambda a, b, z: local(a, z) < date(2026, 4, 1)),
    "fixed": (
        {"after": "pilot start", "until": "pilot end"},
        lambda a, b, z: date(2026, 2, 1) < local(a, z) <= date(2026, 4, 15),
    ),
}  # fmt: skip
TOLD = ruleset({"e": E, **{name: {**K, **window} for name, (window, _) in MEANINGS.items()}}, periods=PERIODS)
DAYS = [date(2026, 5, 1) - timedelta(days=n) for n in (0, 1, 2, 3, 16, 17, 30, 31, 32, 89)]


@st.composite
def times(draw):
    """A time as it is told, and the times it may be."""
    day = draw(st.sampled_from(DAYS))
    how = draw(st.sampled_from(["instant", "instant", "minute", "day", "day", "month", "never"]))
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + draw(st.sampled_from(HOURS[:-1]))
    return how, day, at


def told_as(how, day, at):
    return {
        "instant": at.isoformat(),
        "minute": at.isoformat()[:16] + "Z",
        "day": day.isoformat(),
        "month": day.isoformat()[:7],
        "never": None,
    }[how]


def worlds(how, day, at, zone):
    if how == "instant":
        return [at]
    if how == "minute":
        return [at, at + timedelta(seconds=30)]
    days = {"day": [day], "month": [d for d in DAYS if d.month == day.month], "never": DAYS}[how]
    return [datetime(d.year, d.month, d.day, tzinfo=zone) + hour for d in days for hour in HOURS]


@settings(max_examples=400, deadline=None)
@given(times(), times(), st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]))
def test_what_is_said_holds_at_every_time_that_the_dates_may_mean(one, other, name):
    zone = ZoneInfo(name)
    firsts, seconds = ([at for at in worlds(*told, zone) if at <= NOW] for told in (one, other))
    if not firsts or not seconds:
        return  # dated after now: an omission, and no fact
    judging = verdicts(TOLD, k(told_as(*one)), e(told_as(*other)), at=moment(NOW, name)).judging
    is_exact = one[0] == other[0] == "instant"
    for window, (_, means) in MEANINGS.items():
        verdict = judging.truth(window).value
        found = {means(a, b, zone) for a in firsts for b in seconds}
        if verdict != "unknown":
            assert (window, found) == (window, {verdict == "holds"})
        assert not (is_exact and verdict == "unknown"), window


def test_now_is_a_moment_of_the_organisations_day():
    late = moment(datetime(2026, 4, 30, 23, 30, tzinfo=UTC), "Europe/Berlin")  # the first of May, there
    assert seen({"during": "month"}, k("2026-04-30T22:30:00Z"), at=late) == "holds"
    assert seen({"during": "month"}, k("2026-04-30T21:30:00Z"), at=late) == "fails"
    assert judged({"k": {**K, "during": "day of now"}}, k("2026-04-30T22:30:00Z"), at=late).truth("k").value == "holds"
