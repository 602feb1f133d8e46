"""Hours, minutes, zones and stays: what the judge says holds or fails does so at every time that the record allows.

As test_possible_worlds, for windows on the clock, moments that are other facts, stays, periods, gaps of pairs, changes
and distances over hours. Each definition stands beside its meaning in a world, in plain comparisons of instants.
"""

import itertools
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.judge.hours import DAY, HOUR, INSTANTS, NOW, TOLD, ZONES, Patient, World, patients, written
from tests.rules.judge.telling import moment, ruleset, verdicts

Meaning = Callable[[World, timedelta], str]
K, E = {"in": ["potassium"]}, {"in": ["egfr"]}
ABOVE = {"is": "above 5 mmol/L"}
LONG_AGO = datetime.min.replace(tzinfo=UTC)
TODAY = date(2026, 5, 1)  # noon in London is the first of May in Vienna and New York, too


def yes(value: bool) -> str:
    return "holds" if value else "fails"


def times(world: World, code: str = "k") -> list[datetime]:
    return [at for c, at, _ in world.results if c == code]


def newest(world: World, code: str, since: datetime = LONG_AGO) -> set[float]:
    """The values of the newest instant; none if there is no result."""
    mine = [(at, value) for c, at, value in world.results if c == code and at >= since]
    return {value for at, value in mine if at == max(at for at, _ in mine)}


def decided(values: Iterable[float], test: Callable[[float], bool]) -> str:
    verdicts = {test(value) for value in values}
    return "unknown" if len(verdicts) != 1 else yes(True in verdicts)


def high(value: float) -> bool:
    return value > 5


def recent(world: World, code: str = "k", ago: timedelta = DAY) -> list[float]:
    return [value for c, at, value in world.results if c == code and at >= NOW - ago]


def day(at: datetime, east: timedelta) -> date:
    return (at + east).date()


def spread(times: list[datetime] | list[date], apart: timedelta) -> bool:
    return bool(times) and max(times) - min(times) >= apart  # type: ignore[operator]


def beside(anchor: datetime | None, passing: Callable[[datetime, datetime], bool]) -> Meaning:
    def meaning(world: World, east: timedelta) -> str:
        mine = times(world)
        if not mine:
            return "fails"
        return yes(any(passing(at, anchor) for at in mine)) if anchor else "unknown"

    return meaning


def to_e(passing: Callable[[datetime, datetime, timedelta], bool]) -> Meaning:
    """Some potassium stands so to the newest eGFR; without one nobody can tell."""

    def meaning(world: World, east: timedelta) -> str:
        mine, others = times(world), times(world, "e")
        if not mine:
            return "fails"
        return yes(any(passing(at, max(others), east) for at in mine)) if others else "unknown"

    return meaning


def to_stay(passing: Callable[[datetime, datetime, datetime, timedelta], bool]) -> Meaning:
    """Some potassium stands so to the stay."""

    def meaning(world: World, east: timedelta) -> str:
        mine = times(world)
        if not mine:
            return "fails"
        return yes(any(passing(at, *world.stay, east) for at in mine)) if world.stay else "unknown"

    return meaning


def changed(over: timedelta, by: Callable[[float, float], float], most: Callable, limit: float) -> Meaning:
    """From the earlier ones at most so long before the newest; of several of one instant each may be it."""

    def meaning(world: World, east: timedelta) -> str:
        mine = [(at, value) for c, at, value in world.results if c == "k"]
        if not mine:
            return "unknown"
        last = max(at for at, _ in mine)
        earlier = [value for at, value in mine if last - over <= at < last]
        if not earlier:
            return "unknown"
        amounts = {round(by(now, most(earlier)), 6) >= limit for now in newest(world, "k")}
        return "unknown" if len(amounts) > 1 else yes(True in amounts)

    return meaning


def share(world: World, east: timedelta) -> str:
    parts, wholes = newest(world, "k"), newest(world, "e")
    return decided((part / whole for part, whole in itertools.product(parts, wholes)), lambda v: v < 0.9)


def newer(world: World, east: timedelta) -> str:
    """By days; of one day the first that is named."""
    k, e = times(world, "k"), times(world, "e")
    takes_e = e and (not k or day(max(e), east) > day(max(k), east))
    return decided(newest(world, "e" if takes_e else "k"), high)


