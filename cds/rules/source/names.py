"""Names that an author may give: kebab-case, and no word of the language; and sections that are read by name."""

import re
from collections.abc import Callable
from typing import TypeVar

from cds.documents.yaml_tree import Node, Table, Text
from cds.rules.source.filters import KIND_WORDS
from cds.rules.source.reader import Reader

_Read = TypeVar("_Read")
NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")
RESERVED = frozenset(KIND_WORDS) | {
    "it", "now", "patient", "user", "not", "absent", "known", "unknown", "missing", "otherwise", "add", "first",
    "second", "birth",
}  # fmt: skip


def check_name(reader: Reader, name: Text, what: str) -> None:
    """Names are kebab-case and not reserved."""
    if not NAME.match(name.text):
        reader.problem(
            "CDS201",
            name.location,
            f'"{name.text}" cannot be the name of {what}',
            "small letters, digits and single hyphens",
        )
    elif name.text in RESERVED:
        reader.problem("CDS202", name.location, f'"{name.text}" is a word of the language and cannot be a name')


def read_named(
    reader: Reader, table: Table | None, what: str, read: Callable[[Text, Node], _Read | None]
) -> dict[str, _Read]:
    """All entries of a section by name. One that cannot be read is noted as such, so that who names it is not blamed.

    what: an entry in words, with its article. read: one entry, from its name and what stands under it.
    """
    found = {}
    for name, value in table.entries if table else ():
        check_name(reader, name, what)
        one = read(name, value)
        if one is not None:
            found[name.text] = one
        else:
            reader.unread.add(name.text)
    return found
