"""Medication requests, statements, dispenses and administrations as facts.

Each resource is a fact of its own kind (``prescription``, ``dispense``, ``administration``) and says whether the
patient takes the drug now: kind ``medication`` with status ``active`` (LANGUAGE section 4; clinical/00-conventions,
"Active medication"). Other statuses of ``medication``: ``replaced`` by a draft; ``past``, supplied more than 100 days
ago; ``supplied``, handed over or given on a request that is itself an active medication of this record, so that
one drug is not counted twice; ``do-not-perform``; an intent that orders nothing (``plan``); else the resource's own.
"""

from datetime import timedelta

from cds.facts.codes import NO_CODE, UNRESOLVED, Codebook, Look, joined
from cds.facts.dates import Span
from cds.facts.entry import BAD_STATUS, Entry, Found, read_when, status_of
from cds.facts.references import Medications, references_of
from cds.facts.shapes import JSONObject, display_of, first_object, objects, text_of

REQUEST_KINDS = frozenset({"prescription", "medication"})
STATEMENT_KINDS = frozenset({"medication"})
DISPENSE_KINDS = frozenset({"dispense", "medication"})
ADMINISTRATION_KINDS = frozenset({"administration", "medication"})

#: Days for which something handed over or given counts as in use (PDDI-CDS look-back; calendar days, inclusive).
IN_USE_DAYS = 100

_REQUEST = frozenset({"active", "on-hold", "cancelled", "completed", "stopped", "draft"})
_STATEMENT = frozenset({"active", "completed", "intended", "stopped", "on-hold", "not-taken"})
_DISPENSE = frozenset({"preparation", "in-progress", "cancelled", "on-hold", "completed", "stopped", "declined"})
_ADMINISTRATION = frozenset({"in-progress", "not-done", "on-hold", "completed", "stopped"})
_ORDERING = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
_NOT_ORDERING = frozenset({"proposal", "plan", "option"})
_INTENTS = _ORDERING | _NOT_ORDERING
#: Elements of a reference that say something of what it is to.
_PICKED = ("reference", "identifier", "display", "extension")
_EFFECTIVE = ("effectiveDateTime", "effectivePeriod")


def look_at_medication(resource: JSONObject, book: Codebook, medications: Medications) -> tuple[Look, object]:
    """The codes of the drug, and the concept that names it; references are followed to the Medication itself."""
    concept = resource.get("medicationCodeableConcept")
    reference = resource.get("medicationReference")
    if concept is not None and isinstance(reference, dict) and reference.get("reference"):
        return UNRESOLVED, concept  # two of a choice (FHIR R4 medication[x]): nobody can tell which is meant
    if concept is not None or reference is None:
        look = book.look(concept)
        # Without any code or text it could be any drug at all: the same as a reference that leads nowhere.
        return (UNRESOLVED if look.problem == "no-code" else look), concept
    medication = medications.resolve(reference, resource)
    if medication is None:
        return UNRESOLVED, {"text": reference.get("display")} if isinstance(reference, dict) else None
    parts = [item.get("itemCodeableConcept") for item in objects(medication.get("ingredient"))]
    look = joined(
        [book.look(concept) for concept in (medication.get("code"), *parts) if concept is not None] or [NO_CODE]
    )
    return (UNRESOLVED if look.problem == "no-code" else look), medication.get("code")


def has_no_medication(resource: JSONObject) -> bool:
    """True for a draft in which nothing has been picked yet: no code, no text, no reference, and no ``medication`` as
    FHIR R5 has it, which cannot be read here and may be anything.

    Who names the drug by an identifier, or says in an extension why it is not told, has picked one.
    """
    if resource.get("medication") is not None:
        return False
    concept, reference = resource.get("medicationCodeableConcept"), resource.get("medicationReference")
    picked = any(map(reference.get, _PICKED)) if isinstance(reference, dict) else reference
    if concept is None:
        return not picked
    return isinstance(concept, dict) and not display_of(concept) and not concept.get("extension") and not picked


def read_request(entry: Entry) -> tuple[Found, ...]:
    """A prescription and, unless it is one of the drafts, the medication that it means."""
    resource = entry.resource
    status = status_of(resource, _REQUEST)
    usage = None if status is None else _usage(resource, status)
    if status is None or usage is None:
        return (entry.omission(BAD_STATUS, REQUEST_KINDS),)
    plan = usage in _NOT_ORDERING or status == "draft"
    when = read_when(resource, ("authoredOn",), entry.moment, plan=plan)
    if isinstance(when, str):
        return (entry.omission(when, REQUEST_KINDS),)
    prescription = entry.fact("prescription", "do-not-perform" if usage == "do-not-perform" else status, when)
    if _is_the_draft(resource, entry.around.drafts.get(entry.reference)):
        return (prescription,)
    if usage == "active" and entry.reference in entry.around.replaced:
        usage = "replaced"
    return (prescription, entry.fact("medication", usage, when))


