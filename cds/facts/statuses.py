"""The status words that facts of each kind can have: what ``status`` of a definition may name.

A word that no fact of the kind ever has would find nothing, for everybody, without a word said. They are the words of
FHIR R4 as the readers keep them, and ours: ``replaced``, ``supplied``, ``past``, ``unstated``, ``do-not-perform``, and
an intent that orders nothing in the place of the status. ``entered-in-error`` and ``unknown`` are never a fact's.
"""

from collections.abc import Mapping

_NOT_ORDERING = ("proposal", "plan", "option")
_REQUEST = ("active", "on-hold", "cancelled", "completed", "stopped", "draft", "do-not-perform")
_GIVEN = ("in-progress", "not-done", "on-hold", "completed", "stopped")
_DRAFT = frozenset({"draft", "do-not-perform"})
_ASKED = frozenset(
    ("draft", "active", "on-hold", "revoked", "completed", "do-not-perform", "directive", *_NOT_ORDERING)
)
_VISIT = frozenset({"planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled"})
_RESULT = ("registered", "preliminary", "final", "amended", "corrected", "cancelled")

STATUSES: Mapping[str, frozenset[str]] = {
    "condition": frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved"}),
    "observation": frozenset(_RESULT),
    "medication": frozenset(
        (*_REQUEST, *_NOT_ORDERING, "intended", "not-taken", *_GIVEN, "replaced", "supplied", "past")
    ),
    "order": _DRAFT,
    "draft": _DRAFT,
    "prescription": frozenset(_REQUEST),
    "dispense": frozenset({"completed", "stopped"}),
    "administration": frozenset(_GIVEN),
    "allergy": frozenset({"active", "inactive", "resolved", "unstated"}),
    "report": frozenset((*_RESULT, "partial", "appended")),
    "procedure": frozenset({"preparation", "in-progress", "not-done", "on-hold", "stopped", "completed"}),
    "immunization": frozenset({"completed", "not-done"}),
    "service-request": _ASKED,
    "device-request": _ASKED,
    "adverse-event": frozenset({"actual", "potential"}),
    "encounter": _VISIT,
    "current-encounter": _VISIT,
}
