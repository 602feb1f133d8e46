"""Reading one located tree: problems are collected, never raised, so that an author sees all of them at once."""

import difflib
import re
from collections.abc import Iterable
from datetime import date

from cds.documents.problem import Location, Problem
from cds.documents.yaml_tree import Items, Node, Table, Text

_YES_NO = {"yes": True, "no": False}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
#: A hint compares a word with at most this many: a file with thousands of unknown names must not keep lint busy.
_MOST_COMPARED = 200
_LONGEST_COMPARED = 100


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """A hint naming the closest known word, or the known ones when none is close and they are few."""
    known = sorted(words)
    comparable = len(known) <= _MOST_COMPARED and len(word) <= _LONGEST_COMPARED
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6) if comparable else []
    if close:
        return f'did you mean "{close[0]}"?'
    return f"one of: {', '.join(known)}" if 0 < len(known) <= 24 else ""


class Reader:
    """Collects problems while a tree is read; each ``read_*`` returns a harmless value when it found one."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def problem(self, code: str, place: Location, message: str, hint: str = "") -> None:
        """Note an author mistake."""
        self.problems.append(Problem(code, place, message, hint))

    def table(self, node: Node | None, what: str, keys: Iterable[str] | None = None) -> Table | None:
        """``node`` as a table whose keys are all known."""
        if node is None:
            return None
        if not isinstance(node, Table):
            self.problem(
                "CDS110", node.location, f"{what} must be a table of keys", "write `key: value` lines below it"
            )
            return None
        if keys is not None:
            known = list(keys)
            for name, _ in node.entries:
                if name.text not in known:
                    self.problem(
                        "CDS101", name.location, f'{what} has no key "{name.text}"', did_you_mean(name.text, known)
                    )
        return node

    def text(self, node: Node | None, what: str, place: Location | None = None) -> str:
        """``node`` as a text that is not empty; "" with a problem otherwise."""
        if isinstance(node, Text) and node.text.strip():
            return node.text
        if node is not None or place is not None:
            self.problem("CDS111", node.location if node else place or Location(self.file), f"{what} must be a text")
        return ""

    def required(self, table: Table, key: str, what: str) -> Node | None:
        """The value under a key that must be there."""
        value = table.get(key)
        if value is None:
            self.problem("CDS109", table.location, f'{what} needs the key "{key}"')
        return value

    def required_text(self, table: Table, key: str, what: str) -> str:
        """The text under a key that must be there."""
        value = self.required(table, key, what)
        return self.text(value, f'"{key}"') if value is not None else ""

    def texts(self, node: Node | None, what: str) -> tuple[Text, ...]:
        """A text or a list of texts, as a tuple."""
        if node is None:
            return ()
        if isinstance(node, Text):
            return (node,) if self.text(node, what) else ()
        if isinstance(node, Items):
            wrong = [item for item in node if not isinstance(item, Text)]
            for item in wrong:
                self.problem(
                    "CDS111", item.location, f"{what} must be a list of texts", "quote entries with a colon in them"
                )
            if not node.items:
                self.problem("CDS112", node.location, f"{what} is an empty list")
            return tuple(item for item in node if isinstance(item, Text))
        self.problem("CDS111", node.location, f"{what} must be a text or a list of texts")
        return ()

    def one_of(self, node: Node | None, what: str, words: Iterable[str], default: str) -> str:
        """A word of a fixed list."""
        if node is None:
            return default
        known = list(words)
        word = self.text(node, what)
        if word and word not in known:
            self.problem("CDS113", node.location, f'{what} cannot be "{word}"', did_you_mean(word, known))
            return default
        return word or default

    def yes_no(self, node: Node | None, what: str, default: bool) -> bool:
        """``yes`` or ``no``."""
        return _YES_NO[self.one_of(node, what, _YES_NO, "yes" if default else "no")]

    def day(self, node: Node | None, what: str) -> date:
        """A calendar day, written 2026-01-15."""
        text = self.text(node, what) if node is not None else ""
        day = _read_day(text)
        if day is None and node is not None and text:
            self.problem("CDS114", node.location, f'{what} is not a day: "{text}"', "write it as 2026-01-15")
        return day or date.min


def _read_day(text: str) -> date | None:
    """A calendar day; the standard library alone would also read week dates (2026-W01-1)."""
    try:
        return date.fromisoformat(text) if _DAY.match(text) else None
    except ValueError:  # 30 February, the year 0000
        return None
