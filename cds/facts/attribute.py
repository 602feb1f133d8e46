"""What an attribute of a fact may be, and the readers of coded and dated elements that all kinds share.

Under ``attributes``. Coded, measured, dated and flagged are values. *Not recorded* says that nothing stands there;
*unreadable* that something does, or is said to be missing, and no value follows from it.
"""

from collections.abc import Mapping
from typing import Any

from cds.facts.dates import Moment, Span
from cds.facts.entry import read_date
from cds.facts.shapes import objects, text_of
from cds.frozen import value
from cds.terminology.coding import Coding, canonical_system
from cds.units.quantity import Quantity, Unconvertible


@value()
class Coded:
    """A coded answer. words: its code strings in lower case, of any system; codings: those with a system.

    A code without system has a word and no coding: it can be compared with FHIR code words, but whether it is in a
    value set is unknown. References (``encounter``, ``replaces``) are words too, as they are written.
    """

    codings: frozenset[Coding]
    words: frozenset[str]


@value()
class Measured:
    """A quantity, and when it was so."""

    quantity: Quantity
    when: Span | None


@value()
class Dated:
    """A time."""

    span: Span


@value()
class Flagged:
    """A yes or no."""

    value: bool


@value()
class NotRecorded:
    """Nothing stands there."""


@value()
class Unreadable:
    """Something stands there, or is said to be missing, and no value follows from it; reason: a code word."""

    reason: str


#: The reason of a value that the record itself says is not there (``dataAbsentReason``).
DATA_ABSENT = "data-absent"

Attribute = Coded | Measured | Dated | Flagged | NotRecorded | Unreadable
NOT_RECORDED = NotRecorded()


def coded(value: object) -> Attribute:
    """A code, Coding or CodeableConcept, or an array of these, as one answer with all their codes.

    Text without any code is unreadable (``text-only``), and so is what is not of these JSON types (``malformed``).
    """
    codings: set[Coding] = set()
    words: set[str] = set()
    problem = ""
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, str) and part.strip():
            words.add(part.strip().lower())
        elif isinstance(part, dict):
            problem = _collect(part, codings, words) or problem
        elif part is not None and part != "":
            problem = "malformed"
    if codings or words:
        return Coded(frozenset(codings), frozenset(words))
    return Unreadable(problem) if problem else NOT_RECORDED


def _collect(concept: dict[str, Any], codings: set[Coding], words: set[str]) -> str:
    """Adds what a CodeableConcept or Coding says; a word on why it says nothing."""
    problem = "text-only" if text_of(concept.get("text")) or text_of(concept.get("display")) else ""
    for coding in [concept, *objects(concept.get("coding"))]:
        code, system = coding.get("code"), text_of(coding.get("system"))
        if code is not None and not isinstance(code, str):
            problem = "malformed"
        word = text_of(code)
        if word is not None:
            words.add(word.lower())
            if system is not None:
                codings.add(Coding(canonical_system(system), word))
        elif text_of(coding.get("display")):
            problem = problem or "text-only"
    return problem


def dated(resource: Mapping[str, Any], elements: tuple[str, ...], moment: Moment) -> Attribute:
    """The first of the elements that is there, as a time."""
    for element in elements:
        value = resource.get(element)
        if value is not None:
            span = read_date(value, element, moment)
            return Unreadable("bad-date") if span is None else Dated(span)
    return NOT_RECORDED


def measured(quantity: Quantity | Unconvertible, when: Span | None) -> Attribute:
    """A quantity as an attribute; why there is none, if it cannot be read."""
    return Measured(quantity, when) if isinstance(quantity, Quantity) else Unreadable(quantity.reason)
