"""YAML as authors may write it: a tree of texts with places.

Every scalar is text (so ``1.10`` keeps its zero and ``no`` is a word), keys may not repeat, and anchors, aliases,
tags and merge keys are refused: what is read is what is seen. Nothing here knows what the keys mean.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from cds.documents.problem import Location, Problem

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar, as written."""

    text: str
    location: Location


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple["Node", ...]
    location: Location

    def __iter__(self) -> Iterator["Node"]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping whose keys are texts, in file order."""

    entries: tuple[tuple[Text, "Node"], ...]
    location: Location

    def get(self, key: str) -> "Node | None":
        """The value under ``key``, or None."""
        for name, value in self.entries:
            if name.text == key:
                return value
        return None

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
    start = Location(file)
    if len(content) > MAX_BYTES:
        return None, [Problem("CDS105", start, f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        return None, [
            Problem("CDS104", start, "the file is not UTF-8", f"byte {fault.start} cannot be read; save it as UTF-8")
        ]
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as fault:
        return None, [_syntax_problem(fault, file)]
    except (yaml.YAMLError, RecursionError) as fault:
        return None, [Problem("CDS103", start, "this is not YAML that can be read", type(fault).__name__)]
    if root is None:
        return None, [Problem("CDS106", start, "the file is empty")]
    problems = _anchor_problems(text, file)
    if problems:
        return None, problems
    tree = _convert(root, file, problems, 0)
    return (None, problems) if problems else (tree, [])


def _anchor_problems(text: str, file: str) -> list[Problem]:
    """Anchors and aliases, found among the events before any tree is walked (an alias bomb stays small)."""
    return [
        Problem(
            "CDS102",
            _place(event, file),
            "anchors (&) and aliases (*) are not part of the rule language",
            "write the value out, or name it once as a definition; quote a text that begins with & or *",
        )
        for event in yaml.parse(text, Loader=yaml.CSafeLoader)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None)
    ]


def _convert(node: yaml.Node, file: str, problems: list[Problem], depth: int) -> Node:
    place = _place(node, file)
    if depth > MAX_DEPTH:
        problems.append(Problem("CDS105", place, f"more than {MAX_DEPTH} levels inside one another"))
        return Text("", place)
    if isinstance(node, yaml.ScalarNode):
        if not _is_plain_tag(node.tag):
            problems.append(Problem("CDS102", place, f"tags such as {node.tag} are not part of the rule language"))
        return Text(node.value, place)
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_convert(item, file, problems, depth + 1) for item in node.value), place)
    return _convert_table(node, file, problems, depth)


def _convert_table(node: yaml.Node, file: str, problems: list[Problem], depth: int) -> Table:
    seen: dict[str, Location] = {}
    entries: list[tuple[Text, Node]] = []
    for key, value in node.value:
        place = _place(key, file)
        if not isinstance(key, yaml.ScalarNode):
            problems.append(
                Problem(
                    "CDS103", place, "a key must be a word", "quote a text that begins with { or [, units in braces too"
                )
            )
            continue
        if key.value == "<<":
            problems.append(
                Problem("CDS102", place, "merge keys (<<) are not part of the rule language", "write the keys out")
            )
            continue
        if key.value in seen:
            problems.append(
                Problem(
                    "CDS107", place, f'the key "{key.value}" stands here twice', f"first on line {seen[key.value].line}"
                )
            )
            continue
        seen[key.value] = place
        entries.append((Text(key.value, place), _convert(value, file, problems, depth + 1)))
    return Table(tuple(entries), _place(node, file))


def _is_plain_tag(tag: str) -> bool:
    return tag.startswith("tag:yaml.org,2002:")


def _place(node: yaml.Node | yaml.Event, file: str) -> Location:
    return _location(node.start_mark, file)


def _location(mark: "_Mark | None", file: str) -> Location:
    return Location(file) if mark is None else Location(file, mark.line + 1, mark.column + 1)


def _syntax_problem(fault: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = fault.problem_mark or fault.context_mark
    place = _location(mark, file)
    what = (fault.problem or "cannot be read").replace(
        "could not find expected ':'", "a colon is missing here or above"
    )
    return Problem(
        "CDS103",
        place,
        f"this is not YAML: {what}",
        "quote texts that contain ': ' or ' #' or that begin with one of { [ > | * & ! % @ and units in braces",
    )
