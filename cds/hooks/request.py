"""The request envelope: bytes to one frozen :class:`HookRequest`, or every fault at once.

It comes before any 412 and before any rule runs. It refuses what it does not understand (400) and ignores members it
does not know (GEN-07). It never drags FHIR through schemas, and it never puts patient data or the access token into
a repr or a message.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from cds.hooks.body import decode
from cds.hooks.context import Context, read_context
from cds.hooks.faults import EnvelopeRejected, FieldFault
from cds.hooks.members import (
    SERVER_URL,
    UUID_TEXT,
    Envelope,
    JSONObjectMember,
    Prefetched,
    Seconds,
    Text,
)
from cds.hooks.spelling import hint

#: A guess that saves decoding twice: FHIR knows no element of this name, and a request that is not of it is refused.
_HOOK = re.compile(rb'"hook"\s*:\s*"([a-z0-9.-]{1,100})"')
_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\Z")


class AuthorizationSchema(Envelope):
    """``fhirAuthorization`` (FHA-01 to 04)."""

    access_token = Text(required=True)
    # Only Bearer is defined; real clients write it in any case.
    token_type = Text(re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr]\Z"), '"Bearer"', required=True)
    expires_in = Seconds(required=True)
    scope = Text(required=True)
    subject = Text(required=True)
    patient = Text()


class RequestSchema(Envelope):
    """The members of a hook call; the FHIR parts pass through untouched."""

    hook = Text(required=True)
    hook_instance = Text(UUID_TEXT, "a UUID (8-4-4-4-12 hex digits)", data_key="hookInstance", required=True)
    context = JSONObjectMember(required=True, filled=True)
    prefetch = Prefetched()
    fhir_server = Text(
        SERVER_URL, "an absolute http or https URL without user, query or fragment", data_key="fhirServer"
    )
    fhir_authorization = JSONObjectMember(data_key="fhirAuthorization")
    extension = JSONObjectMember()


_REQUEST = RequestSchema()
_AUTHORIZATION = AuthorizationSchema()


@dataclass(frozen=True, slots=True)
class FHIRAuthorization:
    """A transient grant to read from the client's FHIR server: never stored, logged or passed on (FHA-06).

    expires_in: seconds of life. patient: the patient it is limited to, if it says.
    """

    access_token: str = field(repr=False)
    expires_in: int
    scope: str
    subject: str = field(repr=False)
    patient: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HookRequest:
    """One understood hook call. Its repr shows the hook and the instance only: the rest is the patient's.

    context, prefetch, extension: as sent (``prefetch`` and ``extension`` are None when absent).
    drafts: the resources of the context's draft orders, in order; empty for hooks without.
    selections: ``Type/id`` of the drafts selected (order-select), None for hooks that do not say.
    stated: resources of the context that join the record (the allergy or problems being recorded).
    dispatched: ``Type/id`` of the orders being dispatched (order-dispatch), None elsewhere.
    """

    hook: str
    hook_instance: str
    patient_id: str = field(repr=False)
    user_id: str | None = field(repr=False)
    encounter_id: str | None = field(repr=False)
    context: Mapping[str, Any] = field(repr=False)
    prefetch: Mapping[str, Any] | None = field(repr=False)
    fhir_server: str | None = field(repr=False)
    fhir_authorization: FHIRAuthorization | None = field(repr=False)
    extension: Mapping[str, Any] | None = field(repr=False)
    drafts: tuple[Mapping[str, Any], ...] = field(repr=False)
    selections: frozenset[str] | None = field(repr=False)
    stated: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    dispatched: frozenset[str] | None = field(default=None, repr=False)


def hook_named(body: bytes, hooks: frozenset[str]) -> str:
    """Which of several hooks a request names, told before it is read; :func:`read_request` still judges all of it.

    Raises :class:`EnvelopeRejected`, with every field at fault, for a request of no such hook.
    """
    named = _HOOK.findall(body)
    if len(named) == 1 and (hook := str(named[0], "ascii")) in hooks:
        return hook
    return read_request(body, hooks).hook


def read_request(body: bytes, hooks: frozenset[str]) -> HookRequest:
    """The request that ``body`` is, for a service that answers ``hooks``.

    Raises :class:`EnvelopeRejected` with every field at fault.
    """
    data = decode(body)
    envelope, faults = _REQUEST.read(data)
    if "hook" in envelope and envelope["hook"] not in hooks:
        faults.append(FieldFault("hook", f"must be {' or '.join(sorted(hooks))} for this service"))
    if faults and not {"hook", "context"}.isdisjoint(fault.field for fault in faults):
        raise EnvelopeRejected(tuple(faults))  # without them there is no context to go on with
    context, context_faults = read_context(envelope["hook"], envelope["context"])
    faults += [fault.inside("context") for fault in context_faults]
    grant, grant_faults = _authorization(envelope, context, data)
    faults += grant_faults
    if envelope.get("prefetch"):
        faults += _prefetch_faults(envelope["prefetch"])
    if faults:
        raise EnvelopeRejected(tuple(faults))
    return HookRequest(
        hook=envelope["hook"],
        hook_instance=envelope["hook_instance"],
        patient_id=context.fields["patientId"],
        user_id=context.fields.get("userId"),
        encounter_id=context.fields.get("encounterId"),
        context=envelope["context"],
        prefetch=envelope["prefetch"],
        fhir_server=envelope["fhir_server"],
        fhir_authorization=grant,
        extension=envelope["extension"],
        drafts=context.drafts,
        selections=context.selections,
        stated=context.stated,
        dispatched=context.dispatched,
    )


def misspelt_members(body: bytes, prefetch: Mapping[str, Any] | None, keys: Collection[str]) -> dict[str, str]:
    """By field, a hint where what a refused request left out is there under nearly its name.

    body: a request that was read before. prefetch: what it has of it. keys: those that are missing in it.
    """
    data = decode(body)
    left_out = [name for name in ("prefetch", "fhirServer", "fhirAuthorization") if data.get(name) is None]
    hints = {name: _REQUEST.misspelt(name, data) for name in left_out}
    if prefetch:
        hints |= {f"prefetch.{key}": hint(key, prefetch) for key in keys}
    return {field: found for field, found in hints.items() if found}


def _authorization(
    envelope: Mapping[str, Any], context: Context, data: Mapping[str, Any]
) -> tuple[FHIRAuthorization | None, list[FieldFault]]:
    sent = envelope.get("fhir_authorization")
    if sent is None:
        return None, []
    read, faults = _AUTHORIZATION.read(sent)
    faults = [fault.inside("fhirAuthorization") for fault in faults]
    # A token without the server that it belongs to (REQ-06); a server at fault is told already.
    if "fhir_server" in envelope and envelope["fhir_server"] is None:
        told = f"is required beside fhirAuthorization{_REQUEST.misspelt('fhirServer', data)}"
        faults.append(FieldFault("fhirServer", told, "required"))
    patient = read.get("patient")
    if patient is not None and patient != context.fields.get("patientId", patient):
        faults.append(FieldFault("fhirAuthorization.patient", "must equal context.patientId", "invariant"))
    if faults:
        return None, faults
    grant = FHIRAuthorization(read["access_token"], read["expires_in"], read["scope"], read["subject"], patient)
    return grant, []


def _prefetch_faults(prefetch: Mapping[str, Any]) -> list[FieldFault]:
    """Each value is null or a resource (PRE-16); which keys came is nobody's fault (PRE-10, PRE-15)."""
    faults = []
    for key, value in prefetch.items():
        if value is None:
            continue
        if not isinstance(value, dict) or not value.get("resourceType") or type(value["resourceType"]) is not str:
            # A key is the client's text: it is repeated only when it looks like a name.
            place = f"prefetch.{key}" if _PLAIN_KEY.match(key) else "prefetch"
            faults.append(FieldFault(place, "must be null or a FHIR resource with its resourceType", "structure"))
    return faults
