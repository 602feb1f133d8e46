"""A FHIR Quantity as an interval with a unit.

Between the resource readers and the facts. It refuses what could be read in two ways: a value without unit, a
number given as text, a code and a unit text that contradict each other.
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from cds.terminology.coding import UCUM, canonical_system
from cds.units.quantity import Interval, Quantity, Unconvertible
from cds.units.ucum import canonical_unit, is_arbitrary, same_unit

_LARGEST = 10**15  # nothing clinical is larger; keeps hostile exponents out of exact arithmetic
_SMALLEST_EXPONENT = -30
_LONGEST_UNIT = 200  # characters of code, system and text together


def read_quantity(value: object) -> Quantity | Unconvertible:
    """The interval and canonical unit of a FHIR Quantity (also Age, Duration, SimpleQuantity).

    The number must be a JSON number. A comparator (``<``, ``<=``, ``>=``, ``>``) makes the interval open-ended.
    The unit comes from ``code`` if the system is UCUM, or if there is no system and the code is a unit we know;
    else from the ``unit`` text if that is one and the code, whatever its system, is no other unit.
    Reasons: ``not-a-quantity``, ``no-value``, ``not-a-number``, ``comparator``, ``no-unit``, ``unknown-unit``,
    ``contradicting-units``.
    """
    if not isinstance(value, dict) and not isinstance(value, Mapping):
        return Unconvertible("not-a-quantity")
    get = value.get
    number, comparator, code, system, text = get("value"), get("comparator"), get("code"), get("system"), get("unit")
    if number is None:
        return Unconvertible("no-value")
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        return Unconvertible("not-a-number")
    if comparator is not None and not isinstance(comparator, str):
        return Unconvertible("comparator")
    if not isinstance(code, str | None) or not isinstance(system, str | None) or not isinstance(text, str | None):
        return _without_unit(number, comparator)
    if len(code or "") + len(system or "") + len(text or "") > _LONGEST_UNIT:
        return _without_unit(number, comparator)  # also keeps long texts out of the cache
    return _quantity(number, comparator, code, system, text)


def _without_unit(number: float | Decimal, comparator: str | None) -> Unconvertible:
    interval = _interval(number, comparator)
    return interval if isinstance(interval, Unconvertible) else Unconvertible("unknown-unit")


@lru_cache(maxsize=4096)  # the same few hundred results come again and again; equal numbers are equal quantities
def _quantity(
    number: float | Decimal, comparator: str | None, code: str | None, system: str | None, text: str | None
) -> Quantity | Unconvertible:
    interval = _interval(number, comparator)
    if isinstance(interval, Unconvertible):
        return interval
    unit = _chosen_unit(code or None, system or None, text or None)
    return unit if isinstance(unit, Unconvertible) else Quantity(interval, unit)


def read_number(value: object) -> Fraction | Unconvertible:
    """A JSON number, exactly as it was written (0.1 is one tenth); text and booleans are not numbers."""
    if value is None:
        return Unconvertible("no-value")
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return Unconvertible("not-a-number")
    return _exact(value)


def _exact(value: float | Decimal) -> Fraction | Unconvertible:
    if not math.isfinite(value) or not -_LARGEST <= value <= _LARGEST:
        return Unconvertible("not-a-number")
    if isinstance(value, int):
        return Fraction(value)
    decimal = Decimal(repr(value)) if isinstance(value, float) else value
    if decimal and decimal.adjusted() < _SMALLEST_EXPONENT:
        return Unconvertible("not-a-number")
    return Fraction(*decimal.as_integer_ratio())


def _interval(value: float | Decimal, comparator: str | None) -> Interval | Unconvertible:
    number = _exact(value)
    if isinstance(number, Unconvertible):
        return number
    if comparator is None:
        return Interval(number, number)
    if comparator in {"<", "<="}:
        return Interval(None, number, high_open=comparator == "<")
    if comparator in {">", ">="}:
        return Interval(number, None, low_open=comparator == ">")
    return Unconvertible("comparator")  # "ad" (R5), and whatever a sender invents


@lru_cache(maxsize=1024)
def _chosen_unit(code: str | None, system: str | None, text: str | None) -> str | Unconvertible:
    from_text = None if text is None else canonical_unit(text)
    if code is not None and system is not None and canonical_system(system) == UCUM:
        return _agreeing(canonical_unit(code), from_text)
    if code is not None and system is None and canonical_unit(code) is not None:
        return _agreeing(canonical_unit(code), from_text)
    if code is None and text is None:
        return Unconvertible("no-unit")
    if from_text is None:
        return Unconvertible("unknown-unit")
    # A code of another system is not read; but one that is a unit must not say another than the text.
    from_code = None if code is None or code.strip().isdigit() else canonical_unit(code)
    agreed = from_text if from_code is None else _agreeing(from_code, from_text)
    return agreed if isinstance(agreed, Unconvertible) else from_text


def _agreeing(from_code: str | None, from_text: str | None) -> str | Unconvertible:
    if from_code is None:
        return Unconvertible("unknown-unit")
    if from_text is None or from_text == from_code or same_unit(from_code, from_text):
        return from_code
    if is_arbitrary(from_code) and "U" in from_text:
        return from_code  # "[IU]/L" shown as "U/L": the text names no other unit, only less exactly
    return Unconvertible("contradicting-units")
