"""The shapes of a CDS Hooks answer, as typed dictionaries: what ``cards`` builds and ``check_response`` judges.

Only shapes: a key that has nothing to say is left out, never null or empty (GEN-02). Nothing is checked here per
request; :func:`cds.hooks.response_check.check_response` does so in tests, at publish and in replay.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

#: The most characters (code points) a summary may have: fewer than 140 (CARD-03).
LONGEST_SUMMARY = 139


class WireCoding(TypedDict):
    """A Coding on the wire; override reasons must have a display (OVR-01), topics may."""

    code: str
    system: str
    display: NotRequired[str]


class Source(TypedDict):
    """Where a card's advice comes from; URLs are absolute and about the source, never about the patient."""

    label: str
    url: NotRequired[str]
    icon: NotRequired[str]
    topic: NotRequired[WireCoding]


class Action(TypedDict):
    """One change: a resource to create or update (whole), or the ``Type/id`` to delete."""

    type: Literal["create", "update", "delete"]
    description: str
    resource: NotRequired[Mapping[str, Any]]
    resourceId: NotRequired[str]


class Suggestion(TypedDict):
    """Actions that belong together under one button."""

    label: str
    uuid: str
    isRecommended: bool
    actions: NotRequired[Sequence[Action]]


class Link(TypedDict):
    """A link to a page (``absolute``) or an app (``smart``)."""

    label: str
    url: str
    type: Literal["absolute", "smart"]
    appContext: NotRequired[str]
    autolaunchable: NotRequired[bool]


class Card(TypedDict):
    """One card."""

    uuid: str
    summary: str
    indicator: Literal["info", "warning", "critical"]
    source: Source
    detail: NotRequired[str]
    suggestions: NotRequired[Sequence[Suggestion]]
    selectionBehavior: NotRequired[Literal["at-most-one", "any"]]
    overrideReasons: NotRequired[Sequence[WireCoding]]
    links: NotRequired[Sequence[Link]]
    extension: NotRequired[Mapping[str, Any]]


class Response(TypedDict):
    """An answer; no guidance is an empty ``cards``."""

    cards: Sequence[Card]
    systemActions: NotRequired[Sequence[Action]]
    extension: NotRequired[Mapping[str, Any]]
