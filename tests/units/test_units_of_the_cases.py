"""Every unit that the cases from outside write, as it is read here: a unit that converts, or refused by a reason.

``units-of-the-cases.csv`` is the list, each spelling once; where ../shared is there, nothing in it may be unlisted.
"""

import csv
import json
from pathlib import Path

import pytest

from cds.units.fhir_quantity import read_quantity
from cds.units.quantity import Quantity
from cds.units.ucum import canonical_unit, convert, same_dimension

HERE = Path(__file__).resolve().parent
TOPICS = HERE.parents[1].parent / "shared" / "cases" / "topics"
with (HERE / "units-of-the-cases.csv").open(encoding="utf-8", newline="") as table:
    ROWS = list(csv.DictReader(table))


def spelled(quantity):
    return tuple(quantity.get(key) or "" for key in ("code", "system", "unit"))


def quantities(node):
    """Every FHIR Quantity in a resource, whatever element it stands in."""
    if isinstance(node, list):
        for each in node:
            yield from quantities(each)
    elif isinstance(node, dict):
        number = node.get("value")
        if isinstance(number, int | float) and not isinstance(number, bool) and any(spelled(node)):
            yield node
        for each in node.values():
            yield from quantities(each)


@pytest.mark.parametrize("row", ROWS, ids=["/".join(spelled(row)) for row in ROWS])
def test_a_unit_of_the_cases_is_read_as_listed(row):
    written = {key: row[key] for key in ("code", "system", "unit") if row[key]}
    found = read_quantity({"value": 1, **written})
    if row["refused"] == "yes":
        assert found.reason == row["read as"]
    else:
        assert isinstance(found, Quantity)
        assert found.unit == row["read as"] == canonical_unit(found.unit)
        assert same_dimension(found.unit, found.unit)
        assert convert(found, found.unit) == found


@pytest.mark.skipif(not TOPICS.is_dir(), reason=f"no cases from outside at {TOPICS}: nothing to compare")
def test_no_unit_of_the_cases_is_unlisted():
    listed = {spelled(row) for row in ROWS}
    found = {
        spelled(quantity)
        for file in TOPICS.glob("*.ndjson")
        for line in file.read_text(encoding="utf-8").splitlines()
        for quantity in quantities(json.loads(line))
        if quantity.get("code") or quantity.get("unit")
    }
    assert found - listed == set()
