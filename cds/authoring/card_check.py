"""What the cards of a ruleset would send, checked before it is published: as CDS Hooks, and as FHIR R4.

Every template is filled at its extremes. Per request nothing of this is repeated: only what a filling can break (the
length of a summary, an id that nobody gave) is looked at there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from cds.authoring.fhir_validity import wrong_as_fhir
from cds.cards.finding import backing, override_reasons
from cds.cards.replacing import replaced
from cds.cards.suggesting import Fill, created, set_anew
from cds.documents.problem import Location, Problem
from cds.hooks.response import LONGEST_SUMMARY
from cds.hooks.response_check import check_response
from cds.rules.ruleset import CardTemplate, Rule, Ruleset, Suggestion

_UUID = "00000000-0000-5000-8000-000000000000"
#: The shortest and the longest reference to a patient that FHIR R4 allows (ids have 1 to 64 characters).
_PATIENTS = ("Patient/1", "Patient/" + "x" * 64)


def check_cards(ruleset: Ruleset, reasons: Mapping[str, str]) -> list[Problem]:
    """What is wrong with what the ruleset would send. ``reasons``: display by override reason code."""
    return [problem for rule in ruleset.rules for problem in _problems(ruleset, rule, reasons)]


def _problems(ruleset: Ruleset, rule: Rule, reasons: Mapping[str, str]) -> Iterator[Problem]:
    card = rule.card
    for line in check_response({"cards": [_card(ruleset, card, reasons)]}, feedback=True):
        yield _problem(card.location, f'the card of "{rule.id}" would not be valid: {line.removeprefix("cards[0].")}')
    for change in card.changes:
        for wrong in dict.fromkeys(wrong for patient in _PATIENTS for wrong in _wrong_in(change, patient)):
            yield _problem(change.location, f'what "{change.label}" sends would not be valid: {wrong}')


def _problem(place: Location, message: str) -> Problem:
    return Problem("CDS506", place, message, "every card of this rule would carry it")


def _card(ruleset: Ruleset, card: CardTemplate, reasons: Mapping[str, str]) -> dict[str, Any]:
    behind = backing(ruleset, card)
    built: dict[str, Any] = {
        "uuid": _UUID,
        "summary": "x" * LONGEST_SUMMARY,
        "indicator": card.indicator,
        "detail": "\n".join([card.detail, *(note.text for note in card.notes), behind.paragraph]),
        "source": behind.source,
        "links": behind.links,
    }
    return built | ({"overrideReasons": override_reasons(ruleset, card, reasons)} if card.override_reasons else {})


def _filled_with(patient: str) -> Fill:
    """Placeholders as a call could fill them."""
    of_call = {"patient": patient, "encounter": "Encounter/1", "user": "Practitioner/1"}
    return lambda piece: of_call.get(piece.name, "x")


def _wrong_in(change: Suggestion, patient: str) -> Iterator[str]:
    if change.kind == "replace":
        yield from _wrong_when_replaced(change, patient)
        return
    if change.kind != "create" or change.resource is None:
        return
    resource = created(change.resource, _filled_with(patient))
    yield from wrong_as_fhir(resource)
    concept = resource.get("medicationCodeableConcept")
    if isinstance(concept, dict) and not (concept.get("text") and _first_code(concept)):
        # The HL7 sandbox applies a suggested medication only if it has both, and says nothing when it does not.
        yield "medicationCodeableConcept needs text and coding[0].code, or clients drop it"


def _wrong_when_replaced(change: Suggestion, patient: str) -> Iterator[str]:
    """What is set, set in the least order of each type that it may meet: valid in one of them at least."""
    least = (
        {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": "x"}},
        {"resourceType": "ServiceRequest", "code": {"text": "x"}},
    )
    found = []
    for resource in least:
        order = {**resource, "status": "draft", "intent": "order", "subject": {"reference": patient}}
        changed = replaced(order, set_anew(change, _filled_with(patient)))
        # A list that the least order does not reach may be there in a real one.
        found.append(list(wrong_as_fhir(changed)) if changed is not None else [])
    yield from min(found, key=len)


def _first_code(concept: Mapping[str, Any]) -> object:
    codings = concept.get("coding")
    first = codings[0] if isinstance(codings, list) and codings else None
    return first.get("code") if isinstance(first, dict) else None
