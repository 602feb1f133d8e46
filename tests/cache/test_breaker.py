import threading

import pytest

from cds.cache.breaker import Breaker


class Ticks:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def breaker(ticks: Ticks) -> Breaker:
    return Breaker(failures_to_open=3, rest=1.0, longest_rest=4.0, monotonic=ticks)


def opened(breaker: Breaker) -> Breaker:
    for _ in range(3):
        breaker.failed()
    assert breaker.is_open
    return breaker


def test_it_opens_at_the_third_failure_in_a_row_and_says_so_once(breaker):
    assert [breaker.failed() for _ in range(5)] == [False, False, True, False, False]
    assert not breaker.allows()


def test_a_success_in_between_starts_the_count_again(breaker):
    breaker.failed()
    breaker.failed()
    assert not breaker.succeeded()
    breaker.failed()
    breaker.failed()
    assert breaker.allows()
    assert not breaker.is_open


def test_after_the_rest_one_caller_probes_and_the_others_wait(breaker, ticks):
    opened(breaker)
    ticks.now += 1.0
    assert [breaker.allows() for _ in range(4)] == [True, False, False, False]


def test_among_threads_too_only_one_probes(breaker, ticks):
    opened(breaker)
    ticks.now += 1.0
    gate, answers = threading.Barrier(8), []

    def ask() -> None:
        gate.wait()
        answers.append(breaker.allows())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 7 + [True]


def test_a_probe_that_never_reports_back_does_not_close_the_way_for_ever(breaker, ticks):
    opened(breaker)
    ticks.now += 1.0
    assert breaker.allows()
    ticks.now += 1.0
    assert breaker.allows()


def test_a_good_probe_closes_it_and_says_so(breaker, ticks):
    opened(breaker)
    ticks.now += 1.0
    assert breaker.allows()
    assert breaker.succeeded()
    assert not breaker.is_open
    assert all(breaker.allows() for _ in range(4))


def test_the_rest_doubles_with_each_bad_probe_up_to_its_limit(breaker, ticks):
    opened(breaker)
    rests = []
    for _ in range(4):
        start = ticks.now
        while not breaker.allows():
            ticks.now += 0.5
        rests.append(ticks.now - start)
        breaker.failed()
    assert rests == [1.0, 2.0, 4.0, 4.0]


def test_a_recovered_server_that_fails_again_gets_the_short_rest(breaker, ticks):
    opened(breaker)
    breaker.failed()
    breaker.succeeded()
    opened(breaker)
    ticks.now += 1.0
    assert breaker.allows()
