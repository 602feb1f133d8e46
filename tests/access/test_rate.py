import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.access.client import ANONYMOUS, Client, Rate
from cds.access.faults import TooManyCalls
from cds.access.rate import Rates

LIMITED = Client("limited", rate=Rate(3, 10))
OTHER = Client("other", rate=Rate(1, 10))


class Clock:
    now = 50.0

    def __call__(self):
        return self.now


def wait(rates, client=LIMITED):
    with pytest.raises(TooManyCalls) as refused:
        rates.count(client)
    return refused.value.wait


def test_all_calls_of_a_rate_may_come_at_once_and_then_one_at_a_time():
    clock = Clock()
    rates = Rates([LIMITED], clock)
    for _ in range(3):
        rates.count(LIMITED)
    assert wait(rates) == pytest.approx(10 / 3)
    clock.now += 10 / 3 + 0.001
    rates.count(LIMITED)
    assert wait(rates) > 3


def test_a_refused_call_does_not_count():
    clock = Clock()
    rates = Rates([LIMITED], clock)
    for _ in range(3):
        rates.count(LIMITED)
    waits = [wait(rates) for _ in range(100)]
    assert waits == [waits[0]] * 100


def test_clients_are_counted_apart_and_one_without_a_rate_not_at_all():
    rates = Rates([ANONYMOUS, LIMITED, OTHER], Clock())
    rates.count(OTHER)
    wait(rates, OTHER)
    rates.count(LIMITED)
    for _ in range(1000):
        rates.count(ANONYMOUS)


def test_processes_share_one_allowance():
    rates = Rates([LIMITED], Clock())
    child = os.fork()
    if child == 0:
        rates.count(LIMITED)
        rates.count(LIMITED)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    rates.count(LIMITED)
    wait(rates)


@settings(deadline=None)
@given(st.integers(1, 50), st.integers(1, 60), st.lists(st.floats(0, 5), min_size=1, max_size=80))
def test_in_no_window_are_more_calls_let_in_than_burst_and_rate_allow(calls, seconds, gaps):
    client = Client("c", rate=Rate(calls, seconds))
    clock = Clock()
    rates = Rates([client], clock)
    came = []
    for gap in gaps:
        clock.now += gap
        try:
            rates.count(client)
        except TooManyCalls as refused:
            clock.now += refused.wait + 1e-6
            rates.count(client)
        came.append(clock.now)
    for first in range(len(came)):
        for last in range(first, len(came)):
            assert last - first + 1 <= calls + (came[last] - came[first]) * calls / seconds + 1e-3
