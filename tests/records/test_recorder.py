"""What the service records with: refuses rather than answers unrecorded, unless the operator chose otherwise."""

import errno
import os
import time

import pytest
from structlog.testing import capture_logs

from cds.metrics.prometheus import PrometheusMeter
from cds.records import recorder as recording
from cds.records.frames import Kind
from cds.records.recorder import NullRecorder, SpoolRecorder
from cds.records.segments import Segment, segments
from cds.records.spool import NotRecorded
from tests.metrics.telling import shown
from tests.records.telling import KEYS, NOON


@pytest.fixture
def launched(monkeypatch):
    """The states for which a shipper was asked, instead of a shipper."""
    asked = []
    monkeypatch.setattr(recording, "ensure_shipper", lambda state, url: asked.append((state, url)))
    return asked


def recorder_in(tmp_path, **options):
    return SpoolRecorder(tmp_path, "sqlite:///x", KEYS, lambda: NOON, **options)


def kept(tmp_path):
    return [frame.clear for path in segments(tmp_path / "spool") for frame, _ in Segment(path).unread()]


def full(*_):
    raise OSError(errno.ENOSPC, "")


def test_a_record_is_kept_and_a_shipper_is_asked_for_once_in_a_while(tmp_path, launched):
    recorder = recorder_in(tmp_path)
    for number in range(5):
        recorder.record(Kind.ANSWER, str(number).encode(), b"secret")
    assert kept(tmp_path) == [b"0", b"1", b"2", b"3", b"4"]
    assert launched == [(tmp_path, "sqlite:///x")]
    recorder._watched_at = time.monotonic() - 6
    recorder.record(Kind.ANSWER, b"5", b"secret")
    assert len(launched) == 2


def test_a_worker_that_begins_has_its_file_and_a_shipper_before_the_first_request(tmp_path, launched):
    recorder_in(tmp_path).open()
    assert (len(segments(tmp_path / "spool")), len(launched)) == (1, 1)


def test_on_a_full_disk_it_refuses_says_so_once_and_goes_on_when_there_is_room(tmp_path, launched, monkeypatch):
    recorder = recorder_in(tmp_path)
    recorder.record(Kind.ANSWER, b"before", b"")
    with capture_logs() as logs:
        with monkeypatch.context() as disk:
            disk.setattr(os, "write", full)
            disk.setattr("cds.records.spool.Path.write_bytes", full)
            for _ in range(3):
                with pytest.raises(NotRecorded):
                    recorder.record(Kind.ANSWER, b"lost", b"")
            assert (recorder.health()["state"], recorder.health()["failures"]) == ("failing", 3)
        assert recorder.health()["state"] == "recording"
        recorder.record(Kind.ANSWER, b"after", b"")
    assert kept(tmp_path) == [b"before", b"after"]
    assert [(entry["event"], entry.get("reason")) for entry in logs] == [
        ("not_recorded", "ENOSPC"),
        ("recording_again", None),
    ]


def test_best_effort_answers_all_the_same_and_counts(tmp_path, launched, monkeypatch):
    meter = PrometheusMeter()
    recorder = recorder_in(tmp_path, required=False, meter=meter)
    monkeypatch.setattr(os, "write", full)
    monkeypatch.setattr("cds.records.spool.Path.write_bytes", full)
    recorder.record(Kind.ANSWER, b"lost", b"")
    assert (recorder.health()["state"], recorder.health()["failures"]) == ("not-recording", 1)
    assert shown(meter)["cds_not_recorded_total"] == 1


def test_a_worker_that_cannot_begin_its_file_starts_and_refuses_later(tmp_path, launched):
    (tmp_path / "spool").write_text("in the way")
    recorder = recorder_in(tmp_path)
    recorder.open()
    assert recorder.health()["failures"] == 1
    assert launched == []


def test_where_no_shipper_can_be_started_records_wait(tmp_path, monkeypatch):
    monkeypatch.setattr(recording, "ensure_shipper", full)
    with capture_logs() as logs:
        recorder_in(tmp_path).record(Kind.ANSWER, b"x", b"")
    assert kept(tmp_path) == [b"x"]
    assert [entry["event"] for entry in logs] == ["shipper_absent"]


def test_health_counts_what_waits_and_what_was_set_aside(tmp_path, launched, monkeypatch):
    recorder = recorder_in(tmp_path)
    recorder.record(Kind.ANSWER, b"x", b"y" * 100)
    for name in ("a.refused", "b.refused", "c.damaged"):
        (tmp_path / "spool" / name).touch()
    health = recorder.health()
    assert (health["state"], health["refused"], health["damaged"]) == ("recording", 2, 1)
    assert health["unshipped"] > 100
    monkeypatch.setattr(recording, "_BEHIND_BYTES", 50)
    assert recorder.health()["state"] == "behind"


def test_the_null_recorder_keeps_nothing_and_says_so():
    null = NullRecorder(lambda: NOON)
    null.record(Kind.ANSWER, b"x", b"y")
    assert (null.keeps_nothing, null.health(), null.now()) == (True, {"state": "off"}, NOON)
