"""A period without an end: what goes on reaches until now; what is over ended on some day since, and nobody told which.

The oracle tries every day on which it may have ended: a verdict stands where all of them agree.
"""

from datetime import date, timedelta

import pytest

from tests.patients import administration, encounter, observation, procedure
from tests.rules.judge.telling import moment, ruleset, truth, verdicts

TODAY = date(2026, 5, 1)
COLONOSCOPY = "73761001"
SETS = {"colonoscopy": {"snomed": {COLONOSCOPY: "colonoscopy"}}, "visit": {"snomed": {"308335008": "visit"}}}
PERIODS = {"year": "calendar year", "pilot": {"from": "2026-02-01", "until": "2026-04-15"}}
FINDERS = {
    "done": {"any": "procedure", "in": ["colonoscopy"]},
    "measured": {"any": "lab", "in": ["potassium"]},
    "reported": {"any": "report", "in": ["potassium"]},
    "seen": {"any": "encounter", "in": ["visit"]},
    "given": {"any": "administration", "in": ["warfarin"]},
}


def done(start, status="completed"):
    return procedure(on=None, snomed=COLONOSCOPY, more={"status": status, "performedPeriod": {"start": start}})


def measured(start, status="final", id="k"):  # noqa: A002 -- a FHIR name
    return observation(
        6, "mmol/L", on=None, id=id, loinc="2823-3", status=status, more={"effectivePeriod": {"start": start}}
    )


def reported(start, status="final"):
    told = measured(start, status)
    del told["valueQuantity"]
    return {**told, "resourceType": "DiagnosticReport"}


def seen(start, status="finished"):
    return encounter(start=start, end=None, snomed="308335008", more={"status": status})


def given(start, status="completed"):
    return administration(on=None, rxnorm="11289", more={"status": status, "effectivePeriod": {"start": start}})


ACTS = {"done": done, "measured": measured, "reported": reported, "seen": seen, "given": given}
GOING_ON = {"done": "in-progress", "seen": "in-progress", "given": "in-progress"}


def found(name, window, *resources, **how):
    finder = {**FINDERS[name], "status": "any", **window}
    told = ruleset({"found": finder}, value_sets=SETS, periods=PERIODS)
    return verdicts(told, *resources, **how).judging.truth("found").value


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize(
    ("window", "start", "verdict"),
    [
        ({"within": "10 years"}, "2005-03-01", "unknown"),
        ({"within": "10 years"}, "2016-04-30", "unknown"),
        ({"within": "10 years"}, "2016-05-01", "holds"),
        ({"within": "10 years"}, "2016-05-01T00:00:00Z", "holds"),
        ({"within": "10 years"}, "2016-04-30T23:59:59Z", "unknown"),
        ({"within": "10 years"}, "2005-03", "unknown"),
        ({"within": "48 hours"}, "2026-04-29T12:00:00Z", "holds"),
        ({"within": "48 hours"}, "2026-04-29T11:59:59Z", "unknown"),
        ({"during": "year"}, "2025-12-31", "unknown"),
        ({"during": "year"}, "2026-01-01", "holds"),
        ({"during": "pilot"}, "2026-01-31", "unknown"),
        ({"during": "pilot"}, "2026-04-15", "holds"),
        ({"during": "pilot"}, "2026-04-16", "fails"),
        ({"until": "3 days before now"}, "2005-03-01", "holds"),
        ({"after": "3 days before now"}, "2005-03-01", "unknown"),
    ],
)
def test_what_is_over_ended_on_some_day_since(name, window, start, verdict):
    assert found(name, window, ACTS[name](start)) == verdict
    assert found(name, window, ACTS[name](start), engine="durable") == verdict


@pytest.mark.parametrize("name", GOING_ON)
@pytest.mark.parametrize(
    "window", [{"within": "1 day"}, {"within": "1 hour"}, {"during": "year"}, {"from": "3 days before now"}]
)
def test_what_goes_on_reaches_until_now(name, window):
    assert found(name, window, ACTS[name]("2005-03-01", GOING_ON[name])) == "holds"


@pytest.mark.parametrize("status", ["stopped", "on-hold", "not-done"])
def test_an_act_that_was_stopped_or_paused_does_not_go_on(status):
    assert found("done", {"within": "1 year"}, done("2005-03-01", status)) == "unknown"


def test_an_end_that_is_told_is_believed():
    told = procedure(
        on=None, snomed=COLONOSCOPY, more={"performedPeriod": {"start": "2005-03-01", "end": "2005-03-01"}}
    )
    assert found("done", {"within": "10 years"}, told) == "fails"


