"""Shadows: versions judged beside what answers, recorded, and shown to nobody.

They have a thread of their own in each worker, and take up a decision only once its answer is recorded and on its way.
Nothing of theirs reaches an answer: not a card, not a fault, not time that a clinician waits. What they cannot keep up
with is left out and counted.
"""

import queue
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from cds.cards.finding import Finding
from cds.decisions.decide import Judgement, decide
from cds.decisions.reading import record_of
from cds.decisions.record import pinned_address
from cds.decisions.selected import Selected
from cds.facts.dates import Moment
from cds.hooks.prefetch import Supplied, read_supplied
from cds.hooks.request import HookRequest, read_request
from cds.logs import get_logger
from cds.metrics.meter import UNCOUNTED, Meter
from cds.records.frames import Kind
from cds.records.packing import packed
from cds.records.recorder import Recorder

_log = get_logger(__name__)

#: Decisions that may wait for their shadows; the next ones are left out.
_MOST_WAITING = 64
#: Seconds for those that wait when the service stops, and between looks at whether they are done.
_FINISHING, _PAUSE = 3.0, 0.02


@dataclass(frozen=True, slots=True)
class Shown:
    """A decision that was answered. request, supplied: what it was made from; None where it was not read (a repeat).

    findings: what the versions that answered said, cards that were held back as repeated included.
    """

    decision: str
    selected: Selected
    body: bytes = field(repr=False)
    request: HookRequest | None = field(repr=False)
    supplied: tuple[Supplied, ...] | None = field(repr=False)
    null_is_unknown: bool
    moment: Moment
    is_pinned: bool
    findings: Sequence[Finding] = field(repr=False)


class Shadows:
    """The shadows of one process. Safe to call from several threads, and after a fork."""

    def __init__(self, recorder: Recorder, reasons: Mapping[str, str], meter: Meter = UNCOUNTED) -> None:
        self._recorder = recorder
        self._meter = meter
        self._reasons = reasons
        self._waiting: queue.Queue[Shown] = queue.Queue(_MOST_WAITING)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._counts: Counter[str] = Counter()

    def offer(self, shown: Shown) -> None:
        """Judge the shadows of a decision soon; returns at once, and raises nothing."""
        if self._thread is None:
            self._start()
        try:
            self._waiting.put_nowait(shown)
        except queue.Full:
            self._counts["skipped"] += 1
            for shadow in shown.selected.shadows:
                self._count(shadow, "skipped")

    def health(self) -> Mapping[str, int]:
        """Counts of this process; ``skipped``: decisions whose shadows there was no time for."""
        return {name: self._counts[name] for name in ("judged", "skipped", "failed")}

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="shadows", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            shown = self._waiting.get()
            for shadow in shown.selected.shadows:
                self.judge(shown, shadow)
            del shown  # a version that is not live any more is freed
            self._waiting.task_done()

    def finish(self, seconds: float = _FINISHING) -> None:
        """Let those that wait be judged, as long as so many seconds last; count and log how many were left out."""
        until = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(_PAUSE)
        left_out = self._waiting.unfinished_tasks
        if left_out:
            self._counts["skipped"] += left_out
            _log.warning("shadows_left_out", decisions=left_out)

    def judge(self, shown: Shown, shadow: Selected) -> None:
        """Judge one shadow of a decision and record what it would have said."""
        began = time.perf_counter()
        fault, judgement = "", None
        try:
            judgement = _judged(shown, shadow, self._reasons)
            fault = next((one.cause for one in judgement.faults), "")
        except Exception as failure:  # noqa: BLE001 - a shadow may fail in any way; it harms nobody, and is recorded
            fault = type(failure).__name__
        self._counts["failed" if fault else "judged"] += 1
        self._count(shadow, "failed" if fault else "judged")
        try:
            self._record(shown, shadow, judgement, fault, time.perf_counter() - began)
        except Exception as failure:  # noqa: BLE001 - as above; the answer was recorded before
            self._counts["failed"] += 1
            _log.warning("shadow_not_recorded", fault=type(failure).__name__)

    def _count(self, shadow: Selected, outcome: str) -> None:
        for version in shadow.rulesets:
            self._meter.count("shadows", version["ruleset"], version["version"], outcome)

    def _record(self, shown: Shown, shadow: Selected, judgement: Judgement | None, fault: str, seconds: float) -> None:
        (version,) = shadow.rulesets
        name = version["ruleset"]
        against = next((pinned_address(one) for one in shown.selected.rulesets if one["ruleset"] == name), "")
        before = [finding for finding in shown.findings if finding.pinned.startswith(f"{name}@")]
        beside = judgement.findings if judgement and not fault else ()
        changes = [] if fault else compare(before, beside)
        changes += [(rule.rule, "unknown") for rule in (judgement.unknown if judgement and not fault else ())]
        clear = {
            "decision": shown.decision,
            "service": shadow.service.id,
            "ruleset": name,
            "version": version["version"],
            "pinned_address": pinned_address(version),
            "against": against,
            "recorded_at": self._recorder.now(),
            "moment_pinned": shown.is_pinned,
            "fault": fault,
            "milliseconds": round(seconds * 1000),
            "changes": changes,
        }
        cards = [(finding.rule, finding.subject, finding.card) for finding in beside]
        self._recorder.record(Kind.SHADOW, orjson.dumps(clear), packed(orjson.dumps(cards)))


def _judged(shown: Shown, shadow: Selected, reasons: Mapping[str, str]) -> Judgement:
    """The same request by the shadow's rules: read anew, because they may read what the others do not."""
    request = shown.request or read_request(shown.body, frozenset((shadow.service.hook,)))
    supplied = shown.supplied
    if supplied is None:
        supplied = read_supplied(request.prefetch, shadow.templates, shown.null_is_unknown)
    return decide(record_of(request, supplied, shadow.plan, shown.moment), shadow.plan, shown.moment, reasons)


def compare(shown: Sequence[Finding], beside: Sequence[Finding]) -> list[tuple[str, str]]:
    """Per card, its rule and ``same``, ``gained``, ``lost`` or ``reworded`` (anything that a reader sees differs)."""
    before, after = _by_subject(shown), _by_subject(beside)
    changes = []
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key, []), after.get(key, [])
        same = min(len(old), len(new))
        changes += [(key[0], "same" if old[n] == new[n] else "reworded") for n in range(same)]
        changes += [(key[0], "lost")] * (len(old) - same) + [(key[0], "gained")] * (len(new) - same)
    return changes


def _by_subject(findings: Sequence[Finding]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for finding in findings:
        # The extension names version and digest: it always differs, and nobody reads it.
        card = {name: value for name, value in finding.card.items() if name != "extension"}
        found[finding.rule, finding.subject].append(card)
    return found