def points(world: World, east: timedelta) -> str:
    """Bands: 1 below 5, 0 at 5, 3 above; a range of two values allows what lies between them."""
    values = newest(world, "k")
    if not values:
        return "unknown"
    low, high = min(values), max(values)
    return yes(low != 5) if low == high else "unknown" if low <= 5 <= high else "holds"


def mean(world: World, east: timedelta) -> str:
    values = recent(world)
    return yes(sum(round(v * 10) for v in values) > 50 * len(values)) if values else "unknown"


def apart(limit: timedelta, of: Callable[[datetime, timedelta], datetime | date]) -> Meaning:
    def meaning(world: World, east: timedelta) -> str:
        pairs = itertools.product(times(world), times(world, "e"))
        return yes(any(abs(of(one, east) - of(other, east)) <= limit for one, other in pairs))  # type: ignore[operator]

    return meaning


def anyhow(passing: Callable[[datetime, float, timedelta], bool]) -> Meaning:
    return lambda w, east: yes(any(passing(at, value, east) for c, at, value in w.results if c == "k"))


def since_newest(passing: Callable[[datetime, timedelta], bool]) -> Meaning:
    return lambda w, east: yes(passing(max(times(w)), east)) if times(w) else "unknown"


def weigh(*parts: tuple[Meaning, int], least: int) -> Meaning:
    """A score, or so many parts: of truths that hold or fail in every world."""
    return lambda w, east: yes(sum(points for part, points in parts if part(w, east) == "holds") >= least)


