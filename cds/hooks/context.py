"""Every hook of the HL7 hook library and its context, as a table; and one schema per hook made from it, once.

Reading a context checks each field (CTX-04 to CTX-17), then what spans fields: selections name drafts (CTX-05), tasks
belong to dispatched orders (CTX-07), and every resource is about the patient of the context (CTX-13). What the
resources say is left to ``facts``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from cds.hooks.faults import FieldFault
from cds.hooks.members import (
    BARE_ID,
    LOCAL_REFERENCE,
    Envelope,
    Member,
    References,
    Resource,
    ResourceBundle,
    Tasks,
    Text,
)
from cds.hooks.resources import entries_of, wrong_subject, wrong_subjects

_PRESCRIPTIONS = ("MedicationRequest", "MedicationOrder")


@dataclass(frozen=True, slots=True)
class ContextField:
    """One field of a hook's context.

    kind: ``reference``, ``id``, ``references``, ``bundle``, ``resource`` or ``tasks``.
    token: whether prefetch templates may use it. types: the resource types it may hold, none for any.
    drafts: whether its resources are what the clinician is about to order.
    stated: whether its resources join the patient's record: what is being recorded, or is asked about.
    """

    name: str
    kind: str
    required: bool = True
    token: bool = False
    types: tuple[str, ...] = ()
    drafts: bool = False
    stated: bool = False


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook of the library: its name, its own version (DISC-11) and its context fields."""

    name: str
    version: str
    fields: tuple[ContextField, ...]

    @property
    def tokens(self) -> frozenset[str]:
        """The context fields that a prefetch template of this hook may use (PRE-02)."""
        return frozenset(field.name for field in self.fields if field.token)


_USER = ContextField("userId", "reference", token=True)
_PATIENT = ContextField("patientId", "id", token=True)
_ENCOUNTER = ContextField("encounterId", "id", required=False, token=True)
_IN_ENCOUNTER = ContextField("encounterId", "id", token=True)


def _drafts(name: str, *types: str) -> ContextField:
    return ContextField(name, "bundle", types=types, drafts=True)


#: By name; section 9 of our requirement list has the sources.
HOOKS: Mapping[str, Hook] = {
    hook.name: hook
    for hook in (
        Hook("patient-view", "1.0", (_USER, _PATIENT, _ENCOUNTER)),
        Hook(
            "order-select",
            "1.0",
            (_USER, _PATIENT, _ENCOUNTER, ContextField("selections", "references"), _drafts("draftOrders")),
        ),
        Hook("order-sign", "1.0", (_USER, _PATIENT, _ENCOUNTER, _drafts("draftOrders"))),
        Hook(
            "order-dispatch",
            "1.1",
            (
                _PATIENT,
                ContextField("dispatchedOrders", "references", token=True),
                ContextField("performer", "reference", token=True),
                ContextField("fulfillmentTasks", "tasks", required=False),
            ),
        ),
        Hook("encounter-start", "1.0", (_USER, _PATIENT, _IN_ENCOUNTER)),
        Hook("encounter-discharge", "1.0", (_USER, _PATIENT, _IN_ENCOUNTER)),
        Hook(
            "appointment-book",
            "1.0",
            (_USER, _PATIENT, _ENCOUNTER, ContextField("appointments", "bundle", types=("Appointment",))),
        ),
        Hook(
            "allergyintolerance-create",
            "0.1.0",
            (
                _USER,
                _PATIENT,
                _ENCOUNTER,
                ContextField("allergyIntolerance", "resource", types=("AllergyIntolerance",), stated=True),
            ),
        ),
        Hook(
            "problem-list-item-create",
            "0.1.0",
            (_USER, _PATIENT, _ENCOUNTER, ContextField("conditions", "bundle", types=("Condition",), stated=True)),
        ),
        Hook(
            "medication-refill",
            "0.1.0",
            (
                ContextField("userId", "reference", required=False, token=True),
                _PATIENT,
                _ENCOUNTER,
                _drafts("medications", *_PRESCRIPTIONS),
            ),
        ),
        Hook("medication-prescribe", "1.0", (_USER, _PATIENT, _ENCOUNTER, _drafts("medications", *_PRESCRIPTIONS))),
        Hook("order-review", "1.0", (_USER, _PATIENT, _ENCOUNTER, _drafts("orders"))),
        Hook(
            "medication-verify",
            "0.1.0",
            (_USER, _PATIENT, _ENCOUNTER, ContextField("medication", "resource", types=_PRESCRIPTIONS, stated=True)),
        ),
    )
}

#: An organisation's own hook: the members that every hook with a patient shares, and orders where it has them.
_OWN_HOOK = Hook(
    "",
    "",
    (
        ContextField("userId", "reference", required=False, token=True),
        _PATIENT,
        _ENCOUNTER,
        ContextField("draftOrders", "bundle", required=False, drafts=True),
    ),
)
OWN_NAME = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*){2,}\Z")


