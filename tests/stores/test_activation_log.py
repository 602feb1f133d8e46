"""The log of activations and the report of shadows, in SQLite and in PostgreSQL."""

import threading

import pytest

from cds.records.activations import append, newest_number, read_log
from cds.records.database import migrate
from cds.records.shadow_report import compared
from cds.records.writing import write
from tests.records.test_shadow_report import of, shadow
from tests.services.entries import row
from tests.stores.databases import KINDS, database_of_own

pytestmark = pytest.mark.stores


@pytest.fixture(params=KINDS)
def database(request, tmp_path):
    with database_of_own(request.param, tmp_path) as database:
        migrate(database)
        yield database


def test_what_is_appended_is_read_back_as_it_was(database):
    site = {"parameters": {"age-limit": "70 years"}}
    rows = [
        row(0, "1.0.0", site=site),
        row(0, "2.0.0", "canary", share=1250, undoes=7),
        row(0, rule="r", stage="stopped"),
    ]
    log, new = append(database, lambda _: rows)
    assert read_log(database) == tuple(log) == tuple(new)
    assert [(entry.site, entry.share, entry.undoes) for entry in log] == [(site, 0, None), ({}, 1250, 7), ({}, 0, None)]


def test_whoever_has_read_up_to_a_number_has_read_everything_before_it(database):
    faults = []

    def appending():
        for _ in range(8):
            append(database, lambda log: [row(0, f"{len(log)}.0.0")])

    def reading():
        for _ in range(40):
            number, log = newest_number(database), read_log(database)
            if [entry.number for entry in log] != list(range(1, len(log) + 1)) or len(log) < number:
                faults.append((number, len(log)))

    threads = [threading.Thread(target=appending) for _ in range(3)] + [threading.Thread(target=reading)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert [entry.version for entry in read_log(database)] == [f"{n}.0.0" for n in range(24)]


def test_a_report_counts_in_every_database(database):
    frames = [shadow(n, f"d{n}", ("r", "gained"), ("q", "same")) for n in range(4)]
    frames += [shadow(4, "d9", fault="ValueError")]
    assert write(database, [*frames, *frames]) == []
    (report,) = compared(database, "elders", "2.0.0")
    assert (report.decisions, report.faults) == (4, {"ValueError": 1})
    assert of(report) == {("q", "same"): (4, ("d3", "d2", "d1")), ("r", "gained"): (4, ("d3", "d2", "d1"))}
