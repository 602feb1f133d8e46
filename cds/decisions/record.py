"""What is kept of a decision, before its answer leaves.

In clear, for counts and joins: ids, versions, times, which rules spoke and which could not. Sealed: the facts that the
rules could read (minimised: nothing else of the request) and the answer as it was given, so that what was shown can be
shown again, and judged again.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from cds.cards.finding import FINDING_EXTENSION
from cds.decisions.identity import build
from cds.decisions.selected import Selected
from cds.facts.dates import Moment
from cds.records.frames import Kind
from cds.records.packing import packed, unpacked
from cds.records.recorder import Recorder
from cds.rules.catalog.digest import digest_of_site

_LENGTH = struct.Struct(">I")
#: Members of the decision extension that say what was left open or out, and name nothing of the patient's.
_OPEN = ("unknown", "notSupplied", "faults", "notEffective", "stopped", "repeated")


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it is about to leave. cards, decision: with the extensions, whether or not the client is sent them;
    content: what it is sent.
    """

    client: str
    hook_instance: str
    moment: Moment
    cards: Sequence[Mapping[str, Any]] = field(repr=False)
    decision: Mapping[str, Any] = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a decision's sealed part holds: canonical facts and the answer, each as JSON."""

    facts: bytes = field(repr=False)
    answer: bytes = field(repr=False)


def pack_facts(recorder: Recorder, facts: bytes) -> bytes:
    """Canonical facts as they are kept; nothing where nothing is."""
    return b"" if recorder.keeps_nothing else packed(facts)


def record_answer(recorder: Recorder, selected: Selected, facts: bytes, given: Given) -> None:
    """Keep an answer that is about to leave. Raises :class:`cds.records.spool.NotRecorded`: then it must not.

    facts: from :func:`pack_facts`.
    """
    if recorder.keeps_nothing:
        return
    decision = given.decision
    left_open: dict[str, Any] = {name: decision[name] for name in _OPEN if decision.get(name)}
    if decision["omissions"]:
        left_open["omissions"] = [omission["reason"] for omission in decision["omissions"]]
    clear = {
        "decision": decision["id"],
        "client": given.client,
        "service": selected.service.id,
        "hook": selected.service.hook,
        "hook_instance": given.hook_instance.lower(),
        "at": given.moment.instant,
        "zone": given.moment.zone.key,
        "recorded_at": recorder.now(),
        "build": build(),
        "pinned": bool(decision.get("pinned")),
        "cached": decision["cached"],
        "rulesets": decision["rulesets"],
        "left_open": left_open,
        "cards": [_card(card) for card in given.cards],
    }
    recorder.record(Kind.ANSWER, orjson.dumps(clear), _LENGTH.pack(len(facts)) + facts + packed(given.content))


def _card(card: Mapping[str, Any]) -> tuple[str, str, str, str]:
    finding = card["extension"][FINDING_EXTENSION]
    return card["uuid"], pinned_address(finding), finding["rule"], card["indicator"]


def pinned_address(told: Mapping[str, Any]) -> str:
    """The pinned address of a version as findings, answers and records name it."""
    site = f";site.{digest_of_site(told['site'])[:12]}" if told.get("site") else ""
    return f"{told['ruleset']}@{told['version']}+sha256.{told['digest'][:12]}{site}"


def read_kept(secret: bytes) -> Kept:
    """What was kept of a decision, from its opened sealed part; raises ``ValueError`` for anything else."""
    if len(secret) < _LENGTH.size:
        raise ValueError("not a decision")
    (length,) = _LENGTH.unpack_from(secret)
    split = _LENGTH.size + length
    return Kept(unpacked(secret[_LENGTH.size : split]), unpacked(secret[split:]))
