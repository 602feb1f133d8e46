"""Condition resources as facts of kind ``condition``.

Status is the clinical status. Where a sender left it out (FHIR R4 con-3 allows that for encounter diagnoses, which
count as the problem list does: clinical/00-conventions, "Conditions") the problem is ``resolved`` if its end is
recorded and ``active`` otherwise: a diagnosis on record without a word on its end is not "no diagnosis". A status
that is there but cannot be read is an omission. Refuted and entered in error never come here (``record``).
"""

from cds.facts.entry import BAD_STATUS, Entry, Found, read_date, read_since
from cds.facts.shapes import JSONObject, codes_of, known_word, words_of

KINDS = frozenset({"condition"})
CLINICAL = frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved"})
#: What takes a record back. Read letter by letter only: nobody's record goes on a word that FHIR does not have.
VOID = frozenset({"refuted", "entered-in-error"})
VERIFICATION = frozenset({"unconfirmed", "provisional", "differential", "confirmed"}) | VOID
_ENDS = ("abatementDateTime", "abatementPeriod")
_UNDATED_ENDS = ("abatementAge", "abatementRange", "abatementString")


def read_condition(entry: Entry) -> tuple[Found, ...]:
    """The condition as one fact, dated by its onset, else by the day it was recorded."""
    status = _clinical_status(entry)
    if status is None or not _is_readable(entry.resource.get("verificationStatus")):
        return (entry.omission(BAD_STATUS, KINDS),)
    when = read_since(entry.resource, ("onsetDateTime", "onsetPeriod"), entry.moment)
    if isinstance(when, str):
        return (entry.omission(when, KINDS),)
    return (entry.fact("condition", status, when),)


def _clinical_status(entry: Entry) -> str | None:
    written = entry.resource.get("clinicalStatus")
    if written is not None and written != {}:
        return known_word(written, CLINICAL)
    return "resolved" if _has_ended(entry) else "active"


def _has_ended(entry: Entry) -> bool:
    resource: JSONObject = entry.resource
    if any(resource.get(element) is not None for element in _UNDATED_ENDS) or resource.get("abatementBoolean") is True:
        return True
    for element in _ENDS:
        value = resource.get(element)
        if value is not None:
            span = read_date(value, element, entry.moment)
            return span is not None and span.first_day <= entry.moment.today
    return False


def _is_readable(verification: object) -> bool:
    """Absent is fine; one that is there must say that the condition is not refuted."""
    return verification is None or verification == {} or says_it_stands(verification)


def says_it_stands(verification: object) -> bool:
    """Whether a verification status says that the record counts; ``Refuted`` leaves open whether it does."""
    return known_word(verification, VERIFICATION - VOID) is not None and not words_of(verification) & VOID


def is_taken_back(verification: object) -> bool:
    """Whether a verification status says, as FHIR writes it and alone, that the record never counted."""
    return known_word(verification, VERIFICATION) in VOID and not VOID.isdisjoint(codes_of(verification))
