"""Draft orders of the context as facts of kind ``draft``, and ``order`` for those judged now.

At order-select the selections are judged, at every other hook with orders all of them (LANGUAGE section 4). The orders
of order-dispatch come by reference only: they are looked for in what was supplied. The status is ``draft`` whatever a
client wrote, because real drafts come as ``active``, or without one; only a draft that says what *not* to do is
``do-not-perform``. One that was entered in error is nothing, and must say so letter by letter (FHIR codes are
case-sensitive): any other word that is no status of a request, and ``unknown``, leave it open whether the draft stands,
so it is an omission. A draft in which nothing was picked yet is ignored: real clients send it (spec/real-clients.md).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cds.facts.codes import MALFORMED, Codebook, Look
from cds.facts.dates import Moment, Span
from cds.facts.entry import BAD_STATUS, IN_ERROR, Entry, Found, Surroundings, read_when
from cds.facts.fact import Omission
from cds.facts.medications import has_no_medication, look_at_medication
from cds.facts.modifiers import modified_by
from cds.facts.references import Medications, Subject, local_reference, name_of, references_of
from cds.facts.shapes import JSONObject, display_of
from cds.facts.wrong_patient import WrongPatient
from cds.frozen import value
from cds.hooks.context import is_own
from cds.hooks.prefetch import Supplied

KINDS = frozenset({"draft", "order"})
DRAFT_ONLY = frozenset({"draft"})
#: Hooks at which every order is judged now, beside an organisation's own.
_ALL_JUDGED = frozenset({"order-sign", "order-dispatch", "order-review", "medication-prescribe", "medication-refill"})
#: Where order types other than medications name what is ordered.
_CODE_ELEMENTS = ("code", "codeCodeableConcept", "itemCodeableConcept", "vaccineCode")
#: What FHIR R5 puts where R4 has a concept: it cannot be read here, and may be an order of anything.
_CODEABLE_REFERENCE = frozenset({"concept", "reference"})
#: In which a request can be, in FHIR DSTU2 to R5, orders and appointments alike; ``unknown`` says nothing.
_STATUSES = frozenset(
    {
        *("draft", "proposed", "planned", "requested", "received", "accepted", "active", "on-hold", "suspended"),
        *("in-progress", "review", "completed", "ended", "stopped", "cancelled", "revoked", "rejected", "aborted"),
        *("failed", "pending", "booked", "waitlist", "arrived", "checked-in", "fulfilled", "noshow"),
    }
)
#: What clients put beside the orders so that references resolve; no orders themselves.
_NOT_ORDERS = frozenset({"Medication", "Patient", "Practitioner", "PractitionerRole", "Organization", "Encounter"})


@value()
class Drafts:
    """The drafts read: what they are, and which could never match a code."""

    found: tuple[Found, ...]
    unmapped: tuple[str, ...]


@value()
class Desk:
    """What the drafts are read with: the hook, its selections, and the rest of the request."""

    hook: str
    selections: frozenset[str] | None
    subject: Subject
    book: Codebook
    medications: Medications
    moment: Moment
    is_open: bool


def dispatched_orders(
    dispatched: frozenset[str], supplied: Sequence[Supplied], subject: Subject
) -> tuple[tuple[Mapping[str, Any], ...], tuple[Omission, ...]]:
    """The orders that order-dispatch names, once each, and those that did not come: they could be orders of anything.

    One of another patient did not come: what stands in a prefetch is left out, not refused (SETTLED, "Wrong patient").
    """
    came: dict[str, Mapping[str, Any]] = {}
    for supply in supplied:
        for resource in supply.resources:
            reference = f"{resource.get('resourceType')}/{resource.get('id')}"
            if reference in dispatched and subject.owner(resource.get("subject")) == "ours":
                came.setdefault(reference, resource)
    lost = sorted(dispatched - came.keys())
    return tuple(came.values()), tuple(Omission(reference, "unresolved-order", KINDS) for reference in lost)


def surroundings_of(
    drafts: Sequence[Mapping[str, Any]], encounter_id: str | None, selections: frozenset[str] | None
) -> Surroundings:
    """Which requests of the record are the drafts themselves, which are replaced by them, which encounter it is.

    Only a draft that is being ordered now can take the place of what the patient takes: not one that is void, that
    says not to give, that names no drug yet or, at order-select, that was not selected.
    """
    own: dict[str, JSONObject] = {}
    replaced: set[str] = set()
    for number, draft in enumerate(drafts, start=1):
        if isinstance(draft, dict) and _is_being_ordered(draft):
            reference = draft_reference(draft, number)
            own[reference] = draft
            if selections is None or reference in _references(selections):
                replaced.update(references_of(draft.get("priorPrescription")))
    encounter = None if encounter_id is None else f"Encounter/{encounter_id.removeprefix('Encounter/')}"
    return Surroundings(encounter, own, frozenset(replaced))


def _is_being_ordered(draft: JSONObject) -> bool:
    is_request = draft.get("resourceType") == "MedicationRequest" and not has_no_medication(draft)
    stands = _has_draft_status(draft) and not modified_by(draft)
    return is_request and stands and draft.get("doNotPerform") in (None, False)


def _has_draft_status(draft: JSONObject) -> bool:
    """Whether it is sure that the draft stands: no status at all, or one of a request, in any case of its letters."""
    status = draft.get("status")
    return status is None or (isinstance(status, str) and status.strip().lower() in _STATUSES)


def draft_reference(draft: JSONObject, number: int) -> str:
    """``MedicationRequest/<id>``, or ``#draft-<number>`` (from 1) for a draft without an id that can be repeated."""
    return name_of(draft.get("resourceType"), draft.get("id")) or f"#draft-{number}"


