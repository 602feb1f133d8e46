"""``cds test``: the cases beside the rules, what they show, and (``--mutate``) which mistakes they would notice."""

import logging
import os
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds import clock
from cds.commands.environment import CannotStart, settings_or_stop
from cds.commands.output import (
    FOUND,
    OK,
    coloured,
    counted,
    json_option,
    plain,
    problem_lines,
    progress,
    report,
    waiting,
)
from cds.commands.versions import folders_named
from cds.documents.problem import Problem
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.authoring.case_judging import Suite
    from cds.authoring.case_running import Mutation, SuiteReport
    from cds.authoring.case_sending import Sent

_PERCENT, _SECONDS = click.FloatRange(0, 100), click.IntRange(0)
#: Of the requests that have something in common.
_NAMED = 3
#: Milliseconds.
_WAKE = 2000
_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was asked for. seconds: for looking for missing cases, and again for mutants."""

    mutate: bool
    search: int
    seconds: int
    jobs: int
    threshold: float
    mutation_threshold: float


@click.command(name="test")
@click.argument("rulesets", nargs=-1, metavar="[RULESET...]")
@click.option("--threshold", type=_PERCENT, default=0.0, help="Least coverage in percent.")
@click.option("--mutate", is_flag=True, help="Put small mistakes into the rules: does a case notice each?")
@click.option("--mutation-threshold", type=_PERCENT, default=0.0, help="Least share of mutants caught, in percent.")
@click.option("--time", "seconds", type=_SECONDS, default=300, help="Seconds for the mutants of each version [300].")
@click.option("--search", type=_SECONDS, default=20, help="Seconds to look for missing cases, 0 for none [20].")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, help="Processes for the mutants.")
@click.option("--html", type=_FILE, help="Write a page with all of it.")
@click.option("--junit", type=_FILE, help="Write JUnit XML for a build server.")
@click.option(
    "--requests",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write each case as a CDS Hooks request of today, to try a service or cds explain with.",
)
@click.option("--watch", is_flag=True, help="Run again whenever a file changes, until Ctrl-C.")
@json_option
def run_tests(  # noqa: PLR0917 - click names them
    rulesets: tuple[str, ...],
    threshold: float,
    mutate: bool,
    mutation_threshold: float,
    seconds: int,
    search: int,
    jobs: int,
    html: Path | None,
    junit: Path | None,
    requests: Path | None,
    watch: bool,
    as_json: bool,
) -> None:
    """Run the cases of RULESETs: names (all versions and the draft), NAME@VERSION, NAME@draft, or version folders.

    Each case is judged at its own moment, by the version it stands beside. What no case shows is listed with the line
    of the rule and, where one could be made from the cases that exist, with a case to paste. Ends with 1 when a case
    comes out otherwise than it says, a file has a problem, or a threshold is not reached.
    """
    settings = settings_or_stop()
    wish = _Wish(mutate, search, seconds, jobs, threshold, mutation_threshold)
    folders = folders_named(rulesets, settings.rulesets)
    if watch:
        if as_json:
            raise click.UsageError("--watch is for people: leave out --json")
        _watch(folders, settings, wish)
        return
    reports, problems = _run(folders, settings, wish, html=html is not None)
    _write(reports, html, junit)
    sent = _write_requests(reports, requests, settings) if requests is not None else []
    status = FOUND if problems or _short(reports, wish) or not any(each.results for each in reports) else OK
    lines, result = _lines(reports, problems, wish), _result(reports)
    if requests is not None:
        lines += _sending_lines(sent, requests)
        result |= {"requests": [_sent_data(each, requests) for each in sent]}
    report(lines, result, as_json=as_json, problems=problems, status=status)


def _run(
    folders: Sequence[Path], settings: Settings, wish: _Wish, *, html: bool = False
) -> "tuple[list[SuiteReport], list[Problem]]":
    reports: list[SuiteReport] = []
    problems: list[Problem] = []
    with progress("running cases", len(folders)) as advance:
        for folder in folders:
            found, wrong = run_one(folder, settings, summaries=html)
            reports += [found] if found is not None else []
            problems += wrong
            advance(1)
    # While a case fails, that is what there is to mend: what a failing case shows may be wrong.
    return [_extended(each, wish) if not each.failed and each.results else each for each in reports], problems


def run_one(folder: Path, settings: Settings, *, summaries: bool = False) -> "tuple[SuiteReport | None, list[Problem]]":
    """The cases of one version folder judged; None, and why, where it cannot be read.

    summaries: whether what each card says is worked out as well.
    """
    from cds.authoring.case_judging import load_suite
    from cds.authoring.case_running import run_cases
    from cds.rules.engine.crosscheck import make_engine
    from cds.rules.engine.faults import EngineUnavailable, NetRefused

    try:
        maker = make_engine(settings.engine, settings.cross_check)  # type: ignore[arg-type]
        suite, problems = load_suite(folder, maker, settings.timezone)
    except (EngineUnavailable, NetRefused) as fault:
        raise CannotStart(f"{folder}: the engine refuses it: {fault} (CDS_ENGINE=reference runs without it)") from None
    except OSError as fault:
        raise CannotStart(f"{folder} cannot be read ({type(fault).__name__})") from None
    return (run_cases(suite, summaries=summaries) if suite is not None else None), problems


def _extended(told: "SuiteReport", wish: _Wish) -> "SuiteReport":
    """With cases for what is missing, and with mutants, as far as they were asked for."""
    from cds.authoring.case_finding import find_cases
    from cds.authoring.case_judging import load_suite
    from cds.rules.engine.reference import make_reference

    if not (wish.mutate or (wish.search and told.missing)):
        return told
    suite, _ = load_suite(told.suite.folder, make_reference, told.results[0].run.moment.zone)
    if suite is None:
        return told
    if wish.search and told.missing:
        with waiting(f"looking for the cases that {told.address} lacks, {wish.search} s at most"):
            late = _after(wish.search)
            told = replace(told, found=find_cases(suite, told.goals, told.missing, late, told.at_edges))
    return replace(told, mutation=_mutated(suite, wish)) if wish.mutate else told


def _mutated(suite: "Suite", wish: _Wish) -> "Mutation":
    from cds.authoring.case_running import Mutation
    from cds.authoring.catching import find_killers, prepare
    from cds.authoring.catching_pool import try_all

    trial = prepare(suite)
    with progress(f"mutants of {suite.judge.ruleset.name}", len(trial.mutants)) as advance:
        results = try_all(trial, wish.jobs, _after(wish.seconds), advance)
    survivors = [trial.mutants[each.number] for each in results if each.fate == "survived"]
    if not (wish.search and survivors):
        return Mutation(trial.mutants, results, {})
    with waiting(f"looking for cases that notice {counted(len(survivors), 'mutant')}, {wish.search} s at most"):
        return Mutation(trial.mutants, results, find_killers(trial, survivors, _after(wish.search)))


def _after(seconds: int) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def _short(reports: "Sequence[SuiteReport]", wish: _Wish) -> bool:
    """Whether a case failed or a threshold was not reached."""
    from cds.authoring.case_running import percent

    return any(
        each.failed
        or each.percent < wish.threshold
        or (each.mutation is not None and percent(*each.mutation.score) < wish.mutation_threshold)
        for each in reports
    )


def _lines(reports: "Sequence[SuiteReport]", problems: Sequence[Problem], wish: _Wish) -> "list[str]":
    from cds.authoring.case_report import lines
    from cds.authoring.case_running import percent

    told = list(problem_lines(problems))
    for each in reports:
        told += [line if "\x1b" in line else plain(line) for line in lines(each, coloured, searched=bool(wish.search))]
        if each.percent < wish.threshold:
            told.append(coloured(f"  coverage is below {wish.threshold:g} %", "error"))
        if each.mutation is not None and percent(*each.mutation.score) < wish.mutation_threshold:
            told.append(coloured(f"  the share of mutants caught is below {wish.mutation_threshold:g} %", "error"))
    cases, failed = sum(len(each.results) for each in reports), sum(len(each.failed) for each in reports)
    summary = f"{counted(len(reports), 'version')}, {counted(cases, 'case')}, {failed} failed"
    summary += f", {counted(len(problems), 'problem')} in files" if problems else ""
    return [*told, coloured(summary, "error" if failed or problems else "good")]


def _result(reports: "Sequence[SuiteReport]") -> dict[str, object]:
    from cds.authoring.case_report import as_json

    return {"rulesets": [as_json(each) for each in reports]}


def _write(reports: "Sequence[SuiteReport]", html: Path | None, junit: Path | None) -> None:
    from cds.authoring import case_page, case_report

    try:
        if html is not None:
            html.write_text(case_page.page(reports, f"{clock.now():%Y-%m-%d %H:%M} UTC"), encoding="utf-8")
        if junit is not None:
            junit.write_bytes(case_report.junit(reports))
    except OSError as fault:
        raise CannotStart(f"the report cannot be written ({type(fault).__name__}: {fault.filename})") from None


def _write_requests(reports: "Sequence[SuiteReport]", folder: Path, settings: Settings) -> "list[Sent]":
    from cds.authoring.case_sending import requests_of

    today = clock.now().astimezone(settings.timezone).date()
    sent = [one for each in reports for one in requests_of([result.run for result in each.results], today)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in sent:
            if each.content is not None:
                (folder / each.name).write_bytes(each.content)
    except OSError as fault:
        raise CannotStart(f"the requests cannot be written ({type(fault).__name__}: {fault.filename})") from None
    return sent


def _sending_lines(sent: "Sequence[Sent]", folder: Path) -> Iterator[str]:
    """How many requests there are, and which of them do not say all that their case says."""
    yield plain(f"wrote {counted(sum(each.content is not None for each in sent), 'request')} to {folder}")
    apart: dict[str, list[str]] = {}
    for each in sent:
        if each.content is None:
            apart.setdefault("cannot be told as of today, not written", []).append(each.case)
            continue
        if each.site:  # a site's values are set where a version is activated: no request has them
            values = " ".join(f"--set {shlex.quote(f'{name}={value}')}" for name, value in each.site.items())
            apart.setdefault(f"as its case says only where the version is activated with {values}", []).append(
                each.name
            )
        if each.shown_before:
            what = f"does not tell that {', '.join(each.shown_before)} was shown before"
            apart.setdefault(what, []).append(each.name)
    for what, names in apart.items():
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield plain(f"  {', '.join(names[:_NAMED])}{more}: {what}")


def _sent_data(sent: "Sent", folder: Path) -> dict[str, object]:
    told: dict[str, object] = {"case": sent.case, "site": dict(sent.site), "shownBefore": list(sent.shown_before)}
    return told | {"file": str(folder / sent.name) if sent.content is not None else None}


def _watch(folders: Sequence[Path], settings: Settings, wish: _Wish) -> None:
    """Run, wait for a change, run again. Ctrl-C ends it."""
    import watchfiles

    # It tells Ctrl-C as a warning, in the middle of what people read.
    logging.getLogger("watchfiles").setLevel(logging.CRITICAL + 1)
    run_once = partial(_run_and_show, folders, settings, wish)
    seen = _stamps(folders)
    run_once()
    with suppress(KeyboardInterrupt):
        # Woken now and then as well: what changed while the cases ran would be missed by events alone.
        for _ in watchfiles.watch(*folders, rust_timeout=_WAKE, yield_on_timeout=True, raise_interrupt=False):
            if (now := _stamps(folders)) != seen:
                seen = now
                click.clear()
                run_once()


def _stamps(folders: Sequence[Path]) -> dict[Path, tuple[int, int]]:
    """Size and time of every file."""
    files = (file for folder in folders for file in folder.rglob("*"))
    return {file: (found.st_mtime_ns, found.st_size) for file in files if (found := _stat(file)) is not None}


def _stat(file: Path) -> os.stat_result | None:
    """None for a file that an editor has just taken away."""
    with suppress(OSError):
        return file.stat()
    return None


def _run_and_show(folders: Sequence[Path], settings: Settings, wish: _Wish) -> None:
    reports, problems = _run(folders, settings, wish)
    for line in _lines(reports, problems, wish):
        click.echo(line)
    click.echo("waiting for a change; Ctrl-C ends it", err=True)
