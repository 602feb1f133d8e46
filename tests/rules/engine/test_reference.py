"""The oracle against the tables; and that it shares nothing with what it checks."""

import ast
from pathlib import Path

import pytest

from cds.rules.engine import reference
from cds.rules.engine.composition import Composition, Part
from cds.rules.engine.faults import EngineFault, NetRefused
from cds.rules.engine.reference import make_reference
from tests.rules.engine.compositions import HOLDS, TRUTHS, UNKNOWN, all_of, any_of, at_least, leaves
from tests.rules.engine.test_truth import PAIR_ROWS, TRIPLE_ROWS


@pytest.mark.parametrize(("first", "second", "both", "either"), PAIR_ROWS)
def test_the_oracle_follows_the_published_tables(first, second, both, either):
    oracle = make_reference([all_of(2, 0, 1), any_of(3, 0, 1), all_of(4, "not 2")])
    found = oracle.solve(leaves(first + second), [2, 3, 4])
    assert found == {2: TRUTHS[both], 3: TRUTHS[either], 4: TRUTHS[both].reversed()}


@pytest.mark.parametrize(("parts", "expected"), TRIPLE_ROWS)
def test_the_oracle_counts_as_the_table_says(parts, expected):
    oracle = make_reference([at_least(n, 2 + n, 0, 1, 2) for n in (1, 2, 3)])
    assert list(oracle.solve(leaves(parts), [3, 4, 5]).values()) == [TRUTHS[letter] for letter in expected]


def test_the_oracle_imports_nothing_of_the_engine_adapter():
    tree = ast.parse(Path(reference.__file__).read_text("utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name for name in imported if name.startswith("cds")} == {
        "cds.rules.engine.composition",
        "cds.rules.engine.faults",
        "cds.rules.engine.truth",
    }


def test_a_chain_deeper_than_any_recursion_is_judged():
    oracle = make_reference([all_of(symbol, f"not {symbol - 1}") for symbol in range(5_000, 0, -1)])
    assert oracle.solve({0: HOLDS}, [5_000])[5_000] is HOLDS


def test_a_leaf_that_was_never_judged_is_unknown():
    assert make_reference([all_of(1, 0)]).solve({}, [1]) == {1: UNKNOWN}


@pytest.mark.parametrize(
    ("compositions", "symbol", "reason"),
    [
        ([all_of(3, 4), all_of(4, 3)], 3, "cycle"),
        ([all_of(3, 1), all_of(3, 1)], 3, "defined-twice"),
        ([all_of(3)], 3, "no-parts"),
        ([at_least(3, 3, 1, 2)], 3, "n-out-of-range"),
        ([at_least(0, 3, 1, 2)], 3, "n-out-of-range"),
        ([Composition(3, "none-of", (Part(1),))], 3, "unknown-kind"),
        ([all_of(-3, 1)], -3, "bad-symbol"),
    ],
)
def test_what_has_no_meaning_is_refused(compositions, symbol, reason):
    with pytest.raises(NetRefused) as raised:
        make_reference(compositions)
    assert (raised.value.symbol, raised.value.reason) == (symbol, reason)


def test_a_closed_oracle_and_an_unknown_goal_are_faults():
    oracle = make_reference([all_of(1, 0)])
    with pytest.raises(EngineFault, match="unknown-goal"):
        oracle.solve({}, [0])
    oracle.close()
    with pytest.raises(EngineFault, match="closed"):
        oracle.solve({}, [1])
