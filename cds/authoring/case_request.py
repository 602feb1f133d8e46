"""From the facts of a case to a CDS Hooks request, so that a case travels through the same reading as a real one.

Pure. The chart becomes ``prefetch`` by resource type, drafts become ``context.draftOrders``. Refuses what a request
could not say: drafts on a hook without drafts, a replaced medication that no draft replaces.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence

from cds.authoring.case_facts import DRAFT_KINDS, FACT_KINDS, CaseFact, unreadable
from cds.authoring.case_recording import RECORDED, recorded_of
from cds.authoring.told import PATIENT_ID, Resource
from cds.documents.problem import Location
from cds.documents.yaml_tree import Text
from cds.hooks.context import is_own
from cds.hooks.prefetch import Template
from cds.rules.source.reader import Reader

#: Where each hook of orders keeps its drafts.
DRAFT_MEMBERS: Mapping[str, str] = {
    "order-select": "draftOrders",
    "order-sign": "draftOrders",
    "order-review": "orders",
    "medication-prescribe": "medications",
    "medication-refill": "medications",
}
#: At order-dispatch orders come by reference, and are themselves in the chart.
DISPATCH = "order-dispatch"
ENCOUNTER_HOOKS = frozenset({"encounter-start", "encounter-discharge"})
#: Hooks whose context a case can fill.
HOOKS = DRAFT_MEMBERS.keys() | RECORDED.keys() | ENCOUNTER_HOOKS | {"patient-view", "appointment-book", DISPATCH}
#: The types that a chart is asked for; a type without facts is an empty searchset: looked for, and none there.
CHART_TYPES = tuple(sorted({kind.resource_type for kind in FACT_KINDS.values()} | {"MedicationStatement"}))

_NAMESPACE = uuid.UUID("6b1f3a52-5a0c-4c57-9d2e-0c1d8f6f2a11")
_USER = "Practitioner/case-author"
_APPOINTMENT: Resource = {"resourceType": "Appointment", "id": "case-appointment", "status": "proposed"}


def prepare_request(
    *,
    hook: str,
    patient: Resource,
    facts: Sequence[CaseFact],
    unreadable_kinds: Sequence[str],
    not_supplied: frozenset[str],
    identity: str,
    place: Location,
    reader: Reader,
    recording: Sequence[Text] = (),
) -> Callable[[], Resource]:
    """What builds the request; what it could not say is noted now. ``recording``: ids of facts that stand in the
    context. ``not_supplied``: resource types whose key stays absent. ``identity`` names the run, so that the same case
    has the same hook instance every time.
    """
    facts = [*facts, *[_unreadable_draft(kind, place) for kind in unreadable_kinds if kind in DRAFT_KINDS]]
    drafts = [fact for fact in facts if fact.kind in DRAFT_KINDS]
    _check(hook, facts, drafts, place, reader)
    prior = _replacements(drafts, facts, reader)
    ordered = [fact.resource | prior.get(fact.id, {}) for fact in drafts]
    recorded, members = recorded_of(hook, recording, facts, place, reader)

    def build() -> Resource:
        chart = [fact.resource for fact in facts if fact.kind not in DRAFT_KINDS and fact not in recorded]
        if hook == DISPATCH:
            chart += ordered
        return {
            "hook": hook,
            "hookInstance": str(uuid.uuid5(_NAMESPACE, identity)),
            "context": _context(hook, facts, ordered) | members,
            "prefetch": _prefetch(patient, chart, unreadable_kinds, not_supplied),
        }

    return build


def _prefetch(
    patient: Resource, chart: Sequence[Resource], unreadable_kinds: Sequence[str], not_supplied: frozenset[str]
) -> Resource:
    broken = {each["id"]: each for each in (unreadable(kind) for kind in unreadable_kinds if kind not in DRAFT_KINDS)}
    prefetch = {} if "Patient" in not_supplied else {"Patient": patient}
    by_type: dict[str, list[Resource]] = {name: [] for name in CHART_TYPES}
    for each in chart:
        by_type.setdefault(each["resourceType"], []).append(each)
    for each in broken.values():
        by_type.get(each["resourceType"], []).append(each)
    return prefetch | {name: _searchset(found) for name, found in by_type.items() if name not in not_supplied}


def prefetch_by_template(
    request: Resource, not_supplied: frozenset[str], templates: Sequence[Template]
) -> dict[str, Resource]:
    """The chart of a request under the keys that a service declared.

    A type that the case says was not supplied has no key; a type that no fact of a case can have is an empty
    searchset. A read gives the resource itself: the patient, or the encounter of the context.
    """
    found = {
        template.key: _read(request, template) if template.is_read else _searched(request, template)
        for template in templates
        if template.resource_type not in not_supplied
    }
    return {key: resource for key, resource in found.items() if resource is not None}


def _searched(request: Resource, template: Template) -> Resource:
    found: Resource | None = request["prefetch"].get(template.resource_type)
    if found is None or found["resourceType"] != "Bundle":
        return _searchset([] if found is None else [found])
    return found


def _read(request: Resource, template: Template) -> Resource | None:
    found: Resource | None = request["prefetch"].get(template.resource_type)
    if found is None or found["resourceType"] != "Bundle":
        return found
    wanted = request["context"].get("encounterId")
    return next((entry["resource"] for entry in found["entry"] if entry["resource"]["id"] == wanted), None)


def _unreadable_draft(kind: str, place: Location) -> CaseFact:
    resource = unreadable(kind) | {"status": "draft"}
    return CaseFact(kind, resource["id"], resource, replaced=False, location=place)


def _check(hook: str, facts: Sequence[CaseFact], drafts: Sequence[CaseFact], place: Location, reader: Reader) -> None:
    if drafts and hook != DISPATCH and hook not in DRAFT_MEMBERS and not is_own(hook):
        reader.problem("CDS607", drafts[0].location, f"{hook} has no drafts", "tell a medication, or another hook")
    if hook in ("order-select", DISPATCH) and not any(fact.kind == "order" for fact in drafts):
        hint = "order: is selected, draft: stands beside it"
        reader.problem("CDS607", place, f"{hook} needs an order: something must be selected", hint)
    current = [fact for fact in facts if fact.kind == "current-encounter"]
    for fact in current[1:]:
        reader.problem("CDS607", fact.location, "a request has one current encounter; this is the second")


def _replacements(drafts: Sequence[CaseFact], facts: Sequence[CaseFact], reader: Reader) -> dict[str, Resource]:
    """``priorPrescription`` of the drafts that replace a medication: the draft with the same first code."""
    found: dict[str, Resource] = {}
    for fact in [fact for fact in facts if fact.replaced]:
        free = (
            draft.id
            for draft in drafts
            if draft.id not in found
            and "priorPrescription" not in draft.resource
            and _first_code(draft) == _first_code(fact)
        )
        draft_id = next(free, None)
        if draft_id is None:
            hint = "tell an order with the same first code, or say replaces: <id> on the order"
            reader.problem("CDS607", fact.location, "no draft of this case replaces this medication", hint)
        else:
            found[draft_id] = {"priorPrescription": {"reference": fact.reference}}
    return found


def _first_code(fact: CaseFact) -> tuple[str, str] | None:
    codings = fact.resource.get("medicationCodeableConcept", {}).get("coding") or []
    return (codings[0]["system"], codings[0]["code"]) if codings else None


def _context(hook: str, facts: Sequence[CaseFact], ordered: Sequence[Resource]) -> Resource:
    context: Resource = {"userId": _USER, "patientId": PATIENT_ID}
    current = next((fact.id for fact in facts if fact.kind == "current-encounter"), None)
    if current or hook in ENCOUNTER_HOOKS:  # these hooks demand one (CDS Hooks, encounter-start, encounter-discharge)
        context["encounterId"] = current or "case-encounter"
    if hook == "order-select":
        context["selections"] = [fact.reference for fact in facts if fact.kind == "order"]
    member = DRAFT_MEMBERS.get(hook) or ("draftOrders" if is_own(hook) and ordered else None)
    if member:
        context[member] = {"resourceType": "Bundle", "type": "collection", "entry": _entries(ordered)}
    if hook == "appointment-book":  # no rule can read one
        context["appointments"] = {"resourceType": "Bundle", "entry": _entries([_APPOINTMENT])}
    if hook == DISPATCH:
        del context["userId"]  # order-dispatch has none
        context["dispatchedOrders"] = [fact.reference for fact in facts if fact.kind == "order"]
        context["performer"] = "Organization/case-performer"
    return context


def _searchset(resources: Sequence[Resource]) -> Resource:
    return {"resourceType": "Bundle", "type": "searchset", "total": len(resources), "entry": _entries(resources)}


def _entries(resources: Sequence[Resource]) -> list[Resource]:
    return [{"resource": resource} for resource in resources]
