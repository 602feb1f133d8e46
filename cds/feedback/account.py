"""One decision told whole: what was asked, shown and left open, and what became of it. Sealed parts are opened here.

Plain data, for the command line and for whoever audits; it holds patient data.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from cds.decisions.record import read_kept
from cds.feedback.taking import read_words
from cds.records.reading import Answer, CardRow, Decision, Outcome


def account_of(decision: Decision, *, facts: bool) -> dict[str, Any]:
    """The decision as JSON data; with the facts that the rules could read, if asked.

    ``opened`` is false for an answer that no key of ours opens: its summaries and facts are then missing.
    """
    answers = [_answer(answer, facts) for answer in decision.answers]
    labels = {key: label for answer in answers for key, label in answer.pop("suggestions").items()}
    return {
        "decision": decision.id,
        "client": decision.client,
        "service": decision.service,
        "hook": decision.hook,
        "hookInstance": decision.hook_instance,
        "answers": answers,
        "feedback": [_outcome(outcome, labels) for outcome in decision.feedback],
    }


def _answer(answer: Answer, facts: bool) -> dict[str, Any]:
    kept = read_kept(answer.secret) if answer.secret is not None else None
    given: Mapping[str, Any] = orjson.loads(kept.answer) if kept else {}
    shown: Sequence[Mapping[str, Any]] = given.get("cards", ())
    summaries = {card["uuid"]: card["summary"] for card in shown}
    told: dict[str, Any] = {
        "recordedAt": answer.recorded_at.isoformat(),
        "at": answer.at.isoformat(),
        "zone": answer.zone,
        "retry": answer.is_retry,
        "pinned": answer.pinned,
        "cached": answer.cached,
        "build": answer.build,
        "rulesets": list(answer.rulesets),
        "leftOpen": answer.left_open,
        "opened": kept is not None,
        "cards": [_card(card, summaries) for card in answer.cards],
        "suggestions": {each["uuid"]: each["label"] for card in shown for each in card.get("suggestions", ())},
    }
    if facts and kept:
        told["facts"] = orjson.loads(kept.facts)
        told["answer"] = given
    return told


def _card(card: CardRow, summaries: Mapping[str, str]) -> dict[str, Any]:
    told = {"uuid": card.uuid, "ruleset": card.ruleset, "rule": card.rule, "indicator": card.indicator}
    return told | ({"summary": summaries[card.uuid]} if card.uuid in summaries else {})


def _outcome(outcome: Outcome, labels: Mapping[str, str]) -> dict[str, Any]:
    comment, display = read_words(outcome.secret, outcome.position) if outcome.secret is not None else (None, None)
    told: dict[str, Any] = {
        "card": outcome.card,
        "outcome": outcome.outcome,
        "at": outcome.outcome_at.isoformat(),
        "recordedAt": outcome.recorded_at.isoformat(),
        "opened": outcome.secret is not None,
    }
    if outcome.accepted:
        told["accepted"] = [{"id": one, "label": labels.get(one.lower())} for one in outcome.accepted]
    if outcome.reason_code:
        told["reason"] = {"code": outcome.reason_code, "system": outcome.reason_system, "display": display}
    if comment:
        told["comment"] = comment
    return told
