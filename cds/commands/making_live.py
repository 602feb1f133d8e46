"""How commands change what is live: an act is appended to the log, announced, and awaited in the workers here."""

import getpass
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cds import clock
from cds.commands.answering import answering, answering_lines
from cds.commands.environment import CannotStart
from cds.commands.output import FOUND, OK, counted, plain, report
from cds.commands.versions import is_plain, is_version, no_file_in
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.records.database import Database
    from cds.records.entry import Act, Entry
    from cds.rules.catalog.outline import Outlines
    from cds.rules.ruleset import Ruleset
    from cds.services.catalogue import Service

#: Seconds that workers get to take an act up; without Redis they look every few seconds.
_PATIENCE = 15.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Shelf:
    """What stands below CDS_RULESETS."""

    catalog: "Outlines"
    services: "tuple[Service, ...]"


@contextmanager
def reached_database(settings: Settings) -> "Iterator[Database]":
    """The database with the tables of this version, or the command stops and says why."""
    from cds.records.database import AT_A_TERMINAL, DatabaseAway, DatabaseUnusable, migrate, open_database

    try:
        database = open_database(settings.database_url, settings.state, AT_A_TERMINAL)
        migrate(database)
        yield database
    except DatabaseUnusable as fault:
        raise CannotStart(f"CDS_DATABASE_URL: {fault.reason}") from None
    except DatabaseAway as fault:
        raise CannotStart(f"the database does not answer ({fault}); nothing was changed") from None


def open_shelf(settings: Settings) -> Shelf:
    """Every version and service; versions with errors are left out, and told when they are named."""
    from cds.rules.catalog.outline import load_outlines
    from cds.services.catalogue import load_services

    catalog = load_outlines(settings.rulesets, settings.state)
    services, problems = load_services(settings.rulesets / "services.yaml", catalog)
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise CannotStart("services.yaml cannot be used:\n" + "\n".join(map(str, errors)))
    return Shelf(catalog, services)


def split_address(address: str) -> tuple[str, str]:
    """Ruleset and version of ``name@1.2.0``."""
    name, _, version = address.partition("@")
    parts = version.split(".")
    if not name or not is_plain(address) or len(parts) != 3 or not all(part.isdecimal() for part in parts):
        if name and version == "draft":
            raise CannotStart(f"a draft never answers: cds publish {plain(name)} makes a version of it")
        raise CannotStart(f'"{plain(address)}" is no version: write it as in diabetes-care@1.2.0')
    return name, version


def load_as_activated(settings: Settings, shelf: Shelf, address: str, site: Mapping[str, str]) -> "Ruleset":
    """A published version with the site's own values, checked and vetted as a worker will, or the command stops."""
    from cds.rules.catalog.load import load_override_reasons, load_version
    from cds.rules.catalog.vetted import refused

    name, version = split_address(address)
    folder = settings.rulesets / name / version
    if not (folder / "ruleset.yaml").is_file():
        here = ", ".join(one.version for one in shelf.catalog.versions.get(name, ())) or "no version of it"
        hint = _how_to_make_one(settings.rulesets / name)
        raise CannotStart(f"there is no {plain(address)} in {settings.rulesets}: it has {here}{hint}")
    reasons, _ = load_override_reasons(settings.rulesets / "override-reasons.yaml")
    ruleset, problems = load_version(folder, reasons, site)
    errors = [problem for problem in problems if problem.severity == "error"]
    if ruleset is not None and settings.engine == "durable":
        errors += refused((ruleset,), settings.state / "vetted")
    if ruleset is None or errors:
        raise CannotStart(f"{address} cannot be activated so:\n" + "\n".join(map(str, errors)))
    if ruleset.status == "draft":
        raise CannotStart(f"{address} is a draft: publish it first")
    return ruleset


def _how_to_make_one(home: Path) -> str:
    draft = home / "draft"
    if is_version(draft):
        return f"; cds publish {home.name} makes one of its draft"
    return f"\n{no_file_in(draft)}" if draft.is_dir() else ""


def refuse_unapproved(settings: Settings, ruleset: "Ruleset") -> None:
    """Stops the command where CDS_APPROVAL asks for an approval of exactly this version, and nobody gave one."""
    from cds.rules.catalog.publications import approver_of

    home = settings.rulesets / ruleset.name
    if settings.approval == "required" and not approver_of(home, ruleset.version, ruleset.digest)[0]:
        raise CannotStart(
            f"nothing was changed: nobody approved {ruleset.address}, and CDS_APPROVAL=required\n"
            f"cds approve {ruleset.address} --why TEXT --token FILE; a shadow needs no approval"
        )


def signed(act: "Act", by: str | None, why: str, **said: Any) -> "Entry":
    """A row with who, when and why. by: the user of this machine if not said."""
    from cds.records.entry import Entry

    who = by or getpass.getuser()
    told = {"service": "", "ruleset": "", "stage": "retired", **said}
    return Entry(act=act, who=who, why=why, at=clock.now(), **told)


