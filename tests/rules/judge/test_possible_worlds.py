"""Whatever the judge says holds or fails does so in every world that the record allows; with no doubt it always says.

The definitions stand beside their meaning in a world, written down a second time without three values or intervals.
"""

import itertools
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.rules.judge.telling import MME, judged, moment, plan_of, record_of, ruleset
from tests.rules.judge.worlds import EDGE, ON, Dose, Patient, Telling, World, patients

Values = tuple[date, set[float]] | None  # the day, and the values of that day; None: there is none


def at_the_end(world: World, code: str, pick: Callable, since: date = date.min) -> Values:
    mine = [(day, value) for c, day, value in world if c == code and day >= since]
    if not mine:
        return None
    end = pick(day for day, _ in mine)
    return end, {value for day, value in mine if day == end}


def latest(world: World, code: str, since: date = date.min) -> Values:
    return at_the_end(world, code, max, since)


def newest(world: World) -> Values:
    k, e = latest(world, "k"), latest(world, "e")
    return e if k is None or (e is not None and e[0] > k[0]) else k


def decided(found: Values, test: Callable[[float], bool]) -> str:
    verdicts = {test(value) for value in found[1]} if found else set()
    return "unknown" if len(verdicts) != 1 else "holds" if True in verdicts else "fails"


def other_than_five(found: Values) -> str:
    """Values of one moment mean the range between them (LANGUAGE section 5, `on-tie`): 2 and 6 allow 5."""
    if not found:
        return "unknown"
    low, high = min(found[1]), max(found[1])
    if low == high == 5:
        return "fails"
    return "unknown" if low <= 5 <= high else "holds"


def yes(value: bool) -> str:
    return "holds" if value else "fails"


def of_one_day(world: World) -> bool:
    """Of one day the language takes the number that can be read, unlike a later one that cannot (section 3)."""
    k, e = latest(world, "k"), latest(world, "e")
    return k is not None and e is not None and k[0] == e[0]


def values(world: World, code: str, since: date = date.min) -> list[float]:
    return [value for c, day, value in world if c == code and day >= since]


def high(value: float) -> bool:
    return value > 5


def mean_above_five(found: list[float]) -> str:
    return yes(sum(round(value * 10) for value in found) > 50 * len(found)) if found else "unknown"


def reversed_of(verdict: str) -> str:
    return {"holds": "fails", "fails": "holds"}.get(verdict, verdict)


def spread(days: list[date], apart: int) -> bool:
    """Whether two of them lie so far apart: then the first and the last do."""
    return bool(days) and (max(days) - min(days)).days >= apart


def risen(series: list[tuple[date, float]]) -> str:
    """By 1 at least, within 30 days; of several results of the last day nobody knows which came last."""
    if not series:
        return "unknown"
    last = max(day for day, _ in series)
    newest = [value for day, value in series if day == last]
    earlier = [value for day, value in series if last - timedelta(days=30) <= day < last]
    if not earlier:
        return "unknown"
    least = round(min(newest) - min(earlier), 1)
    most = round(max(newest) - min(earlier + (newest if len(newest) > 1 else [])), 1)
    return "holds" if least >= 1 else "fails" if most < 1 else "unknown"


