"""The log of activations: one act after another, whoever appends, and a copy that says the same."""

import threading

import pytest

from cds.records.activation_copy import from_json, to_json
from cds.records.activations import append, newest_number, read_log
from cds.records.database import DatabaseAway, open_database
from tests.services.entries import row


def test_acts_are_numbered_without_gaps_and_read_in_order(database):
    assert newest_number(database) == 0
    append(database, lambda _: [row(0, "1.0.0"), row(0, "2.0.0", "canary", share=250)])
    log, new = append(database, lambda _: [row(0, "2.0.0", site={"parameters": {"a": "1 day"}}, undoes=1)])
    assert [entry.number for entry in log] == [1, 1, 2]
    assert [entry.number for entry in new] == [2]
    assert (tuple(log), newest_number(database)) == (read_log(database), 2)


def test_an_act_is_decided_from_the_log_and_what_it_refuses_leaves_nothing(database):
    append(database, lambda log: [row(0, f"{len(log)}.0.0")])
    with pytest.raises(ZeroDivisionError):
        append(database, lambda log: [row(0, f"{1 // 0}")])
    append(database, lambda log: [])
    log, _ = append(database, lambda log: [row(0, f"{len(log)}.0.0")])
    assert [(entry.number, entry.version) for entry in log] == [(1, "0.0.0"), (2, "1.0.0")]


def test_many_who_append_at_once_wait_for_one_another(database):
    def count():
        for _ in range(10):
            append(database, lambda log: [row(0, f"{len(log)}.0.0")])

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(entry.number, entry.version) for entry in read_log(database)] == [(n + 1, f"{n}.0.0") for n in range(40)]


def test_a_copy_says_the_same_and_anything_else_is_none(database):
    append(database, lambda _: [row(0, "1.0.0", site={"parameters": {"a": "1 day"}})])
    log = read_log(database)
    assert from_json(to_json(log)) == log
    for content in (b"", b"{}x", b'[{"act": 1}]', b"[1]"):
        with pytest.raises(ValueError, match=r"log of activations|JSON|char|input"):
            from_json(content)


def test_without_its_table_the_database_is_away(tmp_path):
    database = open_database(None, tmp_path)
    with pytest.raises(DatabaseAway):
        newest_number(database)
    database.dispose()
