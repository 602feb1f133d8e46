"""Tables of codes from outside, in CSV: commas, semicolons or tabs, and nothing in them that a spreadsheet runs."""

import re
from dataclasses import replace

from cds.authoring.valuesets.code_set import Code, CodeSet
from cds.documents.csv_table import Row, read_csv
from cds.documents.problem import Location, Problem
from cds.rules.source.reader import Reader
from cds.rules.source.value_sets import read_coding
from cds.terminology.coding import SYSTEM_NAMES, Coding

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?\Z")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read_table(reader: Reader, content: bytes, system: str = "") -> CodeSet | None:
    """The rows, each with a system (``rxnorm`` or a URI) and a code. system: where there is no such column."""
    required = ("code", "display") if system else ("system", "code", "display")
    rows, problems = read_csv(content, reader.file, required, _delimiter(content))
    reader.problems += map(_with_way_out, problems) if problems and not system else problems
    codes: dict[Coding, Code] = {}
    for row in rows:
        _check_cells(reader, row)
        named = row.cells.get("system") or system
        coding = read_coding(reader, row.location, SYSTEM_NAMES.get(named, named), row.cells["code"])
        if coding is None:
            continue
        if coding in codes:
            first = f"first on line {codes[coding].location.line}"
            reader.problem("CDS107", row.location, f'the code "{coding.code}" stands twice in this table', first)
            continue
        columns = {name: text for name, text in row.cells.items() if name not in ("system", "code", "display") and text}
        codes[coding] = Code(coding, row.cells["display"].strip(), row.location, columns)
    if not codes and not reader.problems:
        reader.problem("CDS221", Location(reader.file), "the table has no codes")
    return CodeSet(reader.file, "csv", codes)


def _with_way_out(problem: Problem) -> Problem:
    """Many tables are of one code system, and do not say so in each line."""
    if problem.message != "the column system is missing":
        return problem
    return replace(problem, hint=f"{problem.hint}; or, of one system: cds valuesets import ... --system rxnorm")


def _delimiter(content: bytes) -> str:
    """That of its first line: programs of some countries write semicolons, spreadsheets tabs."""
    head = content.partition(b"\n")[0]
    return max(",;\t", key=lambda mark: head.count(mark.encode()))


def _check_cells(reader: Reader, row: Row) -> None:
    for name, text in row.cells.items():
        check_cell(reader, row.location, name, text)


def check_cell(reader: Reader, place: Location, name: str, text: str) -> None:
    """CDS132: whoever opens a table with this cell in a spreadsheet would run it. name: of its column."""
    if text.startswith(_FORMULA) and not _NUMBER.match(text):
        shown = text[:20] + ("..." if len(text) > 20 else "")
        what = f'"{shown}" ({name}) is a formula to a spreadsheet'
        reader.problem("CDS132", place, what, "write it without the sign in front")
