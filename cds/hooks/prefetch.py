"""Prefetch templates, and which of them a request supplied.

Four states are told apart (CDS Hooks 2.0, "Prefetch"): data, null (looked and has nothing), absent, and failed. This
module never concludes "nothing" from a value that it cannot read: such a value is incomplete or absent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from cds.frozen import value


class Supply(Enum):
    """How a prefetch key came."""

    DATA = "data"
    NULL = "null"  # the client looked and has nothing (only ever for a search: see read_supplied)
    ABSENT = "absent"
    FAILED = "failed"  # an OperationOutcome instead of data
    INCOMPLETE = (
        "incomplete"  # data, but not all: an unfollowed ``next`` page, or an OperationOutcome among the entries
    )


@dataclass(frozen=True, slots=True)
class Template:
    """One prefetch template of a service.

    key: the prefetch key, e.g. ``Condition``; resource_type: what it asks for; query: the template text with tokens.
    is_read: True for ``Patient/{{context.patientId}}``, False for a search.
    """

    key: str
    resource_type: str
    query: str
    is_read: bool = False


@value()
class Supplied:
    """What came for one template: its state and the resources (included ones too, in order)."""

    template: Template
    state: Supply
    resources: tuple[Mapping[str, Any], ...] = ()


def read_supplied(
    prefetch: Mapping[str, Any] | None, templates: Sequence[Template], unknown_null: bool = False
) -> tuple[Supplied, ...]:
    """What came for each template, in the order of the templates; keys that nobody asked for are ignored (PRE-15).

    A null is :attr:`Supply.NULL` for a search by context tokens only. For a read (a patient there must be), for a
    template with another token (a client that cannot resolve ``{{today()}}`` sends null), and for a client known to
    send null for failures (``unknown_null``) it is ABSENT: not supplied.
    """
    if prefetch is None:
        return tuple([Supplied(template, Supply.ABSENT) for template in templates])
    return tuple([_supplied(template, prefetch, unknown_null) for template in templates])


def _supplied(template: Template, prefetch: Mapping[str, Any], unknown_null: bool) -> Supplied:
    value = prefetch.get(template.key, _ABSENT)
    if value is _ABSENT:
        return Supplied(template, Supply.ABSENT)
    if value is None:
        says_none = not (unknown_null or template.is_read or _has_foreign_token(template.query))
        return Supplied(template, Supply.NULL if says_none else Supply.ABSENT)
    kind = value.get("resourceType")
    if kind == "Bundle":
        return _bundled(template, value)
    if kind == template.resource_type:
        return Supplied(template, Supply.DATA, (value,))
    # A resource of an unexpected type counts as not delivered (PRE-18).
    return Supplied(template, Supply.FAILED if kind == "OperationOutcome" else Supply.ABSENT)


_ABSENT = object()
#: Where a resource that others refer to keeps the name of its Bundle entry.
FULL_URL = "_fullUrl"
_NAMED_BY_ENTRY = frozenset({"Patient", "Medication"})


def _bundled(template: Template, bundle: Mapping[str, Any]) -> Supplied:
    entries = bundle.get("entry", ())
    # Rules that must be understood before it is read (FHIR R4, Resource.implicitRules), and are not known here.
    if not isinstance(entries, (list, tuple)) or bundle.get("implicitRules"):
        return Supplied(template, Supply.ABSENT if template.is_read else Supply.INCOMPLETE)
    resources: list[Mapping[str, Any]] = []
    complete = not _has_more(bundle, len(entries))
    asked_for = False
    remarks = 0
    wanted = template.resource_type
    usual = None if wanted in _NAMED_BY_ENTRY else wanted
    for entry in entries:
        resource = entry.get("resource") if type(entry) is dict else None
        if type(resource) is not dict:
            complete = False  # an entry that nobody can read
            continue
        kind = resource.get("resourceType")
        if kind == usual:  # of nearly all: what was asked for, and no other resource refers to it by its entry
            asked_for = True
            resources.append(resource)
            continue
        if kind == "OperationOutcome" and _only_remarks(resource):
            remarks += 1  # servers add hints to complete searches (FHIR R4, "search.mode outcome")
            continue
        if not isinstance(kind, str) or kind == "OperationOutcome":
            complete = False  # a failure among the matches (PRE-12)
            continue
        asked_for = asked_for or kind == wanted
        # References by urn:uuid mean the entry, not the resource: its name goes along, and only its own.
        resources.append({**resource, FULL_URL: entry.get("fullUrl")} if kind in _NAMED_BY_ENTRY else resource)
    if template.is_read and not asked_for:
        return Supplied(template, Supply.ABSENT)  # a read has one resource or was not delivered
    # Entries, and none of the type asked for: an answer to some other question says nothing about this one.
    complete = complete and (asked_for or len(entries) == remarks)
    return Supplied(template, Supply.DATA if complete else Supply.INCOMPLETE, tuple(resources))


def _only_remarks(outcome: Mapping[str, Any]) -> bool:
    """True when every issue is for information: a warning or an error may mean that something was left out."""
    issues = outcome.get("issue")
    if not isinstance(issues, list) or not issues:
        return False
    return all(isinstance(issue, dict) and issue.get("severity") == "information" for issue in issues)


def _has_more(bundle: Mapping[str, Any], count: int) -> bool:
    """True when the Bundle says that it is one page of several (PRE-14), or may say so in a way we cannot read."""
    total = bundle.get("total")
    if total is not None and (type(total) is not int or total > count):
        return True
    links = bundle.get("link")
    if not links:
        return False
    if not isinstance(links, (list, tuple)):
        return True
    return any(_may_be_next(link) for link in links)


def _may_be_next(link: object) -> bool:
    relation = link.get("relation") if isinstance(link, dict) else None
    return not isinstance(relation, str) or relation.strip().lower() == "next"


@lru_cache(maxsize=4096)
def _has_foreign_token(query: str) -> bool:
    """True when a template has a token outside ``context``, which a client may not know how to fill."""
    return query.count("{{") != query.count("{{context.")
