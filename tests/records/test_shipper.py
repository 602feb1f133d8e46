"""From the spool into SQL: everything once, nothing thrown away, whoever dies when."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from cds.records.database import DatabaseAway, is_current, open_database, reached
from cds.records.frames import PREAMBLE_BYTES
from cds.records.launch import ensure_shipper, ship_what_waits, wait_until_shipped
from cds.records.segments import segments
from cds.records.shipper import Shipper
from tests.records.telling import NOON, answered, card_id, record, reported, spool_in

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(tmp_path):
    opened = open_database(None, tmp_path)
    yield opened
    opened.dispose()


@pytest.fixture
def shipper(tmp_path, engine):
    return Shipper(tmp_path / "spool", engine)


def rows(engine, query):
    with reached(engine) as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def count(engine, table):
    return rows(engine, f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608 - our own tables


def waiting(tmp_path):
    return segments(tmp_path / "spool")


def test_records_of_a_living_writer_are_shipped_as_they_come_and_its_file_stays(tmp_path, engine, shipper):
    spool = spool_in(tmp_path)
    spool.open()
    assert shipper.ship() == 0
    for number in range(3):
        record(spool, answered(f"d-{number}"))
        assert shipper.ship() == 1
    assert shipper.ship() == 0
    assert count(engine, "answer") == 3
    assert len(waiting(tmp_path)) == 1


def test_what_is_complete_is_removed_only_when_all_of_it_is_shipped(tmp_path, engine, shipper):
    spool = spool_in(tmp_path)
    for number in range(5):
        record(spool, answered(f"d-{number}"))
    spool.close()
    assert shipper.ship() == 5
    assert waiting(tmp_path) == []
    assert count(engine, "answer") == 5


def test_shipping_again_from_the_beginning_changes_nothing(tmp_path, engine):
    spool = spool_in(tmp_path)
    record(spool, answered())
    record(spool, reported((card_id(), "overridden"), (card_id(), "overridden")), kind=2)
    for _ in range(3):  # a new shipper knows nothing of what the last one did
        Shipper(tmp_path / "spool", engine).ship()
    tables = ("decision", "answer", "card", "feedback_call", "feedback")
    assert {table: count(engine, table) for table in tables} == dict.fromkeys(tables, 1)


def test_a_retry_is_an_answer_of_the_same_decision_and_the_first_one_stays_the_first(tmp_path, engine, shipper):
    spool = spool_in(tmp_path)
    first = record(spool, answered())
    shipper.ship()
    record(spool, answered())
    other = spool_in(tmp_path / "elsewhere")
    record(other, answered())
    shipper.ship()
    Shipper(tmp_path / "elsewhere" / "spool", engine).ship()
    assert rows(engine, "SELECT first_stream, first_seq FROM decision") == [first]
    assert count(engine, "answer") == 3


def test_a_torn_end_is_kept_aside_and_what_came_before_it_is_shipped(tmp_path, engine, shipper):
    spool = spool_in(tmp_path)
    record(spool, answered("d-1"))
    record(spool, answered("d-2"))
    spool.close()
    (path,) = waiting(tmp_path)
    os.truncate(path, path.stat().st_size - 1)
    with capture_logs() as logs:
        assert shipper.ship() == 1
    assert rows(engine, "SELECT id FROM decision") == [("d-1",)]
    assert waiting(tmp_path) == []
    assert [file.suffix for file in (tmp_path / "spool").iterdir()] == [".damaged"]
    assert [entry["event"] for entry in logs] == ["spool_damaged"]


def test_a_damaged_record_does_not_keep_those_before_it_nor_other_files(tmp_path, engine, shipper):
    damaged, sound = spool_in(tmp_path), spool_in(tmp_path)
    record(damaged, answered("d-1"))
    end = waiting(tmp_path)[0].stat().st_size
    record(damaged, answered("d-2"))
    (path,) = waiting(tmp_path)
    content = bytearray(path.read_bytes())
    content[end + 30] ^= 1
    path.write_bytes(content)
    record(sound, answered("d-3"))
    damaged.close()
    assert shipper.ship() == 2
    assert rows(engine, "SELECT id FROM decision ORDER BY id") == [("d-1",), ("d-3",)]


def test_a_file_that_is_no_spool_is_set_aside_and_stops_nobody(tmp_path, engine, shipper):
    record(spool_in(tmp_path), answered())
    (tmp_path / "spool" / "0-rubbish.spool").write_bytes(b"x" * PREAMBLE_BYTES * 3)
    assert shipper.ship() == 1
    assert (tmp_path / "spool" / "0-rubbish.damaged").exists()
    assert count(engine, "answer") == 1


@pytest.mark.parametrize(
    "clear", [b"{", b"{}", b"[]", answered(at="noon"), answered(cards=()).replace(b"[]", b"[[1]]")]
)
def test_a_record_that_the_database_will_never_take_is_kept_aside_and_the_others_are_shipped(
    tmp_path, engine, shipper, clear
):
    spool = spool_in(tmp_path)
    record(spool, answered("d-1"))
    record(spool, clear, b"kept")
    record(spool, answered("d-2"))
    spool.close()
    with capture_logs() as logs:
        shipper.ship()
    assert count(engine, "answer") == 2
    assert waiting(tmp_path) == []
    (kept,) = (tmp_path / "spool").glob("*.refused")
    assert kept.read_bytes()[8:].startswith(clear)
    assert [entry["event"] for entry in logs] == ["record_refused"]


def test_while_the_database_is_away_everything_waits_and_then_goes_on(tmp_path):
    in_the_way = tmp_path / "db"
    in_the_way.write_text("no folder")
    record(spool_in(tmp_path), answered())
    shipper = Shipper(tmp_path / "spool", open_database(f"sqlite:///{in_the_way}/records.db", tmp_path))
    for _ in range(2):
        with pytest.raises(DatabaseAway):
            shipper.ship()
    in_the_way.unlink()
    assert shipper.ship() == 1


def test_a_database_of_a_newer_version_is_left_alone(tmp_path, engine, shipper):
    record(spool_in(tmp_path), answered())
    shipper.ship()
    with reached(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not is_current(engine)
    with pytest.raises(Exception, match="newer version"):
        Shipper(tmp_path / "spool", engine).ship()
    assert len(waiting(tmp_path)) == 1


WRITER = """
import sys
from pathlib import Path
from tests.records.telling import answered, record, spool_in
spool, number = spool_in(Path(sys.argv[1])), 0
while True:
    record(spool, answered(f"d-{sys.argv[2]}-{number}"), b"x" * 20_000)
    print(number, flush=True)  # the answer leaves
    number += 1
