"""``cds activate``, ``canary``, ``retire``, ``rollback``, ``stop``, ``resume``: what is live, without a restart."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cds import clock
from cds.commands.environment import CannotStart, settings_or_stop
from cds.commands.making_live import act, load_as_activated, open_shelf, refuse_unapproved, signed, split_address
from cds.commands.output import json_option, plain

if TYPE_CHECKING:
    from cds.records.entry import Act

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)\s?%\Z")
VERSION = click.argument("address", metavar="RULESET@VERSION")


def acting(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every act can be told."""
    for option in (
        click.option(
            "--service", default="", metavar="ID", help="Only in this service; in all that bind it if left out."
        ),
        click.option("--why", default="", help="The reason, for the log."),
        click.option("--by", metavar="NAME", help="Who does it; the user of this machine if not given."),
        click.option("--no-wait", "wait", flag_value=False, default=True, help="Do not wait for the workers."),
        json_option,
    ):
        command = option(command)
    return command


def with_values(command: Callable[..., Any]) -> Callable[..., Any]:
    """What an activation can be told of parameters."""
    for option in (
        click.option("--set", "values", multiple=True, metavar="PARAMETER=VALUE", help="A value of the site's own."),
        click.option(
            "--codes",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="A CSV file of codes to add: value-set,system,code,display.",
        ),
        click.option("--defaults", is_flag=True, help="The author's defaults, though values were set before."),
    ):
        command = option(command)
    return command


@click.command()
@VERSION
@with_values
@click.option("--only", is_flag=True, help="Retire the other active versions and canaries of the ruleset with it.")
@acting
def activate(address: str, *, only: bool, **said: Any) -> None:
    """Let RULESET@VERSION answer: the highest active version that is in range and in effect does.

    The version is loaded, checked and vetted first. Ends with 0 when every worker here answers with it.
    """
    bring("activate", address, stage="active", only=only, **said)


@click.command()
@VERSION
@click.option("--share", required=True, metavar="PERCENT", help="Of the patients, as in 10%; always the same ones.")
@with_values
@acting
def canary(address: str, *, share: str, **said: Any) -> None:
    """Let RULESET@VERSION answer for a share of the patients."""
    found = _PERCENT.match(share.strip())
    part = round(float(found[1]) * 100) if found else 0
    if not 0 < part <= 10_000:
        raise CannotStart(f'--share: "{plain(share)}" is no share: write a percentage above 0 and up to 100, as in 10%')
    bring("canary", address, stage="canary", share=part, **said)


@click.command()
@VERSION
@acting
def retire(address: str, *, service: str, why: str, by: str | None, wait: bool, as_json: bool) -> None:
    """Take RULESET@VERSION out, whatever its stage. Nothing is deleted; it can be activated again."""
    from cds.services import acts

    name, version = split_address(address)
    wanted = signed("retire", by, why, service=service, ruleset=name, version=version)
    act(
        settings_or_stop(),
        lambda shelf, log: acts.retire(log, shelf.services, wanted),
        name=name,
        after=[_back(name)],
        as_json=as_json,
        wait=wait,
    )


@click.command()
@click.argument("ruleset")
@acting
def rollback(ruleset: str, *, service: str, why: str, by: str | None, wait: bool, as_json: bool) -> None:
    """Bring back what was shown of RULESET before the last act that changed it: versions, canaries, site values.

    Once more goes a further step back. Shadows and stopped rules stay as they are.
    """
    from cds.services import acts
    from cds.services.activation import rollback as undone

    by_name = signed("rollback", by, why)

    def decide(shelf: Any, log: Any) -> Any:
        entries = acts.bound(shelf.services, ruleset, service)
        ids = dict.fromkeys(entry.id for entry in entries)
        return undone(log, ruleset, ids, by_name, everywhere=not service)

    after = [(f"cds rollback {ruleset}", "a step further back"), _stands(ruleset)]
    act(settings_or_stop(), decide, name=ruleset, after=after, as_json=as_json, wait=wait)


