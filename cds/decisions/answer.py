"""The shell round ``decide``: read, look in the cache, decide, build the cards, answer.

    body -> request -> selection -> what was supplied, or fetched -> facts -> (cache) decide -> cards -> (record) answer

A repeat of the same bytes (but for ``hookInstance``) is answered from memory without reading them again.
"""

import struct
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from cds.access.client import Client
from cds.cache.judgements import JudgementCache
from cds.cache.memory import repeat_key as key_of_repeat
from cds.cache.showings import NO_SHOWINGS, Showings
from cds.cards.card import NAMESPACE, build_cards, build_system_actions
from cds.cards.finding import FINDING_EXTENSION, Finding
from cds.decisions.budget import UNLIMITED, Budget
from cds.decisions.counting import count_answer, count_fetched, count_repeated
from cds.decisions.decide import DEADLINE, Judgement, decide
from cds.decisions.faults import AllFaulted, OutOfTime
from cds.decisions.identity import canonical_facts, decision_key, digest
from cds.decisions.reading import record_of
from cds.decisions.record import Given, pack_facts, record_answer
from cds.decisions.repeating import Whose, hold_back, note_shown
from cds.decisions.selected import Selected
from cds.decisions.shadowing import Shadows, Shown
from cds.decisions.validity import validity
from cds.facts.dates import Moment
from cds.facts.fact import Record
from cds.fetching.fetcher import Fetched, Fetcher
from cds.hooks.faults import PrefetchMissing
from cds.hooks.instance import find_instance
from cds.hooks.prefetch import Supplied, Supply, read_supplied
from cds.hooks.request import HookRequest, misspelt_members, read_request
from cds.metrics.meter import UNCOUNTED, Meter
from cds.records.recorder import Recorder
from cds.rules.engine.faults import EnginesDiffer

DECISION_EXTENSION = "org.cds-rules.decision"
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Shell:
    """What an answer needs beside the request: where judgements are remembered, how reasons are displayed, and where
    what leaves is recorded.

    fetcher: reads from clients' FHIR servers what they left out; None where nothing is ever fetched.
    meter: counts what was answered. showings: which cards were shown before, for rules that rest. shadows: judges what
    is in the shadow beside it; None where nothing is.
    """

    cache: JudgementCache
    override_reasons: dict[str, str]
    recorder: Recorder
    fetcher: Fetcher | None = None
    meter: Meter = UNCOUNTED
    showings: Showings = NO_SHOWINGS
    shadows: Shadows | None = None
    #: What a judgement depends on here beside ruleset versions and facts: cards tell the reasons as they are displayed.
    context: tuple[bytes, ...] = field(init=False)

    def __post_init__(self) -> None:
        reasons = orjson.dumps(self.override_reasons, option=orjson.OPT_SORT_KEYS)
        object.__setattr__(self, "context", (reasons,))


@dataclass(frozen=True, slots=True)
class _Came:
    """A request as it came; request, supplied: None where it was not read because it is a repeat."""

    body: bytes = field(repr=False)
    request: HookRequest | None = field(default=None, repr=False)
    supplied: tuple[Supplied, ...] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Facts:
    canonical: bytes = field(repr=False)
    digest: str


@dataclass(frozen=True, slots=True)
class _Known:
    """A judgement as JSON data: what the cache keeps, and all that an answer is built from.

    facts: digest of the canonical facts; packed: themselves, as they are recorded.
    """

    facts: str
    packed: bytes
    data: dict[str, Any]
    cached: bool


