"""A database that hangs keeps nobody waiting, and not every thread either."""

import threading
import time

import pytest

from cds.records.database import DatabaseAway
from cds.records.patience import InTime


def test_what_is_said_in_time_is_the_answer_and_a_fault_is_raised():
    in_time = InTime(5)
    assert in_time.ask(lambda: 7) == 7

    def fails():
        raise DatabaseAway("OperationalError")

    with pytest.raises(DatabaseAway, match="OperationalError"):
        in_time.ask(fails)


def test_what_hangs_is_given_up_and_soon_not_asked_at_all():
    in_time, released = InTime(0.05, most=2), threading.Event()
    for reason in ("TimeoutError", "TimeoutError", "StillAsked"):
        began = time.monotonic()
        with pytest.raises(DatabaseAway, match=reason):
            in_time.ask(lambda: released.wait(30))
        assert time.monotonic() - began < 10
    released.set()
    until = time.monotonic() + 10
    while True:  # those that were given up end, and it is asked again
        try:
            assert in_time.ask(lambda: 7) == 7
            break
        except DatabaseAway:
            assert time.monotonic() < until
            time.sleep(0.01)
