"""The partition: small nets, in an order in which each depends on earlier ones only, and refusals."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds.rules.engine.clauses import WIDEST
from cds.rules.engine.encoding import encode
from cds.rules.engine.faults import NetRefused
from cds.rules.engine.nets import MOST_NETS, needed, partition
from tests.rules.engine.compositions import all_of, any_of, at_least, nets


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(compositions=nets())
def test_nets_are_small_and_depend_on_earlier_ones_only(compositions):
    found = partition(compositions)
    symbols = {composition.symbol for composition in compositions}
    decided = set()
    for net in found:
        assert not (set(net.reads) & symbols) - decided, "reads a composition that no earlier net decides"
        assert net.symbol not in decided, "something is decided twice"
        decided.add(net.symbol)
        assert len(net.reads) <= WIDEST
        assert len(net.clauses) <= WIDEST + 1
    assert symbols <= decided


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(compositions=nets(), chance=st.randoms(use_true_random=False))
def test_the_order_in_which_compositions_come_changes_nothing(compositions, chance):
    shuffled = list(compositions)
    chance.shuffle(shuffled)
    assert partition(shuffled) == partition(compositions)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(compositions=nets())
def test_whatever_authors_write_becomes_nets_of_few_forms(compositions):
    """By the number of parts; where a part and its opposite stand together, by how many of them do."""
    plain = [net for net in partition(compositions) if len(net.clauses) == len(net.reads) + 1]
    assert len({encode(net).shape.rules for net in plain}) <= WIDEST


def test_a_chain_is_one_net_after_the_other():
    found = partition([all_of(symbol, symbol - 1) for symbol in range(1, 21)])
    assert [(net.reads, net.symbol) for net in found] == [((symbol - 1,), symbol) for symbol in range(1, 21)]


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


def test_the_largest_that_is_taken_is_told_exactly():
    assert len(partition([all_of(9_000, *range(2_792))])) == MOST_NETS  # 349 of eight, 44 of those, 6, 1
    with pytest.raises(NetRefused):
        partition([all_of(9_000, *range(2_793))])


def test_nothing_becomes_no_nets():
    assert partition([]) == ()
