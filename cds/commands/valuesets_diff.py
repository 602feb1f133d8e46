"""``cds valuesets diff``: what an upgrade of a value set changes, and what here would notice."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds.commands.environment import CannotStart, settings_or_stop
from cds.commands.output import FOUND, OK, coloured, json_option, plain, problem_lines, report, table, waiting
from cds.commands.valuesets import (
    set_named,
    system_name,
    user_data,
    user_lines,
    versions_named,
)
from cds.documents.problem import Problem
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.authoring.valuesets.code_set import CodeSet
    from cds.authoring.valuesets.differing import CodeChange
    from cds.authoring.valuesets.inside import Held, User

#: Of files that are compared; no name of a value set ends so.
_FILES = frozenset((".csv", ".json", ".tsv", ".txt"))
_COLOURS = {"lost": "error", "gained": "good", "retired": "warning", "renamed": "advice"}


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--exit-code", is_flag=True, help="End with 1 when something differs.")
@json_option
def diff(old: str, new: str, exit_code: bool, as_json: bool) -> None:
    """Compare OLD with NEW: each a file (FHIR ValueSet, CSV) or RULESET[@VERSION]/SET.

    Says which codes were gained, lost, retired by the new one, or renamed; which definitions and rules use the set that
    is named, in which rulesets; and which other value sets here come from the same published one.
    """
    from cds.authoring.valuesets.differing import code_changes
    from cds.authoring.valuesets.inside import users_of

    settings = settings_or_stop()
    (before, held, problems), (after, other, more) = _read(old, settings), _read(new, settings)
    if before is None or after is None:
        problems += more
        report(problem_lines(problems), None, as_json=as_json, problems=problems, status=FOUND)
        return
    found = code_changes(before, after)
    held = held or other
    versions = versions_named((), settings) if held is not None or after.url else []
    if held is not None and held.version.folder not in [version.folder for version in versions]:
        versions.append(held.version)
    users = list(users_of(held, versions)) if held is not None else []
    same = [each for each in _same_source(before, after, versions) if held is None or each.address != held.address]
    counts = {what: sum(change.what == what for change in found) for what in _COLOURS}
    result = {
        "old": old, "new": new, "counts": counts, "changes": [_data(change) for change in found],
        "users": [user_data(each) for each in users], "sameSource": [each.address for each in same],
    }  # fmt: skip
    lines = _lines(found, counts, users, same, is_here=held is not None)
    report(lines, result, as_json=as_json, status=FOUND if exit_code and found else OK)


def _read(named: str, settings: Settings) -> "tuple[CodeSet | None, Held | None, list[Problem]]":
    """The codes of a file, or of a value set here; without codes, and why, where a file cannot be used."""
    from cds.authoring.valuesets.outside import read_code_set

    if Path(named).is_file():
        with waiting(f"reading {plain(named)}"):
            found, problems = read_code_set(Path(named))
        return found, None, problems
    if "/" not in named or Path(named).suffix.lower() in _FILES:
        raise CannotStart(f"there is no file {plain(named)}; a value set here is written RULESET/SET")
    held = set_named(named, settings)
    return held.as_codes(), held, []


def _same_source(before: "CodeSet", after: "CodeSet", versions: Sequence[object]) -> "Iterator[Held]":
    """Value sets here that were read in the published one that either side is."""
    from cds.authoring.valuesets.inside import held_by

    urls = {url for url in (before.url, after.url) if url}
    for version in versions:
        for held in held_by(version):  # type: ignore[arg-type]
            if urls & {source.partition("|")[0] for source in held.sources}:
                yield held


def _data(change: "CodeChange") -> dict[str, object]:
    return {
        "what": change.what, "system": change.coding.system, "code": change.coding.code,
        "before": change.before or None, "after": change.after or None,
    }  # fmt: skip


def _lines(
    found: "Sequence[CodeChange]",
    counts: dict[str, int],
    users: "Sequence[User]",
    same: "Sequence[Held]",
    *,
    is_here: bool,
) -> Iterator[str]:
    if found:
        rows = ([each.what, system_name(each.coding.system), each.coding.code, _called(each)] for each in found)
        yield from table(("change", "system", "code", "display"), rows)
        yield ""
    if is_here:
        yield from user_lines(users)
        yield ""
    if same:
        yield from (plain(f"from the same published value set: {each.address}") for each in same)
        yield ""
    told = ", ".join(coloured(f"{count} {what}", _COLOURS[what]) for what, count in counts.items() if count)
    yield told or coloured("the same codes under the same names", "good")


def _called(change: "CodeChange") -> str:
    return f"{change.before} -> {change.after}" if change.what == "renamed" else change.after or change.before
