"""Figures that no single answer shows: a patient of 100 resources, loading 100 rulesets, memory of compiled rules.

    python -m benchmarks.footprint [ROUNDS]

*patient*: reading the facts of 100 resources beside orjson's decoding of the same body; CPU time, the best of three
each, turn about in one process; the median of the pairs' ratios. *load*: 100 rulesets of 30 rules from their folders
to plans, in seconds of CPU, with what one decoding of the body took before and after, to compare machines and moods.
*memory*: what Python holds for each compiled ruleset beside its text, by tracemalloc (the engine is not in it).
"""

import gc
import statistics
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import process_time_ns

import orjson

from benchmarks import stated
from benchmarks.peers import ROOT, write_rulesets
from cds.api.serving import settle
from cds.decisions.reading import record_of
from cds.decisions.selected import compile_all
from cds.hooks.prefetch import read_supplied
from cds.hooks.request import read_request
from cds.replay.moments import moment_of
from cds.rules.catalog.load import load_catalog
from cds.rules.collecting import collector_paused
from cds.rules.engine.crosscheck import make_engine
from cds.rules.judge.plan import Plan, compile_ruleset, join
from cds.rules.prefetch.derive import derive_templates
from cds.rules.ruleset import Ruleset
from cds.settings import Settings

RESOURCES, RULES, EACH = 100, 3_000, 30
WARMING = 50


class NoEngine:
    """Stands where an engine would, and weighs nothing."""

    def solve(self, leaves, goals):
        raise NotImplementedError

    def close(self) -> None:
        pass


def rulesets_of(folder: Path) -> list[Ruleset]:
    catalog, problems = load_catalog(folder)
    errors = [str(problem) for problem in problems if problem.severity == "error"]
    assert not errors, errors[:3]
    return [version for versions in catalog.versions.values() for version in versions]


def seconds(step: Callable[[], object]) -> float:
    """CPU of the process."""
    start = process_time_ns()
    step()
    return (process_time_ns() - start) / 1e9


def patient(rounds: int, folder: Path) -> None:
    body = stated.request(resources=RESOURCES)
    resources = body.count(b'"resourceType":') - body.count(b'"resourceType":"Bundle"')
    assert resources == RESOURCES, resources
    stated.rulesets(ROOT / "rulesets", folder)
    newest = {ruleset.name: ruleset for ruleset in reversed(rulesets_of(folder))}
    plan = join(tuple(compile_ruleset(ruleset, make_engine("reference")) for ruleset in newest.values()))
    moment = moment_of(stated.MOMENT, Settings().timezone)
    assert moment is not None
    templates = derive_templates(newest.values(), "order-sign")
    pairs = []
    for number in range(WARMING + rounds):
        decoding = min(seconds(lambda: orjson.loads(body)) for _ in range(3))
        readings = []
        for _ in range(3):  # each of texts that nobody hashed yet, as they come from the network
            request = read_request(body, frozenset({"order-sign"}))
            supplied = read_supplied(request.prefetch, templates)
            read = partial(record_of, request, supplied, plan, moment)
            readings.append(seconds(read))
        reading = min(readings)
        if number >= WARMING:
            pairs.append((reading, decoding))
    ratio = statistics.median(reading / decoding for reading, decoding in pairs)
    facts, decoded = (statistics.median(laps) * 1e6 for laps in zip(*pairs, strict=True))
    found = sum(map(len, read().facts.values()))
    print(f"patient: {len(body)} bytes, {resources} resources, {found} facts")
    print(f"  facts {facts:.0f} us, orjson {decoded:.0f} us, ratio {ratio:.2f} (target 2)")


def load(folder: Path) -> None:
    folder.mkdir()
    write_rulesets(folder, RULES, EACH)
    body = stated.request()
    before = min(seconds(lambda: orjson.loads(body)) for _ in range(200))
    found: list[Ruleset] = []
    plans: list[Plan] = []
    with collector_paused():  # from the first file to the last plan, as the service does at its start
        reading = seconds(lambda: found.extend(rulesets_of(folder)))
        compiling = seconds(lambda: plans.append(join(tuple(compile_all(tuple(found), make_engine()).values()))))
    settling = seconds(settle)
    after = min(seconds(lambda: orjson.loads(body)) for _ in range(200))
    print(f"load: {len(found)} rulesets of {EACH} rules: read {reading:.2f} s, compile {compiling:.2f} s (target 3 s)")
    print(f"  the one collection before the workers fork: {settling:.2f} s")
    print(f"  orjson meanwhile {before * 1e6:.0f} and {after * 1e6:.0f} us")
    gc.collect()
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    alone = [compile_ruleset(ruleset, lambda _: NoEngine()) for ruleset in found]
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] - start
    print(f"memory: {held / len(alone) / 1024:.1f} KB for each compiled ruleset of {EACH} rules")
    tracemalloc.stop()


def main(rounds: int = 400) -> None:
    with tempfile.TemporaryDirectory() as folder:
        patient(rounds, Path(folder) / "patient")
        load(Path(folder) / "load")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
