"""A rise or a fall: the newest value against earlier ones in time, and what is not known only widens it."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.patients import observation
from tests.rules.judge.telling import judged, truth

AKI = {"change": "lab", "in": ["creatinine"], "over": "48 hours", "is": "rise of at least 0.3 mg/dL"}
HALF = {"change": "lab", "in": ["creatinine"], "over": "7 days", "is": "rise to at least 1.5 times"}
LESS = {"change": "lab", "in": ["creatinine"], "over": "7 days", "is": "fall of at least 20 %"}


def cr(value, on, id="a", unit="mg/dL", **more):  # noqa: A002 -- a FHIR name
    return observation(value, unit, on=on, id=id, loinc="2160-0", **more)


def changed(clause, *results, **how):
    return truth({"c": clause}, "c", *results, **how)


NEWEST = "2026-05-01T10:00:00Z"


@pytest.mark.parametrize(
    ("clause", "before", "on", "now", "verdict"),
    [
        (AKI, 1.0, "2026-04-30T10:00:00Z", 1.3, "holds"),
        (AKI, 1.0, "2026-04-30T10:00:00Z", 1.29, "fails"),
        (AKI, 1.0, "2026-04-29T10:00:00Z", 1.3, "holds"),
        (AKI, 1.0, "2026-04-29T09:59:59Z", 1.3, "unknown"),
        (AKI, 1.6, "2026-04-30T10:00:00Z", 1.3, "fails"),
        (AKI, 1.0, "2026-04-29", 1.3, "unknown"),
        (AKI, 1.0, "2026-04-30", 1.3, "holds"),
        (HALF, 1.0, "2026-04-24", 1.5, "holds"),
        (HALF, 1.0, "2026-04-24", 1.49, "fails"),
        (HALF, 1.0, "2026-04-23", 1.5, "unknown"),
        (LESS, 1.0, "2026-04-24", 0.8, "holds"),
        (LESS, 1.0, "2026-04-24", 0.81, "fails"),
        (LESS, 1.0, "2026-04-24", 1.2, "fails"),
        ({**LESS, "is": "fall to at most 0.5 times"}, 1.0, "2026-04-24", 0.5, "holds"),
        ({**LESS, "is": "fall to below 0.5 times"}, 1.0, "2026-04-24", 0.5, "fails"),
        ({**LESS, "is": "rise of above 20 %"}, 1.0, "2026-04-24", 1.2, "fails"),
        ({**LESS, "is": "rise of above 20 %"}, 1.0, "2026-04-24", 1.21, "holds"),
        ({**LESS, "is": "fall of at least 0.2 mg/dL"}, 1.0, "2026-04-24", 0.8, "holds"),
    ],
)
def test_both_sides_of_every_edge(clause, before, on, now, verdict):
    assert changed(clause, cr(before, on), cr(now, NEWEST, "b")) == verdict


def test_a_rise_is_counted_from_the_lowest_and_a_fall_from_the_highest_in_time():
    series = [cr(0.9, "2026-04-30T08:00:00Z"), cr(1.1, "2026-05-01T08:00:00Z", "b"), cr(1.2, NEWEST, "c")]
    assert changed(AKI, *series) == "holds"
    assert changed(AKI, *series[1:]) == "fails"
    fallen = {**LESS, "is": "fall of at least 0.2 mg/dL"}
    assert changed(fallen, cr(1.0, "2026-04-28"), cr(0.9, "2026-04-30", "b"), cr(0.8, NEWEST, "c")) == "holds"


def test_the_newest_decides_even_if_an_earlier_one_was_high():
    assert changed(AKI, cr(1.0, "2026-04-29T12:00:00Z"), cr(1.5, "2026-04-30", "b"), cr(1.0, NEWEST, "c")) == "fails"


def test_one_value_is_no_change_and_none_is_absent():
    assert changed(AKI, cr(1.0, NEWEST)) == "unknown"
    assert changed({**AKI, "if-absent": "fails"}, cr(1.0, NEWEST)) == "fails"
    assert changed({**AKI, "if-absent": "fails"}) == "fails"
    assert changed({**AKI, "if-absent": "fails"}, unsupplied=["Observation"]) == "unknown"


def test_units_convert_also_between_mass_and_amount():
    assert changed(AKI, cr(88.4, "2026-04-30T10:00:00Z", unit="umol/L"), cr(1.31, NEWEST, "b")) == "holds"
    assert changed(AKI, cr(88.4, "2026-04-30T10:00:00Z", unit="umol/L"), cr(1.29, NEWEST, "b")) == "fails"


@pytest.mark.parametrize(
    ("doubtful", "verdict"),
    [
        (cr(9, "2026-05-01T11:00:00Z", "z", unit="no-such-unit"), "unknown"),  # may be the newest
        (cr(9, None, "z"), "unknown"),
        (cr(None, "2026-04-30T12:00:00Z", "z"), "unknown"),  # an earlier one that may have been lower
        (cr(0.5, "2026-04-30T12:00:00Z", "z", status="unheard-of"), "unknown"),
        (cr(1.25, "2026-04-30T12:00:00Z", "z", status="unheard-of"), "unknown"),  # of a status nobody knows
        (cr(0.1, "2026-04-20T12:00:00Z", "z"), "fails"),  # too long before
    ],
)
def test_what_is_not_known_never_settles_it(doubtful, verdict):
    assert changed(AKI, cr(1.1, "2026-04-30T10:00:00Z"), cr(1.2, NEWEST, "b"), doubtful) == verdict


def test_an_earlier_one_that_cannot_be_read_does_not_take_a_rise_back():
    unread = cr(None, "2026-04-30T12:00:00Z", "z")
    assert changed(AKI, cr(0.9, "2026-04-30T10:00:00Z"), cr(1.2, NEWEST, "b"), unread) == "holds"


def test_two_of_one_day_may_have_come_in_either_order():
    both = [cr(1.0, "2026-05-01"), cr(1.4, "2026-05-01", "b")]
    assert changed(AKI, *both) == "unknown"
    assert changed({**AKI, "if-absent": "fails"}, *both) == "unknown"
    assert changed({**AKI, "over": "7 days"}, *both, cr(1.2, "2026-04-28", "c")) == "unknown"  # 1.4 after 1.2, or 1.0
    assert changed({**AKI, "if-absent": "fails"}, cr(1.0, NEWEST), cr(1.4, NEWEST, "b")) == "fails"


def test_two_of_one_minute_may_have_come_in_either_order():
    before, minute = cr(1.0, "2026-04-30T10:00:00Z"), "2026-05-01T10:00Z"
    assert changed(AKI, before, cr(1.0, minute, "b"), cr(1.6, minute, "c")) == "unknown"
    fallen = (cr(0.8, "2026-05-01T09:59:59Z"), cr(0.8, minute, "b"), cr(2.0, minute, "c"))
    assert changed(LESS, *fallen) == "unknown"


def test_a_number_at_or_below_zero_has_no_multiples():
    assert changed(HALF, cr(0, "2026-04-30"), cr(1.5, NEWEST, "b")) == "unknown"


def test_values_with_comparators_are_ranges():
    below = cr(0.5, "2026-04-30T10:00:00Z")
    below["valueQuantity"]["comparator"] = "<"
    assert changed(AKI, below, cr(0.8, NEWEST, "b")) == "holds"
    assert changed(AKI, below, cr(0.6, NEWEST, "b")) == "unknown"


def test_its_number_is_the_change():
    judging = judged({"c": AKI, "d": HALF, "e": LESS}, cr(1.0, "2026-04-30"), cr(1.3, NEWEST, "b"))
    shown = [judging.value(name, None).quantity for name in ("c", "d", "e")]
    assert [(quantity.interval.low, quantity.unit) for quantity in shown] == [
        (Fraction("0.3"), "mg/dL"),
        (Fraction("1.3"), "1"),
        (-30, "%"),
    ]


# --- the oracle: plain series of numbers at plain times ---------------------------------------------

END = datetime(2026, 5, 1, 10, tzinfo=UTC)
VALUES = [Fraction(n, 10) for n in (5, 8, 10, 12, 13, 15, 20)]
points = st.tuples(st.sampled_from([0, 1, 24, 47, 48, 49, 100]), st.sampled_from(VALUES))


def means(series, hours, test):
    """series: (hours before the end, value), each time once."""
    newest_at, newest = min(series)
    earlier = [value for at, value in series if newest_at < at <= newest_at + hours]
    return "unknown" if not earlier else "holds" if test(newest, min(earlier), max(earlier)) else "fails"


MEANINGS = {
    "rise": (AKI, 48, lambda now, low, high: now - low >= Fraction("0.3")),
    "multiple": ({**HALF, "over": "48 hours"}, 48, lambda now, low, high: now / low >= Fraction("1.5")),
    "fall": ({**LESS, "over": "1 hour"}, 1, lambda now, low, high: (high - now) / high >= Fraction("0.2")),
    "to": (
        {**LESS, "over": "99 hours", "is": "fall to below 0.8 times"},
        99,
        lambda now, low, high: now / high < Fraction("0.8"),
    ),
}


@settings(max_examples=150, deadline=None)
@given(st.lists(points, min_size=1, max_size=5, unique_by=lambda point: point[0]))
def test_it_agrees_with_plain_arithmetic(series):
    told = [
        cr(float(value), (END - timedelta(hours=at)).isoformat(), f"r{number}")
        for number, (at, value) in enumerate(series)
    ]
    judging = judged({name: clause for name, (clause, _, _) in MEANINGS.items()}, *told)
    for name, (_, hours, test) in MEANINGS.items():
        assert (name, judging.truth(name).value) == (name, means(series, hours, test))


@settings(max_examples=150, deadline=None)
@given(st.lists(points, min_size=2, max_size=4, unique_by=lambda point: point[0]), st.data())
def test_one_result_without_a_value_may_have_had_any(series, data):
    lost = data.draw(st.integers(0, len(series) - 1))
    told = [
        cr(None if number == lost else float(value), (END - timedelta(hours=at)).isoformat(), f"r{number}")
        for number, (at, value) in enumerate(series)
    ]
    judging = judged({name: clause for name, (clause, _, _) in MEANINGS.items()}, *told)
    worlds = [[*series[:lost], (series[lost][0], value), *series[lost + 1 :]] for value in (*VALUES, Fraction(1, 100))]
    for name, (_, hours, test) in MEANINGS.items():
        found = {means(world, hours, test) for world in worlds}
        verdict = judging.truth(name).value
        assert verdict == "unknown" or found == {verdict}, name