WINDOWS = {
    "within": ({"within": "10 days"}, TODAY - timedelta(days=10), TODAY),
    "year": ({"during": "year"}, date(2026, 1, 1), date(2026, 12, 31)),
    "pilot": ({"during": "pilot"}, date(2026, 2, 1), date(2026, 4, 15)),
    "between": (
        {"from": "90 days before now", "until": "30 days before now"},
        TODAY - timedelta(days=90),
        TODAY - timedelta(days=30),
    ),
    "before": ({"before": "30 days before now"}, date.min, TODAY - timedelta(days=31)),
    "after": ({"after": "30 days before now"}, TODAY - timedelta(days=29), TODAY),
}


def possible(start, first, last):
    """Whether a period from ``start`` to each day on which it may have ended overlaps the window; sides by themselves.

    Both sides of a window are judged by themselves: a period that may reach into it is not known to.
    """
    ends = [start + timedelta(days=n) for n in range((TODAY - start).days + 1)]
    verdicts = {start <= last and end >= first for end in ends}
    return "unknown" if len(verdicts) > 1 else "holds" if True in verdicts else "fails"


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("act", ACTS)
def test_every_day_on_which_it_may_have_ended_is_tried(name, act):
    window, first, last = WINDOWS[name]
    edges = {first, last, TODAY} - {date.min, date(2026, 12, 31)}
    for start in sorted(edge + timedelta(days=n) for edge in edges for n in (-1, 0, 1) if edge + timedelta(n) <= TODAY):
        assert found(act, window, ACTS[act](start.isoformat())) == possible(start, first, last), (window, start)


def test_a_newest_one_that_may_have_ended_before_is_not_known():
    told = {"k": {"latest": "lab", "in": "potassium", "within": "1 year", "is": "above 5 mmol/L"}}
    assert truth(told, "k", measured("2024-01-01")) == "unknown"
    assert truth(told, "k", measured("2025-06-01")) == "holds"


def test_the_day_on_which_it_began_is_covered_and_the_others_may_be():
    def days(limit):
        told = {"n": {"count": "lab", "in": "potassium", "distinct": "day", "is": limit}}
        return truth(told, "n", measured("2026-04-20"))

    assert days("at least 1") == "holds"
    assert days("at least 2") == "unknown"
    assert days("at most 12") == "holds"
    assert days("at most 11") == "unknown"


def test_what_came_after_a_visit_whose_end_nobody_told():
    told = ruleset(
        {
            "visit": {"latest": "encounter", "in": ["visit"]},
            "k": {"any": "lab", "in": ["potassium"], "after": "visit"},
            "during": {"any": "lab", "in": ["potassium"], "during": "visit"},
        },
        value_sets=SETS,
    )

    def asked(on, status):
        judging = verdicts(told, seen("2026-04-10", status), observation(6, "mmol/L", on=on, loinc="2823-3")).judging
        return judging.truth("k").value, judging.truth("during").value

    assert asked("2026-04-20", "finished") == ("unknown", "unknown")
    assert asked("2026-04-09", "finished") == ("fails", "fails")
    assert asked("2026-04-20", "in-progress") == ("fails", "holds")


def test_time_since_agrees_with_windows():
    told = {
        "k": {"latest": "lab", "in": "potassium"},
        "recent": {"value": "k.time-since", "is": "at most 10 years"},
        "within": {"any": "lab", "in": ["potassium"], "within": "10 years"},
    }
    for start, verdict in (("2005-03-01", "unknown"), ("2016-05-01", "holds"), ("2016-04-30", "unknown")):
        assert truth(told, "recent", measured(start)) == verdict
        assert truth(told, "within", measured(start)) == verdict


def test_a_drug_whose_giving_began_long_ago_may_be_in_use_or_not():
    told = {"on": {"any": "medication", "in": ["warfarin"]}}
    assert truth(told, "on", given("2005-03-01")) == "unknown"
    assert truth(told, "on", given("2026-04-01")) == "holds"
    assert truth(told, "on", given("2005-03-01", "in-progress")) == "holds"


def test_midnight_is_that_of_the_organisation():
    at = moment(zone="Pacific/Auckland")  # there it is 2 May already
    assert found("done", {"within": "1 day"}, done("2026-05-01"), at=at) == "holds"
    assert found("done", {"within": "1 day"}, done("2026-04-30"), at=at) == "unknown"
