# ruff: noqa: E501 -- one mistake a line reads best
"""Tables with places: a header, then rows, and every line that is not one is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.documents.csv_table import MAX_BYTES, read_csv

FILE = "value-sets/drugs.csv"


def read(content: bytes | str):
    return read_csv(content if isinstance(content, bytes) else content.encode(), FILE, ("system", "code"))


def told(content: bytes | str) -> list[str]:
    return [f"{p.location.line} {p.code} {p.message}" for p in read(content)[1]]


def test_rows_come_by_column_with_their_line():
    rows, problems = read('code,system,more\n007,rxnorm,"a, b"\n2,loinc,\n')
    assert problems == []
    assert [row.cells for row in rows] == [
        {"code": "007", "system": "rxnorm", "more": "a, b"},
        {"code": "2", "system": "loinc", "more": ""},
    ]
    assert [str(row.location) for row in rows] == [f"{FILE}:2:1", f"{FILE}:3:1"]


def test_a_mark_at_the_beginning_and_windows_line_ends_do_not_matter():
    rows, problems = read("\ufeffsystem,code\r\nrxnorm,1\r\n")
    assert (problems, [row.cells for row in rows]) == ([], [{"system": "rxnorm", "code": "1"}])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ["1 CDS108 the columns system, code are missing"]),
        ("system,display\n", ["1 CDS108 the column code is missing"]),
        ("system,code,code\n", ["1 CDS108 a column name stands twice"]),
        ("system,code\nrxnorm\nrxnorm,1,2\n\nrxnorm,3\n", [
            "2 CDS108 1 cells under 2 columns", "3 CDS108 3 cells under 2 columns", "4 CDS108 0 cells under 2 columns"]),
        ('system,code\nrxnorm,"1" 2\n', ["2 CDS108 this line is not CSV: ',' expected after '\"'"]),
        ('system,code\nrxnorm,"1\n', ["2 CDS108 this line is not CSV: unexpected end of data"]),
        (b"system,code\nrxnorm,\xff\n", ["1 CDS104 the table is not UTF-8"]),
        ("system,code\n".encode("utf-16"), ["1 CDS104 the table is not UTF-8"]),
        (b"x" * (MAX_BYTES + 1), ["1 CDS105 the table is larger than 16 MiB"]),
        ("system,code\nrxnorm," + "9" * 200_000 + "\n", ["2 CDS108 this line is not CSV: field larger than field limit (131072)"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table_is_told_with_its_line(content, expected):
    assert told(content) == expected


def test_good_lines_are_read_beside_bad_ones():
    rows, problems = read("system,code\nrxnorm\nrxnorm,3\n")
    assert ([row.cells["code"] for row in rows], len(problems)) == (["3"], 1)


@given(st.binary(max_size=200))
def test_no_bytes_make_reading_fail(content):
    rows, problems = read(b"system,code\n" + content)
    assert all(set(row.cells) == {"system", "code"} for row in rows)
    assert all(problem.location.file == FILE for problem in problems)
