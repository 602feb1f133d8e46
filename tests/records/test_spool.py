"""The spool: whole records or none, one stream per process, nothing in clear."""

import os
import resource
import stat
import threading

import pytest

from cds.records.frames import Kind
from cds.records.segments import Segment, segments
from cds.records.spool import NotRecorded
from tests.records.telling import answered, opened, record, spool_in


def frames(tmp_path):
    """All records of all files, by stream and number."""
    return [frame for path in segments(tmp_path / "spool") for frame, _ in Segment(path).unread()]


def in_a_child(work):
    """Run in a forked process; its exit code."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = work() or 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_record_is_in_the_file_when_append_returns_and_only_keys_open_its_secret(tmp_path):
    spool = spool_in(tmp_path)
    name = record(spool, answered(), b"Zebedee takes warfarin")
    (frame,) = frames(tmp_path)
    assert (frame.stream, frame.seq) == name
    assert (frame.kind, frame.clear, opened(frame)) == (Kind.ANSWER, answered(), b"Zebedee takes warfarin")
    assert b"Zebedee" not in segments(tmp_path / "spool")[0].read_bytes()


def test_folder_and_files_are_for_their_owner_only(tmp_path):
    record(spool_in(tmp_path), b"{}")
    folder = tmp_path / "spool"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]


def test_a_sealed_part_does_not_open_as_another_records(tmp_path):
    spool = spool_in(tmp_path)
    record(spool, b"{}")
    record(spool, b"{}")
    first, second = frames(tmp_path)
    assert opened(first) == b"secret"
    assert opened(type(first)(first.stream, second.seq, first.kind, first.clear, first.sealed)) is None


def test_threads_share_one_stream_without_gaps(tmp_path):
    spool = spool_in(tmp_path)
    threads = [
        threading.Thread(target=lambda: [record(spool, b"{}", os.urandom(50)) for _ in range(50)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = frames(tmp_path)
    assert [frame.seq for frame in found] == list(range(400))
    assert len({frame.stream for frame in found}) == 1


def test_a_forked_worker_has_a_stream_of_its_own_and_the_parents_file_stays_its_own(tmp_path):
    spool = spool_in(tmp_path)
    record(spool, b'"parent"')

    def child():
        record(spool, b'"child"')
        record(spool, b'"child"')

    assert in_a_child(child) == 0
    record(spool, b'"parent"')
    by_stream = {}
    for frame in frames(tmp_path):
        by_stream.setdefault(frame.stream, []).append((frame.seq, frame.clear))
    assert sorted(by_stream.values()) == [[(0, b'"child"'), (1, b'"child"')], [(0, b'"parent"'), (1, b'"parent"')]]


def test_a_file_is_written_to_until_its_process_ends_however_it_ends(tmp_path):
    spool = spool_in(tmp_path)

    def child():
        record(spool, b"{}")
        (path,) = segments(tmp_path / "spool")
        return 0 if Segment(path).is_written_to() else 1

    assert in_a_child(child) == 0
    (path,) = segments(tmp_path / "spool")
    assert not Segment(path).is_written_to()


def test_a_full_file_is_followed_by_the_next_of_the_same_stream(tmp_path):
    spool = spool_in(tmp_path, segment_bytes=500)
    for _ in range(20):
        record(spool, b"{}", b"x" * 100)
    paths = segments(tmp_path / "spool")
    assert len(paths) > 3
    assert [Segment(path).is_written_to() for path in paths[:-1]] == [False] * (len(paths) - 1)
    assert [frame.seq for frame in frames(tmp_path)] == list(range(20))


def test_a_record_that_the_disk_takes_only_in_part_is_taken_back_and_refused(tmp_path):
    """A real short write: the system stops at the limit in the middle of the record."""
    spool = spool_in(tmp_path)

    def child():
        record(spool, b"{}", b"x" * 1000)
        (path,) = segments(tmp_path / "spool")
        before = path.read_bytes()
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 300, most))
        with pytest.raises(NotRecorded):
            record(spool, b"{}", b"y" * 1000)
        assert path.read_bytes() == before
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        record(spool, b"{}", b"z" * 1000)

    assert in_a_child(child) == 0
    assert [(frame.seq, opened(frame)[:1]) for frame in frames(tmp_path)] == [(0, b"x"), (1, b"z")]


def test_where_the_remains_cannot_be_taken_back_nothing_follows_them(tmp_path, monkeypatch):
    spool = spool_in(tmp_path)
    record(spool, b'"before"')
    write = os.write
    with monkeypatch.context() as broken:
        broken.setattr(os, "write", lambda file, content: write(file, content[:20]))
        broken.setattr(os, "ftruncate", lambda *_: (_ for _ in ()).throw(OSError(5, "")))
        with pytest.raises(NotRecorded) as refused:
            record(spool, b'"lost"')
    assert refused.value.reason == "ENOSPC"
    record(spool, b'"after"')
    assert sorted(frame.clear for frame in frames(tmp_path)) == [b'"after"', b'"before"']
    assert len({frame.stream for frame in frames(tmp_path)}) == 2


def test_a_folder_that_cannot_be_made_refuses_and_names_no_path(tmp_path):
    (tmp_path / "spool").write_text("in the way")
    with pytest.raises(NotRecorded) as refused:
        record(spool_in(tmp_path), b"{}")
    assert str(refused.value) == "EEXIST"


def test_whether_there_is_room_is_tried_and_leaves_nothing(tmp_path):
    spool = spool_in(tmp_path)
    spool.open()
    assert spool.has_room()
    assert len(list((tmp_path / "spool").iterdir())) == 1
    assert not spool_in(tmp_path / "gone").has_room()
