"""``forecast`` over a record: what leaves it unknown, what it shows, and how long ago its days were."""

import json
from datetime import UTC, datetime

import pytest

from cds.authoring.explaining import as_json, lines
from cds.cards.wording import word
from cds.rules.judge.tracing import trace
from cds.rules.judge.values import Known, Nothing, Unclear
from tests.patients import immunization
from tests.rules.judge.telling import moment, plan_of, problems, record_of, rule, ruleset, verdicts

SETS = {
    "mmr": {"cvx": {"03": "MMR", "94": "MMRV"}},
    "live": {"cvx": {"03": "MMR", "21": "varicella", "94": "MMRV"}},
    "mmrv": {"cvx": {"94": "MMRV"}},
}
SCHEDULES = {
    "mmr-doses": {
        "says": "Two doses",
        "grace": "4 days",
        "apart": {"given": "28 days", "planned": "28 days"},
        "doses": [
            {"age": {"minimum": "12 months", "late": "16 months"}},
            {"age": {"minimum": "13 months", "recommended": "4 years"}, "interval": {"minimum": "4 weeks"}},
        ],
    },
    "for-girls": {
        "says": "One dose",
        "for-sex": {"mmrv": "female"},
        "doses": [{"age": {"minimum": "12 months"}}],
    },
}
DEFINITIONS = {
    "given": {"any": "immunization", "in": "mmr"},
    "live-given": {"any": "immunization", "in": "live"},
    "next": {"forecast": "given", "schedule": "mmr-doses", "apart-from": "live-given"},
    "girls-next": {"forecast": "given", "schedule": "for-girls"},
    "due": {"value": "next.recommended.time-since", "is": "at least 0 days", "if-absent": "fails"},
    "planned": {"value": "next.earliest.time-since", "is": "at least 0 days"},
    "late": {"value": "next.past-due.time-since", "is": "at least 1 days", "if-absent": "fails"},
    "second-next": {"value": "next", "is": "exactly 2"},
}
BORN = "2025-01-31"  # it is 1 May 2026: 15 months old


def told(**more):
    return ruleset(DEFINITIONS, value_sets=SETS, schedules=SCHEDULES, **more)


def judging(*resources, **how):
    return verdicts(told(), *resources, **{"born": BORN, **how}).judging


def mmr(on, id="a", cvx="03", **more):  # noqa: A002 -- a FHIR name
    return immunization(id=id, on=on, cvx=cvx, more=more or None)


def verdict(name, *resources, **how):
    return judging(*resources, **how).truth(name).value


def reasons(*resources, name="next", **how):
    value = judging(*resources, **how).value(name, None)
    assert isinstance(value, Unclear)
    return value.reasons


def test_the_number_of_the_next_dose_dated_by_its_day():
    value = judging().value("next", None)
    assert isinstance(value, Known)
    assert value.quantity.interval.low == 1
    assert str(value.when.first_day) == "2026-01-31"
    value = judging(mmr("2026-02-10")).value("next", None)
    assert (value.quantity.interval.low, str(value.when.first_day)) == (2, "2029-01-31")
    assert [fact.reference for fact in value.facts] == ["Immunization/a"]
    assert isinstance(judging(mmr("2026-02-10"), mmr("2026-03-10", "b")).value("next", None), Nothing)


@pytest.mark.parametrize(
    ("given", "due", "planned", "late", "second"),
    [
        ([], "holds", "holds", "fails", "fails"),
        ([mmr("2026-02-10")], "fails", "holds", "fails", "holds"),
        ([mmr("2026-04-10")], "fails", "fails", "fails", "holds"),  # from 8 May on
        ([mmr("2026-02-10"), mmr("2026-03-10", "b")], "fails", "unknown", "fails", "unknown"),
    ],
)
def test_its_days_are_operands(given, due, planned, late, second):
    asked = judging(*given)
    assert [asked.truth(name).value for name in ("due", "planned", "late", "second-next")] == [
        due,
        planned,
        late,
        second,
    ]


@pytest.mark.parametrize(("day", "expected"), [("2026-05-30", "fails"), ("2026-05-31", "holds")])
def test_it_is_past_due_from_the_day_on_which_it_is_late(day, expected):
    at = moment(datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC))
    assert verdict("late", at=at) == expected


@pytest.mark.parametrize(
    ("resources", "how", "expected"),
    [
        ([mmr("2026-02")], {}, "partial-date"),
        ([mmr("2026")], {}, "partial-date"),
        ([mmr(None)], {}, "undated"),
        ([mmr("2025-01-30")], {}, "before-birth"),
        ([mmr("2026-02-10", status="unheard-of")], {}, "unreadable:bad-status"),
        ([mmr("2026-05-02")], {}, "unreadable:future-date"),
        ([immunization(id="v", on="2026-02", cvx="21")], {}, "partial-date"),  # one that is to be kept apart
        ([], {"unsupplied": ["Immunization"]}, "not-supplied:Immunization:absent"),
        ([], {"born": None}, "birth-date-not-known"),
        ([], {"born": "2025-01"}, "birth-date-not-known"),
    ],
)
def test_whatever_it_rests_on_and_is_not_known_leaves_it_unknown(resources, how, expected):
    assert expected in reasons(*resources, **how)
    assert verdict("due", *resources, **how) == "unknown"
    assert verdict("second-next", *resources, **how) == "unknown"


