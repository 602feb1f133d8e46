"""A member that is missing, and one that stands there under nearly its name.

For refusals only: unknown members are ignored (GEN-07), so a misspelt one looks as if it had been left out. The name
found is repeated, because it is nearly one of ours; nothing else of the request is.
"""

import re
from collections.abc import Collection, Iterable
from difflib import SequenceMatcher

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}\Z")
_JOINTS = str.maketrans("", "", "_.-")
#: Names looked at: a body with more has another mistake, and must not cost more.
_MOST = 200
#: One letter too many, too few or another in a word of seven.
_ALIKE = 0.85


def meant(name: str, present: Iterable[object], known: Collection[str] = ()) -> str | None:
    """Which of the names that are present was probably meant to be ``name``; never one that is ``known``."""
    found = [other for _, other in zip(range(_MOST), present, strict=False) if isinstance(other, str)]
    near = [other for other in found if other not in known and other != name and _PLAIN.match(other)]
    scored = [(_likeness(name, other), other) for other in near]
    likeness, other = max(scored, default=(0.0, ""))
    return other if likeness >= _ALIKE else None


def hint(name: str, present: Iterable[object], known: Collection[str] = ()) -> str:
    """The end of a sentence that says that ``name`` is missing; empty if nothing like it is there."""
    other = meant(name, present, known)
    return f' (there is "{other}": names are compared letter by letter)' if other else ""


def _likeness(name: str, other: str) -> float:
    left, right = name.translate(_JOINTS).lower(), other.translate(_JOINTS).lower()
    return SequenceMatcher(None, left, right, autojunk=False).ratio()
