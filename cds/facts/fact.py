"""What the rules see of a patient: facts with provenance, and what could not be read.

A fact never loses its source: ``reference`` names the resource, ``resource`` is it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cds.facts.dates import Span
from cds.frozen import value
from cds.terminology.coding import Coding

#: The kinds a fact may have. ``lab`` and ``vital`` in the rule language are ``observation`` here:
#: codes decide, never the category.
KINDS = frozenset(
    {
        "condition",
        "observation",
        "medication",  # what the patient takes now (status "active"), took, or is having replaced
        "order",  # drafts judged now
        "draft",  # every draft
        "prescription",
        "dispense",
        "administration",
        "allergy",
        "report",
        "procedure",
        "immunization",
        "service-request",
        "device-request",
        "adverse-event",
        "encounter",
        "current-encounter",
    }
)

#: The kind of what denies allergies. No rule asks for it: it is no allergy, but the list of them is answered by it.
#: Its status says what is denied: ``all`` allergies, those to ``drugs``, or ``others``.
NO_ALLERGY = "no-known-allergy"


@value(eq=False)
class Fact:
    """One typed statement about the patient.

    kind: one of :data:`KINDS`, or :data:`NO_ALLERGY`. The same resource may yield several (a request is a
        ``prescription``, and a ``medication`` while it is in use); they share the reference.
    codings: its own codes and, for a drug product, those of its ingredients.
    display: how a clinician would name it (record text, untrusted: escape before showing).
    status: the FHIR status word that filters see (condition: clinical status; medication: ``active`` when
        in use, ``replaced`` when a draft replaces it, else the resource's own).
    when: the clinically relevant time, ``None`` if none is recorded.
    """

    kind: str
    reference: str
    codings: frozenset[Coding]
    display: str
    status: str
    when: Span | None
    resource: Mapping[str, Any]


@value()
class Omission:
    """A resource that could not be read; its facts are unknown, never absent.

    kinds: the kinds of fact it would have been.
    codings: the codes it may have had; ``None`` when it could have been anything of its kinds.
    reason: a code word: ``wrong-subject``, ``bad-date``, ``future-date``, ``bad-status``, ``no-system``, ``no-code``,
        ``malformed``, ``unresolved-medication``, ``conflicting-copies``...
    """

    reference: str
    reason: str
    kinds: frozenset[str]
    codings: frozenset[Coding] | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """Who it is about. ``None`` where nothing usable is recorded: unknown, never a default."""

    reference: str
    birth: Span | None
    sex: str | None  # "female" | "male"
    deceased: bool | None
    races: frozenset[str]
    #: Whether a race is recorded in any form, be it in words that no code follows from; also where nobody can tell.
    tells_race: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """What any rule of the plan can read, so that the rest of a record is passed over quickly.

    codings: every code of every value set.
    open_kinds: kinds read without a code filter.
    """

    codings: frozenset[Coding]
    open_kinds: frozenset[str] = frozenset()


@value(eq=False)
class Record:
    """One patient at one moment, as far as the request told.

    facts: by kind, in a stable order (newest first, then by reference).
    unsupplied: resource types (``Condition``...) of which the supply was absent, failed or incomplete, with the reason:
        nothing may be concluded from not finding such a fact.
    unmapped: references of medications, orders and conditions whose codes no value set can ever match
        (free text, unknown system): never matched, listed as data quality.
    encounter, user: references of the context, for templates that take them; else "".
    """

    patient: Patient
    hook: str
    facts: Mapping[str, tuple[Fact, ...]]
    omissions: tuple[Omission, ...]
    unsupplied: Mapping[str, str]
    unmapped: tuple[str, ...]
    encounter: str = ""
    user: str = ""