"""


def writer(tmp_path, name):
    command = [sys.executable, "-c", WRITER, str(tmp_path), name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)


def acknowledged(process, enough):
    """How many answers left before the process was killed in the middle of its work."""
    for line in process.stdout:
        if int(line) >= enough:
            break
    process.kill()
    rest = process.stdout.read().split()
    process.wait()
    process.stdout.close()
    return int(rest[-1]) + 1 if rest else enough + 1


def test_killed_workers_lose_no_record_whose_answer_left(tmp_path, engine):
    """SIGKILL in the middle of writing, twice; the shippers are killed as well, again and again."""
    for name in ("a", "b"):
        process = writer(tmp_path, name)
        shippers = [ensure_shipper(tmp_path, None)] if name == "b" else []
        left = acknowledged(process, 300)
        for _ in range(3):
            for shipper in filter(None, shippers):
                shipper.kill()
                shipper.wait()
            shippers = [ensure_shipper(tmp_path, None)]
            time.sleep(0.25)
        for shipper in filter(None, shippers):
            shipper.wait(30)
        assert ship_what_waits(tmp_path, None, 30)
        found = {row[0] for row in rows(engine, f"SELECT id FROM decision WHERE id LIKE 'd-{name}-%'")}  # noqa: S608
        assert found >= {f"d-{name}-{number}" for number in range(left)}
        assert len(found) <= left + 1  # one may have been recorded whose answer had not left yet
        assert count(engine, "decision") == count(engine, "answer")


def test_one_shipper_runs_and_ends_by_itself_when_the_last_writer_has_gone(tmp_path, engine):
    spool = spool_in(tmp_path)
    record(spool, answered("d-1"))
    shipper = ensure_shipper(tmp_path, None)
    assert ensure_shipper(tmp_path, None) is None
    while not (is_current(engine) and count(engine, "answer")):
        assert shipper.poll() is None
        time.sleep(0.02)
    shipper.send_signal(signal.SIGTERM)  # a supervisor's, to all of a service at once
    record(spool, answered("d-2"))
    spool.close()
    assert shipper.wait(20) == 0
    assert count(engine, "answer") == 2
    assert waiting(tmp_path) == []


def test_waiting_ends_when_the_database_is_away_and_nothing_is_lost(tmp_path):
    in_the_way = tmp_path / "db"
    in_the_way.write_text("no folder")
    spool = spool_in(tmp_path)
    record(spool, answered())
    spool.close()
    assert not wait_until_shipped(tmp_path, f"sqlite:///{in_the_way}/records.db", 20)
    assert len(waiting(tmp_path)) == 1
    assert wait_until_shipped(tmp_path, None, 20)


def test_the_url_is_not_in_the_list_of_processes(tmp_path):
    spool = spool_in(tmp_path)
    record(spool, answered())
    shipper = ensure_shipper(tmp_path, f"sqlite:////{tmp_path}/secret-name.db")
    assert "secret-name" not in Path(f"/proc/{shipper.pid}/cmdline").read_text()
    spool.close()
    assert shipper.wait(20) == 0
    assert (tmp_path / "secret-name.db").exists()


def test_times_are_kept_exactly_and_in_utc(tmp_path, engine, shipper):
    record(spool_in(tmp_path), answered(at=NOON.replace(microsecond=123456)))
    shipper.ship()
    assert rows(engine, "SELECT at FROM answer") == [("2026-05-01 12:00:00.123456",)]
