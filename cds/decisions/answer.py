"""The shell round ``decide``: read, look in the cache, decide, build the cards, answer.

    body -> request -> selection -> what was supplied, or fetched -> facts -> (cache) decide -> cards -> (record) answer

A repeat of the same bytes (but for ``hookInstance``) is answered from memory without reading them again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from cds.access.client import Client
from cds.cache.judgements import JudgementCache
from cds.cache.memory import repeat_key as key_of_repeat
from cds.cache.showings import NO_SHOWINGS, Showings
from cds.decisions.budget import UNLIMITED, Budget
from cds.decisions.counting import count_answer, count_fetched, count_repeated
from cds.decisions.decide import DEADLINE, Judgement, decide
from cds.decisions.faults import AllFaulted, OutOfTime
from cds.decisions.identity import canonical_facts, decision_key, digest
from cds.decisions.known import Known
from cds.decisions.prepared import decision_id, prepare
from cds.decisions.reading import record_of
from cds.decisions.record import pack_facts, record_answer, values_of_call
from cds.decisions.repeating import Sifted, Whose, hold_back, note_shown
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
    context = _context(selected.context, shell.context, moment.zone, client.meaning)
    repeat = None if shell.cache.keeps_nothing else _without_instance(body)
    repeat_key = None
    if repeat is not None:
        instance, *pieces = repeat
        repeat_key = key_of_repeat((context,), pieces)
        found = shell.cache.repeats.lookup(repeat_key, moment.instant)
        if found is not None:
            shell.meter.count("cache_lookups", "repeats")
            known = Known.remembered(found)
            return _build(selected, instance, known, moment, shell, client=client, pinned=pinned, came=_Came(body))
    if request is None:
        request = read_request(body, frozenset((selected.service.hook,)))
        if choose is not None and request.extension and (chosen := choose(request)) is not selected:
            return answer(chosen, body, moment, shell, client, pinned=pinned, budget=budget, request=request)
    fetched = fetched_for(request, selected, shell, client, budget)
    if fetched.is_of_now:  # the same bytes may mean other data a moment later, or for another client
        repeat_key = None
    try:
        require_patient(fetched.supplied)
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


def fetched_for(request: HookRequest, selected: Selected, shell: Shell, client: Client, budget: Budget) -> Fetched:
    """What was supplied, and of the rest what the client's FHIR server gave."""
    supplied = read_supplied(request.prefetch, selected.templates, client.null_is_unknown)
    if shell.fetcher is None:
        return Fetched(supplied)
    fetched = shell.fetcher.complete(request, supplied, client.fhir_servers, budget.left())
    count_fetched(shell.meter, supplied, fetched)
    return fetched


@lru_cache(maxsize=64)
def _context(of_selection: tuple[bytes, ...], of_shell: tuple[bytes, ...], zone: ZoneInfo, meaning: bytes) -> bytes:
    """The digest of what a judgement depends on beside the facts; no two lists of parts run together."""
    parts = (*of_selection, *of_shell, str(zone).encode(), meaning)
    return sha256(b"".join([len(part).to_bytes(8, "big") + part for part in parts])).digest()


def _without_instance(body: bytes) -> tuple[str, memoryview, memoryview] | None:
    """The hook instance, and what comes before and after it; None where that cannot be told."""
    found = find_instance(body)
    if found is None:
        return None
    whole = memoryview(body)
    return found[1].decode().lower(), whole[: found.start(1)], whole[found.end(1) :]


def require_patient(supplied: tuple[Supplied, ...]) -> None:
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
    context: bytes,
    repeat_key: bytes | None,
) -> Known:
    """What is remembered of these facts, else a judgement that is remembered: under the facts, and under the bytes."""
    facts = _facts(record)
    key = shell.cache.key((b"facts", context, facts.digest.encode()))
    found = shell.cache.lookup(key, moment.instant)
    holds: tuple[datetime, datetime] | None
    if found is not None:
        known, payload, holds = Known.remembered(found), found.payload, (found.valid_from, found.valid_until)
    else:
        known = _judged(selected, record, moment, shell, facts, budget=budget)
        payload = known.payload()
        holds = None if known.data["faults"] else validity(record, selected.plan, moment)
        if holds is not None:
            shell.cache.remember(key, payload, *holds, moment.instant, made=known.made)
    if repeat_key is not None and holds is not None:
        shell.cache.repeats.keep(repeat_key, payload, *holds, made=known.made)
    return known


def _facts(record: Record) -> _Facts:
    canonical = canonical_facts(record)
    return _Facts(canonical, digest(canonical))


def _judged(
    selected: Selected, record: Record, moment: Moment, shell: Shell, facts: _Facts, *, budget: Budget
) -> Known:
    try:
        judgement = decide(record, selected.plan, moment, shell.override_reasons, budget.is_spent)
    except EnginesDiffer:
        shell.meter.count("cross_check_differences", selected.service.id, selected.service.hook)
        raise
    _refuse_empty(selected, judgement, record)
    data = _as_data(judgement, record) | ({"patient": record.patient.reference} if selected.rests else {})
    return Known(facts.digest, pack_facts(shell.recorder, facts.canonical), data)


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


def _build(
    selected: Selected,
    hook_instance: str,
    known: Known,
    moment: Moment,
    shell: Shell,
    *,
    client: Client,
    pinned: bool,
    came: _Came,
    not_fetched: Mapping[str, str] | None = None,
) -> bytes:
    """Cards and extension for one hook instance, recorded; an identical retry gets identical ids."""
    # A pinned moment or version is a test: it neither hides nor remembers a card.
    rests = {} if pinned or selected.is_pinned else selected.rests
    sift, whose = Sifted(()), Whose(client.id, "", hook_instance.lower())
    if rests:
        whose = Whose(client.id, known.data.get("patient", ""), whose.hook_instance)
        sift = hold_back(known.findings, rests, shell.showings, whose, moment.instant)
    # Where nothing but ids and times can differ between answers, one form serves them all.
    are_alike = not rests and not not_fetched
    prepared = known.form_for(client, selected, moment, pinned=pinned) if are_alike else None
    if prepared is None:
        prepared = prepare(
            selected,
            client,
            moment,
            known.data,
            sift.shown if rests else known.findings,
            pinned=pinned,
            records=not shell.recorder.keeps_nothing,
            not_fetched=not_fetched,
            repeated=[each.told() for each in sift.repeated],
        )
        if are_alike:
            known.keep_form(client, selected, moment, prepared, pinned=pinned)
    key = decision_key(client.id, selected.service.id, hook_instance, known.facts)
    values = prepared.values(key, moment.instant, cached=known.cached)
    content = prepared.answer.filled(values)
    if not shell.recorder.keeps_nothing:
        clear = prepared.clear.filled([*values, *values_of_call(hook_instance, moment.instant, shell.recorder.now())])
        record_answer(shell.recorder, clear, known.packed, prepared.packed, values)
    count_answer(shell.meter, prepared.counts)
    count_repeated(shell.meter, [each.finding for each in sift.repeated])
    note_shown(sift, shell.showings, whose, moment.instant)  # only what is recorded, and so leaves, has been shown
    if selected.shadows and shell.shadows is not None:
        shell.shadows.offer(
            Shown(
                decision_id(values),
                selected,
                came.body,
                came.request,
                came.supplied,
                null_is_unknown=client.null_is_unknown,
                moment=moment,
                is_pinned=pinned,
                findings=known.findings,
            )
        )
    return content
