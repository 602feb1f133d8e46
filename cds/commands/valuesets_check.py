"""``cds valuesets check``: codes of value sets against their systems, as far as there are tables of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds.commands.environment import settings_or_stop
from cds.commands.output import (
    FOUND,
    OK,
    coloured,
    counted,
    json_option,
    problem_lines,
    progress,
    report,
    table,
    waiting,
)
from cds.commands.valuesets import system_name, versions_named
from cds.documents.problem import Problem, in_order
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.authoring.valuesets.checking import Tables
    from cds.authoring.valuesets.inside import Held

#: So many of one kind in one file are shown each.
_FEW = 3


@click.command()
@click.argument("rulesets", nargs=-1, metavar="[RULESET...]")
@click.option(
    "--against", multiple=True, type=click.Path(exists=True, path_type=Path),
    help="A table of codes: CSV, FHIR CodeSystem or ValueSet, or a folder of them.",
)  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Show each piece of advice, not only the first of each file.")
@json_option
def check(rulesets: tuple[str, ...], against: tuple[Path, ...], every: bool, as_json: bool) -> None:
    """Check the codes of RULESETs (all if none is named): are they known, in use, and called as they are here?

    RxNorm is checked against the products that this program ships; other systems against the tables that --against
    names: CSV (system, code, display, and status for what is retired), FHIR CodeSystem, FHIR ValueSet. A CodeSystem
    that says that it is complete makes an unknown code an error; other tables may lack a code that is right (advice).
    A code that cannot be one of its system at all (check digit, form) is an error of the ruleset, which cds lint names.
    Ends with 1 if there is an error or a retired code.
    """
    from cds.authoring.valuesets.checking import counts, read_tables

    settings = settings_or_stop()
    with waiting("reading tables"):
        tables, problems = read_tables(against)
    held = list(_held(rulesets, settings))
    with progress("checking value sets", len(held)) as advance:
        for each in held:
            problems += _problems(each, tables)
            advance(1)
    problems = in_order(problems)
    told = {name: sum(each.severity == name for each in problems) for name in ("error", "warning", "advice")}
    systems = {
        system: {"codes": count, "known": known if system in tables.systems else None}
        for system, (count, known) in counts(held, tables).items()
    }
    result = {"valueSets": len(held), "counts": told, "systems": systems}
    status = FOUND if told["error"] or told["warning"] else OK
    shown = problems if every else list(_first_of_each(problems))
    report(_lines(shown, held, told, systems), result, as_json=as_json, problems=problems, status=status)


def _held(rulesets: Sequence[str], settings: Settings) -> "Iterator[Held]":
    from cds.authoring.valuesets.inside import held_by

    for version in versions_named(rulesets, settings):
        yield from held_by(version)


def _problems(held: "Held", tables: "Tables") -> Iterator[Problem]:
    from cds.authoring.rights_check import retired
    from cds.authoring.valuesets.checking import check_codes

    yield from retired(held.value_set)
    yield from check_codes(held, tables)


def _first_of_each(problems: Sequence[Problem]) -> Iterator[Problem]:
    """Advice of one kind in one file once, with how many more there are: tables that are not whole lack a lot."""
    for (_, _, severity), same in groupby(problems, key=lambda each: (each.location.file, each.code, each.severity)):
        first, *more = same
        if severity != "advice" or len(more) < _FEW:
            yield from (first, *more)
        else:
            yield replace(first, hint=f"{first.hint}; {len(more)} more in this file (--all shows each)")


def _lines(
    problems: Sequence[Problem], held: "Sequence[Held]", told: dict[str, int], systems: dict[str, dict[str, int | None]]
) -> Iterator[str]:
    yield from problem_lines(problems)
    rows = (
        [system_name(system), each["codes"], "no table" if each["known"] is None else each["known"]]
        for system, each in systems.items()
    )
    yield from table(("system", "codes", "known"), rows)
    shown = f"{counted(told['error'], 'error')}, {counted(told['warning'], 'warning')}, {told['advice']} of advice"
    yield f"{counted(len(held), 'value set')}: {coloured(shown, 'error' if told['error'] else 'good')}"
