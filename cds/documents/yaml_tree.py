"""YAML as authors may write it: a tree of texts with places.

Every scalar is text (so ``1.10`` keeps its zero and ``no`` is a word), keys may not repeat, and anchors, aliases,
tags and merge keys are refused: what is read is what is seen. Nothing here knows what the keys mean.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any

import yaml

from cds.documents.problem import Location, Problem, in_order
from cds.documents.text import read_text
from cds.frozen import value

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 40


@value()
class Text:
    """A scalar, as written."""

    text: str
    location: Location


@value()
class Items:
    """A list."""

    items: tuple["Node", ...]
    location: Location

    def __iter__(self) -> Iterator["Node"]:
        return iter(self.items)


@value()
class Table:
    """A mapping whose keys are texts, in file order. ``get`` gives the value under a key, or None.

    It is the dictionary's own: a tree is asked a million times while rulesets are looked through.
    """

    entries: tuple[tuple[Text, "Node"], ...]
    location: Location
    get: Callable[[str], "Node | None"] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "get", {name.text: node for name, node in self.entries}.get)

    def place(self, key: str) -> Location:
        """Where ``key`` stands; the table's own place if it is missing."""
        for name, _ in self.entries:
            if name.text == key:
                return name.location
        return self.location


Node = Text | Items | Table
_Mark = Any  # PyYAML has two mark classes (Python and C) with the same attributes
Plain = str | list["Plain"] | dict[str, "Plain"]


def plain(node: Node) -> Plain:
    """The tree as plain texts, lists and dicts."""
    if isinstance(node, Text):
        return node.text
    if isinstance(node, Items):
        return [plain(item) for item in node]
    return {name.text: plain(value) for name, value in node.entries}


def read_yaml(content: bytes, file: str) -> tuple[Node | None, list[Problem]]:
    """The located tree of one YAML document, and what is wrong with it (then the tree is None)."""
    text = read_text(content, file, MAX_BYTES)
    if isinstance(text, Problem):
        return None, [text]
    builder = _Builder(text, file)
    try:
        tree = builder.document()
    except yaml.MarkedYAMLError as fault:
        return None, in_order([*builder.problems, _syntax_problem(fault, text, file)])
    except yaml.reader.ReaderError as fault:
        return None, [_character_problem(fault, text, file)]
    except _TooDeepError as fault:
        builder.problem("CDS105", fault.place, f"more than {MAX_DEPTH} levels inside one another")
        tree = None
    if builder.problems:
        return None, in_order(builder.problems)
    return (tree, []) if tree is not None else (None, [Problem("CDS106", Location(file), "the file is empty")])


class _TooDeepError(Exception):
    """Raised and caught in this module only; ``place`` is where the last allowed level opens another."""

    def __init__(self, place: Location) -> None:
        super().__init__(str(place))
        self.place = place


