"""What an upgrade of a value set would change: codes gained and lost, renamed, and retired by the new one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cds.authoring.valuesets.code_set import Code, CodeSet
from cds.terminology.coding import Coding

What = Literal["gained", "lost", "retired", "renamed"]


@dataclass(frozen=True, slots=True)
class CodeChange:
    """before, after: displays. retired: in both, and not to be used any more by what the new one says."""

    what: What
    coding: Coding
    before: str = ""
    after: str = ""


def code_changes(old: CodeSet, new: CodeSet) -> list[CodeChange]:
    """By kind of change, then by code."""
    found = [
        change
        for coding in sorted(old.codes.keys() | new.codes.keys())
        for change in _change(old.codes.get(coding), new.codes.get(coding))
    ]
    order = ("lost", "gained", "retired", "renamed")
    return sorted(found, key=lambda change: order.index(change.what))


def _change(before: Code | None, after: Code | None) -> Iterator[CodeChange]:
    if after is None:
        if before is not None:
            yield CodeChange("lost", before.coding, before.display)
    elif before is None:
        yield CodeChange("gained", after.coding, after=after.display)
    else:
        if after.is_retired and not before.is_retired:
            yield CodeChange("retired", after.coding, before.display, after.display)
        if after.display and _plain(before.display) != _plain(after.display):
            yield CodeChange("renamed", after.coding, before.display, after.display)


def _plain(display: str) -> str:
    """Capitals and blanks are no other name."""
    return " ".join(display.split()).casefold()