def _is_the_draft(request: JSONObject, draft: JSONObject | None) -> bool:
    """Whether a request of the record is what is now being signed again: the same id and, surely, the same drug.

    Clients give every draft one constant id, so an id alone would hide what the patient takes (unknown is not "no").
    """
    if draft is None:
        return False
    if _codes(draft) & _codes(request):
        return True
    named = references_of(draft.get("medicationReference"))
    return bool(named) and named == references_of(request.get("medicationReference"))


def _codes(request: JSONObject) -> set[tuple[str, str]]:
    concept = first_object(request.get("medicationCodeableConcept"))
    codings = objects(concept.get("coding"))
    return {(s, c) for coding in codings if (c := text_of(coding.get("code"))) and (s := text_of(coding.get("system")))}


def _usage(resource: JSONObject, status: str) -> str | None:
    """What the request says of use; ``None`` if that cannot be read. A missing intent is tolerated."""
    prohibited, intent = resource.get("doNotPerform"), resource.get("intent")
    if not isinstance(prohibited, bool | None):
        return None
    if intent is not None and (not isinstance(intent, str) or intent not in _INTENTS):
        return None
    if prohibited:
        return "do-not-perform"
    return intent if status == "active" and intent in _NOT_ORDERING else status


def read_statement(entry: Entry) -> tuple[Found, ...]:
    """What somebody says the patient takes; an intended one may lie ahead."""
    status = status_of(entry.resource, _STATEMENT)
    if status is None:
        return (entry.omission(BAD_STATUS, STATEMENT_KINDS),)
    is_taken = status in {"active", "intended"}
    when = read_when(entry.resource, _EFFECTIVE, entry.moment, plan=status == "intended", over=not is_taken)
    if isinstance(when, str):
        return (entry.omission(when, STATEMENT_KINDS),)
    if not is_taken:
        return (entry.fact("medication", status, when),)
    usage = _on_request(entry, references_of(entry.resource.get("basedOn")))
    return (entry.fact("medication", usage, when),)


def read_dispense(entry: Entry) -> tuple[Found, ...]:
    """A supply that was handed over. One that was not (declined, in preparation) is neither fact nor omission."""
    status = status_of(entry.resource, _DISPENSE)
    if status is None:
        return (entry.omission(BAD_STATUS, DISPENSE_KINDS),)
    halted = status == "stopped" and entry.resource.get("whenHandedOver") is not None
    if status != "completed" and not halted:
        return ()
    when = read_when(entry.resource, ("whenHandedOver", "whenPrepared"), entry.moment)
    if isinstance(when, str):
        return (entry.omission(when, DISPENSE_KINDS),)
    requests = references_of(entry.resource.get("authorizingPrescription"))
    return (entry.fact("dispense", status, when), _taken(entry, when, requests))


def read_administration(entry: Entry) -> tuple[Found, ...]:
    """A dose that was given, wholly or partly; ``not-done`` stays a fact for rules that ask for it."""
    status = status_of(entry.resource, _ADMINISTRATION)
    if status is None:
        return (entry.omission(BAD_STATUS, ADMINISTRATION_KINDS),)
    when = read_when(entry.resource, _EFFECTIVE, entry.moment, over=status != "in-progress")
    if isinstance(when, str):
        return (entry.omission(when, ADMINISTRATION_KINDS),)
    given = entry.fact("administration", status, when)
    if status not in {"completed", "in-progress"}:
        return (given, entry.fact("medication", status, when))
    return (given, _taken(entry, when, references_of(entry.resource.get("request"))))


def _taken(entry: Entry, when: Span | None, requests: list[str]) -> Found:
    """The medication that a supply means, by its day; a day that could be on either side decides nothing."""
    if when is None:
        return entry.omission("no-date", STATEMENT_KINDS)
    since = entry.moment.today - timedelta(days=IN_USE_DAYS)
    if when.last_day < since:
        return entry.fact("medication", "past", when)
    # A period has been going on until its end; in doubt are a coarse date, and an end that nobody told.
    if (when.untold_end or when.precision in {"year", "month"}) and when.first_day < since:
        return entry.omission("coarse-date", STATEMENT_KINDS)
    return entry.fact("medication", _on_request(entry, requests), when)


def _on_request(entry: Entry, requests: list[str]) -> str:
    """``active``, unless the request behind it says it better; a request of another drug says nothing of this one."""
    around = entry.around
    for request in requests:
        ordered = around.requests.get(request)
        is_same = ordered is None or not ordered.codings.isdisjoint(entry.codings)
        if _is_the_draft(entry.resource, around.drafts.get(request)) or (is_same and request in around.replaced):
            return "replaced"
        if ordered is not None and is_same and ordered.status == "active":
            return "supplied"
    return "active"