def read_drafts(drafts: Sequence[Mapping[str, Any]], desk: Desk) -> Drafts:
    """All drafts as facts. Raises :class:`WrongPatient` for a draft of another patient."""
    found: list[Found] = []
    unmapped: list[str] = []
    for number, draft in enumerate(drafts, start=1):
        if not isinstance(draft, dict) or not isinstance(draft.get("resourceType"), str):
            found.append(Omission(f"#draft-{number}", "malformed", KINDS))
            continue
        _refuse_another_patient(draft, number, desk.subject)
        if draft.get("resourceType") not in _NOT_ORDERS and draft.get("status") != IN_ERROR:
            found.extend(_read_draft(draft, draft_reference(draft, number), desk, unmapped))
    found.extend(_dangling(drafts, desk))
    return Drafts(tuple(found), tuple(unmapped))


def _refuse_another_patient(draft: JSONObject, number: int, subject: Subject) -> None:
    for element in ("subject", "patient"):
        if subject.owner(draft.get(element)) == "another-patient":
            raise WrongPatient(f"context.draftOrders.entry[{number - 1}].resource.{element}")
    identity = draft.get("id")
    if draft.get("resourceType") == "Patient" and isinstance(identity, str) and identity != subject.patient_id:
        raise WrongPatient(f"context.draftOrders.entry[{number - 1}].resource.id")


def _read_draft(draft: JSONObject, reference: str, desk: Desk, unmapped: list[str]) -> list[Found]:
    owners = {desk.subject.owner(draft.get(element)) for element in ("subject", "patient")}
    # A draft came in the context of this patient: a subject that names nobody does not take it away.
    if not owners <= {"ours", "unnamed"}:
        return [Omission(reference, "wrong-subject", KINDS)]
    look, concept = _look(draft, desk)
    if look is None:
        return []
    kinds = _kinds_of(reference, desk)
    if look.problem:
        return [Omission(reference, look.problem, KINDS)]
    if not look.mapped and not look.bare:
        unmapped.append(reference)
    found: list[Found] = [Omission(reference, "no-system", KINDS, look.bare)] if look.bare else []
    if look.wanted or desk.is_open:
        entry = Entry(draft, reference, look.codings, display_of(concept), desk.moment, Surroundings())
        if modified := modified_by(draft):
            return [*found, entry.omission(modified, KINDS)]
        if not _has_draft_status(draft):
            return [*found, entry.omission(BAD_STATUS, KINDS)]
        found.extend(_facts(entry, kinds))
        if desk.hook == "order-select" and reference.startswith("#draft-"):
            # Selections name ids: whether a draft without one is selected, nobody can tell.
            found.append(entry.omission("no-id", KINDS - kinds))
    return found


def _facts(entry: Entry, kinds: frozenset[str]) -> list[Found]:
    prohibited = entry.resource.get("doNotPerform")
    if not isinstance(prohibited, bool | None):
        return [entry.omission("malformed", kinds)]
    written = read_when(entry.resource, ("authoredOn",), entry.moment, plan=True)
    when = written if isinstance(written, Span) else None  # when a draft was begun decides nothing
    status = "do-not-perform" if prohibited else "draft"
    return [entry.fact(kind, status, when) for kind in sorted(kinds)]


def _look(draft: JSONObject, desk: Desk) -> tuple[Look | None, object]:
    """The codes of what is ordered; no look at all if nothing was picked yet."""
    resource_type = draft.get("resourceType")
    if isinstance(resource_type, str) and resource_type.startswith("Medication"):
        return (None, None) if has_no_medication(draft) else look_at_medication(draft, desk.book, desk.medications)
    concept = next((draft[element] for element in _CODE_ELEMENTS if draft.get(element) is not None), None)
    if isinstance(concept, dict) and not _CODEABLE_REFERENCE.isdisjoint(concept):
        return MALFORMED, concept
    look = desk.book.look(concept)
    return (None if look.problem == "no-code" else look), concept


def _kinds_of(reference: str, desk: Desk) -> frozenset[str]:
    judged_now = (
        desk.hook in _ALL_JUDGED or is_own(desk.hook) or (desk.hook == "order-select" and reference in _selected(desk))
    )
    return KINDS if judged_now else DRAFT_ONLY


def _selected(desk: Desk) -> frozenset[str]:
    return _references(desk.selections or frozenset())


def _references(selections: frozenset[str]) -> frozenset[str]:
    found = (local_reference(selection) for selection in selections)
    return frozenset(reference for reference in found if reference is not None)


def _dangling(drafts: Sequence[Mapping[str, Any]], desk: Desk) -> list[Found]:
    """Selections without their draft: the clinician chose something that did not come."""
    if desk.hook != "order-select":
        return []
    known = {draft_reference(d, n) for n, d in enumerate(drafts, start=1) if isinstance(d, dict)}
    lost = sorted(_selected(desk) - known)
    return [Omission(reference, "unresolved-selection", frozenset({"order"})) for reference in lost]
