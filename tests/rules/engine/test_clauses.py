"""Compositions as clauses: every clause is sound, and eight wide at most."""

import pytest

from cds.rules.engine.clauses import WIDEST, Clause, FreshSymbols, Side, nets_of
from cds.rules.engine.composition import Composition, Part
from cds.rules.engine.faults import NetRefused
from tests.rules.engine.compositions import all_of, any_of, at_least


def made(composition):
    return list(nets_of(composition, FreshSymbols([composition])))


def test_all_of_holds_with_all_parts_and_fails_with_any():
    (net,) = made(all_of(5, 0, "not 1"))
    assert net.clauses == (
        Clause((Side(0), Side(1, fails=True)), Side(5)),
        Clause((Side(0, fails=True),), Side(5, fails=True)),
        Clause((Side(1),), Side(5, fails=True)),
    )


def test_any_of_mirrors_all_of():
    (net,) = made(any_of(5, 0, "not 1"))
    assert net.clauses == (
        Clause((Side(0, fails=True), Side(1)), Side(5, fails=True)),
        Clause((Side(0),), Side(5)),
        Clause((Side(1, fails=True),), Side(5)),
    )


def test_two_of_three_is_made_of_lists_of_two():
    found = made(at_least(2, 9, 0, 1, 2))
    # At least 1 of the first 2; both of them; all of (at least 1 of the first 2, the third); any of the last two.
    assert [(net.symbol, net.reads) for net in found] == [(10, (0, 1)), (11, (0, 1)), (12, (10, 2)), (9, (11, 12))]
    assert max(len(clause.needs) for net in found for clause in net.clauses) == 2


@pytest.mark.parametrize(("n", "k"), [(2, 4), (5, 9), (8, 20)])
def test_counting_takes_two_nets_a_step_at_most(n, k):
    assert len(made(at_least(n, 99, *range(k)))) <= 2 * n * (k - n + 1)


def test_one_of_many_and_all_of_many_need_no_counting():
    assert made(at_least(1, 9, 0, 1, 2)) == made(any_of(9, 0, 1, 2))
    assert made(at_least(3, 9, 0, 1, 2)) == made(all_of(9, 0, 1, 2))


@pytest.mark.parametrize("width", [8, 9, 64, 65, 300])
def test_a_wide_list_is_split_into_eights(width):
    found = made(all_of(width, *range(width)))
    assert found[-1].symbol == width
    assert all(len(clause.needs) <= WIDEST for net in found for clause in net.clauses)
    read = {symbol for net in found for symbol in net.reads}
    assert set(range(width)) <= read
    assert len({net.symbol for net in found}) == len(found)


def test_a_part_named_twice_stands_once_because_the_engine_never_matches_a_fact_twice():
    (net,) = made(all_of(5, 0, 0, 1, 0))
    assert net.clauses[0].needs == (Side(0), Side(1))


def test_fresh_symbols_are_beyond_all_that_the_caller_used():
    fresh = FreshSymbols([all_of(3, 0, 40)])
    assert [fresh.take(), fresh.take()] == [41, 42]
    assert FreshSymbols([]).take() == 0


@pytest.mark.parametrize(
    ("composition", "reason"),
    [
        (all_of(7), "no-parts"),
        (any_of(7), "no-parts"),
        (at_least(0, 7, 1, 2), "n-out-of-range"),
        (at_least(3, 7, 1, 2), "n-out-of-range"),
        (Composition(7, "none-of", (Part(1),)), "unknown-kind"),
        (all_of(7, Part(-1).symbol), "bad-symbol"),
    ],
)
def test_a_composition_without_meaning_is_refused_by_name(composition, reason):
    with pytest.raises(NetRefused) as raised:
        made(composition)
    assert (raised.value.symbol, raised.value.reason) == (7, reason)
