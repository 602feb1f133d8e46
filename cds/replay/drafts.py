"""What a hook is about as it wants it: drafts in one Bundle, of this patient, with selections that name them; or the
one resource that is being recorded. Pure.

It invents no order. What is about another patient is taken out and counted; the service would refuse the request.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cds.replay.case import Json, NotApplicable
from cds.replay.people import is_foreign
from cds.replay.resources import reference_of, resources_in

_BUNDLES = {
    "order-select": "draftOrders",
    "order-sign": "draftOrders",
    "appointment-book": "appointments",
    "medication-prescribe": "medications",
    "order-review": "orders",
    "medication-refill": "medications",
    "problem-list-item-create": "conditions",
}
#: Hooks that are about one resource.
_RESOURCES = {"allergyintolerance-create": "allergyIntolerance", "medication-verify": "medication"}


def adapt_drafts(hook: str, context: Json, changes: Counter[str]) -> dict[str, Any] | NotApplicable:
    """The context with its hook's Bundle wrapped and cleaned, and ``selections`` where the hook needs them."""
    if hook in _RESOURCES:
        return _unwrapped(_RESOURCES[hook], context, changes)
    member = _BUNDLES.get(hook)
    if member is None:
        return dict(context)
    if member not in context:
        return NotApplicable("it has no draft orders")
    value = context[member]
    drafts = list(resources_in(value))
    if not _is_bundle(value):
        changes["drafts-wrapped"] += 1
    own = [draft for draft in drafts if not is_foreign(draft, context["patientId"], drafts)]
    changes["foreign-draft-dropped"] += len(drafts) - len(own)
    named = [_with_id(draft, number, changes) for number, draft in enumerate(own, start=1)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft} for draft in named]}
    adapted = {**context, member: bundle if named != drafts or not _is_bundle(value) else value}
    return _selected(adapted, named, changes) if hook == "order-select" else adapted


def _unwrapped(member: str, context: Json, changes: Counter[str]) -> dict[str, Any] | NotApplicable:
    """The context with the one resource that it is about, taken out of an array or a Bundle of one."""
    value = context.get(member)
    wrapped = value.get("resource") if isinstance(value, dict) and "resourceType" not in value else value
    found = list(resources_in(wrapped))
    own = [resource for resource in found if not is_foreign(resource, context["patientId"], found)]
    if len(own) != 1:
        return NotApplicable(f"it holds {len(own)} resources of this patient where its hook is about one")
    changes["foreign-draft-dropped"] += len(found) - len(own)
    changes["resource-unwrapped"] += own[0] is not wrapped
    return {**context, member: value if own[0] is wrapped else own[0]}


def _is_bundle(value: Any) -> bool:
    return isinstance(value, dict) and value.get("resourceType") == "Bundle"


def _with_id(draft: Json, number: int, changes: Counter[str]) -> Json:
    """A draft that selections, suggestions and reasons can name."""
    if reference_of(draft):
        return draft
    changes["draft-id-given"] += 1
    return {**draft, "id": f"draft-{number}"}


def _selected(context: dict[str, Any], drafts: Sequence[Json], changes: Counter[str]) -> dict[str, Any] | NotApplicable:
    """Selections that name drafts: the case's own, as far as they do, else all of them (CDS Hooks: at least one)."""
    if not drafts:
        return NotApplicable("no draft order of this patient is left to select")
    references = [reference_of(draft) for draft in drafts]
    written = context.get("selections")
    written = written if isinstance(written, list) else []
    kept = [selection for selection in written if selection in references]
    if kept and len(kept) == len(written):
        return context
    changes["selections-from-drafts" if not kept else "unresolved-selection-dropped"] += 1
    return {**context, "selections": kept or references}
