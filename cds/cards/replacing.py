"""A draft with some of its elements set anew: what ``replace`` suggests. The draft itself stays as it came."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from cds.rules.ruleset import ElementPath


def replaced(resource: Mapping[str, Any], changes: Iterable[tuple[ElementPath, object]]) -> dict[str, Any] | None:
    """The resource with every change made; None when one has no place in it: then nothing is suggested."""
    result: dict[str, Any] = deepcopy(dict(resource))
    return result if all(_set(result, path, value) for path, value in changes) else None


def _set(table: dict[str, Any], path: ElementPath, value: object) -> bool:
    (element, index), rest = path[0], path[1:]
    if index is None:
        if not rest:
            table[element] = value
            return True
        inner = table.setdefault(element, {})
        return isinstance(inner, dict) and _set(inner, rest, value)
    items = table.setdefault(element, [])
    if not isinstance(items, list) or index > len(items):
        return False  # a place that the list does not reach
    if index == len(items):
        items.append({} if rest else value)
    if not rest:
        items[index] = value
        return True
    return isinstance(items[index], dict) and _set(items[index], rest, value)
