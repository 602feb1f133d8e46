"""What docs/truth-tables.md says comes out, row by row, by both engines; and no state is left out of it."""

import pytest

from cds.rules.source.definitions import PREFIXES
from tests.truth_tables.asking import ASKINGS
from tests.truth_tables.page import EVERY_STATE, PAGE, tables

TABLES = tables()
ROWS = [(title, row) for title, table in TABLES.items() for row in table.rows]


@pytest.mark.parametrize("engine", ["durable", "reference"])
@pytest.mark.parametrize(("title", "row"), ROWS, ids=lambda told: told if isinstance(told, str) else "/".join(told[:3]))
def test_a_row_comes_out_as_it_is_published(title, row, engine):
    table = TABLES[title]
    assert tuple(ASKINGS[title](row, table.columns, engine)) == row[table.states :]


@pytest.mark.parametrize("title", EVERY_STATE)
def test_a_table_goes_through_every_state_once(title):
    table = TABLES[title]
    assert table.missing() == set()
    assert len(table.rows) == len(EVERY_STATE[title])


def test_every_list_and_every_prefix_word_has_a_table():
    text = PAGE.read_text("utf-8")
    assert all(f"`{kind}" in text for kind in ("all-of", "any-of", "none-of", "at-least"))
    assert all(f"`{prefix} x`" in text or f"`{prefix} k`" in text for prefix in PREFIXES)
