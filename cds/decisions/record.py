"""What is kept of a decision, before its answer leaves.

In clear, for counts and joins: ids, versions, times, which rules spoke and which could not. Sealed: the facts that the
rules could read (minimised: nothing else of the request) and the answer as it was given, so that what was shown can be
shown again, and judged again.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from cds.cards.finding import FINDING_EXTENSION
from cds.decisions.form import Form
from cds.decisions.identity import build
from cds.decisions.selected import Selected
from cds.records.frames import Kind
from cds.records.packing import packed, unpacked
from cds.records.recorder import Recorder
from cds.rules.catalog.digest import digest_of_site

_LENGTH = struct.Struct(">I")
#: Begins an answer that is kept as a form and what was filled in; a packed one begins otherwise (0x78, zlib).
_FORM = b"\x01"
#: Between values, which are JSON.
_SEPARATOR = b"\0"
#: Members of the decision extension that say what was left open or out, and name nothing of the patient's.
_OPEN = ("unknown", "notSupplied", "faults", "notEffective", "stopped", "repeated")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a decision's sealed part holds: canonical facts and the answer, each as JSON."""

    facts: bytes = field(repr=False)
    answer: bytes = field(repr=False)


def pack_facts(recorder: Recorder, facts: bytes) -> bytes:
    """Canonical facts as they are kept; nothing where nothing is."""
    return b"" if recorder.keeps_nothing else packed(facts)


def clear_part(
    selected: Selected,
    client: str,
    decision: Mapping[str, Any],
    cards: Sequence[Mapping[str, Any]],
    *,
    zone: ZoneInfo,
    of_call: Sequence[object],
) -> dict[str, Any]:
    """What of an answer is kept in clear. cards, decision: with the extensions, whether or not the client is sent them.

    of_call: what stands for the hook instance, the moment of decision and the real time (:func:`values_of_call`).
    """
    left_open: dict[str, Any] = {name: decision[name] for name in _OPEN if decision.get(name)}
    if decision["omissions"]:
        left_open["omissions"] = [omission["reason"] for omission in decision["omissions"]]
    return {
        "decision": decision["id"],
        "client": client,
        "service": selected.service.id,
        "hook": selected.service.hook,
        "hook_instance": of_call[0],
        "at": of_call[1],
        "zone": zone.key,
        "recorded_at": of_call[2],
        "build": build(),
        "pinned": bool(decision.get("pinned")),
        "cached": decision["cached"],
        "rulesets": decision["rulesets"],
        "left_open": left_open,
        "cards": [_card(card) for card in cards],
    }


def values_of_call(hook_instance: str, at: datetime, recorded_at: datetime) -> list[bytes]:
    """What goes into the blanks that :func:`clear_part` is given."""
    return [orjson.dumps(told) for told in (hook_instance.lower(), at, recorded_at)]


def record_answer(recorder: Recorder, clear: bytes, facts: bytes, form: bytes, values: Sequence[bytes]) -> None:
    """Keep an answer that is about to leave. Raises :class:`cds.records.spool.NotRecorded`: then it must not.

    facts: from :func:`pack_facts`. form, values: the packed form of the answer, and what was filled in.
    """
    lengths = _LENGTH.pack(len(facts)), _LENGTH.pack(len(form))
    recorder.record(Kind.ANSWER, clear, b"".join((lengths[0], facts, _FORM, lengths[1], form, _SEPARATOR.join(values))))


def _card(card: Mapping[str, Any]) -> tuple[str, str, str, str]:
    finding = card["extension"][FINDING_EXTENSION]
    return card["uuid"], pinned_address(finding), finding["rule"], card["indicator"]


def pinned_address(told: Mapping[str, Any]) -> str:
    """The pinned address of a version as findings, answers and records name it."""
    site = f";site.{digest_of_site(told['site'])[:12]}" if told.get("site") else ""
    return f"{told['ruleset']}@{told['version']}+sha256.{told['digest'][:12]}{site}"


def read_kept(secret: bytes) -> Kept:
    """What was kept of a decision, from its opened sealed part; raises ``ValueError`` for anything else."""
    facts, rest = _parted(secret)
    if rest[:1] != _FORM:  # recorded before answers had forms
        return Kept(unpacked(facts), unpacked(rest))
    form, values = _parted(rest[1:])
    return Kept(unpacked(facts), Form(unpacked(form)).filled(values.split(_SEPARATOR)))


def _parted(content: bytes) -> tuple[bytes, bytes]:
    """What comes behind its length, and the rest."""
    if len(content) < _LENGTH.size:
        raise ValueError("not a decision")
    split = _LENGTH.size + _LENGTH.unpack_from(content)[0]
    return content[_LENGTH.size : split], content[split:]
