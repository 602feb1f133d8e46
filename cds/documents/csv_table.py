"""CSV tables with places: a header of column names, then rows. Nothing here knows what the columns mean."""

import csv
import io

from cds.documents.problem import Location, Problem
from cds.frozen import value

MAX_BYTES = 16 * 1024 * 1024


@value(eq=False)
class Row:
    """One line by column name; its place is column 1 of its line."""

    cells: dict[str, str]
    location: Location


def read_csv(
    content: bytes, file: str, required: tuple[str, ...], delimiter: str = ","
) -> tuple[list[Row], list[Problem]]:
    """The rows of a table that has at least the required columns, and what is wrong with it."""
    start = Location(file)
    if len(content) > MAX_BYTES:
        return [], [Problem("CDS105", start, f"the table is larger than {MAX_BYTES // 1024 // 1024} MiB")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [Problem("CDS104", start, "the table is not UTF-8", "save it as UTF-8")]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    rows: list[Row] = []
    problems: list[Problem] = []
    try:
        header = next(reader, [])
        missing = [name for name in required if name not in header]
        if missing or len(set(header)) != len(header):
            named = f"the column {missing[0]} is" if len(missing) == 1 else f"the columns {', '.join(missing)} are"
            what = f"{named} missing" if missing else "a column name stands twice"
            hint = f"the first line must name the columns {', '.join(required)}"
            return [], [Problem("CDS108", start, what, hint)]
        for cells in reader:
            place = Location(file, reader.line_num)
            if len(cells) != len(header):
                problems.append(Problem("CDS108", place, f"{len(cells)} cells under {len(header)} columns"))
                continue
            rows.append(Row(dict(zip(header, cells, strict=True)), place))
    except csv.Error as fault:
        problems.append(Problem("CDS108", Location(file, reader.line_num), f"this line is not CSV: {fault}"))
    return rows, problems
