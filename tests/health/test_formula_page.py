"""docs/formulas.md is what the formulas say of themselves, and each of them says enough."""

import sys

import pytest

from cds.formulas import FORMULAS
from tools.formula_page import PAGE, page


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tools.formula_page"


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_is_on_the_page_with_its_source_valid_range_and_units(name):
    assert f"**`{name}`**" in page()
    docstring = sys.modules[FORMULAS[name].evaluate.__module__].__doc__
    assert "\nSource: " in docstring or "\nSources: " in docstring
    assert "\nValid: " in docstring
    assert "\nUnits: " in docstring


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_is_in_the_table_of_the_language_page(name):
    language = (PAGE.parent / "language.md").read_text(encoding="utf-8")
    assert f"| `{name}` |" in language
