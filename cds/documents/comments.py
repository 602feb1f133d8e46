"""The comments of a YAML document, what stands behind a ``#`` outside every text; and the lines of its blocks."""

from collections.abc import Iterator
from typing import Any, cast

import yaml


def comments_in(text: str) -> Iterator[str]:
    """Each comment without its ``#`` and surrounding space, in order."""
    lines = text.split("\n")
    return (lines[number][column + 1 :].strip() for number, column in comment_places(text))


def comment_places(text: str) -> list[tuple[int, int]]:
    """Line and column of each ``#`` that begins a comment, counted from 0."""
    inside, found = _texts(text), []
    for number, line in enumerate(text.split("\n")):
        taken = inside.get(number, [])
        for column, character in enumerate(line):
            begins = character == "#" and (column == 0 or line[column - 1] in " \t")
            if begins and not any(start <= column < end for start, end in taken):
                found.append((number, column))
                break
    return found


def block_lines(text: str) -> set[int]:
    """The lines of all texts that are written as blocks (``|``, ``>``), counted from 0."""
    found: set[int] = set()
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.ScalarEvent) and event.style in ("|", ">"):
            start, end = cast("Any", event.start_mark), cast("Any", event.end_mark)
            found.update(range(start.line + 1, end.line + 1))
    return found


def _texts(text: str) -> dict[int, list[tuple[int, int]]]:
    """By line, the columns that a scalar covers."""
    covered: dict[int, list[tuple[int, int]]] = {}
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.ScalarEvent):
            start, end = cast("Any", event.start_mark), cast("Any", event.end_mark)  # never None for a scalar
            first = start.line + 1 if event.style in ("|", ">") else start.line
            for line in range(first, end.line + 1):
                left = start.column if line == start.line else 0
                right = end.column if line == end.line else len(text) + 1
                covered.setdefault(line, []).append((left, right))
    return covered