def month_before(day: date) -> date:
    """Of the days of these tests only the 31st of March has no such day in the month before."""
    year, month = (day.year - 1, 12) if day.month == 1 else (day.year, day.month - 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def since_e(world: World, passes: Callable[[date, date], bool]) -> str:
    """Whether some potassium stands so to the day of the newest eGFR; without one nobody can tell."""
    mine = [day for c, day, _ in world if c == "k"]
    e = latest(world, "e")
    if not mine:
        return "fails"
    return yes(any(passes(day, e[0]) for day in mine)) if e else "unknown"


K, E = {"in": ["potassium"]}, {"in": ["egfr"]}
ABOVE = {"is": "above 5 mmol/L"}
#: name: (the definition, its meaning in a world)
MEANINGS: dict[str, tuple[dict, Callable[[World], str]]] = {
    "latest": ({"latest": "lab", **K, **ABOVE}, lambda w: decided(latest(w, "k"), high)),
    "latest-at-least": (
        {"latest": "lab", **K, "is": "at least 5 mmol/L"},
        lambda w: decided(latest(w, "k"), lambda v: v >= 5),
    ),
    "latest-or-not": (
        {"latest": "lab", **K, **ABOVE, "if-absent": "fails"},
        lambda w: decided(latest(w, "k"), high) if latest(w, "k") else "fails",
    ),
    "latest-recent": (
        {"latest": "lab", **K, **ABOVE, "within": "10 days"},
        lambda w: decided(latest(w, "k", EDGE), high),
    ),
    "latest-of-the-high": (
        {"latest": "lab", **K, "where": {"value": "above 4 mmol/L"}, **ABOVE},
        lambda w: decided(latest(tuple(f for f in w if f[2] > 4), "k"), high),
    ),
    "tie-highest": (
        {"latest": "lab", **K, **ABOVE, "on-tie": "highest"},
        lambda w: yes(max(latest(w, "k")[1]) > 5) if latest(w, "k") else "unknown",
    ),
    "tie-lowest": (
        {"latest": "lab", **K, **ABOVE, "on-tie": "lowest"},
        lambda w: yes(min(latest(w, "k")[1]) > 5) if latest(w, "k") else "unknown",
    ),
    "earliest": ({"earliest": "lab", **K, **ABOVE}, lambda w: decided(at_the_end(w, "k", min), high)),
    "highest": (
        {"highest": "lab", **K, **ABOVE},
        lambda w: yes(max(values(w, "k")) > 5) if values(w, "k") else "unknown",
    ),
    "lowest": (
        {"lowest": "lab", **K, **ABOVE, "within": "10 days"},
        lambda w: yes(min(values(w, "k", EDGE)) > 5) if values(w, "k", EDGE) else "unknown",
    ),
    "any": ({"any": "lab", **K}, lambda w: yes(bool(values(w, "k")))),
    "any-recent": ({"any": "lab", **K, "within": "10 days"}, lambda w: yes(bool(values(w, "k", EDGE)))),
    "any-high": (
        {"any": "lab", **K, "where": {"value": "above 5 mmol/L"}},
        lambda w: yes(any(map(high, values(w, "k")))),
    ),
    "no-high": ({"absent": "any-high"}, lambda w: yes(not any(map(high, values(w, "k"))))),
    "two": ({"count": "lab", **K, "is": "at least 2"}, lambda w: yes(len(values(w, "k")) >= 2)),
    "at-most-one-recent": (
        {"count": "lab", **K, "within": "10 days", "is": "at most 1"},
        lambda w: yes(len(values(w, "k", EDGE)) <= 1),
    ),
    "two-days": (
        {"count": "lab", **K, "distinct": "day", "is": "at least 2"},
        lambda w: yes(len({day for c, day, _ in w if c == "k"}) >= 2),
    ),
    "newest": ({"newest-of": ["k", "e"], **ABOVE}, lambda w: decided(newest(w), high)),
    "chosen": (
        {"choose": [{"any-recent": "k"}, {"otherwise": "e"}], **ABOVE},
        lambda w: decided(latest(w, "k" if values(w, "k", EDGE) else "e"), high),
    ),
    "chosen-or-none": (
        {"choose": [{"any-recent": "k"}], **ABOVE},
        lambda w: decided(latest(w, "k") if values(w, "k", EDGE) else None, high),
    ),
    "score": (
        {"score": {"any-high": 2, "any-recent": 1}, "is": "at least 2"},
        lambda w: yes(2 * any(map(high, values(w, "k"))) + bool(values(w, "k", EDGE)) >= 2),
    ),
    "pointed": (
        {
            "points": "k",
            "bands": {"below 5 mmol/L": 1, "from 5 to 5 mmol/L": 0, "above 5 mmol/L": 3},
            "is": "at least 1",
        },
        lambda w: other_than_five(latest(w, "k")),
    ),
    "average": ({"average": "lab", **K, **ABOVE}, lambda w: mean_above_five(values(w, "k"))),
    "average-recent": (
        {"average": "lab", **K, "within": "10 days", "is": "at most 5 mmol/L"},
        lambda w: reversed_of(mean_above_five(values(w, "k", EDGE))),
    ),
    "spaced": (
        {"count": "lab", **K, "spaced": "30 days", "is": "at least 2"},
        lambda w: yes(spread([day for c, day, _ in w if c == "k"], 30)),
    ),
    "risen": (
        {"change": "lab", **K, "over": "30 days", "is": "rise of at least 1 mmol/L"},
        lambda w: risen([(day, value) for c, day, value in w if c == "k"]),
    ),
    "old": (
        {"value": "k.time-since", "is": "above 10 days"},
        lambda w: yes(latest(w, "k")[0] < EDGE) if latest(w, "k") else "unknown",
    ),
    "k-before-day-of-e": (
        {"any": "lab", **K, "before": "day of e"},
        lambda w: since_e(w, lambda day, e: day < e),
    ),
    "k-near-e": (
        {"any": "lab", **K, "from": "1 month before e", "until": "3 days after e"},
        lambda w: since_e(w, lambda day, e: month_before(e) <= day <= e + timedelta(days=3)),
    ),
    "high-between": (
        {
            "any": "lab",
            **K,
            "from": "1 year before now",
            "before": "10 days before now",
            "where": {"value": "above 5 mmol/L"},
        },
        lambda w: yes(any(v > 5 and date(2025, 5, 1) <= d < EDGE for c, d, v in w if c == "k")),
    ),
    "composed": (
        {"all-of": ["any-recent", "not any-high"]},
        lambda w: yes(bool(values(w, "k", EDGE)) and not any(map(high, values(w, "k")))),
    ),
}
DEFINITIONS = {
    "k": {"latest": "lab", **K},
    "e": {"latest": "lab", **E},
    **{n: told for n, (told, _) in MEANINGS.items()},
}
AT = moment()


def judge(patient: Patient) -> dict[str, str]:
    unsupplied = () if patient.supplied else ("Observation",)
    judging = judged(DEFINITIONS, *patient.resources(), unsupplied=unsupplied, at=AT)
    return {name: judging.truth(name).value for name in MEANINGS}


@settings(max_examples=500, deadline=None)
@given(patients())
def test_what_is_said_to_hold_or_fail_does_so_in_every_possible_world(patient):
    found = judge(patient)
    for world in patient.worlds():
        for name, verdict in found.items():
            if verdict != "unknown" and not (name == "newest" and of_one_day(world)):
                assert (name, verdict) == (name, MEANINGS[name][1](world)), world


certain = patients().filter(lambda patient: patient.certain)


@settings(max_examples=100, deadline=None)
@given(certain)
@example(Patient((Telling("k", "2025-06-01", "2.0", True), Telling("k", "2025-06-01", "6.0", True)), True))
def test_with_no_doubt_in_the_record_the_judge_says_what_the_one_world_says(patient):
    (world,) = patient.worlds()
    assert judge(patient) == {name: meaning(world) for name, (_, meaning) in MEANINGS.items()}


@settings(max_examples=60, deadline=None)
@given(patients(), st.randoms(use_true_random=False))
def test_the_order_in_which_results_are_told_changes_nothing(patient, dice):
    mixed = list(patient.told)
    dice.shuffle(mixed)
    assert judge(Patient(tuple(mixed), patient.supplied)) == judge(patient)


@settings(max_examples=60, deadline=None)
@given(patients(most=2), patients(codes="k", most=1))
def test_one_more_doubt_never_turns_a_verdict_round(patient, other):
    """What is decided may become unknown when the supply proves incomplete, but never the opposite."""
    before, after = judge(patient), judge(Patient(patient.told, supplied=False))
    assert all(after[name] in (verdict, "unknown") for name, verdict in before.items() if name != "k"), other


OPIOIDS = {
    "opioid": {"any": "medication", "in": ["opioids"], "within": "10 days"},
    "mme": MME,
    "total": {"sum": "mme"},
    **{f"total-{limit}": {"value": "total", "is": f"at least {limit} mg/d"} for limit in (50, 90)},
    "total-below-50": {"value": "total", "is": "below 50 mg/d"},
}
doses = st.lists(
    st.builds(Dose, st.sampled_from([20, 49, 50, 90, None]), st.sampled_from([*sorted(map(str, ON))[:5], None])),
    max_size=3,
)
doses = doses.map(lambda told: [d for d in told if d.on is None or d.on[:3] == "202"])


@settings(max_examples=100, deadline=None)
@given(doses, st.booleans())
def test_a_sum_of_doses_is_right_in_every_possible_world(told, supplied):
    resources = [dose.resource(number) for number, dose in enumerate(told)]
    unsupplied = () if supplied else ("MedicationRequest",)
    judging = judged(OPIOIDS, *resources, unsupplied=unsupplied, at=AT)
    unseen = [()] if supplied else [(), ((EDGE, 5),), ((EDGE, 500),)]
    for parts in itertools.product(*(dose.worlds() for dose in told), unseen):
        total = sum(dose for day, dose in itertools.chain.from_iterable(parts) if day >= EDGE)
        for name, expected in (("total-50", total >= 50), ("total-90", total >= 90), ("total-below-50", total < 50)):
            assert judging.truth(name).value in ("unknown", yes(expected)), (name, parts)


def test_the_plan_of_these_tests_reads_every_definition():
    plan = plan_of(ruleset(DEFINITIONS))
    assert len(record_of(plan, *Patient((), True).resources()).facts) == 0
    assert {coding.code for coding in plan.vocabulary.codings} == {"2823-3", "98979-8"}
