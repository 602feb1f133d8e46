"""Where the CPU time of one answer goes: the stated request, stage by stage, in one process, without HTTP and records.

    python -m benchmarks.request_stages [ROUNDS] [always|sample|off] [stated|whole]

Every round judges another request (another result for the rules to read), then asks the whole answer in four ways.
Medians of the CPU time of this thread, in microseconds. *many people*: each body is of another made-up patient, so
that nothing remembered of one helps the next; *100 resources*: the same, of patients with twice as many resources. Run
it with the malloc settings that ``cds serve`` sets:
MALLOC_TRIM_THRESHOLD_=268435456 MALLOC_MMAP_THRESHOLD_=67108864 .venv/bin/python -m benchmarks.request_stages
"""

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import cycle
from pathlib import Path
from typing import TypeVar

import orjson

from benchmarks import stated
from benchmarks.echo import template
from cds import clock
from cds.api.serving import settle
from cds.cache.judgements import JudgementCache
from cds.cache.null import NullStore
from cds.cards.card import build_cards
from cds.cards.finding import word_finding
from cds.decisions.desk import Desk
from cds.decisions.identity import build, canonical_facts, digest
from cds.decisions.reading import record_of
from cds.decisions.selected import Selected
from cds.decisions.validity import validity
from cds.facts.dates import Moment
from cds.hooks.prefetch import read_supplied
from cds.hooks.request import read_request
from cds.records.keys import load_keys
from cds.records.recorder import NullRecorder
from cds.replay.moments import moment_of
from cds.rules.engine.crosscheck import make_engine
from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judge import judge_ruleset
from cds.settings import Settings

WARMING = 100
ROOT = Path(__file__).parents[1]
Result = TypeVar("Result")


class MemoryStore:
    """A store without a round trip: what stays is the cache's own work (keys, sealing)."""

    def __init__(self) -> None:
        self._kept: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self._kept.get(key)

    def put(self, key: bytes, value: bytes, seconds: int) -> None:  # noqa: ARG002 - the interface
        self._kept[key] = value

    def health(self) -> Mapping[str, str | int]:
        return {}

    def close(self) -> None:
        pass


class Stopwatch:
    """Microseconds of CPU by stage, one entry a round."""

    def __init__(self) -> None:
        self.laps: dict[str, list[float]] = defaultdict(list)
        self.chained = 0.0

    def lap(self, stage: str, step: Callable[[], Result]) -> Result:
        start = time.thread_time_ns()
        result = step()
        self.laps[stage].append((time.thread_time_ns() - start) / 1000)
        return result

    def timed(self, make):
        """An engine maker whose engines add their time to ``chained``."""

        def made(compositions):
            return _Timed(self, make(compositions))

        return made


class _Timed:
    def __init__(self, watch: Stopwatch, engine) -> None:
        self._watch, self._engine, self.close = watch, engine, engine.close

    def solve(self, leaves, goals):
        start = time.perf_counter_ns()  # a thread's CPU time costs more to read than one evaluation
        try:
            return self._engine.solve(leaves, goals)
        finally:
            self._watch.chained += (time.perf_counter_ns() - start) / 1000


def stages(watch: Stopwatch, desk: Desk, selected: Selected, body: bytes, moment: Moment) -> int:
    """One request, stage by stage, as ``decisions.answer`` and ``decide`` do it; how many findings."""
    plan = selected.plan
    watch.lap("orjson.loads alone", lambda: orjson.loads(body))
    request = watch.lap("read: body and envelope", lambda: read_request(body, frozenset({"order-sign"})))
    supplied = watch.lap("read: supplied", lambda: read_supplied(request.prefetch, selected.templates))
    record = watch.lap("facts", lambda: record_of(request, supplied, plan, moment))
    watch.lap("canonical facts, digest", lambda: digest(canonical_facts(record)))
    watch.lap("validity", lambda: validity(record, plan, moment))
    indexed = watch.lap("judge: index", lambda: index_facts(plan, record))
    watch.chained = 0.0
    judged = watch.lap(
        "judge: leaves and chain", lambda: [judge_ruleset(plan, n, indexed, moment) for n in indexed.running]
    )
    watch.laps["  of it the chain (wall)"].append(watch.chained)
    reasons = desk.library.catalog.override_reasons
    fired = [(found.judging, rule) for found in judged for rule in found.rules if rule.outcome == "fires"]
    findings = watch.lap("word", lambda: [word_finding(judging, rule, reasons) for judging, rule in fired])
    watch.lap("cards", lambda: orjson.dumps(build_cards(findings, "key", moment.instant)))
    return len(findings)


def measure(rounds: int, plain: Desk, cached: Desk, watch: Stopwatch, moment: Moment) -> int:
    selected = plain.live.lineups[stated.SERVICE]["order-sign"].on(moment.today).selected
    bodies = {kind: template(kind) for kind in ("uncached", "cached by facts", "exact repeat")}
    people = cycle([stated.request(seed) for seed in range(256)])
    charts = cycle([stated.request(seed, 2 * stated.RESOURCES) for seed in range(256)])
    found = 0
    for number in range(WARMING + rounds):
        if number == WARMING:
            watch.laps.clear()
        body = {kind: text.replace(b"@@", b"%012d" % number) for kind, text in bodies.items()}
        found = stages(watch, plain, selected, body["uncached"], moment)
        ask = {"plain": plain, "cached": cached}

        def whole(stage: str, desk: str, text: bytes, ask=ask) -> None:
            watch.lap(stage, lambda: ask[desk].answer(stated.SERVICE, text, moment, pinned=True))

        whole("ANSWER without a cache", "plain", body["uncached"])
        whole("ANSWER, many people", "plain", next(people))
        chart = next(charts)
        watch.lap("orjson.loads, 100 resources", lambda chart=chart: orjson.loads(chart))
        whole("ANSWER, 100 resources", "plain", chart)
        for kind, text in body.items():
            whole(f"ANSWER {kind}", "cached", text)
    return found


def main(rounds: int = 400, cross_check: str = "always", form: stated.Form = "stated") -> None:
    moment = moment_of(stated.MOMENT, Settings().timezone)
    assert moment is not None
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        rules = stated.rulesets(ROOT / "rulesets", Path(folder) / "rulesets", form)
        keys = load_keys(None, Path(folder) / "state")
        desks = [
            Desk.open(Path(folder) / "rulesets", maker, JudgementCache(store, keys), NullRecorder(clock.now))
            for maker, store in (
                (watch.timed(make_engine("durable", cross_check)), NullStore()),
                (make_engine("durable", cross_check), MemoryStore()),
            )
        ]
        settle()  # as the server does before its workers fork
        found = measure(rounds, *desks, watch, moment)
    print(
        f"{form}: {len(stated.request())} bytes, {stated.RESOURCES} resources, {rules} rules, {found} findings, "
        f"cross-check {cross_check}, build {build()}"
    )
    print(f"{'stage':<28}{'median':>9}{'p90':>9}  microseconds of CPU, {rounds} rounds")
    for stage, laps in watch.laps.items():
        print(f"{stage:<28}{statistics.median(laps):>9.0f}{statistics.quantiles(laps, n=10)[8]:>9.0f}")
    for desk in desks:
        desk.close()


if __name__ == "__main__":
    main(*(convert(word) for convert, word in zip((int, str, str), sys.argv[1:], strict=False)))
