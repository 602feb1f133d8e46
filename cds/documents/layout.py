"""The one layout of our YAML files: tables in block style, short lists of words on one line, comments where they were.

A file of one-line tables trips its author on every comma, colon and brace. Nothing but the layout changes: the result
is read again and compared, comments too, and a file that would not survive is left as it is.
"""

import io
import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any, TypeGuard

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString
from ruamel.yaml.tag import Tag

from cds.documents.comments import block_lines, comment_places, comments_in
from cds.documents.problem import Location, Problem
from cds.documents.yaml_tree import plain, read_yaml

WIDTH = 120
#: A text that is wrapped may overrun the width by its last word: a file where one does is wrapped narrower.
_WRAPPED_AT = (WIDTH, 112, 104, 96)
#: A layout that does not settle is none. Seen: three, of which the last changed nothing.
_MOST_PASSES = 6
_WORD = re.compile(r"[\w.$][^\[\]{},?#:\n]*\Z")
#: A list between brackets that goes on in the next line.
_OPEN_LIST = re.compile(r"\s*(- |[^\s:]+: )*\[[^\[\]{}\"'#]*,\Z")
_TAGS: dict[type[Node], str] = {ScalarNode: "str", SequenceNode: "seq", MappingNode: "map"}


class _TextsOnly(VersionedResolver):
    """Every scalar is text, as :mod:`cds.documents.yaml_tree` reads it: 1.10 keeps its zero."""

    def resolve(self, kind: type[Node], value: object, implicit: object) -> Tag:  # noqa: ARG002 -- the library's
        return Tag(suffix=f"tag:yaml.org,2002:{_TAGS[kind]}")


def laid_out(content: bytes, file: str) -> tuple[bytes | None, list[Problem]]:
    """The document in the house layout; None, and why, if it cannot be read or would lose something."""
    tree, problems = read_yaml(content, file)
    if tree is None:
        return None, problems
    result = _settled(content.decode("utf-8-sig"))
    again, _ = read_yaml(result, file) if result is not None else (None, [])
    if result is None or again is None or plain(again) != plain(tree):
        return None, [_unsafe(file, "the texts would not stay as they are")]
    if Counter(comments_in(result.decode())) != Counter(comments_in(content.decode("utf-8-sig"))):
        return None, [_unsafe(file, "a comment would be lost")]
    return result, []


def _unsafe(file: str, why: str) -> Problem:
    hint = "move comments out of one-line tables and lists, to lines of their own"
    return Problem("CDS119", Location(file), f"this file cannot be laid out anew: {why}", hint)


def long_lines(content: bytes) -> list[int]:
    """The lines, from 1, that reach beyond the width: blocks of text and words without a space stay as they are."""
    return [number for number, line in enumerate(content.decode().split("\n"), 1) if len(line) > WIDTH]


def _settled(text: str) -> bytes | None:
    """The layout of the layout, until it is the same: once a long line is wrapped, another width may be the best."""
    for _ in range(_MOST_PASSES):
        written = _rewritten(text)
        if written is None or written.decode() == text:
            return written
        text = written.decode()
    return None


def _rewritten(text: str) -> bytes | None:
    """The layout at the first width that leaves no line too long, else at the one that leaves the fewest."""
    best = None
    for width in _WRAPPED_AT:
        written = _written(text, width)
        if written is None or not long_lines(written):
            return written
        if best is None or len(long_lines(written)) < len(long_lines(best)):
            best = written
    return best


def _written(text: str, width: int) -> bytes | None:
    yaml = YAML(typ="rt")
    yaml.Resolver = _TextsOnly
    yaml.preserve_quotes = True
    yaml.width = width
    yaml.indent(mapping=2, sequence=4, offset=2)
    try:
        document = yaml.load(text)
        _lay_out(document, 0)
        stream = io.BytesIO()
        yaml.dump(document, stream)
    except YAMLError:  # what PyYAML reads and ruamel.yaml does not
        return None
    written = stream.getvalue()
    return written if read_yaml(written, "")[0] is None else _closed_up(written.decode()).encode()


