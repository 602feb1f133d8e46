"""Ctrl-C during work that other processes share: it ends then, not when all of it is done."""

import os
import signal
import time

import pytest

from cds.authoring.processes import some_processes

LONG = 120


def test_ctrl_c_ends_the_others_and_what_was_not_begun_is_never_done():
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), some_processes(2) as pool:  # noqa: PT012 - the interrupt comes in its middle
        others = {pool.submit(os.getpid).result() for _ in range(20)}
        waiting = [pool.submit(time.sleep, LONG) for _ in range(6)]
        while not any(each.running() for each in waiting):
            time.sleep(0.01)
        for other in others:
            os.kill(other, signal.SIGINT)
        raise KeyboardInterrupt
    assert time.monotonic() - began < LONG / 2
    assert all(each.done() for each in waiting)


def test_what_was_begun_is_done_where_nothing_happens():
    with some_processes(2) as pool:
        assert [each.result() for each in [pool.submit(abs, -number) for number in range(5)]] == [0, 1, 2, 3, 4]
