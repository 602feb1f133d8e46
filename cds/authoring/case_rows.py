"""The rows of a case: the same case with other values.

First step of a run: file, case and row are laid over each other and ``$name`` is replaced, in the texts of the tree and
never of the file. Refuses a value that nothing uses and a name that no row gives: either would test something else.
"""

import re
from collections.abc import Iterator, Mapping

from cds.authoring.expectations import EXPECTATION_KEYS
from cds.documents.problem import Location
from cds.documents.yaml_tree import Items, Node, Table, Text
from cds.rules.source.reader import Reader, did_you_mean

#: Keys that a file may give to all its cases.
SHARED_KEYS = ("at", "hook", "patient", "site")
CASE_KEYS = (
    "name",
    *SHARED_KEYS,
    "background",
    "facts",
    "recording",
    "not-supplied",
    "unreadable",
    "shown-before",
    *EXPECTATION_KEYS,
    "rows",
)
_ROW_KEYS = frozenset(CASE_KEYS) - {"name", "rows"}
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<bare>[a-z][a-z0-9-]*)|\{(?P<braced>[a-z][a-z0-9-]*)\})")

_NONE: frozenset[str] = frozenset()


class Rows:
    """The rows of the cases of one file. What stands in many of them is looked through once."""

    def __init__(self, header: Table, reader: Reader) -> None:
        self._shared = tuple(entry for entry in header.entries if entry[0].text in (*SHARED_KEYS, "background"))
        self._reader = reader
        # By identity: what is kept keeps its nodes alive.
        self._variables: dict[int, tuple[Node, frozenset[str]]] = {}

    def of(self, case: Table) -> Iterator[tuple[str, Table]]:
        """Each row as a whole case: the file's words, the case's over them, the row's over these, names filled in."""
        reader = self._reader
        whole = _over(Table(self._shared, case.location), case, case.location)
        name = reader.required_text(case, "name", "a case")
        rows = case.get("rows")
        if rows is None:
            yield name, self._told(whole, {})
            return
        if not (isinstance(rows, Items) and rows.items):
            reader.problem("CDS601", rows.location, "rows must be a list with at least one row")
            return
        of_case = _names_in(name) | self._names_of(whole)
        for number, item in enumerate(rows, start=1):
            row = reader.table(item, "a row")
            if row is None:
                continue
            values = {key.text: value for key, value in row.entries if key.text not in _ROW_KEYS}
            told = Table(tuple(entry for entry in row.entries if entry[0].text in _ROW_KEYS), row.location)
            texts = {key: reader.text(value, f'"{key}"') for key, value in values.items()}
            _check_variables(row, texts, of_case | self._names_of(told), reader)
            yield _row_name(name, texts, number, reader), self._told(_over(whole, told, row.location), texts)

    def _told(self, case: Table, values: Mapping[str, str]) -> Table:
        """A case with its values in place."""
        kept = (entry for entry in case.entries if entry[0].text not in {"rows", "name"})
        return Table(tuple([(key, self._filled(value, values)) for key, value in kept]), case.location)

    def _filled(self, node: Node, values: Mapping[str, str]) -> Node:
        if isinstance(node, Text):
            return _replaced(node, values, self._reader)
        if not self._names_inside(node):
            return node
        if isinstance(node, Items):
            return Items(tuple([self._filled(item, values) for item in node.items]), node.location)
        return Table(tuple([(key, self._filled(value, values)) for key, value in node.entries]), node.location)

    def _names_of(self, case: Table) -> frozenset[str]:
        """The variables in a case or a row; those of its own rows stand there."""
        return _NONE.union(*(self._names_inside(value) for key, value in case.entries if key.text != "rows"))

    def _names_inside(self, node: Node) -> frozenset[str]:
        """What is to be replaced in a node."""
        if isinstance(node, Text):
            return _names_in(node.text)
        known = self._variables.get(id(node))
        if known is None:
            inside = node.items if isinstance(node, Items) else [value for _, value in node.entries]
            known = self._variables[id(node)] = (node, _NONE.union(*map(self._names_inside, inside)))
        return known[1]


def _row_name(name: str, values: Mapping[str, str], number: int, reader: Reader) -> str:
    """The case's name with the row's values in it, or behind it."""
    named = _replaced(Text(name, Location(reader.file)), values, reader).text
    if named != name:
        return named
    told = ", ".join(f"{key}={value}" for key, value in values.items())
    return f"{name} [{told or f'row {number}'}]"


def _over(below: Table, above: Table, place: Location) -> Table:
    """``above`` laid over ``below``: a key of both is the upper one's, but patient and site are merged key by key."""
    entries = {key.text: (key, value) for key, value in below.entries}
    for key, value in above.entries:
        lower = below.get(key.text)
        if key.text in {"patient", "site"} and isinstance(lower, Table) and isinstance(value, Table):
            entries[key.text] = (key, _over(lower, value, value.location))
        else:
            entries[key.text] = (key, value)
    return Table(tuple(entries.values()), place)


def _check_variables(row: Table, values: Mapping[str, str], used: frozenset[str], reader: Reader) -> None:
    """A value that nothing uses is most often a misspelt key: ``fire: []`` would pass in silence."""
    for key in values:
        if key not in used:
            hint = did_you_mean(key, (used | _ROW_KEYS) - {"$"}) or "write it with a $ in the case, or take it out"
            reader.problem("CDS606", row.place(key), f'nothing in this case uses "${key}"', hint)


def _replaced(node: Text, values: Mapping[str, str], reader: Reader) -> Text:
    if "$" not in node.text:
        return node

    def value_of(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        name = match["bare"] or match["braced"]
        if name not in values:
            hint = did_you_mean(name, values) or "a row gives it; a $ of the text itself is written $$"
            reader.problem("CDS606", node.location, f'no row gives "${name}"', hint)
        return values.get(name, "")

    return Text(_VARIABLE.sub(value_of, node.text), node.location)


def _names_in(text: str) -> frozenset[str]:
    """The variables in a text, and ``$`` where one is written ``$$``: that has to be replaced too."""
    if "$" not in text:
        return _NONE
    return frozenset(match["dollar"] or match["bare"] or match["braced"] for match in _VARIABLE.finditer(text))
