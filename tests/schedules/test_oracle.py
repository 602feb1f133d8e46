"""Random schedules and doses against a second forecaster, written another way: it reads the table and counts days.

It knows no date arithmetic but one day after the other: whether an age is reached is asked of each day, by completed
months as birthdays are counted.
"""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cds.schedules.forecast import Dose, Patient, forecast
from tests.schedules.tabled import schedule

A_DAY = timedelta(days=1)


# --- the oracle ------------------------------------------------------------------------------------


def parts(text):
    words = text.split()
    found = {"day": 0, "month": 0}
    for number, unit in zip(words[::2], words[1::2], strict=True):
        name = unit.rstrip("s")
        kind, size = {"day": ("day", 1), "week": ("day", 7), "month": ("month", 1), "year": ("month", 12)}[name]
        found[kind] += int(number) * size
    return found["month"], found["day"]


def reached(start, text, day):
    """Whether so much time has gone by on a day."""
    months, days = parts(text)
    on = day - days * A_DAY
    whole = (on.year - start.year) * 12 + on.month - start.month - (on.day < start.day)
    return on >= start and whole >= months


def age_holds(told, birth, on, grace):
    on += grace * A_DAY
    if told.startswith("at least "):
        return reached(birth, told.removeprefix("at least "), on)
    return not reached(birth, told.removeprefix("below "), on)


def ways_of(table, history, birth):
    done, counted, grace = history["done"], history["counted"], table["grace"]
    if done:
        return []
    entry = table["doses"][len(counted)]
    found = []
    for way in entry["ways"]:
        when = way.get("when", {})
        fits = all(
            counted and age_holds(when[key], birth, counted[place], grace)
            for key, place in (("first-dose", 0), ("last-dose", -1))
            if key in when
        )
        if fits:
            found.append(way)
    return found


def spans(way, history, birth):
    """Each table of lengths of a way, with the day it is counted from."""
    yield way.get("age", {}), birth
    if history["before"]:
        yield way.get("interval", {}), history["before"]
    if history["counted"]:
        yield way.get("since-first", {}), history["counted"][0]


def accepts(way, history, birth, day, grace):
    for lengths, start in spans(way, history, birth):
        if "accepted" in lengths:
            if not reached(start, lengths["accepted"], day):
                return False
        elif "minimum" in lengths and not reached(start, lengths["minimum"], day + grace * A_DAY):
            return False
    return "counts-below" not in way.get("age", {}) or not reached(birth, way["age"]["counts-below"], day)


def first_day(way, history, birth, keys):
    day = birth
    while not all(
        reached(start, lengths[key], day)
        for lengths, start in spans(way, history, birth)
        for key in keys
        if key in lengths
    ):
        day += A_DAY
    return day


def oracle(table, birth, days, today):
    history = {"counted": [], "before": None, "done": False}
    told = []
    for day in sorted(days):
        takers = [way for way in ways_of(table, history, birth) if accepts(way, history, birth, day, table["grace"])]
        told.append(bool(takers))
        if takers:
            history["counted"].append(day)
            history["done"] = len(history["counted"]) == len(table["doses"]) or any("last" in way for way in takers)
        history["before"] = day
    for way in ways_of(table, history, birth):
        earliest = first_day(way, history, birth, ("minimum",))
        below = way.get("age", {}).get("below")
        if below is None or not reached(birth, below, max(earliest, today)):
            recommended = first_day(way, history, birth, ("minimum", "recommended"))
            return told, (len(history["counted"]) + 1, earliest, recommended)
    return told, None


# --- what it is asked ------------------------------------------------------------------------------

_lengths = st.one_of(
    st.integers(0, 60).map(lambda n: f"{n} days"),
    st.integers(0, 9).map(lambda n: f"{n} weeks"),
    st.integers(0, 14).map(lambda n: f"{n} months"),
    st.tuples(st.integers(0, 1), st.integers(0, 5)).map(lambda n: f"{n[0]} years {n[1]} weeks"),
    st.tuples(st.integers(0, 5), st.integers(0, 9)).map(lambda n: f"{n[0]} months {n[1]} days"),
)


def _days_in(text):
    months, days = parts(text)
    return months * 30.4375 + days


@st.composite
def _spans(draw, *, limits=False):
    """Lengths in an order that the reader takes."""
    keys = draw(st.lists(st.sampled_from(["accepted", "minimum", "recommended"]), unique=True))
    keys = [key for key in ("accepted", "minimum", "recommended") if key in keys]
    limits = draw(st.lists(st.sampled_from(["below", "counts-below"]), unique=True)) if limits else []
    texts = sorted((draw(_lengths) for _ in range(len(keys) + len(limits))), key=_days_in)
    return dict(zip([*keys, *limits], texts, strict=True))


@st.composite
def _ways(draw, first):
    way = {"age": draw(_spans(limits=True))}
    if not first:
        way |= {"interval": draw(_spans()), "since-first": draw(_spans())}
        bounds = st.tuples(st.sampled_from(["at least", "below"]), _lengths).map(" ".join)
        when = draw(st.dictionaries(st.sampled_from(["first-dose", "last-dose"]), bounds, max_size=2))
        way |= {"when": when} if when else {}
    return way | ({"last": "yes"} if draw(st.booleans()) else {})


@st.composite
def _tables(draw):
    number = draw(st.integers(1, 4))
    doses = [{"ways": draw(st.lists(_ways(first=place == 0), min_size=1, max_size=3))} for place in range(number)]
    return {"grace": draw(st.integers(0, 5)), "doses": doses}


@settings(max_examples=150, deadline=None)
@given(
    _tables(),
    st.one_of(
        st.dates(date(2003, 1, 1), date(2005, 1, 1)),
        st.sampled_from([date(2004, 2, 29), date(2003, 12, 31), date(2003, 8, 31)]),
    ),
    st.lists(st.integers(0, 900), unique=True, max_size=6),
    st.integers(0, 1200),
)
def test_both_forecasters_agree(table, birth, given_after, today_after):
    days = [birth + after * A_DAY for after in given_after]
    today = birth + max([today_after, *given_after]) * A_DAY
    counted, planned = oracle(table, birth, days, today)
    found = forecast(
        schedule(*table["doses"], grace=f"{table['grace']} days"),
        Patient(birth, "female"),
        [Dose(day) for day in days],
        today=today,
    )
    assert [judged.standing == "counts" for judged in found.doses] == counted
    assert planned == (found.next and (found.next.number, found.next.earliest, found.next.recommended))
