"""Mutants tried in several processes: each loads the version itself, so that nothing but numbers crosses over."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, as_completed
from functools import cache
from pathlib import Path

from cds.authoring.case_judging import load_suite
from cds.authoring.catching import Result, Trial, prepare, try_mutant
from cds.authoring.processes import some_processes
from cds.facts.dates import Moment
from cds.rules.engine.reference import make_reference

#: Mutants that a process takes at a time: few, so that an ended time loses little.
_AT_A_TIME = 4


def try_all(trial: Trial, processes: int, is_late: Callable[[], bool], advance: Callable[[int], None]) -> list[Result]:
    """Every mutant, in order; those that time did not reach are ``untried``."""
    numbers = range(len(trial.mutants))
    done: dict[int, Result] = {}
    for results in _tried(trial, processes, is_late):
        done |= {result.number: result for result in results}
        advance(len(results))
    return [done.get(number, Result(number, "untried")) for number in numbers]


def _tried(trial: Trial, processes: int, is_late: Callable[[], bool]) -> Iterator[list[Result]]:
    numbers = list(range(len(trial.mutants)))
    batches = [numbers[start : start + _AT_A_TIME] for start in range(0, len(numbers), _AT_A_TIME)]
    if processes <= 1:
        for batch in batches:
            if is_late():
                return
            yield [try_mutant(trial, number) for number in batch]
        return
    folder = str(trial.suite.folder)
    zone = _zone(trial)
    with some_processes(processes) as pool:
        waiting: list[Future[list[Result]]] = [pool.submit(_try, folder, zone, batch) for batch in batches]
        for future in as_completed(waiting):
            if not future.cancelled():
                yield future.result()
            if is_late():
                for each in waiting:
                    each.cancel()


def _zone(trial: Trial) -> str:
    moments: list[Moment] = [run.moment for run, _ in trial.runs]
    return str(moments[0].zone) if moments else "UTC"


def _try(folder: str, zone: str, numbers: list[int]) -> list[Result]:
    trial = _trial(folder, zone)
    return [try_mutant(trial, number) for number in numbers]


@cache
def _trial(folder: str, zone: str) -> Trial:
    """Loaded once in each process."""
    from zoneinfo import ZoneInfo

    suite, problems = load_suite(Path(folder), make_reference, ZoneInfo(zone))
    if suite is None:  # it was read a moment ago
        raise RuntimeError("\n".join(map(str, problems)))
    return prepare(suite)
