"""What is supplied by the days that it is supplied for."""

from fractions import Fraction

import pytest

from cds.facts.attributes import Measured, NotRecorded, Unreadable, read_attribute
from cds.facts.fact import Vocabulary
from cds.terminology.coding import RXNORM, Coding
from cds.units.quantity import Interval, Quantity
from tests.facts.reading import NOW, only, read
from tests.patients import medication_request

TABLET, LIQUID, COMBINED = "197606", "393245", "597984"  # digoxin 0.25 mg; digoxin 0.05 mg/mL; amlodipine, atorvastatin
VOCABULARY = Vocabulary(frozenset(Coding(RXNORM, code) for code in (TABLET, LIQUID, COMBINED)))


def average(code, quantity, days):
    supply = {"quantity": quantity, "expectedSupplyDuration": days}
    more = {"dispenseRequest": {name: value for name, value in supply.items() if value is not None}}
    record = read(medication_request(rxnorm=code, more=more), vocabulary=VOCABULARY)
    return read_attribute(only(record, "prescription"), "average-daily-dose", NOW)


def days(count):
    return {"value": count, "system": "http://unitsofmeasure.org", "code": "d"}


def mg(amount):
    return Quantity(Interval.exactly(amount), "mg/d")


def test_pieces_are_counted_with_and_without_a_unit():
    for unit in ({}, {"unit": "tablet"}):
        found = average(TABLET, {"value": 30, **unit}, days(15))
        assert isinstance(found, Measured)
        assert found.quantity == mg(Fraction(1, 2))


def test_a_liquid_goes_through_its_concentration():
    found = average(LIQUID, {"value": 60, "unit": "mL"}, days(30))
    assert isinstance(found, Measured)
    assert float(found.quantity.interval.low) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("code", "quantity", "length"),
    [
        (TABLET, {"value": 30}, days(0)),
        (TABLET, {"value": 30}, None),
        (TABLET, {"value": "many"}, days(30)),
        (TABLET, [30], days(30)),
        (LIQUID, {"value": 60}, days(30)),  # sixty of what?
        (COMBINED, {"value": 30}, days(30)),
        (TABLET, {"value": 30, "unit": "box"}, days(30)),
    ],
)
def test_what_cannot_be_computed_is_unreadable(code, quantity, length):
    assert isinstance(average(code, quantity, length), Unreadable)


def test_without_a_quantity_nothing_is_recorded():
    assert isinstance(average(TABLET, None, days(30)), NotRecorded)