@click.command()
@click.argument("ruleset")
@click.argument("rule")
@click.option("--why", required=True, help="The reason: it stands in the log.")
@click.option("--service", default="", metavar="ID", help="Only in this service; in all that bind it if left out.")
@click.option("--by", metavar="NAME", help="Who does it; the user of this machine if not given.")
@click.option("--no-wait", "wait", flag_value=False, default=True, help="Do not wait for the workers.")
@json_option
def stop(ruleset: str, rule: str, **said: Any) -> None:
    """Stop one RULE of RULESET at once, in every version, until it is resumed. Every answer and /readyz say so."""
    _stop("stop", ruleset, rule, **said)


@click.command()
@click.argument("ruleset")
@click.argument("rule")
@acting
def resume(ruleset: str, rule: str, **said: Any) -> None:
    """Let a stopped RULE of RULESET speak again."""
    _stop("resume", ruleset, rule, **said)


def _stop(
    kind: "Act", ruleset: str, rule: str, *, service: str, why: str, by: str | None, wait: bool, as_json: bool
) -> None:
    from cds.rules.catalog.load import load_catalog
    from cds.services import acts

    settings = settings_or_stop()
    wanted = signed(kind, by, why, service=service, ruleset=ruleset, rule=rule)
    catalog, _ = load_catalog(settings.rulesets, ruleset)
    act(
        settings,
        lambda shelf, log: acts.stop(log, shelf.services, catalog, wanted),
        name=ruleset,
        after=[(f"cds resume {ruleset} {rule}", "lets it speak again")] if kind == "stop" else [_stands(ruleset)],
        as_json=as_json,
        wait=wait,
    )


def bring(
    kind: "Act",
    address: str,
    *,
    stage: Any,
    service: str,
    why: str,
    by: str | None,
    wait: bool,
    as_json: bool,
    values: tuple[str, ...],
    codes: Path | None,
    defaults: bool,
    share: int = 0,
    only: bool = False,
) -> None:
    """Bring a version to a stage."""
    from cds.services import acts

    settings = settings_or_stop()
    shelf = open_shelf(settings)
    ruleset = load_as_activated(settings, shelf, address, _site(values) | _codes(codes))
    if stage != "shadow":
        refuse_unapproved(settings, ruleset)
    today = clock.now().astimezone(settings.timezone).date()
    wish = acts.Wish(ruleset, today, stage, service, share, only, defaults)
    by_name = signed(kind, by, why)
    act(
        settings,
        lambda shelf, log: acts.bring(log, shelf.services, shelf.catalog, wish, by_name),
        name=ruleset.name,
        after=_after(ruleset.name, ruleset.address, stage),
        as_json=as_json,
        wait=wait,
        shelf=shelf,
        leaving=("", "") if stage == "active" else (ruleset.name, ruleset.version),
    )


def _after(name: str, address: str, stage: str) -> list[tuple[str, str]]:
    """What may come next when a version was brought to a stage."""
    if stage == "shadow":
        report = (f"cds shadow report {address}", "after some calls: what it would have said")
        return [report, (f"cds canary {address} --share 10%", "shown for a share of the patients")]
    if stage == "canary":
        return [(f"cds activate {address} --why TEXT", "shown for every patient"), _back(name)]
    return [_stands(name), _back(name)]


def _back(name: str) -> tuple[str, str]:
    return f"cds rollback {name}", "what was shown before this act"


def _stands(name: str) -> tuple[str, str]:
    return f"cds status {name}", "what stands where, since when, by whom"


def _site(values: tuple[str, ...]) -> dict[str, str]:
    site = {}
    for told in values:
        name, sign, text = told.partition("=")
        if not sign or not name.strip() or not text.strip():
            raise CannotStart(f'--set: "{plain(told)}" sets nothing: write it as in result-age="90 days"')
        site[name.strip()] = text.strip()
    return site


def _codes(file: Path | None) -> dict[str, str]:
    """Codes of the site's own, named as :mod:`cds.rules.source.local_codes` reads them."""
    if file is None:
        return {}
    from cds.documents.csv_table import read_csv

    if not file.is_file():
        raise CannotStart(f"--codes: {file} is no file")
    rows, problems = read_csv(file.read_bytes(), str(file), ("value-set", "system", "code", "display"))
    if problems:
        raise CannotStart("\n".join(str(problem) for problem in problems))
    told = (row.cells for row in rows)
    return {f"{c['value-set']}[{c['system']}|{c['code']}]": c["display"] or c["code"] for c in told}
