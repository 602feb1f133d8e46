"""Reasons for not knowing, in words a clinician can act on."""

from collections.abc import Iterable

_TYPES = {
    "Condition": "the problem list",
    "Observation": "results",
    "DiagnosticReport": "reports",
    "MedicationRequest": "prescriptions",
    "MedicationStatement": "medication statements",
    "MedicationDispense": "dispensing records",
    "MedicationAdministration": "administration records",
    "AllergyIntolerance": "allergies",
    "Procedure": "procedures",
    "Immunization": "immunizations",
    "Encounter": "encounters",
    "ServiceRequest": "orders of services",
    "DeviceRequest": "orders of devices",
    "AdverseEvent": "adverse events",
}
_SUPPLY = {
    "absent": "not supplied",
    "failed": "could not be fetched",
    "incomplete": "incomplete",
    "wrong-subject": "mixed with another patient's",
    "empty": "list nothing, not even that there are none",
    "denied-in-part": "list only that there are none of one kind",
}
_REASONS = {
    "unreadable:modifier-extension": "a record has an extension that may change its meaning",
    "unreadable:no-unit": "a value has no unit",
    "unreadable:unknown-unit": "a value has a unit that is not known",
    "unreadable:bad-date": "a date cannot be read",
    "unreadable:future-date": "a record is dated in the future",
    "unreadable:no-system": "a code has no code system",
    "unreadable:contradicting-codes": "a record says that there is no allergy, and names one",
    "unreadable:unresolved-medication": "a medication cannot be identified",
    "unreadable:unresolved-order": "an order that is dispatched was not supplied",
    "unreadable:wrong-subject": "a record belongs to another patient",
    "unreadable:dose-missing": "a dose is missing",
    "unreadable:frequency-missing": "how often it is taken is missing",
    "unreadable:strength-unknown": "the strength of a product is not known",
    "unreadable:implausible-value": "a result is outside what is plausible",
    "unreadable:data-absent": "a result was not reported",
    "birth-date-not-known": "the birth date is not known",
    "sex-not-known": "the sex is not recorded",
    "undated": "a record has no date",
    "partial-date": "a date is told by month or year only",
    "before-birth": "a record is dated before the birth",
    "no-start": "when it began is not recorded",
    "no-period": "from when until when is not recorded",
    "uncertain": "a record may or may not count",
    "units-differ": "units that cannot be compared",
}


def why(reasons: Iterable[str]) -> str:
    """One line of reasons, each once; a reason without words of its own is shown as its code."""
    return "; ".join(dict.fromkeys(_in_words(reason) for reason in reasons))


def _in_words(reason: str) -> str:
    if reason.startswith("not-supplied:"):
        _, kind, how = (*reason.split(":"), "absent")[:3]
        return f"{_TYPES.get(kind, kind)} {_SUPPLY.get(how, 'not supplied')}"
    if reason.startswith("not-computable:"):
        return f"not computable: {reason.partition(':')[2].replace('-', ' ')}"
    return _REASONS.get(reason, reason.partition(":")[2].replace("-", " ") or reason.replace("-", " "))
