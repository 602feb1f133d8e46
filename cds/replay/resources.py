"""The resources inside any prefetch or context value: bare, in an array, in a Bundle, or in Bundles within. Pure."""

from collections.abc import Iterator
from typing import Any

from cds.replay.case import Json


def resources_in(value: Any) -> Iterator[Json]:
    """Every resource of a value, in order, Bundles opened. What is no resource yields nothing."""
    if isinstance(value, list):
        for item in value:
            yield from resources_in(item)
    elif isinstance(value, dict):
        if value.get("resourceType") == "Bundle":
            entries = value.get("entry")
            for entry in entries if isinstance(entries, list) else ():
                yield from resources_in(entry.get("resource") if isinstance(entry, dict) else None)
        elif isinstance(value.get("resourceType"), str):
            yield value


def reference_of(resource: Json) -> str:
    """``Type/id``, or ``""`` for a resource without an id."""
    name = resource.get("id")
    return f"{resource['resourceType']}/{name}" if isinstance(name, str) and name else ""


def subject_of(resource: Json) -> str:
    """Whom the resource is about, as it is written: the reference under ``subject``, ``patient`` or ``beneficiary``."""
    for name in ("subject", "patient", "beneficiary"):
        value = resource.get(name)
        reference = value.get("reference") if isinstance(value, dict) else None
        if isinstance(reference, str) and reference:
            return reference
    return ""


def is_incomplete(value: Any) -> bool:
    """True if a prefetch value says that not everything came: an OperationOutcome, or a page that has a ``next``."""
    if any(resource["resourceType"] == "OperationOutcome" for resource in resources_in(value)):
        return True
    links = value.get("link") if isinstance(value, dict) else None
    return isinstance(links, list) and any(isinstance(link, dict) and link.get("relation") == "next" for link in links)