class _Builder:
    """Builds the tree from parser events, one at a time: PyYAML's own composer recurses in C, so that a few thousand
    opening brackets would end the process, and follows aliases, so that a small file could grow without end.
    """

    def __init__(self, text: str, file: str) -> None:
        # The parser itself, typed by nobody: yaml.parse asks it twice for each event.
        self._next: Callable[[], Any] = yaml.CSafeLoader(text).get_event
        self._file = file
        self.problems: list[Problem] = []

    def problem(self, code: str, place: Location, message: str, hint: str = "") -> None:
        self.problems.append(Problem(code, place, message, hint))

    def document(self) -> Node | None:
        """The only document of the file; None when there is none."""
        tree: Node | None = None
        documents = 0
        while (event := self._next()) is not None:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    place = _location(event.start_mark, self._file)
                    self.problem("CDS103", place, "a second document begins here", "one file, one document: remove ---")
                    return None
            elif isinstance(event, _NODE_EVENTS):
                tree = self._node(event, 0)
        return tree

    def _node(self, event: Any, depth: int) -> Node:
        # The parser's marks count from 0. Each node of each file passes here: no call that can be spared.
        mark = event.start_mark
        place = Location(self._file, mark.line + 1, mark.column + 1)
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if event.anchor is not None or event.tag is not None:
                self._note_extras(event, place)
            if depth > MAX_DEPTH:
                raise _TooDeepError(place)
            return Text(event.value, place)
        if kind is yaml.AliasEvent or event.anchor is not None or event.tag is not None:
            self._note_extras(event, place)
        if depth > MAX_DEPTH:
            raise _TooDeepError(place)
        if kind is yaml.SequenceStartEvent:
            return Items(tuple(self._items(depth + 1)), place)
        if kind is yaml.MappingStartEvent:
            return Table(tuple(self._entries(depth + 1)), place)
        return Text("", place)  # an alias: already noted

    def _items(self, depth: int) -> list[Node]:
        found = []
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            found.append(self._node(event, depth))
        return found

    def _entries(self, depth: int) -> list[tuple[Text, Node]]:
        seen: dict[str, Location] = {}
        found = []
        while type(event := self._next()) is not yaml.MappingEndEvent:
            key = self._node(event, depth)
            value = self._node(self._next(), depth)
            if type(key) is Text and key.text not in seen and key.text != "<<":
                seen[key.text] = key.location
                found.append((key, value))
            else:
                self._refuse_key(key, seen)
        return found

    def _refuse_key(self, key: Node, seen: Mapping[str, Location]) -> None:
        if not isinstance(key, Text):
            hint = "quote a text that begins with { or [, units in braces too"
            self.problem("CDS103", key.location, "a key must be a word", hint)
        elif key.text == "<<":
            what = "merge keys (<<) are not part of the rule language"
            self.problem("CDS102", key.location, what, "write the keys out")
        else:
            first = f"first on line {seen[key.text].line}"
            self.problem("CDS107", key.location, f'the key "{key.text}" stands here twice', first)

    def _note_extras(self, event: Any, place: Location) -> None:
        """Anchors, aliases and tags on the way to a node."""
        if event.anchor is not None:
            self.problem("CDS102", place, "anchors (&) and aliases (*) are not part of the rule language", _NO_ANCHORS)
        elif getattr(event, "tag", None) is not None:
            self.problem("CDS102", place, f"tags such as {event.tag} are not part of the rule language", _NO_TAGS)


_NODE_EVENTS = (yaml.ScalarEvent, yaml.SequenceStartEvent, yaml.MappingStartEvent, yaml.AliasEvent)
_NO_ANCHORS = "write the value out, or name it once as a definition; quote a text that begins with & or *"
_NO_TAGS = "leave the tag out; quote a text that begins with !"
_QUOTE = "quote texts that contain ': ' or ' #' or that begin with one of { [ > | * & ! % @ and units in braces"


def _location(mark: "_Mark | None", file: str) -> Location:
    return Location(file) if mark is None else Location(file, mark.line + 1, mark.column + 1)


def _syntax_problem(fault: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    mark = fault.problem_mark or fault.context_mark
    what = (fault.problem or "cannot be read").replace(
        "could not find expected ':'", "a colon is missing here or above"
    )
    at_tab = mark is not None and text.startswith("\t", _offset(text, mark))
    if at_tab:
        hint = "indent with spaces, not with tabs"
    elif what.startswith(("did not find expected key", "did not find expected '-'")):
        hint = f"begin in the column of the lines above that belong to the same step; if it does: {_QUOTE}"
    else:
        hint = _not_closed(fault) or _QUOTE
    return Problem("CDS103", _location(mark, file), f"this is not YAML: {what}", hint)


def _not_closed(fault: yaml.MarkedYAMLError) -> str:
    """Where a bracket or a quote has no end: what opened it stands lines before the place that YAML stumbles over."""
    opened = fault.context_mark
    if opened is None or not (fault.context or "").startswith(("while parsing a flow", "while scanning a quoted")):
        return ""
    what = {"sequence": "[", "mapping": "{"}.get((fault.context or "").rpartition(" ")[2], "quote")
    return (
        f"the {what} of line {opened.line + 1}, column {opened.column + 1} has no end; or a text behind it needs quotes"
    )


def _offset(text: str, mark: _Mark) -> int:
    lines = text.splitlines(keepends=True)
    return sum(map(len, lines[: mark.line])) + int(mark.column)


def _character_problem(fault: yaml.reader.ReaderError, text: str, file: str) -> Problem:
    """A character that YAML forbids. The fault's own position counts bytes: the character is looked up instead."""
    character = chr(fault.character) if isinstance(fault.character, int) else ""
    before = text[: max(text.find(character), 0)] if character else ""
    place = Location(file, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
    what = f"the character U+{ord(character):04X}" if character else "a character"
    return Problem("CDS103", place, f"{what} may not stand in a YAML file", "remove it")
