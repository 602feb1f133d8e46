"""A number on a card stands on the same side of every limit as the number that was judged."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.cards.numbers import Limits, show_number, show_quantity, show_unit
from cds.units.quantity import Interval, Quantity
from tests.rules.judge.telling import ruleset

fractions = st.fractions(min_value=-1000, max_value=1000, max_denominator=10**6)
near = st.builds(
    lambda edge, nudge, power: (edge, edge + Fraction(nudge, 10**power)),
    st.sampled_from([Fraction(30), Fraction(45), Fraction(0), Fraction(1, 2)]),
    st.integers(-9, 9),
    st.integers(0, 20),
)


@given(fractions, st.lists(fractions.map(lambda f: Fraction(round(f * 1000), 1000)), max_size=4).map(tuple))
def test_a_shown_number_is_on_its_side_of_every_edge(number, edges):
    shown = Fraction(show_number(number, edges))
    assert [(shown > edge, shown < edge) for edge in edges] == [(number > edge, number < edge) for edge in edges]


@given(near)
def test_however_near_a_number_is_to_an_edge_it_is_never_shown_as_the_edge(pair):
    edge, number = pair
    shown = Fraction(show_number(number, (edge,)))
    assert (shown > edge, shown < edge) == (number > edge, number < edge)


@given(fractions)
def test_a_shown_number_is_near_the_number_and_never_nothing_unless_it_is(number):
    shown = Fraction(show_number(number))
    assert abs(shown - number) * 100 <= abs(number)


@pytest.mark.parametrize(
    ("number", "edges", "shown"),
    [
        ("29.96", (), "29.96"),  # as recorded
        ("0.0625", (), "0.0625"),
        ("30.0", (), "30"),
        ("-0.5", (), "-0.5"),
        ("0", (), "0"),
        (Fraction(2996, 100) + Fraction(1, 10**9), (30,), "29.9"),
        (Fraction(89, 3), (30,), "29.7"),
        (Fraction(89, 3), (), "29.7"),
        (Fraction(200, 3), (), "67"),
        (Fraction(29999999, 10**6) + Fraction(1, 3 * 10**7), (30,), "29.9"),  # cut, where rounding would meet the edge
        (Fraction(1, 3), (Fraction(1, 3),), "0.333333"),
    ],
)
def test_a_number_has_as_few_decimals_as_keep_it_apart(number, edges, shown):
    assert show_number(Fraction(number), tuple(map(Fraction, edges))) == shown


@pytest.mark.parametrize(
    ("interval", "shown"),
    [
        (Interval(Fraction(2), Fraction(3)), "2 to 3 mg/day"),
        (Interval(Fraction(60), None), "at least 60 mg/day"),
        (Interval(Fraction(60), None, low_open=True), "above 60 mg/day"),
        (Interval(None, Fraction(5)), "at most 5 mg/day"),
        (Interval(None, Fraction(5), high_open=True), "below 5 mg/day"),
        (Interval(None, None), "an unknown amount of mg/day"),
        (Interval.exactly(50), "50 mg/day"),
    ],
)
def test_a_range_is_told_in_words(interval, shown):
    assert show_quantity(Quantity(interval, "mg/d"), None) == shown


def test_the_edges_are_those_of_every_test_and_band_in_the_unit_shown():
    told = ruleset(
        {
            "k": {"latest": "lab", "in": ["potassium"]},
            "high": {"value": "k", "is": "above 5 g/d"},
            "n": {"points": "k", "bands": {"below 40 mg/d": 1, "at least 40 mg/d": 0}},
        }
    )
    assert Limits(told).edges("mg/d") == (40, 5000)
    assert Limits(told).edges("Cel") == ()


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("{pack-years}", "pack-years"),
        ("{pack}/d", "packs/day"),
        ("mL/min/{1.73_m2}", "mL/min/1.73 m2"),
        ("mm[Hg]", "mmHg"),
        ("1", ""),
        ("[lb_av]", "lb"),
        ("[in_i]", "in"),
    ],
)
def test_a_unit_is_written_as_it_is_read_on_a_ward(unit, shown):
    assert show_unit(unit) == shown


@pytest.mark.parametrize(
    ("number", "edges", "shown"),
    [
        ("286.7", (), "287"),
        ("286.7", ("286.8",), "286"),  # 287 would lie beyond the edge
        ("72.5", (50, 90), "72.5"),  # a sum that can be checked
        ("49.96", (50,), "49.9"),
        ("50.04", (50,), "50.1"),
        ("99.95", (), "100"),
        ("0.125", (), "0.125"),
        ("100", (100,), "100"),
        (Fraction(2000, 3), (), "667"),
    ],
)
def test_a_computed_number_is_short_and_on_its_side(number, edges, shown):
    assert show_number(Fraction(number), tuple(map(Fraction, edges)), is_computed=True) == shown


@given(fractions, st.lists(fractions.map(lambda f: Fraction(round(f * 1000), 1000)), max_size=4).map(tuple))
def test_a_computed_number_is_shown_on_its_side_of_every_edge(number, edges):
    shown = Fraction(show_number(number, edges, is_computed=True))
    assert [(shown > edge, shown < edge) for edge in edges] == [(number > edge, number < edge) for edge in edges]
    assert abs(shown - number) * 100 <= abs(number)


@given(near)
def test_however_near_a_computed_number_is_to_an_edge_it_stays_beside_it(pair):
    edge, number = pair
    shown = Fraction(show_number(number, (edge,), is_computed=True))
    assert (shown > edge, shown < edge) == (number > edge, number < edge)


@pytest.mark.parametrize(("unit", "shown"), [("{INR}", ""), ("Cel", "°C"), ("{pack-years}", "pack-years")])
def test_a_unit_is_as_on_a_ward(unit, shown):
    assert show_unit(unit) == shown