HIGH = anyhow(lambda at, value, _: value > 5)
RECENT = anyhow(lambda at, value, _: at >= NOW - DAY)
YESTERDAY = anyhow(lambda at, value, east: day(at, east) >= TODAY - DAY)
#: name: (the definition, its meaning in a world)
MEANINGS: dict[str, tuple[dict, Meaning]] = {
    "recent": ({"any": "lab", **K, "within": "24 hours"}, RECENT),
    "yesterday": ({"any": "lab", **K, "within": "1 day"}, YESTERDAY),
    "high": ({"any": "lab", **K, "where": {"value": "above 5 mmol/L"}}, HIGH),
    "latest-recent": (
        {"latest": "lab", **K, "within": "24 hours", **ABOVE},
        lambda w, _: decided(newest(w, "k", NOW - DAY), high),
    ),
    "highest-recent": (
        {"highest": "lab", **K, "within": "12 hours", **ABOVE},
        lambda w, _: yes(max(recent(w, ago=12 * HOUR)) > 5) if recent(w, ago=12 * HOUR) else "unknown",
    ),
    "average-recent": ({"average": "lab", **K, "within": "24 hours", **ABOVE}, mean),
    "two-recent": (
        {"count": "lab", **K, "within": "24 hours", "is": "at least 2"},
        lambda w, _: yes(len(recent(w)) >= 2),
    ),
    "two-days": (
        {"count": "lab", **K, "distinct": "day", "is": "at least 2"},
        lambda w, east: yes(len({day(at, east) for at in times(w)}) >= 2),
    ),
    "spaced-hours": (
        {"count": "lab", **K, "spaced": "12 hours", "is": "at least 2"},
        lambda w, _: yes(spread(times(w), 12 * HOUR)),
    ),
    "spaced-days": (
        {"count": "lab", **K, "spaced": "1 day", "is": "at least 2"},
        lambda w, east: yes(spread([day(at, east) for at in times(w)], DAY)),
    ),
    "risen": (
        {"change": "lab", **K, "over": "12 hours", "is": "rise of at least 1 mmol/L"},
        changed(12 * HOUR, lambda now, then: now - then, min, 1),
    ),
    "doubled": (
        {"change": "lab", **K, "over": "24 hours", "is": "rise to at least 2 times"},
        changed(DAY, lambda now, then: now / then, min, 2),
    ),
    "fallen": (
        {"change": "lab", **K, "over": "24 hours", "is": "fall of at least 20 %"},
        changed(DAY, lambda now, then: 100 - 100 * now / then, max, 20),
    ),
    "hours-ago": (
        {"value": "k.time-since", "is": "at most 24 hours"},
        since_newest(lambda at, _: at >= NOW - DAY),
    ),
    "days-ago": (
        {"value": "k.time-since", "is": "at most 1 day"},
        since_newest(lambda at, east: day(at, east) >= TODAY - DAY),
    ),
    "after-e": ({"any": "lab", **K, "after": "e"}, to_e(lambda at, e, _: at > e)),
    "before-e": ({"any": "lab", **K, "before": "e"}, to_e(lambda at, e, _: at < e)),
    "around-e": (
        {"any": "lab", **K, "from": "3 hours before e", "until": "12 hours after e"},
        to_e(lambda at, e, _: e - 3 * HOUR <= at <= e + 12 * HOUR),
    ),
    "day-of-e": (
        {"any": "lab", **K, "during": "day of e"},
        to_e(lambda at, e, east: day(at, east) == day(e, east)),
    ),
    "days-before-e": (
        {"any": "lab", **K, "from": "1 day before e", "before": "day of e"},
        to_e(lambda at, e, east: day(e, east) - DAY <= day(at, east) < day(e, east)),
    ),
    "in-stay": ({"any": "lab", **K, "during": "stay"}, to_stay(lambda at, start, end, _: start <= at <= end)),
    "after-stay": ({"any": "lab", **K, "after": "stay"}, to_stay(lambda at, start, end, _: at > end)),
    "before-stay": ({"any": "lab", **K, "before": "stay"}, to_stay(lambda at, start, end, _: at < start)),
    "hours-before-stay": (
        {"any": "lab", **K, "from": "12 hours before stay", "before": "stay"},
        to_stay(lambda at, start, end, _: start - 12 * HOUR <= at < start),
    ),
    "days-after-stay": (
        {"any": "lab", **K, "after": "day of stay"},
        to_stay(lambda at, start, end, east: day(at, east) > day(end, east)),
    ),
    "high-this-month": (
        {"any": "lab", **K, "during": "month", "where": {"value": "above 5 mmol/L"}},
        anyhow(lambda at, value, east: value > 5 and day(at, east) >= TODAY),
    ),
    "before-the-month": (
        {"any": "lab", **K, "from": "2 days before month start", "before": "month start"},
        anyhow(lambda at, value, east: TODAY - 2 * DAY <= day(at, east) < TODAY),
    ),
    "between": (
        {"any": "lab", **K, "from": "24 hours before now", "before": "3 hours before now"},
        anyhow(lambda at, value, _: NOW - DAY <= at < NOW - 3 * HOUR),
    ),
    "hours-apart": ({"pair": ["ks", "es"], "where": {"gap": "at most 12 hours"}}, apart(12 * HOUR, lambda at, _: at)),
    "days-apart": ({"pair": ["ks", "es"], "where": {"gap": "at most 1 day"}}, apart(DAY, day)),
    "same-day": ({"pair": ["ks", "es"], "same": "day"}, apart(timedelta(0), day)),
    "listed": ({"pair": ["es", "ks"], "table": "pairs.csv"}, lambda w, _: yes(bool(times(w) and times(w, "e")))),
    "listed-near": (
        {"pair": ["ks", "es"], "table": "pairs.csv", "where": {"gap": "at most 12 hours"}},
        apart(12 * HOUR, lambda at, _: at),
    ),
    "not-listed": ({"pair": ["ks", "es"], "table": "others.csv"}, lambda *_: "fails"),
    "newest": ({"newest-of": ["k", "e"], **ABOVE}, newer),
    "share": ({"ratio": ["k", "e"], "is": "below 90 %"}, share),
    "chosen": (
        {"choose": [{"recent": "k"}, {"otherwise": "e"}], **ABOVE},
        lambda w, east: decided(newest(w, "k" if RECENT(w, east) == "holds" else "e"), high),
    ),
    "pointed": (
        {
            "points": "k",
            "bands": {"below 5 mmol/L": 1, "from 5 to 5 mmol/L": 0, "above 5 mmol/L": 3},
            "is": "at least 1",
        },
        points,
    ),
    "scored": (
        {"score": {"recent": 1, "high": 2, "yesterday": -1}, "is": "at least 2"},
        weigh((RECENT, 1), (HIGH, 2), (YESTERDAY, -1), least=2),
    ),
    "most": (
        {"at-least": "2", "of": ["recent", "high", "yesterday"]},
        weigh((RECENT, 1), (HIGH, 1), (YESTERDAY, 1), least=2),
    ),
}
DEFINITIONS = {
    "k": {"latest": "lab", **K},
    "e": {"latest": "lab", **E},
    "ks": {"any": "lab", **K},
    "es": {"any": "lab", **E},
    "stay": {"latest": "encounter"},
    **{name: told for name, (told, _) in MEANINGS.items()},
}
#: The two analytes stand together in one table, and each with a third in the other.
FILES = {
    "pairs.csv": "system,first,second\nloinc,2823-3,98979-8\n",
    "others.csv": "system,first,second\nloinc,2823-3,2160-0\nloinc,2160-0,98979-8\n",
}
RULESET = ruleset(DEFINITIONS, periods={"month": "calendar month"}, files=FILES)


