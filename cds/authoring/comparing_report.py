"""Changes of a version as plain data and as rows."""

from collections.abc import Iterable, Iterator

from cds.authoring.comparing import Change


def change_data(change: Change) -> dict[str, object]:
    """One change as JSON data."""
    told: dict[str, object] = {"kind": change.kind, "name": change.name, "what": change.what, "level": change.level}
    return told | {"details": list(change.details)}


def change_rows(found: Iterable[Change]) -> Iterator[tuple[str, str, str, str]]:
    """Class, what, which, and one row for each detail."""
    for change in found:
        first, *others = change.details or ("",)
        yield change.level, f"{change.kind} {change.what}", change.name, first
        yield from (("", "", "", other) for other in others)
