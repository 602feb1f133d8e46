import orjson
import pytest

from cds.records import refusals
from cds.records.frames import Kind
from cds.records.recorder import NullRecorder
from cds.records.refusals import Refusals, Refused
from cds.records.spool import NotRecorded
from tests.records.telling import INSTANCE, NOON

CALL = Refused("hook", "sign", "east", 400, "EnvelopeRejected", INSTANCE)


class Kept:
    """A recorder that remembers what it was given, or fails."""

    keeps_nothing = False

    def __init__(self):
        self.rows, self.records, self.fails = [], 0, False

    def now(self):
        return NOON

    def record(self, kind, clear, secret):
        assert (kind, secret) == (Kind.REFUSALS, b"")
        if self.fails:
            raise NotRecorded("ENOSPC")
        self.records += 1
        self.rows += orjson.loads(clear)["refusals"]

    def health(self):
        return {}


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def kept():
    return Kept()


def test_a_call_that_was_refused_is_kept_at_once(kept):
    Refusals(kept).note(CALL)
    assert kept.rows == [
        {
            "at": NOON.isoformat(),
            "call": "hook",
            "service": "sign",
            "client": "east",
            "status": 400,
            "fault": "EnvelopeRejected",
            "hook_instance": INSTANCE,
            "calls": 1,
        }
    ]


def test_a_flood_is_counted_by_kind_and_none_of_it_is_lost(kept):
    log = Refusals(kept, Clock())
    other = Refused("hook", "sign", "west", 412, "PrefetchMissing", INSTANCE)
    for _ in range(1000):
        log.note(CALL)
        log.note(other)
    assert kept.records == refusals._AT_ONCE
    log.finish()
    assert kept.records == refusals._AT_ONCE + 1
    assert sum(row["calls"] for row in kept.rows) == 2000
    assert sum(row["calls"] for row in kept.rows if row["client"] == "west") == 1000
    assert [row["hook_instance"] for row in kept.rows[-2:]] == [None, None]
    log.finish()
    assert kept.records == refusals._AT_ONCE + 1


def test_after_a_flood_calls_are_kept_by_themselves_again_one_a_second(kept):
    clock = Clock()
    log = Refusals(kept, clock)
    for _ in range(refusals._AT_ONCE + 5):
        log.note(CALL)
    log.finish()
    clock.now += 2
    for _ in range(5):
        log.note(CALL)
    assert kept.records == refusals._AT_ONCE + 1 + 2


def test_a_flood_of_many_kinds_takes_no_more_room_than_some(kept):
    log = Refusals(kept, Clock())
    for number in range(refusals._AT_ONCE + 10 * refusals._MOST_KINDS):
        log.note(Refused("hook", "sign", f"client {number}", 400, "EnvelopeRejected"))
    log.finish()
    assert len(kept.rows) == refusals._AT_ONCE + refusals._MOST_KINDS + 1
    assert sum(row["calls"] for row in kept.rows) == refusals._AT_ONCE + 10 * refusals._MOST_KINDS


def test_a_flood_is_written_without_waiting_for_the_next_call(kept, monkeypatch):
    begun = []

    class Timer:
        def __init__(self, seconds, function):
            assert seconds > 0
            self.function = function

        def start(self):
            begun.append(self)

    monkeypatch.setattr(refusals.threading, "Timer", Timer)
    log = Refusals(kept, Clock())
    for _ in range(refusals._AT_ONCE + 5):
        log.note(CALL)
    assert len(begun) == 1
    assert begun[0].daemon
    begun[0].function()
    assert sum(row["calls"] for row in kept.rows) == refusals._AT_ONCE + 5


STRANGER = Refused("hook", "", "", 401, "TokenRefused: signature", outside=True)


def test_who_was_not_let_in_is_only_counted(kept):
    log = Refusals(kept, Clock())
    for _ in range(100_000):
        log.note(STRANGER)
    assert kept.records == 0
    log.note(CALL)  # and takes nobody's place
    assert [row["client"] for row in kept.rows] == ["east"]
    log.finish()
    assert kept.records == 2
    assert (kept.rows[1]["calls"], kept.rows[1]["fault"]) == (100_000, "TokenRefused: signature")


def test_strangers_are_written_once_a_minute_whatever_else_is_written(kept, monkeypatch):
    timers = []

    class Timer:
        def __init__(self, seconds, function):
            timers.append((seconds, function))

        def start(self):
            pass

    monkeypatch.setattr(refusals.threading, "Timer", Timer)
    log = Refusals(kept, Clock())
    for _ in range(refusals._AT_ONCE + 5):
        log.note(STRANGER)
        log.note(CALL)
    (slow, write_outside), (quick, write_flood) = timers
    assert (slow, quick) == (60.0, 10.0)
    write_flood()
    assert {row["status"] for row in kept.rows} == {400}
    write_outside()
    assert kept.rows[-1]["calls"] == refusals._AT_ONCE + 5


def test_strangers_of_many_kinds_take_no_more_room_than_some(kept):
    log = Refusals(kept, Clock())
    for number in range(10 * refusals._MOST_KINDS):
        log.note(Refused("hook", f"service {number}", "", 503, "Overloaded", outside=True))
    log.finish()
    assert len(kept.rows) == refusals._MOST_KINDS + 1
    assert sum(row["calls"] for row in kept.rows) == 10 * refusals._MOST_KINDS


def test_what_cannot_be_recorded_raises_nothing(kept):
    kept.fails = True
    Refusals(kept).note(CALL)
    assert kept.rows == []


def test_where_nothing_is_kept_nothing_is_counted():
    log = Refusals(NullRecorder(lambda: NOON), Clock())
    for _ in range(1000):
        log.note(CALL)
    assert not log._counted