def judge(patient: Patient, resources=None) -> dict[str, str]:
    unsupplied = () if patient.supplied else ("Observation",)
    told = patient.resources() if resources is None else resources
    at = moment(NOW, patient.zone)
    judging = verdicts(RULESET, *told, unsupplied=unsupplied, at=at).judging
    return {name: judging.truth(name).value for name in MEANINGS}


@settings(max_examples=400, deadline=None)
@given(patients())
def test_what_is_said_of_hours_holds_or_fails_at_every_possible_time(patient):
    found = {name: verdict for name, verdict in judge(patient).items() if verdict != "unknown"}
    east = ZONES[patient.zone]
    for world in patient.worlds():
        for name, verdict in found.items():
            # Of one day the number that can be read is taken, even if the other may be of a later hour.
            if name != "newest" or not one_day(world, east):
                assert (name, verdict) == (name, MEANINGS[name][1](world, east)), world


def one_day(world: World, east: timedelta) -> bool:
    k, e = times(world, "k"), times(world, "e")
    return bool(k and e) and day(max(k), east) == day(max(e), east)


exact = patients(tuple(map(written, INSTANTS))).filter(lambda patient: patient.certain)


@settings(max_examples=200, deadline=None)
@given(exact)
def test_where_every_hour_is_told_the_judge_says_what_the_one_world_says(patient):
    (world,) = patient.worlds()
    east = ZONES[patient.zone]
    assert judge(patient) == {name: meaning(world, east) for name, (_, meaning) in MEANINGS.items()}


@settings(max_examples=60, deadline=None)
@given(patients(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_resources_changes_anything(patient, dice):
    resources = patient.resources()
    mixed = [*resources, *(dice.choice(resources) for _ in range(2) if resources)]
    dice.shuffle(mixed)
    assert judge(patient, mixed) == judge(patient)


@settings(max_examples=60, deadline=None)
@given(patients(TOLD))
def test_a_supply_that_proves_incomplete_never_turns_a_verdict_round(patient):
    after = judge(Patient(patient.zone, patient.told, patient.stay, supplied=False))
    assert all(after[name] in (verdict, "unknown") for name, verdict in judge(patient).items() if verdict != "unknown")


LENGTHS = ("90 minutes", "3 hours", "24 hours", "1 day", "2 days", "1 month", "1 year")
SOURCES = {"k": {"any": "lab", **K}, "stay": {"any": "encounter"}}
TWICE = {
    f"{name}-{number}-{key}": {**source, key: f"{length}{more}"}
    for name, source in SOURCES.items()
    for number, length in enumerate(LENGTHS)
    for key, more in (("within", ""), ("from", " before now"))
}
TOLD_TWICE = ruleset(TWICE)


@settings(max_examples=150, deadline=None)
@given(patients())
def test_within_a_time_is_from_that_time_before_now(patient):
    """Two places judge the edge: ``within`` is asked for every fact, and is quick."""
    unsupplied = () if patient.supplied else ("Observation",)
    at = moment(NOW, patient.zone)
    judging = verdicts(TOLD_TWICE, *patient.resources(), unsupplied=unsupplied, at=at).judging
    for name in TWICE:
        other = name.replace("-within", "-from")
        assert (name, judging.truth(name, None)) == (name, judging.truth(other, None))
