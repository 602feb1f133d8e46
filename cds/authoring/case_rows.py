"""The rows of a case: the same case with other values.

First step of a run: file, case and row are laid over each other and ``$name`` is replaced, in the texts of the tree and
never of the file. Refuses a value that nothing uses and a name that no row gives: either would test something else.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

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

#: A key and what stands under it.
Entry = tuple[Text, Node]

_NONE: frozenset[str] = frozenset()
#: What a run of a case has not: rows are what it is made of, and its name stands beside it.
_OF_ALL_ROWS = frozenset({"rows", "name"})


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
        whole = Table(tuple(_laid_over(Table(self._shared, case.location), case.entries)), case.location)
        name = reader.required_text(case, "name", "a case")
        rows = case.get("rows")
        if rows is None:
            yield name, self._told(whole.entries, {}, case.location)
            return
        if not (isinstance(rows, Items) and rows.items):
            reader.problem("CDS601", rows.location, "rows must be a list with at least one row")
            return
        of_case = _names_in(name) | self._names_of(whole.entries)
        for number, item in enumerate(rows, start=1):
            row = reader.table(item, "a row")
            if row is None:
                continue
            told = [entry for entry in row.entries if entry[0].text in _ROW_KEYS]
            texts = {key.text: reader.text(v, f'"{key.text}"') for key, v in row.entries if key.text not in _ROW_KEYS}
            _check_variables(row, texts, of_case | self._names_of(told), reader)
            laid = _laid_over(whole, told) if told else whole.entries
            yield _row_name(name, texts, number, reader), self._told(laid, texts, row.location)

    def _told(self, case: Iterable[Entry], values: Mapping[str, str], place: Location) -> Table:
        """A case with its values in place."""
        kept = [entry for entry in case if entry[0].text not in _OF_ALL_ROWS]
        return Table(tuple([(key, self._filled(value, values)) for key, value in kept]), place)

    def _filled(self, node: Node, values: Mapping[str, str]) -> Node:
        if isinstance(node, Text):
            return _replaced(node, values, self._reader)
        if not self._names_inside(node):
            return node
        if isinstance(node, Items):
            return Items(tuple([self._filled(item, values) for item in node.items]), node.location)
        return Table(tuple([(key, self._filled(value, values)) for key, value in node.entries]), node.location)

    def _names_of(self, entries: Iterable[Entry]) -> frozenset[str]:
        """The variables in a case or a row; those of its own rows stand there."""
        return _NONE.union(*[self._names_inside(value) for key, value in entries if key.text != "rows"])

    def _names_inside(self, node: Node) -> frozenset[str]:
        """What is to be replaced in a node."""
        if isinstance(node, Text):
            return _names_in(node.text) if "$" in node.text else _NONE
        known = self._variables.get(id(node))
        if known is not None:
            return known[1]
        found = _NONE
        for each in node.items if isinstance(node, Items) else [value for _, value in node.entries]:
            if type(each) is not Text:
                found |= self._names_inside(each)
            elif "$" in each.text:
                found |= _names_in(each.text)
        self._variables[id(node)] = (node, found)
        return found


def _row_name(name: str, values: Mapping[str, str], number: int, reader: Reader) -> str:
    """The case's name with the row's values in it, or behind it."""
    named = _replaced(Text(name, Location(reader.file)), values, reader).text
    if named != name:
        return named
    told = ", ".join(f"{key}={value}" for key, value in values.items())
    return f"{name} [{told or f'row {number}'}]"


def _laid_over(below: Table, above: Iterable[Entry]) -> Iterable[Entry]:
    """``above`` laid over ``below``: a key of both is the upper one's, but patient and site are merged key by key."""
    entries = {entry[0].text: entry for entry in below.entries}
    for entry in above:
        key, value = entry
        lower = below.get(key.text)
        if key.text in {"patient", "site"} and isinstance(lower, Table) and isinstance(value, Table):
            entries[key.text] = (key, Table(tuple(_laid_over(lower, value.entries)), value.location))
        else:
            entries[key.text] = entry
    return entries.values()


def _check_variables(row: Table, values: Mapping[str, str], used: frozenset[str], reader: Reader) -> None:
    """A value that nothing uses is most often a misspelt key: ``fire: []`` would pass in silence."""
    for key in values:
        if key not in used:
            hint = did_you_mean(key, (used | _ROW_KEYS) - {"$"}) or "write it with a $ in the case, or take it out"
            reader.problem("CDS606", row.place(key), f'nothing in this case uses "${key}"', hint)


def _replaced(node: Text, values: Mapping[str, str], reader: Reader) -> Text:
    if "$" not in node.text:
        return node
    told = []
    for words, name in _pieces(node.text):
        told.append(words)
        if name in values:
            told.append(values[name])
        elif name:
            hint = did_you_mean(name, values) or "a row gives it; a $ of the text itself is written $$"
            reader.problem("CDS606", node.location, f'no row gives "${name}"', hint)
    return Text("".join(told), node.location)


@lru_cache(maxsize=4096)  # the texts of a case are filled for each of its rows
def _pieces(text: str) -> tuple[tuple[str, str], ...]:
    """A text cut at its variables: words, and the name behind them ("" where there is none)."""
    found, start = [], 0
    for match in _VARIABLE.finditer(text):
        words = text[start : match.start()]
        found.append((f"{words}$", "") if match["dollar"] else (words, match["bare"] or match["braced"]))
        start = match.end()
    return (*found, (text[start:], ""))


@lru_cache(maxsize=4096)
def _names_in(text: str) -> frozenset[str]:
    """The variables in a text, and ``$`` where one is written ``$$``: that has to be replaced too."""
    return frozenset(match["dollar"] or match["bare"] or match["braced"] for match in _VARIABLE.finditer(text))