def answer(
    selected: Selected,
    body: bytes,
    moment: Moment,
    shell: Shell,
    client: Client,
    *,
    pinned: bool,
    budget: Budget = UNLIMITED,
    request: HookRequest | None = None,
    choose: Callable[[HookRequest], Selected] | None = None,
) -> bytes:
    """The CDS Hooks answer to a hook call, as JSON bytes. Rulesets that the budget does not reach are named in it.

    request: what ``body`` says, where it was read already. choose: what is to answer a request that has an extension,
    which may pin versions; such a request is never kept as a repeat of one that has none.
    """
    context = (*selected.context, *shell.context, str(moment.zone).encode(), client.meaning)
    repeat = None if shell.cache.keeps_nothing else _without_instance(body)
    repeat_key = None
    if repeat is not None:
        instance, *pieces = repeat
        repeat_key = key_of_repeat(context, pieces)
        found = shell.cache.repeats.lookup(repeat_key, moment.instant)
        if found is not None:
            shell.meter.count("cache_lookups", "repeats")
            known = _remembered(found.payload)
            return _build(selected, instance, known, moment, shell, client=client, pinned=pinned, came=_Came(body))
    if request is None:
        request = read_request(body, frozenset((selected.service.hook,)))
        if choose is not None and request.extension and (chosen := choose(request)) is not selected:
            return answer(chosen, body, moment, shell, client, pinned=pinned, budget=budget, request=request)
    fetched = _fetched(request, selected, shell, client, budget)
    if fetched.is_of_now:  # the same bytes may mean other data a moment later, or for another client
        repeat_key = None
    try:
        _require_patient(fetched.supplied)
        record = record_of(request, fetched.supplied, selected.plan, moment)
        if shell.cache.keeps_nothing:
            known = _judged(selected, record, moment, shell, _facts(record), budget=budget)
        else:
            known = _cached(selected, record, moment, shell, budget=budget, context=context, repeat_key=repeat_key)
    except PrefetchMissing as missing:
        missing.not_fetched = fetched.missing
        missing.misspelt = misspelt_members(body, request.prefetch, missing.keys)
        raise
    told = fetched.missing
    came = _Came(body, request, fetched.supplied)
    return _build(
        selected,
        request.hook_instance,
        known,
        moment,
        shell,
        client=client,
        pinned=pinned,
        came=came,
        not_fetched=told,
    )


def _fetched(request: HookRequest, selected: Selected, shell: Shell, client: Client, budget: Budget) -> Fetched:
    """What was supplied, and of the rest what the client's FHIR server gave."""
    supplied = read_supplied(request.prefetch, selected.templates, client.null_is_unknown)
    if shell.fetcher is None:
        return Fetched(supplied)
    fetched = shell.fetcher.complete(request, supplied, client.fhir_servers, budget.left())
    count_fetched(shell.meter, supplied, fetched)
    return fetched


def _without_instance(body: bytes) -> tuple[str, memoryview, memoryview] | None:
    """The hook instance, and what comes before and after it; None where that cannot be told."""
    found = find_instance(body)
    if found is None:
        return None
    whole = memoryview(body)
    return found[1].decode().lower(), whole[: found.start(1)], whole[found.end(1) :]


def _require_patient(supplied: tuple[Supplied, ...]) -> None:
    """Without the patient's own resource nothing is judged (412)."""
    for supply in supplied:
        if supply.template.is_read and supply.state is not Supply.DATA:
            raise PrefetchMissing((supply.template.key,), {supply.template.key: ("patient",)})


def _cached(
    selected: Selected,
    record: Record,
    moment: Moment,
    shell: Shell,
    *,
    budget: Budget,
    context: tuple[bytes, ...],
    repeat_key: bytes | None,
) -> _Known:
    """What is remembered of these facts, else a judgement that is remembered: under the facts, and under the bytes."""
    facts = _facts(record)
    key = shell.cache.key((b"facts", *context, facts.digest.encode()))
    found = shell.cache.lookup(key, moment.instant)
    holds: tuple[datetime, datetime] | None
    if found is not None:
        known, payload, holds = _remembered(found.payload), found.payload, (found.valid_from, found.valid_until)
    else:
        known = _judged(selected, record, moment, shell, facts, budget=budget)
        payload = _to_remember(known)
        holds = None if known.data["faults"] else validity(record, selected.plan, moment)
        if holds is not None:
            shell.cache.remember(key, payload, *holds, moment.instant)
    if repeat_key is not None and holds is not None:
        shell.cache.repeats.keep(repeat_key, payload, *holds)
    return known


def _facts(record: Record) -> _Facts:
    canonical = canonical_facts(record)
    return _Facts(canonical, digest(canonical))


def _judged(
    selected: Selected, record: Record, moment: Moment, shell: Shell, facts: _Facts, *, budget: Budget
) -> _Known:
    try:
        judgement = decide(record, selected.plan, moment, shell.override_reasons, budget.is_spent)
    except EnginesDiffer:
        shell.meter.count("cross_check_differences", selected.service.id, selected.service.hook)
        raise
    _refuse_empty(selected, judgement, record)
    data = _as_data(judgement, record) | ({"patient": record.patient.reference} if selected.rests else {})
    return _Known(facts.digest, pack_facts(shell.recorder, facts.canonical), data, cached=False)


