"""``cds status``: what is live where, since when, by whom and why; and what of it somebody should look into."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from cds import clock
from cds.commands.answering import numbers, staged_in
from cds.commands.environment import settings_or_stop
from cds.commands.making_live import Shelf, entry_data, entry_line, open_shelf, reached_database
from cds.commands.output import FOUND, OK, coloured, counted, json_option, plain, report, table
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.records.activation_chain import Chain
    from cds.records.entry import Entry
    from cds.services.catalogue import Service

_COLUMNS = ("ruleset", "version", "stage", "today", "where", "site values", "act", "since", "by", "why")


@click.command()
@click.argument("ruleset", required=False)
@click.option("--history", is_flag=True, help="Every act instead, oldest first.")
@click.option(
    "--prefetch", is_flag=True, help="What each service asks clients for instead, and which definitions need it."
)
@json_option
def status(ruleset: str | None, *, history: bool, prefetch: bool, as_json: bool) -> None:
    """What is live where, since when, by whom and why; of RULESET alone if it is named.

    Ends with 1 when something activated cannot be used, a worker is behind, nothing of that name is live, or the log of
    acts is not what was appended (each act is sealed over the one before; --history shows the newest seal).
    """
    settings = settings_or_stop()
    shelf = open_shelf(settings)
    if prefetch:
        asked = list(_asked(settings, shelf, ruleset))
        report(_asked_lines(asked), {"services": asked}, as_json=as_json, status=OK if asked else FOUND)
        return
    log, chain = _log(settings, shelf)
    if history:
        rows = [entry for entry in log if ruleset in (None, entry.ruleset)]
        lines = [f"{entry.at:%Y-%m-%d %H:%M:%SZ}  {entry_line(entry)}{plain(_signed(entry))}" for entry in rows]
        told = {"acts": [entry_data(entry) for entry in rows], "chain": _chain_data(chain)}
        is_wrong = not rows or bool(chain.broken)
        report([*lines, *_chain_lines(chain)], told, as_json=as_json, status=FOUND if is_wrong else OK)
        return
    result = _standing(settings, shelf, log, ruleset) | {"chain": _chain_data(chain)}
    amiss = result["refused"] or any(worker["behind"] or worker["refused"] for worker in result["workers"])
    amiss = amiss or bool(chain.broken)
    lines = [*_lines(result), *(_chain_lines(chain) if chain.broken else ())]
    report(lines, result, as_json=as_json, status=FOUND if amiss or not result["live"] else OK)


def _asked(settings: Settings, shelf: Shelf, only: str | None) -> Iterator[dict[str, Any]]:
    """Each service with its templates, as for every version in its range; of one ruleset, those that it needs."""
    from cds.rules.catalog.load import load_catalog
    from cds.rules.prefetch.derive import derive_templates, needed_for

    catalog, _ = load_catalog(settings.rulesets)
    for service in shelf.services:
        versions = [
            ruleset
            for name, wanted in service.rulesets.items()
            for ruleset in catalog.versions.get(name, ())
            if wanted.admits(ruleset.version)
        ]
        needed = needed_for([each for each in versions if only in (None, each.name)], service.hook)
        templates = [
            {"key": template.key, "query": template.query, "neededBy": needed.get(template.key, {})}
            for template in derive_templates(versions, service.hook)
            if template.key in needed or only is None
        ]
        if templates:
            yield {"service": service.id, "hook": service.hook, "templates": templates}


def _asked_lines(asked: list[dict[str, Any]]) -> Iterator[str]:
    for service in asked:
        yield f"{service['service']} ({service['hook']})"
        for template in service["templates"]:
            yield f"  {template['key']}: {template['query']}"
            for address, names in template["neededBy"].items():
                yield f"    {address}: {', '.join(names)}"
            if not template["neededBy"]:
                yield "    every service: whose record it is, age and sex"


def _signed(entry: "Entry") -> str:
    return f"  by {entry.who}{f': {entry.why}' if entry.why else ''}"


def _log(settings: Settings, shelf: Shelf) -> "tuple[Sequence[Entry], Chain]":
    """The log, and the rows with which rulesets would begin that are new to it (act 0): nothing is written."""
    from cds.records.activation_copy import read_copy
    from cds.records.activations import check_log, read_log
    from cds.services.activation import seeds

    with reached_database(settings) as database:
        log, chain = read_log(database), check_log(database, read_copy(settings.state))
    return [*log, *seeds(log, shelf.services, shelf.catalog, clock.now())], chain


def _chain_data(chain: "Chain") -> dict[str, Any]:
    return {"acts": chain.acts, "seal": chain.head or None, "broken": list(chain.broken)}


def _chain_lines(chain: "Chain") -> Iterator[str]:
    yield from (coloured(f"the log of acts was changed: {text}", "error") for text in chain.broken)
    if not chain.broken and chain.acts:
        yield f"{counted(chain.acts, 'act')}, as appended; seal {chain.head}"


def _standing(settings: Settings, shelf: Shelf, log: "Sequence[Entry]", only: str | None) -> dict[str, Any]:
    from cds.records.taken import taken_up
    from cds.services.activation import stopped

    today = clock.now().astimezone(settings.timezone).date()
    live = [
        told
        for entry in shelf.services
        for told in _of_service(shelf, log, entry, today)
        if only in (None, told["ruleset"])
    ]
    newest = max((entry.number for entry in log), default=0)
    stops = {
        (stop.ruleset, stop.rule): entry_data(stop.since)
        for entry in shelf.services
        for stop in stopped(log, entry.id)
        if only in (None, stop.ruleset)
    }
    workers = [
        {"process": worker.process, "act": worker.act, "behind": worker.act < newest, "refused": list(worker.refused)}
        for worker in taken_up(settings.state)
    ]
    return {
        "act": newest,
        "live": live,
        "stopped": list(stops.values()),
        "waiting": list(_waiting(shelf, live, only)),
        "refused": sorted({f"{told['address']} {told['refused']}" for told in live if told.get("refused")}),
        "notices": list(_notices(shelf, live, today)),
        "workers": workers,
    }


def _of_service(shelf: Shelf, log: "Sequence[Entry]", service: "Service", today: date) -> Iterator[dict[str, Any]]:
    """Each version with a stage, highest first; ``answers`` is true of the one that is shown today."""
    for name, entry, answers, refused in staged_in(shelf.catalog, log, service, today):
        told = {**entry_data(entry), "service": service.id, "hook": service.hook}
        yield (
            told
            | {"address": f"{name}@{entry.version}", "answers": answers}
            | ({"refused": refused} if refused else {})
        )


def _waiting(shelf: Shelf, live: Sequence[dict[str, Any]], only: str | None) -> Iterator[str]:
    """Published versions in range, higher than all that are live: somebody may have forgotten to activate them."""
    for name in dict.fromkeys(told["ruleset"] for told in live):
        highest = max(numbers(told["version"]) for told in live if told["ruleset"] == name)
        for ruleset in shelf.catalog.versions.get(name, ()):
            ranges = [entry.rulesets[name] for entry in shelf.services if name in entry.rulesets]
            in_range = any(versions.admits(ruleset.version) for versions in ranges)
            if only in (None, name) and in_range and numbers(ruleset.version) > highest:
                yield ruleset.address


def _notices(shelf: Shelf, live: Sequence[dict[str, Any]], today: date) -> Iterator[str]:
    from cds.services.notices import notices_of

    for name in dict.fromkeys(told["ruleset"] for told in live):
        standing = {told["version"] for told in live if told["ruleset"] == name}
        yield from notices_of(name, [r for r in shelf.catalog.versions.get(name, ()) if r.version in standing], today)


def _lines(result: dict[str, Any]) -> Iterator[str]:
    if not result["live"]:
        yield "nothing of that name is live"
    else:
        yield from table(_COLUMNS, _rows(result["live"]))
    for stop in result["stopped"]:
        where = stop["service"] or "every service"
        yield coloured(
            f"stopped: {plain(stop['ruleset'])} rule {plain(stop['rule'])} in {plain(where)} since {stop['at'][:16]}Z "
            f"by {plain(stop['who'])}: {plain(stop['why'])}",
            "error",
        )
    yield from (coloured(f"cannot be used: {plain(text)}", "error") for text in result["refused"])
    yield from (f"waiting to be activated: {plain(address)}" for address in result["waiting"])
    yield from (coloured(f"notice: {plain(text)}", "warning") for text in result["notices"])
    workers = result["workers"]
    if not workers:
        yield "no worker runs here with this CDS_STATE"
        return
    behind = sum(worker["behind"] for worker in workers)
    yield f"{counted(len(workers), 'worker')} here, {behind or 'none'} behind act {result['act']}"
    for text in dict.fromkeys(text for worker in workers for text in worker["refused"]):
        yield coloured(f"not used by a worker: {plain(text)}; what answered before goes on", "error")


def _rows(live: Sequence[dict[str, Any]]) -> Iterator[tuple[object, ...]]:
    """A line for what stands alike in several services."""
    alike: dict[tuple[object, ...], list[str]] = {}
    bound: dict[str, set[str]] = {}
    for told in live:
        alike.setdefault(_row(told), []).append(told["service"])
        bound.setdefault(told["ruleset"], set()).add(told["service"])
    for row in sorted(alike, key=lambda row: str(row[0])):
        services = dict.fromkeys(alike[row])
        where = "every service" if services.keys() == bound[str(row[0])] else ", ".join(services)
        yield (*row[:4], where, *row[4:])


def _row(told: dict[str, Any]) -> tuple[object, ...]:
    stage = f"{told['stage']} {told['share']:g}%" if "share" in told else told["stage"]
    values = ", ".join(f"{name} = {text}" for name, text in told.get("site", {}).get("parameters", {}).items())
    since, signed = told["at"][:16].replace("T", " ") + "Z", (told["who"], told["why"])
    answers = "answers" if told["answers"] else ""
    return (told["ruleset"], told["version"], stage, answers, values, told["act"], since, *signed)
