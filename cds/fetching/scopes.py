"""What a SMART App Launch scope lets us read: version 1 (``patient/*.read``) and version 2 (``patient/Condition.rs``).

Scopes that are neither (``openid``, ``launch``, a vendor's own) grant no resource and are passed over (FHA-05).
"""

import re
from enum import IntEnum

#: SMART App Launch 2.2, "Scopes for requesting FHIR Resources": the letters stand in this order.
_SCOPE = re.compile(r"(?:patient|user|system)/(\*|[A-Z][A-Za-z]*)\.(read|write|\*|c?r?u?d?s?)(\?.+)?\Z")
_ALL = frozenset("cruds")
_VERSION_1 = {"read": frozenset("rs"), "write": frozenset("cud"), "*": _ALL}


class Coverage(IntEnum):
    """How much of a resource type may be read."""

    NONE = 0
    PART = 1  # only what a query (``?category=laboratory``) admits: finding nothing proves nothing
    WHOLE = 2


def coverage(scope: str, resource_type: str, *, is_read: bool) -> Coverage:
    """How far the scopes of a grant, parted by blanks, cover reading (else searching) a resource type."""
    needed = "r" if is_read else "s"
    best = Coverage.NONE
    for word in scope.split():
        match = _SCOPE.match(word)
        if match is None or match[1] not in ("*", resource_type):
            continue
        if needed in _VERSION_1.get(match[2], frozenset(match[2])):
            best = max(best, Coverage.PART if match[3] else Coverage.WHOLE)
    return best
