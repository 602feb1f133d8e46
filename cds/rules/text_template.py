"""Texts with placeholders: ``eGFR {egfr}``, ``{ordered.count|order|orders}``, ``{{`` for a brace."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[^{}]+|[{}]")
_INSIDE = re.compile(r"([a-z][a-z0-9-]*)((?:\.[a-zA-Z0-9_-]+)*)(?:\|([^|]*)\|([^|]*))?\Z")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """``{name.attribute|one|many}``; attribute and the two words may be empty."""

    name: str
    attribute: str = ""
    one: str = ""
    many: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A brace that opens no placeholder."""

    written: str


Segment = str | Placeholder | Unreadable


@lru_cache(maxsize=4096)
def parse_text(text: str, aliases: frozenset[str] = frozenset()) -> tuple[Segment, ...]:
    """The text in pieces, in order. ``aliases``: the names of libraries, of which the next part is a name."""
    pieces: list[Segment] = []
    for match in _PIECE.finditer(text):
        written = match.group(0)
        if written in ("{{", "}}"):
            pieces.append(written[0])
        elif match.group(1) is not None:
            pieces.append(_placeholder(written, match.group(1), aliases))
        elif written in ("{", "}"):
            pieces.append(Unreadable(written))
        else:
            pieces.append(written)
    return tuple(pieces)


def _placeholder(written: str, inside: str, aliases: frozenset[str]) -> Placeholder | Unreadable:
    match = _INSIDE.match(inside)
    if match is None:
        return Unreadable(written)
    name, attribute = match[1], match[2].removeprefix(".")
    if name in aliases and attribute:
        inner, _, attribute = attribute.partition(".")
        name = f"{name}.{inner}"
    return Placeholder(name, attribute, match[3] or "", match[4] or "", written)


def with_values(text: str, values: Mapping[str, str]) -> str:
    """A sentence of an author with the values of parameters in place of their names."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