def _refuse_empty(selected: Selected, judgement: Judgement, record: Record) -> None:
    if judgement.judged == 0 and any(fault.cause == DEADLINE for fault in judgement.faults):
        raise OutOfTime
    if judgement.faults and len(judgement.faults) == len(selected.plan.parts):
        raise AllFaulted(tuple(fault.ruleset for fault in judgement.faults))
    if judgement.all_open and record.unsupplied:
        keys = tuple(t.key for t in selected.templates if t.resource_type in record.unsupplied)
        wanted = tuple(sorted({name for rule in judgement.unknown for name in rule.definitions}))
        raise PrefetchMissing(keys, dict.fromkeys(keys, wanted))


def _as_data(judgement: Judgement, record: Record) -> dict[str, Any]:
    omissions = (*record.omissions, *judgement.omissions)
    return {
        "findings": [[f.pinned, f.rule, f.subject, f.card, f.system_actions] for f in judgement.findings],
        "unknown": [
            {"ruleset": rule.ruleset, "rule": rule.rule, "definitions": list(rule.definitions)}
            for rule in judgement.unknown
        ],
        "omissions": [{"reference": o.reference, "reason": o.reason} for o in omissions],
        "notSupplied": dict(sorted(record.unsupplied.items())),
        "unmapped": list(record.unmapped),
        "faults": [{"ruleset": fault.ruleset, "cause": fault.cause} for fault in judgement.faults],
    }


def _to_remember(known: _Known) -> bytes:
    return _LENGTH.pack(len(known.packed)) + known.packed + orjson.dumps([known.facts, known.data])


def _remembered(payload: bytes) -> _Known:
    split = _LENGTH.size + _LENGTH.unpack_from(payload)[0]
    facts, data = orjson.loads(payload[split:])
    return _Known(facts, payload[_LENGTH.size : split], data, cached=True)


def _build(
    selected: Selected,
    hook_instance: str,
    known: _Known,
    moment: Moment,
    shell: Shell,
    *,
    client: Client,
    pinned: bool,
    came: _Came,
    not_fetched: Mapping[str, str] | None = None,
) -> bytes:
    """Cards and extension for one hook instance, recorded; an identical retry gets identical ids."""
    key = decision_key(client.id, selected.service.id, hook_instance, known.facts)
    whose = Whose(client.id, known.data.get("patient", ""), hook_instance.lower())
    every = tuple(Finding(*finding) for finding in known.data["findings"])
    # A pinned moment or version is a test: it neither hides nor remembers a card.
    rests = {} if pinned or selected.is_pinned else selected.rests
    sift = hold_back(every, rests, shell.showings, whose, moment.instant)
    findings = sift.shown
    cards = build_cards(findings, key, moment.instant)
    decision = {
        "id": str(uuid.uuid5(NAMESPACE, key)),
        "at": moment.instant.isoformat(timespec="seconds"),
        "rulesets": selected.rulesets,
        "unknown": known.data["unknown"],
        "omissions": known.data["omissions"],
        "cached": known.cached,
    }
    for name in ("notSupplied", "unmapped", "faults"):
        if known.data[name]:
            decision[name] = known.data[name]
    if not_fetched:
        decision["notFetched"] = dict(sorted(not_fetched.items()))
    if selected.not_effective:
        decision["notEffective"] = list(selected.not_effective)
    if selected.stopped:
        decision["stopped"] = selected.stopped
    if sift.repeated:
        decision["repeated"] = [each.told() for each in sift.repeated]
    if pinned or selected.is_pinned:
        decision["pinned"] = True
    body: dict[str, Any] = {"cards": _as_agreed(cards, client)}
    # System actions are for a client with whom they were agreed (SYS-02).
    if client.system_actions and (actions := build_system_actions(findings, moment.instant)):
        body["systemActions"] = actions
    if client.extensions:
        body["extension"] = {DECISION_EXTENSION: decision}
    content = orjson.dumps(body)
    given = Given(client.id, hook_instance, moment, cards, decision, content)
    record_answer(shell.recorder, selected, known.packed, given)
    count_answer(shell.meter, selected, client.id, findings, known.data)
    count_repeated(shell.meter, [each.finding for each in sift.repeated])
    note_shown(sift, shell.showings, whose, moment.instant)  # only what is recorded, and so leaves, has been shown
    if selected.shadows and shell.shadows is not None:
        shell.shadows.offer(
            Shown(
                decision["id"],
                selected,
                came.body,
                came.request,
                came.supplied,
                null_is_unknown=client.null_is_unknown,
                moment=moment,
                is_pinned=pinned,
                findings=every,
            )
        )
    return content


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
