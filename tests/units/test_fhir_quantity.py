"""FHIR quantities as intervals: never a number without its unit, never a guess."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.terminology.coding import UCUM
from cds.units.fhir_quantity import read_quantity
from cds.units.quantity import Interval, Quantity, Unconvertible


def measured(value=1.8, **more):
    return {"value": value, "system": UCUM, "code": "mg/dL", **more}


def test_a_coded_quantity_is_exact():
    assert read_quantity(measured(0.1)) == Quantity(Interval.exactly(Fraction(1, 10)), "mg/dL")
    assert read_quantity(measured(2)) == Quantity(Interval.exactly(2), "mg/dL")
    assert read_quantity(measured(Decimal("1.10"))) == Quantity(Interval.exactly(Fraction(11, 10)), "mg/dL")


@pytest.mark.parametrize(
    ("comparator", "interval"),
    [
        ("<", Interval(None, Fraction(60), high_open=True)),
        ("<=", Interval(None, Fraction(60))),
        (">", Interval(Fraction(60), None, low_open=True)),
        (">=", Interval(Fraction(60), None)),
    ],
)
def test_a_comparator_opens_the_interval(comparator, interval):
    assert read_quantity(measured(60, comparator=comparator)) == Quantity(interval, "mg/dL")


@pytest.mark.parametrize("comparator", ["ad", "~", "", 1, {}])
def test_any_other_comparator_is_refused(comparator):
    assert read_quantity(measured(60, comparator=comparator)) == Unconvertible("comparator")


@pytest.mark.parametrize("value", [True, "1.8", [1], {}, float("nan"), float("inf"), 1e300, 1e-300, Decimal("NaN")])
def test_what_is_not_a_plain_number_is_refused(value):
    assert read_quantity(measured(value)) == Unconvertible("not-a-number")


def test_a_truth_is_no_number_even_after_the_number_one():
    assert isinstance(read_quantity(measured(1)), Quantity)
    assert read_quantity(measured(True)) == Unconvertible("not-a-number")


@pytest.mark.parametrize(
    ("told", "unit"),
    [
        ({"system": UCUM, "code": "mg/dL"}, "mg/dL"),
        ({"system": "urn:oid:2.16.840.1.113883.6.8", "code": "mcg"}, "ug"),
        ({"code": "mg/dL"}, "mg/dL"),
        ({"unit": "mg/dL"}, "mg/dL"),
        ({"unit": "mcg"}, "ug"),
        ({"code": "flask", "unit": "mg"}, "mg"),
        ({"system": "http://example.org/local", "code": "77", "unit": "mg"}, "mg"),
        ({"system": "http://example.org/local", "code": "mcg", "unit": "ug"}, "ug"),
        ({"system": UCUM, "code": "mg/dL", "unit": "milligrams per decilitre"}, "mg/dL"),
        ({"system": UCUM, "code": "10*9/L", "unit": "10*3/uL"}, "10*9/L"),
        ({"system": UCUM, "code": "[IU]/L", "unit": "U/L"}, "[IU]/L"),
        ({"system": UCUM, "code": "{beats}/min", "unit": "bpm"}, "{beats}/min"),
        ({"system": UCUM, "code": "1"}, "1"),
    ],
)
def test_the_unit_comes_from_the_code_or_else_from_the_text(told, unit):
    assert read_quantity({"value": 5, **told}) == Quantity(Interval.exactly(5), unit)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({}, "no-unit"),
        ({"system": UCUM}, "no-unit"),
        ({"unit": ""}, "no-unit"),
        ({"unit": "tablets"}, "unknown-unit"),
        ({"system": UCUM, "code": "flask", "unit": "mg"}, "unknown-unit"),
        ({"system": "http://example.org/local", "code": "mg"}, "unknown-unit"),
        ({"system": UCUM, "code": "mg/dL", "unit": "mmol/L"}, "contradicting-units"),
        ({"system": UCUM, "code": "mL/min/{1.73_m2}", "unit": "mL/min"}, "contradicting-units"),
        ({"system": UCUM, "code": "mg", "unit": "mcg"}, "contradicting-units"),
        ({"code": "mg", "unit": "g"}, "contradicting-units"),
        ({"system": "http://example.org/local", "code": "mg", "unit": "mcg"}, "contradicting-units"),
        ({"code": "{tbl}", "unit": "mg"}, "contradicting-units"),
        ({"unit": 7}, "unknown-unit"),
        ({"code": ["mg"], "system": UCUM}, "unknown-unit"),
        ({"unit": "m" * 500}, "unknown-unit"),
    ],
)
def test_a_value_whose_unit_is_not_sure_is_refused(told, reason):
    assert read_quantity({"value": 5, **told}) == Unconvertible(reason)


def test_what_has_no_value_or_is_no_quantity_is_refused():
    assert read_quantity({"unit": "mg"}) == Unconvertible("no-value")
    assert read_quantity("5 mg") == Unconvertible("not-a-quantity")
    assert read_quantity(None) == Unconvertible("not-a-quantity")


@given(st.decimals(min_value="0.0001", max_value="99999", places=4))
def test_a_number_is_what_was_written(number):
    read = read_quantity(measured(float(number)))
    assert read.interval == Interval.exactly(Fraction(number))


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8), st.lists, max_leaves=3
)


@given(st.dictionaries(st.sampled_from(["value", "comparator", "unit", "system", "code"]), _JSON))
def test_reading_never_raises(value):
    assert isinstance(read_quantity(value), Quantity | Unconvertible)
