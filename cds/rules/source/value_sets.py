"""Value sets: inline codes or a CSV file beside the ruleset; include, exclude, only. Codes appear nowhere else."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from cds.documents.csv_table import read_csv
from cds.documents.problem import Location
from cds.documents.yaml_tree import Items, Node, Table, Text
from cds.rules.definition import Limit
from cds.rules.ruleset import ValueSet
from cds.rules.source.code_places import CodePlaces
from cds.rules.source.local_codes import LocalCodes
from cds.rules.source.names import NAME
from cds.rules.source.phrases import read_limit, read_quantity
from cds.rules.source.reader import Reader, did_you_mean
from cds.terminology.coding import SYSTEM_NAMES, Coding, canonical_system
from cds.units.quantity import Quantity
from cds.units.ucum import convert

VALUE_SET_KEYS = (
    "file", "include", "exclude", "only", "url", "version", "molar-mass", "molar-mass-source", "valence", "plausible",
    "plausible-source", "extensible",
)  # fmt: skip
_COLUMNS = ("system", "code", "display")
#: A table stands in value-sets/ itself: no path, no hidden file, nothing that a file system reads otherwise.
TABLE_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.csv\Z")
_VALENCE = re.compile(r"[1-9]\Z")
#: Value sets, as definitions, rest on one another only so deep: whoever walks them must not run out of stack.
MAX_NESTING = 50

Rows = dict[Coding, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class _Setting:
    reader: Reader
    tables: Mapping[str, tuple[Text, Node]]
    open_file: Callable[[str], bytes | None]
    done: dict[str, ValueSet]
    local: LocalCodes


def read_value_sets(
    reader: Reader,
    node: Node | None,
    open_file: Callable[[str], bytes | None],
    of_libraries: Mapping[str, ValueSet] = MappingProxyType({}),
    local: LocalCodes = MappingProxyType({}),
) -> dict[str, ValueSet]:
    """All value sets by name, those of libraries too, which its own may include.

    open_file: the bytes of a file in its ``value-sets`` folder. local: codes that a site adds.
    """
    table = reader.table(node, "value-sets")
    tables = {name.text: (name, value) for name, value in table.entries} if table is not None else {}
    for unknown in local.keys() - tables.keys():
        what = f'no value set is called "{unknown}", to which a site adds a code'
        reader.problem("CDS220", Location(reader.file), what, did_you_mean(unknown, tables))
    if table is None:
        return dict(of_libraries)
    setting = _Setting(reader, tables, open_file, {**of_libraries}, local)
    for name, _ in table.entries:
        if not NAME.match(name.text):
            hint = "small letters, digits and single hyphens"
            reader.problem("CDS201", name.location, f'"{name.text}" cannot be the name of a value set', hint)
        _value_set(setting, name, ())
    return setting.done


def _value_set(setting: _Setting, name: Text, path: tuple[str, ...]) -> ValueSet | None:
    if name.text in setting.done and name.text.count(".") < 2:  # of a library, not of one that it uses itself
        return setting.done[name.text]
    reader = setting.reader
    if name.text in path:
        reader.problem("CDS210", name.location, f"the value set includes itself: {' -> '.join((*path, name.text))}")
        return None
    if len(path) > MAX_NESTING:
        reader.problem("CDS105", name.location, f"value sets include one another more than {MAX_NESTING} deep")
        return None
    if name.text not in setting.tables:
        if not reader.is_unread_set(name.text):
            hint = did_you_mean(name.text, (*setting.tables, *setting.done))
            reader.problem("CDS220", name.location, f'no value set is called "{name.text}"', hint)
        return None
    key, node = setting.tables[name.text]
    table = reader.table(node, f'the value set "{name.text}"')
    if table is None:
        reader.unread_sets.add(name.text)
        return None
    places = CodePlaces()
    before = len(reader.problems)
    rows = _rows(setting, table, (*path, name.text), places)
    may = reader.yes_no(table.get("extensible"), "extensible", default=False)
    if not rows and not (may and len(table.entries) == 1):  # only the codes of a site
        if len(reader.problems) > before or any(map(reader.is_unread_set, _named_in(table))):
            reader.unread_sets.add(name.text)  # that nothing is left follows from what was told
        else:
            reader.problem("CDS221", key.location, f'the value set "{name.text}" is empty')
    added = _local(setting, key, rows, may=may)
    rows |= {coding: {"display": display} for coding, display in added.items()}
    result = ValueSet(
        name=name.text,
        rows=rows,
        molar_mass=_molar_mass(reader, table),
        valence=_valence(reader, table),
        location=key.location,
        molar_mass_source=reader.text(table.get("molar-mass-source"), "molar-mass-source"),
        plausible=_plausible(reader, table),
        rests_on=_named_in(table),
        places=places,
        local=added,
        origin="|".join(filter(None, (reader.text(table.get(key), key) for key in ("url", "version")))),
        extensible=may,
    )
    setting.done[name.text] = result
    return result


def _local(setting: _Setting, name: Text, rows: Rows, *, may: bool) -> Mapping[Coding, str]:
    """The codes that the site adds to it, if it may; what the author lists stays as it is."""
    added = {coding: display for coding, display in setting.local.get(name.text, {}).items() if coding not in rows}
    if added and not may:
        what = f'a site may add no codes to the value set "{name.text}"'
        setting.reader.problem("CDS238", name.location, what, "extensible: yes, in a next version, lets it")
        return {}
    return added


def _named_in(table: Table) -> frozenset[str]:
    """The value sets that one includes or excludes."""
    return frozenset(text.text for key in ("include", "exclude") for text in _listed(table, key))


def _listed(table: Table, key: str) -> tuple[Text, ...]:
    """The names under a key, as far as they are texts: what is wrong with the others has been said."""
    node = table.get(key)
    return tuple(item for item in (node if isinstance(node, Items) else (node,)) if isinstance(item, Text))


def _rows(setting: _Setting, table: Table, path: tuple[str, ...], places: CodePlaces) -> Rows:
    reader = setting.reader
    rows: Rows = {}
    if (file := table.get("file")) is not None:
        rows |= _file_rows(setting, file, places)
    for key, value in table.entries:
        if key.text not in VALUE_SET_KEYS:
            rows |= _inline_rows(reader, key, value, places)
    for name in reader.texts(table.get("include"), "include"):
        if included := _value_set(setting, name, path):
            rows |= included.rows
    for name in reader.texts(table.get("exclude"), "exclude"):
        if excluded := _value_set(setting, name, path):
            rows = {coding: row for coding, row in rows.items() if coding not in excluded.rows}
    only = reader.table(table.get("only"), "only")
    for column, wanted in only.entries if only else ():
        if rows and not any(column.text in row for row in rows.values()):
            reader.problem("CDS222", column.location, f'no code of this set has a column "{column.text}"')
        words = {text.text for text in reader.texts(wanted, "only")}
        rows = {coding: row for coding, row in rows.items() if row.get(column.text) in words}
    return rows


def _file_rows(setting: _Setting, file: Node, places: CodePlaces) -> Mapping[Coding, Mapping[str, str]]:
    reader = setting.reader
    name = reader.text(file, "file")
    content = setting.open_file(name) if TABLE_FILE.match(name) else None
    if content is None:
        if name:
            what = f'there is no file "{name}" in value-sets/ beside this ruleset'
            reader.problem("CDS223", file.location, what, "a plain name, such as metformin.csv")
        return {}
    place = f"{folder_of(reader.file)}value-sets/{name}"
    kept = _sound_table(content)
    if kept is None:
        kept = _table_rows(reader, content, place)
    rows, lines = kept
    places.of_table(place, lines)
    return rows


@lru_cache(maxsize=256)  # a version has most of its tables from the one before, and rulesets share some
def _sound_table(content: bytes) -> tuple[Rows, dict[Coding, int]] | None:
    """The rows of a table in which nothing is wrong, and the line of each; None where something is."""
    reader = Reader("")
    found = _table_rows(reader, content, "")
    return None if reader.problems else found


def _table_rows(reader: Reader, content: bytes, file: str) -> tuple[Rows, dict[Coding, int]]:
    table_rows, problems = read_csv(content, file, _COLUMNS)
    reader.problems += problems
    rows: Rows = {}
    lines: dict[Coding, int] = {}
    for row in table_rows:
        cells = row.cells
        system = cells.pop("system")
        coding = read_coding(reader, row.location, SYSTEM_NAMES.get(system, system), cells.pop("code"))
        if coding in rows:
            reader.problem("CDS107", row.location, f'the code "{coding.code}" stands twice in this table')
        elif coding:
            lines[coding] = row.location.line
            rows[coding] = {column: text for column, text in cells.items() if text}
    return rows, lines


def folder_of(file: str) -> str:
    """The folder that a file stands in, with its last slash."""
    return file[: file.rfind("/") + 1]


def _inline_rows(reader: Reader, system: Text, codes: Node, places: CodePlaces) -> Rows:
    uri = SYSTEM_NAMES.get(system.text, system.text)
    if ":" not in uri:
        reader.problem(
            "CDS224",
            system.location,
            f'"{system.text}" is not a code system',
            did_you_mean(system.text, (*SYSTEM_NAMES, *VALUE_SET_KEYS)),
        )
        return {}
    table = reader.table(codes, f"the codes of {system.text}")
    rows: Rows = {}
    for code, display in table.entries if table else ():
        coding = read_coding(reader, code.location, uri, code.text)
        if coding is None:
            continue
        places.note(coding, code.location)
        if isinstance(display, Table):
            rows[coding] = {column.text: reader.text(value, "a column") for column, value in display.entries}
        else:
            rows[coding] = {"display": reader.text(display, "the display of a code")}
    return rows


def read_coding(reader: Reader, place: Location, system: str, code: str) -> Coding | None:
    if not code or code != code.strip() or ":" not in system:
        reader.problem("CDS225", place, f'"{code}" of "{system}" is not a code in a known system')
        return None
    return Coding(canonical_system(system), code)


def _molar_mass(reader: Reader, table: Table) -> Fraction | None:
    node = table.get("molar-mass")
    if node is None:
        return None
    quantity = read_quantity(reader.text(node, "molar-mass"))
    grams = convert(quantity, "g/mol") if quantity else None
    if not isinstance(grams, Quantity) or grams.interval.low is None or grams.interval.low <= 0:
        reader.problem("CDS402", node.location, "molar-mass must be a quantity in g/mol", "such as 113.12 g/mol")
        return None
    return grams.interval.low


def _plausible(reader: Reader, table: Table) -> Limit | None:
    """The bounds of what a result may be. They say where they are from: nobody makes them up."""
    node = table.get("plausible")
    if node is None:
        return None
    reader.text(reader.required(table, "plausible-source", "plausible"), "plausible-source")
    text = reader.text(node, "plausible")
    return read_limit(reader, Text(text, node.location), {}) if text else None


def _valence(reader: Reader, table: Table) -> int | None:
    node = table.get("valence")
    text = reader.text(node, "valence") if node is not None else ""
    if text and not _VALENCE.match(text):
        reader.problem("CDS402", table.place("valence"), "valence must be a whole number above 0")
        return None
    return int(text) if text else None
