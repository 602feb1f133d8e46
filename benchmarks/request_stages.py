"""Where the time of one request goes: the stated request, stage by stage, in one process. Medians, in microseconds.

Run it with the malloc settings that ``cds serve`` sets:
MALLOC_TRIM_THRESHOLD_=268435456 MALLOC_MMAP_THRESHOLD_=67108864 .venv/bin/python -m benchmarks.request_stages
"""

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import orjson

from benchmarks import stated
from cds import clock
from cds.api.serving import settle
from cds.cache.judgements import open_cache
from cds.cards.card import build_cards
from cds.cards.finding import word_finding
from cds.decisions.desk import Desk
from cds.facts.record import read_record
from cds.hooks.prefetch import read_supplied
from cds.hooks.request import read_request
from cds.records.recorder import NullRecorder
from cds.replay.moments import moment_of
from cds.rules.engine.crosscheck import make_engine
from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judge import judge_ruleset
from cds.settings import Settings

ROUNDS, WARMING = 400, 50
ROOT = Path(__file__).parents[1]


class Stopwatch:
    """Microseconds by stage, one entry a round."""

    def __init__(self) -> None:
        self.laps: dict[str, list[float]] = defaultdict(list)
        self.chained = 0.0

    def lap(self, stage: str, step: Callable[[], object]) -> object:
        start = time.perf_counter_ns()
        result = step()
        self.laps[stage].append((time.perf_counter_ns() - start) / 1000)
        return result

    def timed(self, make):
        """An engine maker whose engines add their time to ``chained``."""

        def made(compositions):
            engine = make(compositions)
            solve = engine.solve

            def timed_solve(leaves, goals):
                start = time.perf_counter_ns()
                try:
                    return solve(leaves, goals)
                finally:
                    self.chained += (time.perf_counter_ns() - start) / 1000

            return _Timed(timed_solve, engine.close)

        return made


class _Timed:
    def __init__(self, solve, close) -> None:
        self.solve, self.close = solve, close


def one_round(watch: Stopwatch, desk: Desk, body: bytes, moment) -> int:
    selected = desk.select(desk._services[stated.SERVICE], moment.today)
    plan = selected.plan
    watch.lap("orjson.loads alone", lambda: orjson.loads(body))
    request = watch.lap("decode and envelope", lambda: read_request(body, frozenset({"order-sign"})))
    supplied = watch.lap("supplied", lambda: read_supplied(request.prefetch, selected.templates))
    record = watch.lap(
        "facts",
        lambda: read_record(
            hook=request.hook,
            patient_id=request.patient_id,
            encounter_id=request.encounter_id,
            drafts=request.drafts,
            selections=request.selections,
            supplied=supplied,
            vocabulary=plan.vocabulary,
            moment=moment,
        ),
    )
    indexed = watch.lap("index facts", lambda: index_facts(plan, record))
    watch.chained = 0.0
    judged = watch.lap(
        "judge and chain", lambda: [judge_ruleset(plan, n, indexed, moment) for n in range(len(plan.parts))]
    )
    watch.laps["  of it chain"].append(watch.chained)
    findings = watch.lap(
        "wording",
        lambda: [
            word_finding(v.judging, rule, desk._catalog.override_reasons)
            for v in judged
            for rule in v.rules
            if rule.outcome == "fires"
        ],
    )
    cards = watch.lap("cards", lambda: build_cards(findings, "key", moment.instant))
    watch.lap("encode", lambda: orjson.dumps({"cards": cards}))
    watch.lap("whole answer", lambda: desk.answer(stated.SERVICE, body, moment, pinned=True))
    return len(findings)


def main(cross_check: str) -> None:
    moment = moment_of(stated.MOMENT, Settings().timezone)
    body = stated.request()
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        rules = stated.rulesets(ROOT / "rulesets", Path(folder) / "rulesets")
        cache = open_cache(Settings(state=Path(folder) / "state"), None)
        desk = Desk.open(
            Path(folder) / "rulesets", watch.timed(make_engine("durable", cross_check)), cache, NullRecorder(clock.now)
        )
    settle()  # as the server does before its workers fork
    for _ in range(WARMING):
        one_round(watch, desk, body, moment)
    watch.laps.clear()
    found = [one_round(watch, desk, body, moment) for _ in range(ROUNDS)][-1]
    print(
        f"{len(body)} bytes, {stated.RESOURCES} resources, {rules} rules, {found} findings, cross-check {cross_check}"
    )
    print(f"{'stage':<24}{'median':>9}{'p90':>9}  microseconds, {ROUNDS} rounds")
    for stage, laps in watch.laps.items():
        print(f"{stage:<24}{statistics.median(laps):>9.0f}{statistics.quantiles(laps, n=10)[8]:>9.0f}")
    desk.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "always")
