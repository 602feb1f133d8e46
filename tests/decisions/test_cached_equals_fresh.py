"""The cache never changes an answer: moments in any order, facts at every edge, stores that fail or lie."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.cache.memory import Memory
from cds.decisions.validity import validity
from tests.cache.stores import ConfusedStore, DictStore
from tests.decisions.desk import DECISION, INSTANCE, advice, answered, body, fresh, remembering, selected
from tests.patients import condition, dispense, encounter, medication_request, observation, patient
from tests.rules.judge.telling import MME, moment, plan_of, record_of, rule, ruleset

DEFINITIONS = {
    "k": {"latest": "lab", "in": ["potassium"]},
    "k-high": {"value": "k", "is": "above 5 mmol/L"},
    "k-hours": {"any": "lab", "in": ["potassium"], "within": "36 hours"},
    "k-days": {"any": "lab", "in": ["potassium"], "within": "2 days"},
    "k-minutes": {"count": "lab", "in": ["potassium"], "within": "90 minutes", "is": "at least 1"},
    "k-month": {"any": "lab", "in": ["potassium"], "within": "1 month"},
    "k-since-hours": {"any": "lab", "in": ["potassium"], "after": "36 hours before now"},
    "k-until-hours": {"any": "lab", "in": ["potassium"], "until": "90 minutes before now"},
    "k-before-now": {"any": "lab", "in": ["potassium"], "before": "now"},
    "k-risen": {"change": "lab", "in": ["potassium"], "over": "36 hours", "is": "rise of at least 1 mmol/L"},
    "k-near-k": {"count": "lab", "in": ["potassium"], "from": "12 hours before k", "is": "at least 2"},
    "visit-since-k": {"any": "encounter", "after": "day of k"},
    "k-two-days-old": {"value": "k.time-since", "is": "at least 2 days"},
    "k-a-month-old": {"value": "k.time-since", "is": "at least 1 month"},
    "k-lasted-two-days": {"value": "k.length", "is": "at least 2 days"},
    "k-lasted-a-month": {"value": "k.length", "is": "at least 1 month"},
    "stay": {"latest": "encounter"},
    "stay-of-a-day": {"value": "stay.length", "is": "exactly 1 day"},
    "stroke": {"any": "condition", "in": ["stroke"]},
    "visit": {"any": "encounter", "within": "12 hours"},
    "on-warfarin": {"any": "medication", "in": ["warfarin"]},
    "adult": {"age": "now", "is": "at least 18 years"},
    "opioid": {"any": "medication", "in": ["opioids"]},
    "mme": MME,
    "total": {"sum": "mme"},
    "total-50": {"value": "total", "is": "at least 50 mg/d"},
}
TRUTHS = [name for name in DEFINITIONS if name not in ("k", "stay", "mme", "total")]
RULES = {
    **{f"is-{name}": rule([name]) for name in TRUTHS},
    **{f"open-{name}": rule([f"unknown {name}"]) for name in TRUTHS},
    "shown": rule(
        ["known k"], card={"summary": "Potassium {k}, age {patient.age}, total {total}", "detail": "{k.time-since}"}
    ),
}
SERVICE = selected(ruleset(DEFINITIONS, RULES))

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
#: Around these instants everything below happens; the moments of decision are drawn from and around them.
ANCHORS = [
    NOON + timedelta(hours=hours)
    for hours in (-240, -60, -48, -37, -36, -24, -13, -12, -2, -1.5, 0, 1, 11.5, 12, 24, 36)
]
instants = st.sampled_from(ANCHORS).map(lambda at: at.isoformat().replace("+00:00", "Z"))
dates = st.one_of(
    instants,
    st.sampled_from(ANCHORS).map(lambda at: at.date().isoformat()),
    st.sampled_from(["2026-04", "2026", "2026-05-01T14:00", None]),
)
nudges = st.sampled_from([timedelta(0), timedelta(microseconds=1), -timedelta(microseconds=1), timedelta(hours=3)])
moments = st.builds(lambda at, nudge: at + nudge, st.sampled_from(ANCHORS), nudges)


def abated(on, ended):
    return condition(on=on, status=None, snomed="230690007", more=ended)


ends = st.one_of(
    st.none(),
    dates.map(lambda on: {"abatementDateTime": on} if on else None),
    instants.map(lambda on: {"abatementPeriod": {"start": on}}),
    instants.map(lambda on: {"abatementPeriod": {"end": on}}),
)


def bounded(dose, ended):
    told = medication_request(id=f"m{dose}", rxnorm="7052", dose=(dose, "mg"), per_day=1)
    if ended:
        told["dosageInstruction"][0]["timing"]["repeat"]["boundsPeriod"] = {"start": "2026-01-01", "end": ended}
    return told


def stay(period):
    start, end = sorted(period)
    return encounter(start=start, end=end)


def going_on(period, number, status):
    """A result of a span of time, which may go on, or end at one of the moments that are asked about."""
    told = {key: at for key, at in zip(("start", "end"), period, strict=True) if at}
    return observation(
        6, "mmol/L", on=None, id=f"k{number}", loinc="2823-3", status=status, more={"effectivePeriod": told}
    )


resources = st.lists(
    st.one_of(
        st.builds(
            going_on,
            st.tuples(dates, dates).filter(any),
            st.integers(1, 3),
            st.sampled_from(["final", "preliminary"]),
        ),
        instants.map(lambda on: encounter(id="e2", start=on, end=None, more={"status": "in-progress"})),
        st.builds(
            lambda on, value, number: observation(value, "mmol/L", on=on, id=f"k{number}", loinc="2823-3"),
            dates,
            st.sampled_from([4, 6]),
            st.integers(1, 3),
        ),
        st.builds(abated, dates, ends),
        st.builds(bounded, st.sampled_from([20, 60]), st.one_of(st.none(), dates)),
        st.builds(stay, st.tuples(instants, instants)),
        st.sampled_from([NOON.date() - timedelta(days=days) for days in (99, 100, 101, 102)]).map(
            lambda day: dispense(on=day.isoformat(), rxnorm="11289")
        ),
    ),
    max_size=4,
    unique_by=lambda resource: resource["id"],
)
people = st.sampled_from(["2008-05-01", "2008-05-02", "2008-05", "1960-01-01", None]).map(
    lambda born: patient(born=born)
)
zones = st.sampled_from(["UTC", "America/New_York", "Pacific/Kiritimati"])
#: What a process remembers itself: much, very little (so that all three tiers answer), nothing (the store alone does).
memories = st.sampled_from([512, 1, 0]).map(Memory)


@settings(max_examples=250, deadline=None)
@given(resources, people, st.lists(moments, min_size=2, max_size=6), zones, memories)
def test_an_answer_from_the_cache_is_the_fresh_answer_whenever_it_is_asked_for(there, person, asked, zone, memory):
    request = body(*there, about=SERVICE, person=person)
    shell = remembering(DictStore(), memory)
    for instant in asked:
        at = moment(instant, zone)
        assert advice(answered(SERVICE, request, at, shell)) == advice(answered(SERVICE, request, at))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(resources, people), min_size=2, max_size=3),
    st.lists(st.tuples(st.integers(0, 2), moments), min_size=2, max_size=6),
    memories,
)
def test_patients_that_share_a_cache_never_get_each_others_answers(told, asked, memory):
    requests = [body(*there, about=SERVICE, person=person) for there, person in told]
    shell = remembering(DictStore(), memory)
    for number, instant in asked:
        request = requests[number % len(requests)]
        assert advice(answered(SERVICE, request, moment(instant), shell)) == advice(
            answered(SERVICE, request, moment(instant))
        )


@settings(max_examples=60, deadline=None)
@given(st.lists(resources, min_size=1, max_size=2), st.lists(moments, min_size=2, max_size=5), st.data())
def test_a_store_that_gives_back_anything_at_all_changes_nothing(told, asked, data):
    shell = remembering(ConfusedStore(lambda ever: data.draw(st.sampled_from(ever))), Memory(most=0))
    for there in told:
        request = body(*there, about=SERVICE)
        for instant in asked:
            at = moment(instant)
            assert advice(answered(SERVICE, request, at, shell)) == advice(answered(SERVICE, request, at))


HIGH = observation(6, "mmol/L", on="2026-05-01", loinc="2823-3")


def cached(response):
    return response["extension"][DECISION]["cached"]


def test_a_second_call_with_the_same_facts_in_another_order_is_answered_from_the_cache():
    shell = remembering(DictStore())
    there = HIGH, condition(snomed="230690007")
    first = answered(SERVICE, body(*there, about=SERVICE), shell=shell)
    second = answered(SERVICE, body(*reversed(there), about=SERVICE), shell=shell)
    assert (cached(first), cached(second)) == (False, True)
    assert advice(first) == advice(second)


def test_the_tests_above_do_reach_the_cache():
    shell = remembering(DictStore())
    request = body(HIGH, about=SERVICE)
    asked = [moment(NOON + timedelta(hours=hours)) for hours in (2, 3, 2, 13, 3)]
    assert [cached(answered(SERVICE, request, at, shell)) for at in asked] == [False, True, True, False, False]


def test_another_hook_instance_gets_the_advice_under_its_own_ids_and_a_retry_the_same_ones():
    shell = remembering(DictStore())
    other = INSTANCE.replace("0b1f", "0b2f")
    requests = [body(HIGH, about=SERVICE, instance=i) for i in (INSTANCE, other, other.upper(), INSTANCE)]
    answers = [answered(SERVICE, request, shell=shell) for request in requests]
    assert [advice(a) for a in answers] == [advice(answered(SERVICE, request)) for request in requests]
    ids = [[card["uuid"] for card in a["cards"]] for a in answers]
    assert set(ids[0]).isdisjoint(ids[1])
    assert ids[0] == ids[3]
    assert ids[1] == ids[2]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_one_byte_more_or_other_is_another_request(data):
    """A body that differs anywhere but in the hook instance is never answered for its neighbour."""
    shell = remembering(DictStore())
    request = body(HIGH, about=SERVICE)
    answered(SERVICE, request, shell=shell)
    at = data.draw(st.integers(0, len(request) - 1))
    mutated = request[:at] + bytes([data.draw(st.integers(32, 126))]) + request[at + 1 :]
    assert _outcome(mutated, shell) == _outcome(mutated, fresh())


def _outcome(request, shell):
    try:
        return advice(answered(SERVICE, request, shell=shell))
    except Exception as fault:  # noqa: BLE001 -- which fault it is must not depend on the cache either
        return type(fault).__name__


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (r'"\u0068ookInstance"', INSTANCE),
        (r'"hookInstanc\u0065"', INSTANCE),
        ('"hookInstance"', INSTANCE.replace("0", r"\u0030", 1)),
    ],
)
def test_an_escaped_name_or_value_never_hides_the_hook_instance(name, value):
    shell = remembering(DictStore())
    plain = body(HIGH, about=SERVICE)
    twisted = plain.replace(b'"hookInstance"', name.encode()).replace(INSTANCE.encode(), value.encode(), 1)
    answered(SERVICE, plain, shell=shell)
    assert _outcome(twisted, shell) == _outcome(twisted, fresh())
    assert _outcome(plain, shell) == _outcome(plain, fresh())


def test_a_second_hook_instance_hidden_by_escapes_is_never_taken_for_the_first():
    shell = remembering(DictStore())
    plain = body(HIGH, about=SERVICE)
    other = INSTANCE.replace("0b1f", "0b2f").encode()
    for twice in (
        plain[:-1] + b', "\\u0068ookInstance": "' + other + b'"}',
        b'{"\\u0068ookInstance": "' + other + b'", ' + plain[1:],
        plain[:-1] + b', "hookInstance": "' + other + b'"}',
    ):
        assert _outcome(twice, shell) == _outcome(twice, fresh())
        assert _outcome(twice, shell) == _outcome(twice, fresh())


def test_a_hook_instance_deeper_down_is_no_hook_instance():
    shell = remembering(DictStore())
    deep = (
        body(about=SERVICE)
        .replace(b'"hookInstance"', b'"else"')
        .replace(b'"userId"', b'"hookInstance": "' + INSTANCE.encode() + b'", "userId"')
    )
    assert _outcome(deep, shell) == _outcome(deep, shell) == _outcome(deep, fresh()) == "EnvelopeRejected"


def test_a_store_shows_nothing_of_the_patient():
    store = DictStore()
    marked = observation(6, "mmol/L", on="2026-04-13", id="marker-id", loinc="2823-3")
    answered(SERVICE, body(marked, about=SERVICE, person=patient(born="1961-07-13")), shell=remembering(store))
    kept = b"".join((*store.kept, *store.kept.values()))
    assert store.kept
    # No marker under six bytes: what is kept is random to look at, and would hold a short one by chance.
    assert not any(marker in kept for marker in (b"marker-id", b"2026-04-13", b"1961-07-13", b"Patient/p1", b"2823-3"))


def test_a_number_of_hours_since_then_is_never_remembered():
    """It grows all the time, and so do the findings that show it."""
    for unit, remembered in (("hours", False), ("days", True)):
        told = ruleset({"k": DEFINITIONS["k"], "old": {"value": "k.time-since", "is": f"at least 2 {unit}"}})
        plan = plan_of(told)
        record = record_of(plan, observation(5, "mmol/L", on="2026-04-28", loinc="2823-3"))
        assert (validity(record, plan, moment(NOON)) is not None) == remembered


def test_a_number_of_hours_that_something_has_lasted_is_never_remembered():
    for unit, remembered in (("hours", False), ("days", True)):
        told = ruleset({"stay": DEFINITIONS["stay"], "long": {"value": "stay.length", "is": f"at least 2 {unit}"}})
        plan = plan_of(told)
        record = record_of(plan, encounter(start="2026-04-28", end=None, more={"status": "in-progress"}))
        assert (validity(record, plan, moment(NOON)) is not None) == remembered


def test_a_stay_that_goes_on_and_a_window_of_hours_are_remembered_to_their_next_edge():
    told = plan_of(ruleset({"visit": {"any": "encounter", "within": "12 hours"}}))
    record = record_of(told, encounter(start="2026-05-01T02:00:00Z", end=None))
    leaves = NOON + timedelta(hours=2)
    assert validity(record, told, moment(NOON)) == (NOON - timedelta(hours=10), leaves - timedelta.resolution)


def test_a_day_leaves_a_window_of_hours_with_its_last_moment():
    told = plan_of(ruleset({"k": {"any": "lab", "in": ["potassium"], "after": "36 hours before now"}}))
    record = record_of(told, observation(5, "mmol/L", on="2026-04-30", loinc="2823-3"))
    noon = NOON + timedelta(days=1)
    assert validity(record, told, moment(noon - timedelta(hours=1)))[1] == noon - timedelta.resolution


def test_a_stay_told_by_days_is_judged_anew_when_its_last_day_begins_to_leave_a_window_of_hours():
    told = plan_of(ruleset({"visit": {"any": "encounter", "within": "48 hours"}}))
    record = record_of(told, encounter(start="2026-04-20", end="2026-04-29"))
    doubtful = datetime(2026, 4, 30, 23, tzinfo=UTC)  # its last day may have had 25 hours, and have ended with any
    until = validity(record, told, moment(doubtful - timedelta(hours=3)))[1]
    assert doubtful - timedelta.resolution <= until <= doubtful
