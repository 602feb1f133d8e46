"""Suggestions: coded, complete FHIR R4 resources that a clinician can accept with one click."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cds.cards.escaping import plain_name
from cds.cards.naming import name_of
from cds.cards.replacing import replaced
from cds.cards.wording import subject_words
from cds.facts.fact import Fact
from cds.rules.definition import Entry
from cds.rules.engine.truth import Truth
from cds.rules.judge.judging import Judging
from cds.rules.judge.values import FactPair, Subject
from cds.rules.ruleset import SUBJECT_TARGETS, CardTemplate, ElementPath, Suggestion
from cds.rules.text_template import Placeholder, parse_text

#: FHIR elements that are numbers or booleans: in YAML every scalar is text.
_NUMBERS = frozenset(
    {"value", "frequency", "frequencyMax", "period", "periodMax", "count", "sequence", "numberOfRepeatsAllowed"}
)
_BOOLEANS = frozenset({"asNeededBoolean", "doNotPerform", "allowedBoolean"})
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
_REQUESTS = frozenset({"MedicationRequest", "ServiceRequest"})
#: The text of a placeholder in a template; "" when nobody knows it.
Fill = Callable[[Placeholder], str]


class _Unfilled(Exception):
    """A placeholder of a template has no text for this call."""


def suggest(judging: Judging, template: CardTemplate, it: Subject | None) -> list[dict[str, Any]]:
    """The suggestions whose conditions hold, without ids."""
    made: list[dict[str, Any]] = []
    for suggestion in template.suggestions:
        if offered(judging, suggestion.when, suggestion.unless, it):
            made += _make(judging, suggestion, it)
    made = _labelled_apart(made)
    return made if template.choose == "any" else _at_most_one_recommended(made)


def act(judging: Judging, system_actions: Iterable[Suggestion], it: Subject | None) -> list[dict[str, Any]]:
    """The actions that a client may take by itself, where their conditions hold and that was agreed with it."""
    made: list[dict[str, Any]] = []
    for action in system_actions:
        if offered(judging, action.when, action.unless, it):
            made += (change for suggestion in _make(judging, action, it) for change in suggestion["actions"])
    return made


def offered(judging: Judging, when: tuple[Entry, ...], unless: tuple[Entry, ...], it: Subject | None) -> bool:
    """All conditions hold and no exception does; an unknown one: not offered."""
    for entry in when:
        if judging.entry(entry, it) is not Truth.HOLDS:
            return False
    for entry in unless:  # noqa: SIM110 - many times in each finding
        if judging.entry(entry, it) is not Truth.FAILS:
            return False
    return True


def _make(judging: Judging, suggestion: Suggestion, it: Subject | None) -> list[dict[str, Any]]:
    if suggestion.kind == "create" and suggestion.resource is not None:
        try:
            resource = created(suggestion.resource, _filler(judging, it))
        except _Unfilled:  # half an order is worse than none
            return []
        return _made_anew(judging, suggestion, resource, it)
    # What has no id of its own ("#draft-1", "MedicationRequest/#5f1e") cannot be named, so it cannot be changed.
    facts = [fact for fact in _targets(judging, suggestion.target, it) if "#" not in fact.reference]
    several = len(facts) > 1
    made = []
    for fact in facts:
        try:
            change = _change(suggestion, fact, _filler(judging, it))
        except _Unfilled:
            continue
        if change is None:
            continue
        label = f"{suggestion.label}: {plain_name(name_of(judging, fact))}" if several else suggestion.label
        made.append(_suggestion(suggestion, label, change))
    return made


def _made_anew(
    judging: Judging, suggestion: Suggestion, resource: dict[str, Any], it: Subject | None
) -> list[dict[str, Any]]:
    """A new resource, and in the same suggestion the end of every draft that it stands instead of.

    Not offered where one of these cannot be named: taking it would leave two orders.
    """
    made = _suggestion(suggestion, suggestion.label, {"type": "create", "resource": resource})
    if not suggestion.target:
        return [made]
    replaced_drafts = _targets(judging, suggestion.target, it)
    if not replaced_drafts or any("#" in fact.reference for fact in replaced_drafts):
        return []
    for fact in replaced_drafts:
        described = f"Remove {plain_name(name_of(judging, fact))}"
        made["actions"].append({"type": "delete", "description": described, "resourceId": fact.reference})
    return [made]


def _change(suggestion: Suggestion, fact: Fact, fill: Fill) -> dict[str, Any] | None:
    """The action on one fact; None when what is to be set has no place in it."""
    if suggestion.kind == "remove":
        return {"type": "delete", "resourceId": fact.reference}
    if suggestion.kind == "replace":
        resource = replaced(fact.resource, set_anew(suggestion, fill))
        return None if resource is None else {"type": "update", "resource": resource}
    return {"type": "update", "resource": {**fact.resource, "status": "stopped"}}


def set_anew(suggestion: Suggestion, fill: Fill) -> list[tuple[ElementPath, object]]:
    """What ``replace`` sets, as JSON of the right types. ``fill``: the text of a placeholder."""
    return [(path, _typed(fill, path[-1][0], value)) for path, value in suggestion.changes]


def _suggestion(suggestion: Suggestion, label: str, action: dict[str, Any]) -> dict[str, Any]:
    described = {"type": action["type"], "description": label, **action}
    return {"label": label, "isRecommended": suggestion.recommended, "actions": [described]}


def _targets(judging: Judging, target: str, it: Subject | None) -> tuple[Fact, ...]:
    if target in SUBJECT_TARGETS:
        if isinstance(it, FactPair):
            return {"it.first": (it.first,), "it.second": (it.second,)}.get(target, (it.first, it.second))
        return (it,) if it is not None else ()
    return tuple(s for s in judging.found(target, it).sure if isinstance(s, Fact))


def created(template: Mapping[str, object], fill: Fill) -> dict[str, Any]:
    """A template as JSON of the right types, with the elements that authors may leave out.

    fill: the text of a placeholder, "" if there is none; the patient always has one.
    """
    resource: dict[str, Any] = {key: _typed(fill, key, value) for key, value in template.items()}
    if resource.get("resourceType") in _REQUESTS:
        resource.setdefault("status", "draft")
        resource.setdefault("intent", "proposal")
        resource.setdefault("subject", {"reference": fill(Placeholder("patient"))})
    return resource


def _filler(judging: Judging, it: Subject | None) -> Fill:
    """What the placeholders of a template stand for: references of the call, and words about the subject."""
    record = judging.record
    of_call = {"patient": record.patient.reference, "encounter": record.encounter, "user": record.user}

    def fill(piece: Placeholder) -> str:
        return of_call[piece.name] if piece.name in of_call else subject_words(judging, piece, it)

    return fill


def _filled(fill: Fill, text: str) -> str:
    pieces = []
    for piece in parse_text(text):
        if isinstance(piece, Placeholder):
            pieces.append(fill(piece))
            if not pieces[-1]:
                raise _Unfilled
        else:
            pieces.append(piece if isinstance(piece, str) else piece.written)
    return "".join(pieces)


def _typed(fill: Fill, key: str, value: object) -> object:
    if isinstance(value, Mapping):
        return {inner: _typed(fill, inner, item) for inner, item in value.items()}
    if isinstance(value, list):
        return [_typed(fill, key, item) for item in value]
    text = _filled(fill, str(value))
    if key in _NUMBERS and _NUMBER.match(text):
        return float(text) if "." in text else int(text)
    return text == "true" if key in _BOOLEANS and text in ("true", "false") else text


def _labelled_apart(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two orders of one name: each label, and so each suggestion's id, is its own."""
    seen: Counter[str] = Counter()
    for suggestion in made:
        label = suggestion["label"]
        seen[label] += 1
        if seen[label] > 1:
            suggestion["label"] = f"{label} ({seen[label]})"
    return made


def _at_most_one_recommended(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """CDS Hooks: with ``at-most-one`` no more than one suggestion may be recommended."""
    recommended = False
    for suggestion in made:
        suggestion["isRecommended"] = suggestion["isRecommended"] and not recommended
        recommended = recommended or suggestion["isRecommended"]
    return made
