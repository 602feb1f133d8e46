from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.authoring.told import json_number, quantity

UCUM = "http://unitsofmeasure.org"


def test_a_quantity_has_a_number_and_a_ucum_unit():
    unit = "mL/min/{1.73_m2}"
    assert quantity(f"40 {unit}") == {"value": 40, "unit": unit, "system": UCUM, "code": unit}
    assert quantity("40 %") == {"value": 40, "unit": "%", "system": UCUM, "code": "%"}


def test_a_number_without_a_unit_stays_without_one():
    assert quantity("1.1") == {"value": 1.1}


@pytest.mark.parametrize("comparator", ["<", "<=", ">", ">="])
def test_a_comparator_is_kept(comparator):
    assert quantity(f"{comparator}60 mg/dL") == quantity(f"{comparator} 60 mg/dL")
    assert quantity(f"{comparator}60") == {"value": 60, "comparator": comparator}


@pytest.mark.parametrize("text", ["", "high", "40mg", "40 mg dL", "=4", "4,5 mg", "1e3 mg", ".5 mg", "four mg"])
def test_what_is_not_a_quantity_is_none(text):
    assert quantity(text) is None


def test_a_number_that_json_would_change_is_refused():
    assert json_number("0.1000000000000000055511151231257827") is None
    assert json_number("29.999") == 29.999


@given(st.decimals(-100000, 100000, places=4, allow_nan=False))
def test_a_number_comes_back_from_json_as_it_was_written(number):
    text = format(number, "f")
    found = json_number(text)
    assert found is not None
    assert Decimal(repr(orjson.loads(orjson.dumps(found)))) == Decimal(text)
