"""Small steps that every mutation takes: a copy with one field changed, a list with one entry less."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

_T = TypeVar("_T")


def changed(item: _T, **fields: object) -> _T:
    """A copy of a frozen dataclass. What is put in is of the field's own type: it was read from there."""
    return replace(item, **fields)  # type: ignore[type-var]


def without_one(items: tuple[_T, ...]) -> Iterator[tuple[_T, tuple[_T, ...]]]:
    """Each entry, and the list without it."""
    return ((item, (*items[:place], *items[place + 1 :])) for place, item in enumerate(items))


def with_one(items: tuple[_T, ...], place: int, item: _T) -> tuple[_T, ...]:
    """The list with another entry at a place."""
    return (*items[:place], item, *items[place + 1 :])
