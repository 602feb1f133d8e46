"""Findings to the cards of one answer: order, and ids that an identical retry gets again."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from cds.cards.finding import Finding
from cds.cards.ids import named_id, show_id

#: Our namespace for card and suggestion ids (SETTLED "Cards, ids, feedback").
NAMESPACE = uuid.UUID("6f1d8a52-0f0e-5d0c-9a44-5b7c0de0ca4d")
_WEIGHT = {"critical": 0, "warning": 1, "info": 2}


def order(findings: Iterable[Finding]) -> list[Finding]:
    """By indicator; within one, as they came (services.yaml order, file order), subjects by reference."""
    return sorted(findings, key=lambda finding: _WEIGHT[finding.card["indicator"]])


#: Names an id under another (None: the decision's key): a handle for what is under it, and what the card shows.
Naming = Callable[[Any, str], tuple[Any, Any]]


def build_cards(findings: Iterable[Finding], decision_key: str, at: datetime) -> list[dict[str, Any]]:
    """The cards of one answer. ``decision_key``: the same for an identical retry, and for no other request."""

    def named(parent: bytes | None, name: str) -> tuple[bytes, str]:
        identity = named_id(NAMESPACE.bytes, f"{decision_key}\n{name}") if parent is None else named_id(parent, name)
        return identity, show_id(identity)

    return lay_out_cards(findings, named, at.isoformat(timespec="seconds"))


def lay_out_cards(findings: Iterable[Finding], named: Naming, at: Any) -> list[dict[str, Any]]:
    """The cards of one answer, their ids by ``named``; ``at``: what stands for the moment of decision."""
    cards: list[dict[str, Any]] = []
    seen: Counter[str] = Counter()
    for finding in order(findings):
        name = "\n".join((finding.pinned, finding.rule, finding.subject))
        seen[name] += 1
        # Drafts to which a client gave one id are subjects of one name: the second card must not be the first.
        cards.append(_card(finding, name if seen[name] == 1 else f"{name}\n{seen[name]}", named, at))
    return cards


def lay_out_actions(findings: Iterable[Finding], at: Any) -> list[dict[str, Any]]:
    """The system actions of one answer, in the order of its cards; for clients with which that was agreed, only."""
    return [_dated(dict(action), at) for finding in order(findings) for action in finding.system_actions]


def _card(finding: Finding, name: str, named: Naming, at: Any) -> dict[str, Any]:
    handle, shown = named(None, name)
    card = {"uuid": shown, **finding.card}
    if "suggestions" in card:
        card["suggestions"] = [_suggestion(suggestion, handle, named, at) for suggestion in card["suggestions"]]
    return card


def _suggestion(suggestion: dict[str, Any], card: Any, named: Naming, at: Any) -> dict[str, Any]:
    actions = [_dated(action, at) for action in suggestion["actions"]]
    return {"uuid": named(card, suggestion["label"])[1], **suggestion, "actions": actions}


def _dated(action: dict[str, Any], at: Any) -> dict[str, Any]:
    """A created request is authored at the moment of decision."""
    resource = action.get("resource")
    if action["type"] != "create" or resource is None or "authoredOn" in resource:
        return action
    if resource.get("resourceType") not in ("MedicationRequest", "ServiceRequest"):
        return action
    return {**action, "resource": {**resource, "authoredOn": at}}
