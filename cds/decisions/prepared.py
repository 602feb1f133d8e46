"""An answer but for its ids and times, and its record: made once for a judgement, filled in for each hook instance."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from cds.access.client import Client
from cds.cards.card import NAMESPACE, lay_out_actions, lay_out_cards
from cds.cards.finding import FINDING_EXTENSION, Finding
from cds.cards.ids import named_id, show_id
from cds.decisions.counting import Count, counts_of
from cds.decisions.form import Form, blank, form_of
from cds.decisions.record import clear_part
from cds.decisions.selected import Selected
from cds.facts.dates import Moment
from cds.frozen import value
from cds.records.packing import packed

DECISION_EXTENSION = "org.cds-rules.decision"
#: The first blanks: id of the decision, its moment as answers tell it, and whether it was remembered. Ids follow.
_ID, _AT, _CACHED, _FIRST = 0, 1, 2, 3
_NAMESPACE = NAMESPACE.bytes


@value(eq=False)
class Prepared:
    """answer: what the client is sent. clear: the part of the record that counts and joins read.

    ids: of each id that is a blank, the place of the id it is under (None: the decision's key), and its name there.
    packed: the answer's form, made small; empty where nothing is recorded. counts: what is counted with each answer.
    """

    answer: Form
    clear: Form
    ids: Sequence[tuple[int | None, str]]
    packed: bytes
    counts: Sequence[Count]

    def values(self, key: str, at: datetime, *, cached: bool) -> list[bytes]:
        """What goes into the answer's blanks for a decision of this key."""
        found: list[bytes] = []
        for parent, name in self.ids:
            found.append(named_id(_NAMESPACE, f"{key}\n{name}") if parent is None else named_id(found[parent], name))
        told = b'"%s"' % at.isoformat(timespec="seconds").encode()
        first = [_shown(named_id(_NAMESPACE, key)), told, b"true" if cached else b"false"]
        return first + [_shown(identity) for identity in found]


def decision_id(values: Sequence[bytes]) -> str:
    """The id of the decision, out of its values."""
    return values[_ID][1:-1].decode()


def _shown(identity: bytes) -> bytes:
    return b'"%s"' % show_id(identity).encode()


class _Ids:
    """Numbers the ids of an answer, in the order in which they are laid out."""

    def __init__(self) -> None:
        self.every: list[tuple[int | None, str]] = []

    def name(self, parent: int | None, name: str) -> tuple[int, orjson.Fragment]:
        self.every.append((parent, name))
        place = len(self.every) - 1
        return place, blank(_FIRST + place)


def prepare(
    selected: Selected,
    client: Client,
    moment: Moment,
    data: Mapping[str, Any],
    findings: Sequence[Finding],
    *,
    pinned: bool,
    records: bool,
    not_fetched: Mapping[str, str] | None,
    repeated: Sequence[Mapping[str, str]],
) -> Prepared:
    """``data``: the judgement; ``findings``: those of it that are shown. records: whether answers are recorded."""
    ids = _Ids()
    cards = lay_out_cards(findings, ids.name, blank(_AT))
    decision: dict[str, Any] = {
        "id": blank(_ID),
        "at": blank(_AT),
        "rulesets": selected.rulesets,
        "unknown": data["unknown"],
        "omissions": data["omissions"],
        "cached": blank(_CACHED),
    }
    for name in ("notSupplied", "unmapped", "faults"):
        if data[name]:
            decision[name] = data[name]
    if not_fetched:
        decision["notFetched"] = dict(sorted(not_fetched.items()))
    if selected.not_effective:
        decision["notEffective"] = list(selected.not_effective)
    if selected.stopped:
        decision["stopped"] = selected.stopped
    if repeated:
        decision["repeated"] = repeated
    if pinned or selected.is_pinned:
        decision["pinned"] = True
    body: dict[str, Any] = {"cards": _as_agreed(cards, client)}
    # System actions are for a client with whom they were agreed (SYS-02).
    if client.system_actions and (actions := lay_out_actions(findings, blank(_AT))):
        body["systemActions"] = actions
    if client.extensions:
        body["extension"] = {DECISION_EXTENSION: decision}
    answer = form_of(body)
    counts = counts_of(selected, client.id, findings, data)
    if not records:
        return Prepared(answer, Form(b""), ids.every, b"", counts)
    of_call = [blank(_FIRST + len(ids.every) + number) for number in range(3)]
    clear = form_of(clear_part(selected, client.id, decision, cards, zone=moment.zone, of_call=of_call))
    return Prepared(answer, clear, ids.every, packed(answer.text), counts)


def _as_agreed(cards: list[dict[str, Any]], client: Client) -> list[dict[str, Any]]:
    """The cards in the form that was agreed with a client; what they say stays, and is recorded, as it is."""
    if not client.extensions:
        cards = [_plain(card) for card in cards]
    return [_with_second_spelling(card) for card in cards] if client.auto_launchable else cards


def _with_second_spelling(card: dict[str, Any]) -> dict[str, Any]:
    """For clients that demand ``autoLaunchable`` on each link; the guide has ``autolaunchable``, where it is true."""
    return {
        **card,
        "links": [{**link, "autoLaunchable": link.get("autolaunchable", False)} for link in card["links"]],
    }


def _plain(card: dict[str, Any]) -> dict[str, Any]:
    """A card without what we add to the standard, for clients that want none of it."""
    others = {name: value for name, value in card.get("extension", {}).items() if name != FINDING_EXTENSION}
    bare = {name: value for name, value in card.items() if name != "extension"}
    return {**bare, "extension": others} if others else bare
