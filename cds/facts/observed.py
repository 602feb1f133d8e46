"""The value of an observation or of one of its components, whichever of FHIR's value types it has.

Under ``attributes``. A text is a number only if it carries number and unit ("> 60 mL/min"): a bare "> 60" could be
anything, and "about 5" is no measurement.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cds.facts.attribute import DATA_ABSENT, NOT_RECORDED, Attribute, Dated, Flagged, Unreadable, coded, measured
from cds.facts.dates import Moment, Span
from cds.facts.entry import read_date
from cds.facts.shapes import first_object
from cds.units.fhir_quantity import read_number, read_quantity
from cds.units.quantity import Interval, Quantity, Unconvertible
from cds.units.ucum import canonical_unit

_WRITTEN = re.compile(
    r"(?P<comparator><=|>=|<|>|≤|≥)?\s{0,3}(?P<number>\d{1,9}(?:\.\d{1,9})?)\s{0,3}(?P<unit>\S.{0,40})"
)
_COMPARATORS = {"≤": "<=", "≥": ">="}
_LONGEST = 80


def observed_value(resource: Mapping[str, Any], when: Span | None, moment: Moment) -> Attribute:
    """The one value; none, two at once, or one said to be absent is no value."""
    found = [(name, value) for name, value in resource.items() if name.startswith("value") and value is not None]
    if resource.get("dataAbsentReason"):
        return Unreadable(DATA_ABSENT)
    if len(found) != 1:
        return Unreadable("several-values") if found else NOT_RECORDED
    name, value = found[0]
    if name == "valueQuantity":
        return measured(read_quantity(value), when)
    if name == "valueCodeableConcept":
        return coded(value) if isinstance(value, dict) else Unreadable("malformed")
    return _other(name, value, when, moment)


def _other(name: str, value: object, when: Span | None, moment: Moment) -> Attribute:
    if name == "valueString":
        return measured(_written(value), when)
    if name == "valueInteger":
        number = read_number(value) if isinstance(value, int) else Unconvertible("not-a-number")
        exact = number if isinstance(number, Unconvertible) else Quantity(Interval.exactly(number), "1")
        return measured(exact, when)
    if name == "valueBoolean":
        return Flagged(value) if isinstance(value, bool) else Unreadable("malformed")
    if name == "valueRange":
        return measured(_range(first_object(value)), when)
    if name in {"valueDateTime", "valuePeriod"}:
        span = read_date(value, name, moment)
        return Unreadable("bad-date") if span is None else Dated(span)
    return Unreadable("value-type")


def _written(text: object) -> Quantity | Unconvertible:
    match = _WRITTEN.fullmatch(text.strip()) if isinstance(text, str) and len(text) <= _LONGEST else None
    if match is None or canonical_unit(match["unit"].strip()) is None:
        return Unconvertible("text-only")
    comparator = match["comparator"]
    sign = _COMPARATORS.get(comparator, comparator)
    return read_quantity({"value": Decimal(match["number"]), "comparator": sign, "unit": match["unit"].strip()})


def _range(limits: Mapping[str, Any]) -> Quantity | Unconvertible:
    low, high = read_quantity(limits.get("low")), read_quantity(limits.get("high"))
    if isinstance(low, Unconvertible) or isinstance(high, Unconvertible):
        return low if isinstance(low, Unconvertible) else high
    if low.unit != high.unit or low.interval.low is None or high.interval.high is None:
        return Unconvertible("bad-range")
    if low.interval.low > high.interval.high:
        return Unconvertible("bad-range")
    return Quantity(Interval(low.interval.low, high.interval.high), low.unit)
