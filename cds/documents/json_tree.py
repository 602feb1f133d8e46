"""JSON as a tree of texts with places, as :mod:`cds.documents.yaml_tree` gives it for YAML.

For documents of others that authors bring in (FHIR). Numbers and words stay as they are written; keys may not repeat.
What a service is called with is read elsewhere, and faster (``cds/hooks/body.py``).
"""

import json
import re
from bisect import bisect_right
from itertools import accumulate

from cds.documents.files import MOST_BYTES
from cds.documents.problem import Location, Problem
from cds.documents.text import read_text
from cds.documents.yaml_tree import MAX_DEPTH, Items, Node, Table, Text

_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(
    r"(?P<mark>[{}\[\],:])|(?P<text>\"(?:[^\"\\\x00-\x1f]|\\.)*\")"
    r"|(?P<word>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)"
)


def read_json(content: bytes, file: str) -> tuple[Node | None, list[Problem]]:
    """The located tree of one JSON document; None, and what is wrong with it, if it cannot be read."""
    text = read_text(content, file, MOST_BYTES)
    if isinstance(text, Problem):
        return None, [text]
    if not text.strip():
        return None, [Problem("CDS106", Location(file), "the file is empty")]
    try:
        return _Parser(text, file).document(), []
    except _NotReadError as fault:
        return None, [fault.problem]


class _NotReadError(Exception):
    """Raised and caught in this module only."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class _Parser:
    def __init__(self, text: str, file: str) -> None:
        self._text, self._file, self._at = text, file, 0
        self._lines = [0, *accumulate(len(line) for line in text.split("\n"))]
        self._lines = [offset + number for number, offset in enumerate(self._lines)]

    def document(self) -> Node:
        node = self._node(0)
        self._skip()
        if self._at != len(self._text):
            raise self._wrong("something stands behind the end of the document")
        return node

    def _place(self) -> Location:
        line = bisect_right(self._lines, self._at) - 1
        return Location(self._file, line + 1, self._at - self._lines[line] + 1)

    def _wrong(self, what: str, code: str = "CDS131", hint: str = "") -> _NotReadError:
        told = f"this is not JSON: {what}" if code == "CDS131" else what
        return _NotReadError(Problem(code, self._place(), told, hint))

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _peek(self) -> re.Match[str]:
        self._skip()
        token = _TOKEN.match(self._text, self._at)
        if token is None:
            is_end = self._at >= len(self._text)
            raise self._wrong("the file ends too early" if is_end else "a value or a mark is expected here")
        return token

    def _node(self, depth: int) -> Node:
        token, place = self._peek(), self._place()
        if depth > MAX_DEPTH:
            raise self._wrong(f"more than {MAX_DEPTH} levels inside one another", "CDS105")
        if token["mark"] == "{":
            return self._table(place, depth + 1)
        if token["mark"] == "[":
            return self._items(place, depth + 1)
        if token["mark"]:
            raise self._wrong(f'a value is expected here, and not "{token["mark"]}"')
        return Text(self._scalar(token), place)

    def _scalar(self, token: re.Match[str]) -> str:
        if token["text"] is None:
            self._at = token.end()
            return token["word"]
        try:
            text = str(json.loads(token["text"]))
            text.encode()  # half of a pair of escapes is no character
        except (json.JSONDecodeError, UnicodeEncodeError):
            raise self._wrong("this text has an escape that means nothing") from None
        self._at = token.end()
        return text

    def _items(self, place: Location, depth: int) -> Items:
        items: list[Node] = []
        self._at += 1
        if self._closed("]"):
            return Items((), place)
        while True:
            items.append(self._node(depth))
            if self._ended("]"):
                return Items(tuple(items), place)

    def _table(self, place: Location, depth: int) -> Table:
        entries: dict[str, tuple[Text, Node]] = {}
        self._at += 1
        if self._closed("}"):
            return Table((), place)
        while True:
            token, where = self._peek(), self._place()
            if token["text"] is None:
                raise self._wrong("a name in quotes is expected here")
            if (name := self._scalar(token)) in entries:
                self._at = token.start()
                first = f"first on line {entries[name][0].location.line}"
                raise self._wrong(f'the key "{name}" stands here twice', "CDS107", first)
            self._mark(":")
            entries[name] = (Text(name, where), self._node(depth))
            if self._ended("}"):
                return Table(tuple(entries.values()), place)

    def _closed(self, mark: str) -> bool:
        token = self._peek()
        if token["mark"] == mark:
            self._at = token.end()
            return True
        return False

    def _ended(self, mark: str) -> bool:
        """Whether it ends here; else a comma stands here."""
        if self._closed(mark):
            return True
        self._mark(",")
        return False

    def _mark(self, mark: str) -> None:
        token = self._peek()
        if token["mark"] != mark:
            raise self._wrong(f'"{mark}" is expected here')
        self._at = token.end()