@pytest.mark.parametrize(
    "resource",
    [
        mmr("2026-02-10", status="not-done"),
        mmr("2026-02-10", status="entered-in-error"),
        immunization(id="t", on="2026-02-10", cvx="115"),
    ],
)
def test_what_is_no_dose_of_it_changes_nothing(resource):
    assert judging(resource).value("next", None) == judging().value("next", None)


def test_an_unknown_sex_matters_only_where_it_does():
    assert isinstance(judging(mmr("2026-02-10", cvx="94"), sex=None).value("girls-next", None), Unclear)
    assert reasons(mmr("2026-02-10", cvx="94"), name="girls-next", sex="other") == ("sex-not-known",)
    assert isinstance(judging(mmr("2026-02-10"), sex=None).value("girls-next", None), Nothing)
    assert isinstance(judging(mmr("2026-02-10", cvx="94"), sex="female").value("girls-next", None), Nothing)
    assert isinstance(judging(mmr("2026-02-10", cvx="94"), sex="male").value("girls-next", None), Known)


def test_another_live_vaccine_is_kept_apart_and_one_of_its_own_is_not_another():
    varicella = immunization(id="v", on="2026-01-20", cvx="21")
    asked = judging(varicella, mmr("2026-02-10"))
    assert [judged.standing for judged in asked.course("next").doses] == ["too-soon-after-another"]
    both = judging(mmr("2026-02-10", "a"), mmr("2026-03-06", "b", cvx="94"))
    assert [judged.standing for judged in both.course("next").doses] == ["counts", "counts"]  # 24 days: an interval


def test_two_records_of_one_day_are_one_dose():
    asked = judging(mmr("2026-02-10"), mmr("2026-02-10", "b"))
    assert asked.value("next", None).quantity.interval.low == 2


def test_a_time_of_day_is_the_day_in_the_zone_of_the_organisation():
    late = mmr("2026-01-27T03:00:00Z")  # still the 26th in New York: 5 days before 12 months
    assert [j.standing for j in judging(late).course("next").doses] == ["counts"]
    american = judging(late, at=moment(zone="America/New_York"))
    assert [j.standing for j in american.course("next").doses] == ["too-young"]


def test_texts_show_its_days_and_what_does_not_count():
    asked = judging(mmr("2026-01-20"), mmr("2026-02-10", "b"))
    assert word(asked, "dose {next.value} from {next.recommended}", None, plain=False) == "dose 2 from 2029-01-31"
    assert word(asked, "{next.earliest}, {next.past-due}", None, plain=False) == "2026-03-10, not set"
    assert word(asked, "Not: {next.not-counted}.", None, plain=False) == "Not: 2026-01-20 (given too young)."
    assert word(judging(), "Not: {next.not-counted}.", None, plain=False) is None
    unknown = judging(mmr("2026-02"))
    assert (
        word(unknown, "{next.earliest}: {next.why}", None, plain=False)
        == "not known: a date is told by month or year only"
    )


def test_the_trace_tells_the_standing_of_each_dose():
    rules = {"tell": rule(["due"])}
    plan = plan_of(ruleset(DEFINITIONS, rules, value_sets=SETS, schedules=SCHEDULES))
    record = record_of(plan, mmr("2026-01-20"), born=BORN)
    found = trace(plan.parts[0], record, moment())
    text = "\n".join(lines(found, whole=True))
    assert "2026-01-20  given too young" in text
    assert '"doses": [{"date": "2026-01-20", "standing": "too-young"}]' in json.dumps(as_json(found))


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        ({"forecast": "given", "schedule": "nothing"}, "CDS251"),
        ({"forecast": "given"}, "CDS109"),
        ({"forecast": "nobody", "schedule": "mmr-doses"}, "CDS205"),
        ({"forecast": "warfarin-ordered", "schedule": "mmr-doses"}, "CDS142"),
        ({"forecast": "given", "schedule": "mmr-doses", "apart-from": "warfarin-ordered"}, "CDS142"),
        ({"value": "next.recommended"}, "CDS417"),
        ({"value": "next.due.time-since", "is": "at least 0 days"}, "CDS206"),
        ({"forecast": "given", "schedule": "mmr-doses", "is": "at least 0 days"}, "CDS402"),
    ],
)
def test_what_is_refused(definition, code):
    definitions = {**DEFINITIONS, "warfarin-ordered": {"any": "order", "in": "warfarin"}, "bad": definition}
    assert code in problems(definitions, value_sets=SETS, schedules=SCHEDULES)


def test_a_schedule_names_value_sets_that_are_there():
    doses = {"says": "One", "doses": [{"vaccines": "nothing"}]}
    assert problems(DEFINITIONS, value_sets=SETS, schedules={**SCHEDULES, "mmr-doses": doses}) == ["CDS220"]


def test_an_absent_forecast_is_absent():
    complete = [mmr("2026-02-10"), mmr("2026-03-10", "b")]
    definitions = {**DEFINITIONS, "none": {"absent": "next"}}
    for given, expected in ((complete, "holds"), ([], "fails"), ([mmr("2026-02")], "unknown")):
        found = verdicts(ruleset(definitions, value_sets=SETS, schedules=SCHEDULES), *given, born=BORN)
        assert found.judging.truth("none").value == expected