def _closed_up(text: str) -> str:
    """No blanks at the ends of lines, and two before a comment behind something: where it stood means nothing any more.

    ruamel.yaml leaves a blank where it folds a text. In blocks of text a blank at the end is part of the text.
    """
    kept = block_lines(text)
    lines = [line if number in kept else line.rstrip(" ") for number, line in enumerate(text.split("\n"))]
    for number, column in comment_places(text):
        before = lines[number][:column].rstrip()
        lines[number] = f"{before}  {lines[number][column:]}" if before else lines[number]
    return "\n".join(_on_one_line(lines, kept))


def _on_one_line(lines: list[str], kept: Collection[int]) -> Iterator[str]:
    """Lists between brackets fit one line; ruamel.yaml breaks them where texts are wrapped narrower."""
    begun = ""
    for number, line in enumerate(lines):
        if number not in kept and _OPEN_LIST.match(begun + line.lstrip() if begun else line):
            begun = f"{begun}{line.lstrip() if begun else line} "
        else:
            yield begun + line.lstrip() if begun else line
            begun = ""


def _lay_out(node: object, column: int) -> None:
    """Set the style of every table and list below ``node``, which begins at ``column``."""
    if isinstance(node, CommentedMap):
        node.fa.set_block_style()
        for key, value in node.items():
            behind = column + len(str(key)) + 2
            _open(node, key, value, behind)
            _lay_out(value, behind if _is_short(value) else column + 2)
    elif isinstance(node, CommentedSeq):
        for place, item in enumerate(node):
            _open(node, place, item, column + 2)
            _lay_out(item, column + 2)


def _open(parent: CommentedMap | CommentedSeq, key: Any, value: object, column: int) -> None:
    """Give a table or list its style. A comment behind one that is opened goes behind its last line."""
    if not isinstance(value, CommentedMap | CommentedSeq):
        return
    was_flow, slot = value.fa.flow_style(), 2 if isinstance(parent, CommentedMap) else 0
    if _is_short(value) and _fits(value, column):
        value.fa.set_flow_style()
        return
    value.fa.set_block_style()
    tokens = parent.ca.items.get(key)
    if was_flow and value and tokens and tokens[slot] is not None:
        _put_behind_last(value, tokens[slot])
        tokens[slot] = None


def _put_behind_last(node: CommentedMap | CommentedSeq, comment: object) -> None:
    key = list(node)[-1] if isinstance(node, CommentedMap) else len(node) - 1
    last = node[key]
    if isinstance(last, CommentedMap | CommentedSeq) and last and not _is_short(last):
        _put_behind_last(last, comment)
    elif isinstance(node, CommentedMap):
        node.ca.items[key] = [None, None, comment, None]
    else:
        node.ca.items[key] = [comment, None, None, None]


def _is_short(node: object) -> TypeGuard[CommentedSeq]:
    """A list of plain words without comments among them; one may stand behind it."""
    return isinstance(node, CommentedSeq) and not node.ca.items and _only_behind(node) and all(map(_is_word, node))


def _only_behind(node: CommentedSeq) -> bool:
    if not node.ca.comment:
        return True
    # In block style it would stand before the first item; an empty list has no other style, and ruamel.yaml tells none.
    return (not node or bool(node.fa.flow_style())) and not any(node.ca.comment[1:])


def _is_word(item: object) -> bool:
    """A text that every YAML reader takes alike between brackets."""
    if isinstance(item, SingleQuotedScalarString | DoubleQuotedScalarString):
        return "\n" not in item
    return isinstance(item, str) and _WORD.match(item) is not None


def _fits(items: CommentedSeq, column: int) -> bool:
    return column + sum(len(item) + 4 for item in items) < WIDTH