def act(
    settings: Settings,
    decide: "Callable[[Shelf, Sequence[Entry]], Sequence[Entry]]",
    *,
    name: str,
    after: Sequence[tuple[str, str]] = (),
    as_json: bool,
    wait: bool,
    shelf: Shelf | None = None,
    leaving: tuple[str, str] = ("", ""),
) -> None:
    """Append an act, announce it, wait until this machine's workers answer with it, and tell all that.

    name: the ruleset, of which is told what answers now. after: commands that may come next, and what they are for.
    leaving: name and version that are not to begin as active, should nobody have activated anything of theirs yet.
    Ends with 0, also where there was nothing to change; with 1 when a worker cannot use it or does not take it up.
    """
    from cds.records.activations import append
    from cds.services.activation import NothingToUndo, seeds
    from cds.services.acts import ActRefused

    shelf = shelf or open_shelf(settings)
    known = shelf

    def begin(log: "Sequence[Entry]") -> "Sequence[Entry]":
        """The rows that new rulesets begin with, if the act will not be refused: else nothing is changed at all."""
        rows = seeds(log, known.services, known.catalog, clock.now(), leaving)
        number = (log[-1].number if log else 0) + 1
        decide(known, [*log, *(replace(row, number=number) for row in rows)])
        return rows

    with reached_database(settings) as database:
        try:
            append(database, begin)
            log, new = append(database, lambda log: decide(known, log))
        except ActRefused as fault:
            raise CannotStart(f"nothing was changed: {fault.reason}\n{fault.hint}") from None
        except NothingToUndo:
            raise CannotStart(
                "nothing was changed: there is no act to take back that changed what is shown; cds status --history"
            ) from None
    number = log[-1].number
    taken = _taken_up(settings, number, wait=wait and bool(new))
    today = clock.now().astimezone(settings.timezone).date()
    answers = answering(known.catalog, log, known.services, name, today)
    result = {"act": number, "changed": [entry_data(entry) for entry in new], "workers": taken.data}
    lines = [*_lines(new, taken)]
    if not taken.is_amiss:  # else what answered before goes on in some worker: cds status tells
        lines += [*answering_lines(name, answers), *_next_lines(after if new else ())]
    else:
        lines.append(f"cds status {plain(name)} shows what stands where")
    report(lines, result | {"answers": answers}, as_json=as_json, status=FOUND if taken.is_amiss else OK)


def _next_lines(after: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max((len(command) for command, _ in after), default=0)
    if after:
        yield "next, as it suits:"
    for command, purpose in after:
        yield plain(f"  {command:<{width}}  {purpose}")


def entry_data(entry: "Entry") -> dict[str, Any]:
    """A row of the log as JSON data; without what does not apply to it."""
    told: dict[str, Any] = {"act": entry.number, "what": entry.act, "ruleset": entry.ruleset, "stage": entry.stage}
    told |= {"service": entry.service or None, "who": entry.who, "why": entry.why, "at": entry.at.isoformat()}
    some = {"version": entry.version, "digest": entry.digest, "rule": entry.rule, "site": dict(entry.site)}
    told |= {name: value for name, value in some.items() if value}
    if entry.share:
        told["share"] = entry.share / 100
    return told | ({"undoes": entry.undoes} if entry.undoes is not None else {})


@dataclass(frozen=True, slots=True)
class _Taken:
    """What became of an act in the workers of this machine."""

    workers: int
    behind: int
    refused: tuple[str, ...]
    seconds: float
    waited: bool

    @property
    def is_amiss(self) -> bool:
        return self.waited and bool(self.behind or self.refused)

    @property
    def data(self) -> dict[str, Any]:
        told = {"running": self.workers, "behind": self.behind, "refused": list(self.refused)}
        return told | ({"seconds": round(self.seconds, 3)} if self.waited else {})


def _taken_up(settings: Settings, number: int, *, wait: bool) -> _Taken:
    from cds.records.taken import taken_up

    began = time.monotonic()
    if wait:
        _announce(settings)
    while True:
        workers = taken_up(settings.state)
        behind = [worker for worker in workers if worker.act < number]
        seconds = time.monotonic() - began
        if not behind or not wait or seconds > _PATIENCE:
            refused = dict.fromkeys(text for worker in workers if worker not in behind for text in worker.refused)
            return _Taken(len(workers), len(behind), tuple(refused), seconds, wait)
        time.sleep(_POLL_SECONDS)


def _announce(settings: Settings) -> None:
    """To the operator's Redis, or to the servers of our own that run on this machine."""
    from cds.services.announcing import announce

    if settings.redis_url is not None:
        if announce(settings.redis_url) is None:
            click.echo("Redis does not answer: workers notice by themselves within some seconds", err=True)
        return
    for path in _own_sockets(settings.state.resolve()):
        announce(f"unix://{path}")


def _own_sockets(state: Path) -> list[Path]:
    return [*state.glob("cache-*.sock"), *state.glob("cache/cache-*.sock")]


def _lines(new: "Sequence[Entry]", taken: _Taken) -> Iterator[str]:
    if not new:
        yield "it stands so already: nothing was changed"
        return
    yield from (entry_line(entry) for entry in new)
    if not taken.workers:
        yield "no worker runs here with this CDS_STATE: it is live when the service starts, and on other machines soon"
    elif not taken.waited:
        yield f"{counted(taken.workers, 'worker')} will take it up within seconds"
    elif taken.behind:
        yield f"{taken.behind} of {counted(taken.workers, 'worker')} had not taken it up after {taken.seconds:.0f} s"
    elif taken.refused:
        yield f"taken up by {counted(taken.workers, 'worker')} after {taken.seconds:.2f} s, but"
    else:
        yield f"live in {counted(taken.workers, 'worker')} after {taken.seconds:.2f} s"
    yield from (f"not used: {plain(text)}; what answered before goes on" for text in taken.refused)


def entry_line(entry: "Entry") -> str:
    """A row of the log for people."""
    what = f"{entry.ruleset} rule {entry.rule}" if entry.rule else f"{entry.ruleset}@{entry.version}"
    share = f" for {entry.share / 100:g}% of patients" if entry.stage == "canary" else ""
    values = ", ".join(f"{name} = {text}" for name, text in entry.site.get("parameters", {}).items())
    where = f" in {entry.service}" if entry.service else ""
    back = f" (takes back act {entry.undoes})" if entry.undoes is not None else ""
    return plain(f"act {entry.number}: {what} {entry.stage}{share}{where}{f', with {values}' if values else ''}{back}")
