"""``replace`` with ``set``: which elements of a draft a suggestion changes, and to what (docs/language.md, 9)."""

import re
from collections.abc import Mapping
from typing import cast

from cds.documents.yaml_tree import Node, Table, Text, plain
from cds.rules.ruleset import ElementPath
from cds.rules.source.reader import Reader

_STEP = re.compile(r"(?P<element>[a-z][A-Za-z0-9]*)(?:\[(?P<index>[0-9]{1,2})\])?\Z")
#: What makes a resource the one it is: a change of it would be about another order, or another patient.
_FIXED = frozenset({"id", "resourceType", "meta", "subject", "patient", "identifier"})


def read_changes(reader: Reader, table: Table, what: str, *, replaces: bool) -> tuple[tuple[ElementPath, object], ...]:
    """The paths and values of ``set``, which goes with ``replace`` and with nothing else."""
    node = table.get("set")
    if not replaces or node is None:
        if replaces or node is not None:
            hint = "replace: it, and set: {dosageInstruction[0].text: ...}"
            reader.problem("CDS128", table.location, f'{what} has "replace" and "set" together, or neither', hint)
        return ()
    changes = reader.table(node, "set")
    if changes is not None and not changes.entries:
        reader.problem("CDS112", changes.location, "set is empty")
    found = [(_path(reader, key), _value(reader, key, value)) for key, value in (changes.entries if changes else ())]
    return tuple((path, value) for path, value in found if path)


def _path(reader: Reader, key: Text) -> ElementPath:
    steps = [_STEP.match(step) for step in key.text.split(".")]
    if any(step is None for step in steps):
        hint = "names of FHIR elements with dots between them, places of a list in brackets: dosageInstruction[0].text"
        reader.problem("CDS128", key.location, f'"{key.text}" is not a path into an order', hint)
        return ()
    path = tuple((step["element"], int(step["index"]) if step["index"] else None) for step in steps if step)
    if path[0][0] in _FIXED:
        hint = "suggest to remove it and to create another one"
        reader.problem("CDS128", key.location, f'"{path[0][0]}" says which order this is, and stays', hint)
    return path


def _value(reader: Reader, key: Text, node: Node) -> object:
    if isinstance(node, Text):
        return reader.text(node, f'"{key.text}"')
    return cast("Mapping[str, object] | list[object]", plain(node))
