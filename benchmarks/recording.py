"""What recording adds to one answer: the stated request, CPU time in this process, medians in microseconds.

Paired: the same answers with a recorder that spools and with one that keeps nothing, in turn, so that a noisy machine
is noisy for both. The shipper is another process and is not counted.
"""

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks import stated
from cds import clock
from cds.api.serving import settle
from cds.cache.judgements import JudgementCache
from cds.cache.null import NullStore
from cds.cache.store import ResultStore
from cds.decisions.desk import Desk
from cds.records.keys import load_keys
from cds.records.recorder import NullRecorder, SpoolRecorder
from cds.replay.moments import moment_of
from cds.rules.engine.crosscheck import make_engine
from cds.settings import Settings

ROOT = Path(__file__).parents[1]
WARMING = 50


class Remembering:
    """A store in this process: what a cache costs but for the socket."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.kept.get(key)

    def put(self, key: bytes, value: bytes, _: int) -> None:
        self.kept[key] = value

    def health(self) -> dict[str, str | int]:
        return {}

    def close(self) -> None:
        self.kept.clear()


class SpoolOnly(SpoolRecorder):
    """Without the shipper, which would compete for the processors that are measured."""

    def _see_to_shipping(self) -> None:
        self._watched_at = time.monotonic()


def spent(step) -> float:
    start = time.process_time_ns()
    step()
    return (time.process_time_ns() - start) / 1000


def compare(title: str, store: type[ResultStore], folder: Path, rounds: int) -> None:
    moment, body = moment_of(stated.MOMENT, Settings().timezone), stated.request()
    keys = load_keys(None, folder / "state")
    recorders = (NullRecorder(clock.now), SpoolOnly(folder / "state", None, keys.records, clock.now))
    make, cache = make_engine("durable", "always"), JudgementCache(store(), keys)
    # One desk for both: a second set of nets in the process would be slower than the first.
    desk = Desk.open(folder / "rulesets", make, cache, recorders[1])
    shells = [replace(desk._shell, recorder=recorder) for recorder in recorders]
    settle()
    desk.answer(stated.SERVICE, body, moment, pinned=True)  # what a cache keeps is put there by the one that records
    laps: tuple[list[float], list[float]] = ([], [])
    for number in range(WARMING + rounds):
        for shell, found in zip(shells, laps, strict=True):
            desk._shell = shell
            lap = spent(lambda: desk.answer(stated.SERVICE, body, moment, pinned=True))
            if number >= WARMING:
                found.append(lap)
    added = statistics.median(recorded - without for without, recorded in zip(*laps, strict=True))
    print(f"{title:<28}{statistics.median(laps[0]):>9.0f}{statistics.median(laps[1]):>9.0f}{added:>+9.0f}")
    desk.close()


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stated.rulesets(ROOT / "rulesets", folder / "rulesets")
        print(f"{rounds} rounds, CPU microseconds{'not recorded':>17}{'recorded':>9}{'added':>9}")
        compare("judged (no cache)", NullStore, folder, rounds)
        compare("exact repeats", Remembering, folder, rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
