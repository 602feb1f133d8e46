"""AllergyIntolerance resources as facts of kind ``allergy``, or as the denial of any.

Every allergy is read, whatever rules look for: an empty list is unknown, and "no known allergy" is an answer, so a
record must show that somebody answered. That answer is never an allergy (docs/decisions/0045). A clinical status that
was left out is ``unstated``, which counts as current (LANGUAGE section 4). Refuted and entered in error never come
here (``record``).
"""

from cds.facts.conditions import VERIFICATION, says_it_stands
from cds.facts.dates import Span
from cds.facts.entry import BAD_STATUS, Entry, Found, read_since
from cds.facts.fact import NO_ALLERGY
from cds.facts.shapes import JSONObject, known_word, objects
from cds.terminology.coding import RXNORM, SNOMED, Coding

KINDS = frozenset({"allergy"})
UNSTATED = "unstated"
#: "No known ..." (SNOMED CT), and what each denies: allergy; drug allergy; food, environmental, latex allergy.
DENIALS = {
    Coding(SNOMED, "716186003"): "all",
    Coding(SNOMED, "409137002"): "drugs",
    Coding(SNOMED, "429625007"): "others",
    Coding(SNOMED, "428607008"): "others",
    Coding(SNOMED, "1003774007"): "others",
}
#: What names an allergen: beside a denial, the record contradicts itself.
_NAMING = frozenset({SNOMED, RXNORM})
CONTRADICTING = "contradicting-codes"
_STATUS = frozenset({"active", "inactive", "resolved"})


def read_allergy(entry: Entry) -> tuple[Found, ...]:
    """The allergy as one fact, dated by its onset, else by the day it was recorded."""
    status = _status(entry.resource)
    verification = entry.resource.get("verificationStatus")
    if status is None or (verification and not says_it_stands(verification)):
        return (entry.omission(BAD_STATUS, KINDS),)
    when = read_since(entry.resource, ("onsetDateTime", "onsetPeriod"), entry.moment)
    if isinstance(when, str):
        return (entry.omission(when, KINDS),)
    denied = {DENIALS[coding] for coding in entry.codings & DENIALS.keys()}
    return _read_denial(entry, status, denied, when) if denied else (entry.fact("allergy", status, when),)


def _read_denial(entry: Entry, status: str, denied: set[str], when: Span | None) -> tuple[Found, ...]:
    """That there is none: an answer while it is current and confirmed (or nothing is said of that)."""
    if any(coding.system in _NAMING for coding in entry.codings - DENIALS.keys()):
        return (entry.omission(CONTRADICTING, KINDS),)
    verification = entry.resource.get("verificationStatus")
    if status not in {"active", UNSTATED} or (verification and known_word(verification, VERIFICATION) != "confirmed"):
        return ()
    return tuple(entry.fact(NO_ALLERGY, what, when) for what in sorted(denied))


def _status(resource: JSONObject) -> str | None:
    written = resource.get("clinicalStatus")
    return known_word(written, _STATUS) if written else UNSTATED


def allergy_concepts(resource: JSONObject) -> list[object]:
    """The concepts that name the allergen: the code, and the substance of each reaction."""
    substances = [reaction.get("substance") for reaction in objects(resource.get("reaction"))]
    return [resource.get("code"), *(substance for substance in substances if substance is not None)]
