"""OperationOutcome bodies: how every refusal looks (HTTP-08).

Words only; which status goes with them is ``cds.api.faults``' business. No value of the request ever stands in one.
"""

from collections.abc import Iterable
from typing import NotRequired, TypedDict

from cds.hooks.faults import FieldFault


class Words(TypedDict):
    """``details`` of an issue."""

    text: str


class Issue(TypedDict):
    """One issue; ``expression`` names the fields at fault."""

    severity: str
    code: str
    details: Words
    expression: NotRequired[list[str]]


class OperationOutcome(TypedDict):
    """A FHIR R4 OperationOutcome."""

    resourceType: str
    issue: list[Issue]


def issue(code: str, text: str, field: str = "") -> Issue:
    """One issue of severity error. ``code`` is a FHIR issue type; ``field`` the field at fault, if any."""
    made: Issue = {"severity": "error", "code": code, "details": {"text": text}}
    if field:
        made["expression"] = [field]
    return made


def operation_outcome(issues: Iterable[Issue]) -> OperationOutcome:
    """The outcome with these issues."""
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def outcome_of_faults(faults: Iterable[FieldFault]) -> OperationOutcome:
    """The outcome that names each field at fault."""
    return operation_outcome(issue(fault.code, f"{fault.field} {fault.message}", fault.field) for fault in faults)
