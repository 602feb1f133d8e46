"""JSON with blanks: most of an answer is the same each time its facts come again, and so is most of its record.

A form is written once; then the few values that differ (ids, times) are filled in, each as the JSON that it is. What is
filled is to the letter what writing it anew would give. A blank is told by NUL bytes, which JSON never holds.
"""

from collections.abc import Sequence
from functools import lru_cache

import orjson

_MARK = b"\0"


@lru_cache(maxsize=1024)
def blank(number: int) -> orjson.Fragment:
    """What stands in a tree where the value of this number goes."""
    return orjson.Fragment(b"\0%d\0" % number)


class Form:
    """JSON bytes with numbered blanks. ``text``: as it is kept; :class:`Form` of it is the same form."""

    __slots__ = ("_numbers", "_parts", "text")

    def __init__(self, text: bytes) -> None:
        """Raises ``ValueError`` for what is no form."""
        self.text = text
        self._parts = text.split(_MARK)
        if len(self._parts) % 2 == 0:
            raise ValueError("not a form")
        self._numbers = [int(number) for number in self._parts[1::2]]

    def filled(self, values: Sequence[bytes]) -> bytes:
        """The JSON with the value of each number in its blanks; raises ``ValueError`` where one is lacking."""
        parts = self._parts.copy()
        try:
            parts[1::2] = [values[number] for number in self._numbers]
        except IndexError:
            raise ValueError("not of this form") from None
        return b"".join(parts)


def form_of(tree: object) -> Form:
    """The form of a tree of JSON data that has blanks in it."""
    return Form(orjson.dumps(tree))
