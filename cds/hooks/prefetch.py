"""Prefetch templates, and which of them a request supplied.

Four states are told apart (CDS Hooks 2.0, "Prefetch"): data, null (looked and has nothing), absent, and failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Supply(Enum):
    """How a prefetch key came."""

    DATA = "data"
    NULL = "null"  # the client looked and has nothing; for a read (Patient): not supplied
    ABSENT = "absent"
    FAILED = "failed"  # an OperationOutcome instead of data
    INCOMPLETE = "incomplete"  # data, but not all: an unfollowed ``next`` page, or an OperationOutcome among the entries


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


@dataclass(frozen=True, slots=True)
class Supplied:
    """What came for one template: its state and the resources (included ones too, in order)."""

    template: Template
    state: Supply
    resources: tuple[Mapping[str, Any], ...] = ()
