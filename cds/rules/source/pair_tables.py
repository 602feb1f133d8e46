"""Tables of pairs: what a file says of two codes together (docs/language.md, section 7)."""

from collections.abc import Callable, Mapping

from cds.documents.csv_table import read_csv
from cds.documents.yaml_tree import Text
from cds.rules.definition import PairTable
from cds.rules.source.reader import Reader
from cds.rules.source.value_sets import TABLE_FILE, folder_of, read_coding
from cds.terminology.coding import SYSTEM_NAMES, Coding

_COLUMNS = ("system", "first", "second")


def read_pair_table(reader: Reader, file: Text, open_file: Callable[[str], bytes | None]) -> PairTable | None:
    """The table in ``value-sets/``: ``system,first,second`` and any others; a pair stands in it once."""
    content = open_file(file.text) if TABLE_FILE.match(file.text) else None
    if content is None:
        what = f'there is no file "{file.text}" in value-sets/ beside this ruleset'
        reader.problem("CDS223", file.location, what, "a plain name, such as contraindicated-pairs.csv")
        return None
    found, problems = read_csv(content, f"{folder_of(reader.file)}value-sets/{file.text}", _COLUMNS)
    reader.problems += problems
    rows: dict[tuple[Coding, Coding], Mapping[str, str]] = {}
    for row in found:
        system = SYSTEM_NAMES.get(row.cells["system"], row.cells["system"])
        first = read_coding(reader, row.location, system, row.cells["first"])
        second = read_coding(reader, row.location, system, row.cells["second"])
        if first is None or second is None:
            continue
        if (first, second) in rows or (second, first) in rows:
            reader.problem("CDS107", row.location, f'the pair "{first.code}" and "{second.code}" stands twice')
        rows[first, second] = {name: text for name, text in row.cells.items() if name not in _COLUMNS}
    if not rows and not problems:
        reader.problem("CDS221", file.location, f'the table "{file.text}" is empty')
    return PairTable(rows, frozenset(found[0].cells).difference(_COLUMNS)) if rows else None
