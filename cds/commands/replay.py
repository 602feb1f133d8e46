"""``cds replay``: cases from outside put to the service, in this process or over HTTP, and where we differ.

The service is asked about other people's patients: nothing of their records is printed, only case ids and our words.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds.commands.environment import CannotStart, moment_or_stop, settings_or_stop
from cds.commands.output import FOUND, OK, json_option, report
from cds.documents.problem import Problem
from cds.facts.dates import Moment
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.replay.answer import Ask
    from cds.replay.case import Json
    from cds.replay.known import Known
    from cds.replay.topics import Topics

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("cases", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--url", help="Ask a running service (started with CDS_TEST_CLOCK=1) instead of this process.")
@click.option("--known", type=_FILE, help="Table of known disagreements (case id: whose, where, why).")
@click.option("--topics", type=_FILE, help="Topic map; topics.yaml of the rulesets folder if not given.")
@click.option("--at", "at", help="The moment for cases that name none (a date is its end); now if not given.")
@click.option("--unchanged", is_flag=True, help="Send each request as it is: then a 4xx may be right.")
@json_option
def replay(
    cases: tuple[Path, ...],
    *,
    url: str | None,
    as_json: bool,
    known: Path | None,
    topics: Path | None,
    at: str | None,
    unchanged: bool,
) -> None:
    """Decide CASES again: NDJSON (labelled cases, requests, FHIR Bundles), plain or .gz, or folders of them.

    Ends with 0 when all agree or are explained, 1 when one is not or the service failed, 2 when nothing could be asked.
    """
    settings = settings_or_stop()
    from cds.replay import run
    from cds.replay import tally as tallies
    from cds.replay.known import unexplained
    from cds.replay.reading import read_cases
    from cds.replay.report import lines

    table, topic_map = _tables(known, topics or settings.rulesets / "topics.yaml")
    otherwise = moment_or_stop(at, settings)
    with _service(url, settings, otherwise) as (services, ask):
        tally = run.replay(read_cases(cases), run.Setting(services, ask, topic_map, otherwise, unchanged=unchanged))
    if tally.total.cases == 0:
        raise CannotStart("there is no case in these files")
    status = FOUND if unexplained(tally, table) or tally.failing else OK
    report(lines(tally, table), tallies.as_json(tally), as_json=as_json, status=status)


def _tables(known: Path | None, topics: Path) -> "tuple[Mapping[str, Known], Topics]":
    from cds.replay.known import read_known
    from cds.replay.topics import read_topics

    if known is not None and not known.is_file():
        raise CannotStart(f"--known: {known} is no file")
    table, problems = read_known(known) if known else ({}, [])
    if not topics.is_file():
        raise CannotStart(f"there is no topic map {topics}: --topics names another")
    topic_map, more = read_topics(topics)
    _stop_on([*problems, *more])
    return table, topic_map


def _stop_on(problems: list[Problem]) -> None:
    if problems:
        raise CannotStart("\n".join(str(problem) for problem in problems))


@contextmanager
def _service(url: str | None, settings: Settings, moment: Moment) -> "Iterator[tuple[Sequence[Json], Ask]]":
    """The entries of discovery and the way to ask, for this process or for an address."""
    from cds.replay.asking import HTTPService, NoDiscovery, ask_in_process

    if url is not None:
        with closing(HTTPService(url)) as service:
            try:
                services = service.services()
            except NoDiscovery as fault:
                raise CannotStart(f"no CDS Hooks discovery answers at {url} ({fault})") from None
            yield services, service.ask
        return
    from cds.commands.opening import open_forgetful_desk

    # A replay judges afresh: a cached answer would only compare us with ourselves.
    with closing(open_forgetful_desk(settings)) as desk:
        yield desk.discovery(moment), ask_in_process(desk)
