"""The partition: small nets, in an order in which each depends on earlier ones only, and refusals."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds.rules.engine.faults import NetRefused
from cds.rules.engine.nets import (
    MOST_BLOCKS,
    MOST_CLAUSES,
    MOST_PATTERNS_PER_SIDE,
    MOST_SIDES,
    needed,
    partition,
)
from tests.rules.engine.compositions import all_of, any_of, at_least, nets


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(compositions=nets())
def test_nets_are_small_and_depend_on_earlier_ones_only(compositions):
    found = partition(compositions)
    symbols = {composition.symbol for composition in compositions}
    decided = set()
    for net in found:
        for block in net.blocks:
            composed = set(block.reads) - net.decides
            assert not (composed & symbols) - decided, "reads a composition that no earlier net decides"
        decided |= net.decides
        assert len(net.blocks) <= MOST_BLOCKS
        assert len(net.clauses) <= MOST_CLAUSES
        patterns = Counter(side for clause in net.clauses for side in clause.needs)
        assert max(patterns.values()) <= MOST_PATTERNS_PER_SIDE
        assert len(patterns.keys() | {clause.gives for clause in net.clauses}) <= MOST_SIDES
    assert symbols <= decided
    assert len(decided) == sum(len(net.blocks) for net in found), "something is decided twice"


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(compositions=nets(), chance=st.randoms(use_true_random=False))
def test_the_order_in_which_compositions_come_changes_nothing(compositions, chance):
    shuffled = list(compositions)
    chance.shuffle(shuffled)
    assert partition(shuffled) == partition(compositions)


def test_a_composition_with_one_reader_shares_its_net():
    (net,) = partition([all_of(10, 0, 1), any_of(11, 10, 2), all_of(12, 11, 3)])
    assert [block.symbol for block in net.blocks] == [10, 11, 12]
    assert net.inputs == (0, 1, 2, 3)


def test_a_chain_longer_than_a_net_goes_on_in_the_next():
    found = partition([all_of(symbol, symbol - 1) for symbol in range(1, 21)])
    assert [len(net.blocks) for net in found] == [4, 4, 4, 4, 4]
    assert found[1].inputs == (4,)


def test_needed_is_the_goal_and_what_it_rests_on():
    found = partition([all_of(10, 0), any_of(11, 10, 1), all_of(12, 1)])
    assert needed(found, [11]) == {10, 11}
    assert needed(found, []) == frozenset()


@pytest.mark.parametrize(
    ("compositions", "symbol", "reason"),
    [
        ([all_of(3, 4), all_of(4, 5), any_of(5, 3)], 3, "cycle"),
        ([all_of(3, 3)], 3, "cycle"),
        ([all_of(3, 1), any_of(3, 2)], 3, "defined-twice"),
        ([at_least(15, 90, *range(30))], 90, "too-large"),
        ([at_least(50, 900, *range(120))], 900, "too-large"),
    ],
)
def test_what_the_engine_could_not_take_is_refused_before_it_sees_it(compositions, symbol, reason):
    with pytest.raises(NetRefused) as raised:
        partition(compositions)
    assert (raised.value.symbol, raised.value.reason) == (symbol, reason)


def test_a_symbol_that_many_compositions_read_is_spread_over_nets():
    found = partition([all_of(symbol, 0) for symbol in range(1, 301)])
    patterns = [Counter(side for clause in net.clauses for side in clause.needs) for net in found]
    assert max(max(counted.values()) for counted in patterns) <= MOST_PATTERNS_PER_SIDE
    assert sum(len(net.blocks) for net in found) == 300


def test_nothing_becomes_no_nets():
    assert partition([]) == ()
