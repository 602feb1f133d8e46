"""AllergyIntolerance resources as facts of kind ``allergy``.

Every allergy is read, whatever rules look for: an empty list is unknown, and "no known allergy" (a fact with that
code) is an answer, so a record must show that somebody answered. A clinical status that was left out is
``unstated``, which counts as current (LANGUAGE section 4). Refuted and entered in error never come here (``record``).
"""

from cds.facts.conditions import says_it_stands
from cds.facts.entry import BAD_STATUS, Entry, Found, read_since
from cds.facts.shapes import JSONObject, known_word, objects
from cds.terminology.coding import SNOMED, Coding

KINDS = frozenset({"allergy"})
UNSTATED = "unstated"
#: "No known ..." (SNOMED CT): allergy, drug allergy, food allergy, environmental allergy, latex allergy.
NO_KNOWN_ALLERGY = frozenset(
    Coding(SNOMED, code) for code in ("716186003", "409137002", "429625007", "428607008", "1003774007")
)
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
    return (entry.fact("allergy", status, when),)


def _status(resource: JSONObject) -> str | None:
    written = resource.get("clinicalStatus")
    return known_word(written, _STATUS) if written else UNSTATED


def allergy_concepts(resource: JSONObject) -> list[object]:
    """The concepts that name the allergen: the code, and the substance of each reaction."""
    substances = [reaction.get("substance") for reaction in objects(resource.get("reaction"))]
    return [resource.get("code"), *(substance for substance in substances if substance is not None)]
