"""A value against a limit: wholly inside holds, wholly outside fails, anything between is unknown."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.rules.definition import Limit
from cds.rules.engine.truth import Truth
from cds.rules.judge import values
from cds.rules.judge.values import Known, compare, hull
from cds.units.quantity import Interval, Quantity


def interval(text: str) -> Interval:
    """``[1,2)``; nothing for no bound."""
    low, high = text[1:-1].split(",")
    return Interval(
        Fraction(low) if low else None, Fraction(high) if high else None, text[0] == "(" and bool(low), text[-1] == ")"
    )


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [
        ("[30,30]", "(,30)", "fails"),  # below 30
        ("[29.999,29.999]", "(,30)", "holds"),
        ("[30,30]", "(,30]", "holds"),  # at most 30
        ("[30,30]", "[30,)", "holds"),  # at least 30
        ("[30,30]", "(30,)", "fails"),  # above 30
        ("(30,)", "(30,)", "holds"),  # the result ">30"
        ("(30,)", "[30,)", "holds"),
        ("[30,)", "(30,)", "unknown"),  # the result ">=30"
        ("(30,)", "(,30]", "fails"),
        ("[30,)", "(,30]", "unknown"),
        ("(,30)", "[30,)", "fails"),  # the result "<30"
        ("(,30]", "[30,)", "unknown"),
        ("(,30)", "(,30]", "holds"),
        ("(,0.5)", "(,1)", "holds"),
        ("(60,)", "(,45)", "fails"),
        ("(30,)", "(,45)", "unknown"),
        ("[2,3]", "[2,3]", "holds"),
        ("[2,3]", "(2,3]", "unknown"),
        ("[2,3]", "[2,3)", "unknown"),
        ("(2,3)", "(2,3)", "holds"),
        ("[1,2]", "[2,3]", "unknown"),
        ("[1,2)", "[2,3]", "fails"),
        ("[1,2]", "(2,3]", "fails"),
        ("[3,4]", "[2,3)", "fails"),
        ("(3,4]", "[2,3]", "fails"),
        ("[1,4]", "[2,3]", "unknown"),
        ("(,)", "[2,3]", "unknown"),
        ("[5,5]", "(,)", "holds"),
    ],
)
def test_an_interval_meets_a_limit_at_every_kind_of_edge(value, limit, expected):
    assert compare(interval(value), interval(limit)).value == expected


bounds = st.one_of(st.none(), st.integers(-3, 3).map(Fraction))


@st.composite
def intervals(draw):
    """Intervals that have at least one value."""
    low, high = draw(bounds), draw(bounds)
    if low is not None and high is not None and low > high:
        low, high = high, low
    exact = low is not None and low == high
    return Interval(
        low,
        high,
        low is not None and not exact and draw(st.booleans()),
        high is not None and not exact and draw(st.booleans()),
    )


POINTS = [Fraction(n, 4) for n in range(-20, 21)]


def holds_in(value: Fraction, within: Interval) -> bool:
    above = within.low is None or value > within.low or (value == within.low and not within.low_open)
    return above and (within.high is None or value < within.high or (value == within.high and not within.high_open))


@given(intervals(), intervals())
def test_comparing_agrees_with_trying_every_point(value, limit):
    inside = {holds_in(point, limit) for point in POINTS if holds_in(point, value)}
    expected = Truth.UNKNOWN if len(inside) == 2 else Truth.HOLDS if inside == {True} else Truth.FAILS
    # The points reach further than any bound, so they tell all there is to tell.
    assert compare(value, limit) is expected


@given(st.lists(intervals(), min_size=1, max_size=4))
def test_a_hull_holds_every_value_of_its_parts_and_keeps_their_ends(parts):
    around = hull([Quantity(part, "1") for part in parts])
    assert all(holds_in(point, around.interval) for part in parts for point in POINTS if holds_in(point, part))
    assert around.interval.low is None or around.interval.low in {part.low for part in parts}
    assert around.interval.high is None or around.interval.high in {part.high for part in parts}


def test_a_unit_that_does_not_convert_is_unknown_and_no_pass():
    limit = Limit(interval("[30,)"), "mg/dL", "at least 30 mg/dL")
    assert values.test_limit(Known(Quantity(interval("[99,99]"), "mmol/L")), limit) is Truth.UNKNOWN


def test_mass_and_amount_are_compared_only_with_a_molar_mass():
    limit = Limit(interval("(1.5,)"), "mg/dL", "above 1.5 mg/dL")
    amount = Quantity(interval("[159,159]"), "umol/L")
    assert values.test_limit(Known(amount), limit) is Truth.UNKNOWN
    assert values.test_limit(Known(amount, molar_mass=Fraction("113.12")), limit) is Truth.HOLDS
