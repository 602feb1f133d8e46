"""Judging again what was recorded: the canonical facts of a decision, back as the record that was judged.

Pure. What ``identity.canonical_facts`` writes is read here and nowhere else; the two change together. The same facts,
versions and moment give the same cards, and this is how that can be shown of a decision made long ago.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from cds.cards.card import build_cards
from cds.cards.finding import FINDING_EXTENSION
from cds.decisions.decide import decide
from cds.decisions.identity import decision_key, digest
from cds.decisions.record import Kept
from cds.facts.dates import Moment, Span
from cds.facts.fact import Fact, Omission, Patient, Record
from cds.rules.judge.plan import Plan
from cds.terminology.coding import Coding

_BEGINNING, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def cards_again(
    kept: Kept,
    key: tuple[str, str, str],
    moment: Moment,
    rulesets: Plan,
    reasons: Mapping[str, str],
    *,
    repeated: Iterable[tuple[str, str]] = (),
) -> bool:
    """Whether judging what was kept gives the cards that were shown, to the letter (our extension aside).

    key: client, service and hook instance of the decision. moment: the decision's, in its zone. rulesets: the very
    versions that answered, in their order. repeated: ruleset and rule of cards that were held back then
    (``again-after``): judging says again that they fire, and not again that they were shown before.
    """
    judgement = decide(read_facts(kept.facts, moment.zone), rulesets, moment, reasons)
    shown = orjson.loads(kept.answer)["cards"]
    cards = build_cards(judgement.findings, decision_key(*key, digest(kept.facts)), moment.instant)
    held_back, there = frozenset(repeated), {card["uuid"] for card in shown}
    cards = [card for card in cards if card["uuid"] in there or _rule_of(card) not in held_back]
    return _plain(orjson.loads(orjson.dumps(cards))) == _plain(shown)


def _rule_of(card: Mapping[str, Any]) -> tuple[str, str]:
    finding = card["extension"][FINDING_EXTENSION]
    return finding["ruleset"], finding["rule"]


def _plain(cards: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Without extensions: a client may have been sent none."""
    return [{name: value for name, value in card.items() if name != "extension"} for card in cards]


def read_facts(facts: bytes, zone: ZoneInfo) -> Record:
    """The record whose canonical facts these are; ``zone`` is the one that the moment of decision was in."""
    hook, person, told, omitted, unsupplied, unmapped, *of_call = orjson.loads(facts)
    encounter, user = of_call[0] if of_call else ("", "")
    resources: dict[bytes, Mapping[str, Any]] = {}
    return Record(
        patient=_patient(person, zone),
        hook=hook,
        facts=_arranged([_fact(one, zone, resources) for one in told]),
        omissions=tuple(Omission(ref, why, frozenset(kinds), _codings(codes)) for ref, why, kinds, codes in omitted),
        unsupplied=dict(unsupplied),
        unmapped=tuple(unmapped),
        encounter=encounter,
        user=user,
    )


def _patient(told: Sequence[Any], zone: ZoneInfo) -> Patient:
    reference, birth, sex, deceased, races, *tells_race = told
    # What was recorded before this was does not say; then it is not known.
    return Patient(reference, _span(birth, zone), sex, deceased, frozenset(races), *(tells_race or (True,)))


def _fact(told: Sequence[Any], zone: ZoneInfo, resources: dict[bytes, Mapping[str, Any]]) -> Fact:
    kind, reference, codes, status, display, when, resource = told
    # What one resource says in several kinds was one object, and is compared as such.
    one = resources.setdefault(orjson.dumps(resource, option=orjson.OPT_SORT_KEYS), resource)
    return Fact(kind, reference, _codings(codes) or frozenset(), display, status, _span(when, zone), one)


def _codings(codes: Sequence[str] | None) -> frozenset[Coding] | None:
    return None if codes is None else frozenset(Coding(*code.rsplit("|", 1)) for code in codes)


def _span(told: Sequence[str] | None, zone: ZoneInfo) -> Span | None:
    if told is None:
        return None
    start, end = (datetime.fromisoformat(instant) for instant in told[:2])
    # A period whose beginning nobody told begins with the calendar, and an open one ends with it.
    first = date.min if start == _BEGINNING else start.astimezone(zone).date()
    last = date.max if end == _END else (end - timedelta.resolution).astimezone(zone).date()
    return Span(start, end, told[2], first, last, untold_end=len(told) > 3)


def _arranged(facts: Sequence[Fact]) -> dict[str, tuple[Fact, ...]]:
    """As ``facts.record`` arranges them: by kind; newest first, then by reference, undated last."""
    kinds: dict[str, list[Fact]] = defaultdict(list)
    for fact in sorted(facts, key=lambda f: f.reference):
        kinds[fact.kind].append(fact)
    for found in kinds.values():
        found.sort(key=lambda f: _BEGINNING if f.when is None else f.when.start, reverse=True)
    return {kind: tuple(found) for kind, found in kinds.items()}
