"""JSON as it comes: objects, lists and words out of resources that nobody validated.

Beneath every reader of this package. Real drafts hold an object where FHIR R4 has an array and an array where it has
an object; hostile bodies hold anything anywhere. Nothing here raises, and nothing here guesses: what is not of the
expected JSON type is not there, and callers that must tell "not there" from "unreadable" look themselves.
"""

from typing import Any

JSONObject = dict[str, Any]


def objects(value: object) -> list[JSONObject]:
    """The objects of an array, or the one object that stands where an array belongs."""
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    return [value] if isinstance(value, dict) else []


def first_object(value: object) -> JSONObject:
    """The object, or the first of an array of them; empty if there is none."""
    found = objects(value)
    return found[0] if found else {}


def only_object(value: object) -> JSONObject | None:
    """The object, or that of an array of one; empty if nothing stands there, ``None`` if something else does."""
    if value is None:
        return {}
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else None


def text_of(value: object) -> str | None:
    """A string with something in it, without the space around it."""
    return value.strip() or None if isinstance(value, str) else None


def words_of(value: object) -> frozenset[str]:
    """The code words of a code, a Coding, a CodeableConcept or an array of these, in lower case, of any system."""
    if isinstance(value, str):
        return frozenset({value.strip().lower()} - {""})
    if isinstance(value, list):
        return frozenset().union(*(words_of(item) for item in value if not isinstance(item, list)))
    if not isinstance(value, dict):
        return frozenset()
    codes = (text_of(coding.get("code")) for coding in [value, *objects(value.get("coding"))])
    return frozenset(code.lower() for code in codes if code is not None)


def codes_of(value: object) -> frozenset[str]:
    """The codes of a code, a Coding or a CodeableConcept, as they are written."""
    if isinstance(value, str):
        return frozenset({value})
    holders = [each for concept in objects(value) for each in (concept, *objects(concept.get("coding")))]
    written = (holder.get("code") for holder in holders)
    return frozenset(code for code in written if isinstance(code, str))


def known_word(value: object, known: frozenset[str]) -> str | None:
    """The one word of ``known`` that a code, Coding or CodeableConcept says; its text counts if it has no code.

    ``None`` if it says none of them, or two at once.
    """
    if type(value) is dict and "code" not in value:  # the usual case: one coding with such a word
        codings = value.get("coding")
        if type(codings) is list and len(codings) == 1 and type(codings[0]) is dict:
            word = codings[0].get("code")
            if type(word) is str and word in known:
                return word
    words = words_of(value)
    if not words and isinstance(value, dict):
        words = words_of(value.get("text"))
    found = words & known
    return next(iter(found)) if len(found) == 1 else None


def display_of(concept: object) -> str:
    """How a clinician would name it: the text, else a display, else a code. Record text: escape before showing."""
    if not isinstance(concept, dict):
        return ""
    text = concept.get("text")
    if type(text) is str and (told := text.strip()):  # the usual case
        return told
    codings = objects(concept.get("coding"))
    candidates = [concept.get("text"), *(c.get("display") for c in codings), *(c.get("code") for c in codings)]
    return next((text for text in map(text_of, candidates) if text is not None), "")