def hook_named(name: str) -> Hook:
    """The hook of the library, or what is known of an organisation's own."""
    return HOOKS.get(name, _OWN_HOOK)


def is_own(name: str) -> bool:
    """Whether a hook is an organisation's own: named in reverse-domain form (DISC-13), ``org.example.chart-close``."""
    return OWN_NAME.match(name) is not None


_MEMBER_OF_KIND: Mapping[str, Callable[[ContextField], Member]] = {
    "id": lambda field: Text(
        BARE_ID, "a bare id (letters, digits, - . _; 1024 at most), without a resource type", required=field.required
    ),
    "reference": lambda field: Text(
        LOCAL_REFERENCE, "Type/id, relative and without a version", required=field.required
    ),
    "references": lambda field: References(required=field.required),
    "bundle": lambda field: ResourceBundle(*field.types, required=field.required),
    "resource": lambda field: Resource(*field.types, required=field.required, wrapped=True),
    "tasks": lambda field: Tasks(required=field.required),
}


def context_schema(name: str) -> Envelope:
    """The schema of a hook's context; for one that is not of the library, that of an organisation's own."""
    return _SCHEMAS.get(name, _OWN_SCHEMA)


def _schema_of(hook: Hook) -> Envelope:
    members = {field.name: _MEMBER_OF_KIND[field.kind](field) for field in hook.fields}
    return cast("type[Envelope]", Envelope.from_dict(dict(members), name="Context"))()


_SCHEMAS = {name: _schema_of(hook) for name, hook in HOOKS.items()}
_OWN_SCHEMA = _schema_of(_OWN_HOOK)


@dataclass(frozen=True, slots=True)
class Context:
    """A checked context: its known fields, the drafts in it, and the selections of order-select.

    stated: resources that join the record. dispatched: ``Type/id`` of the orders of order-dispatch, None elsewhere.
    """

    fields: Mapping[str, Any]
    drafts: tuple[Mapping[str, Any], ...] = ()
    selections: frozenset[str] | None = None
    stated: tuple[Mapping[str, Any], ...] = ()
    dispatched: frozenset[str] | None = None


def read_context(hook_name: str, context: Mapping[str, Any]) -> tuple[Context, list[FieldFault]]:
    """The context of a hook, and what is wrong with it (fields relative to the context).

    With faults the context holds nothing and must not be used.
    """
    hook = hook_named(hook_name)
    fields, faults = context_schema(hook_name).read(context)
    if faults:
        return Context({}), faults
    drafts: tuple[Mapping[str, Any], ...] = ()
    stated: tuple[Mapping[str, Any], ...] = ()
    for field in hook.fields[2:]:  # no hook carries resources in its first two fields
        value = fields[field.name]
        if value is not None and (check := _ABOUT_PATIENT.get(field.kind)):
            # An allergy may come wrapped: its faults lie where it was sent.
            place = field.name if value is context[field.name] else f"{field.name}.resource"
            faults.extend(fault.inside(place) for fault in check(value, fields["patientId"]))
            if field.drafts:
                drafts = entries_of(value)
            elif field.stated:
                stated = entries_of(value) if field.kind == "bundle" else (value,)
    selections = fields.get("selections")
    if selections is not None:
        faults.extend(_unmatched_selections(selections, drafts))
    if tasks := fields.get("fulfillmentTasks"):
        faults.extend(_foreign_tasks(tasks, fields["dispatchedOrders"]))
    dispatched = fields.get("dispatchedOrders")
    return Context(
        fields,
        drafts,
        None if selections is None else frozenset(selections),
        stated,
        None if dispatched is None else frozenset(dispatched),
    ), faults


def _wrong_task_subjects(tasks: list[Mapping[str, Any]], patient_id: str) -> Iterator[FieldFault]:
    for index, task in enumerate(tasks):
        for fault in wrong_subject(task, patient_id):
            yield fault.inside(f"[{index}]")


_ABOUT_PATIENT: Mapping[str, Callable[[Any, str], Iterator[FieldFault]]] = {
    "bundle": wrong_subjects,
    "resource": wrong_subject,
    "tasks": _wrong_task_subjects,
}


def _unmatched_selections(selections: tuple[str, ...], drafts: tuple[Mapping[str, Any], ...]) -> Iterator[FieldFault]:
    """A selection without its draft would give an empty card list that looks like an all-clear (CTX-05)."""
    known = {f"{draft['resourceType']}/{draft.get('id')}" for draft in drafts}
    for index, selection in enumerate(selections):
        if selection not in known:
            yield FieldFault(f"selections[{index}]", "names no entry of draftOrders", "invariant")


def _foreign_tasks(tasks: list[Mapping[str, Any]], orders: tuple[str, ...]) -> Iterator[FieldFault]:
    for index, task in enumerate(tasks):
        focus = task.get("focus")
        if not isinstance(focus, dict) or focus.get("reference") not in orders:
            yield FieldFault(
                f"fulfillmentTasks[{index}].focus.reference", "must name one of dispatchedOrders", "invariant"
            )
