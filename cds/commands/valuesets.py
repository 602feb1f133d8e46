"""``cds valuesets``: which value sets there are, what is in them, and who uses them."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from cds.commands.environment import CannotStart, settings_or_stop
from cds.commands.output import counted, json_option, plain, progress, report, table
from cds.commands.versions import is_version, version_named
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.authoring.valuesets.inside import Held, User
    from cds.authoring.versions import Version
    from cds.rules.ruleset import ValueSet


@click.group()
def valuesets() -> None:
    """Value sets: the codes that rules ask for. List and show them, bring new ones in, see what an upgrade changes.

    A value set is named RULESET[@VERSION]/SET, such as metformin-renal/egfr-2021 (the newest published version, or the
    draft where nothing is published). Libraries have value sets too.
    """


@valuesets.command(name="list")
@click.argument("rulesets", nargs=-1, metavar="[RULESET...]")
@json_option
def list_sets(rulesets: tuple[str, ...], as_json: bool) -> None:
    """List the value sets of RULESETs (all if none is named): how many codes, of which systems, from where."""
    settings = settings_or_stop()
    versions = versions_named(rulesets, settings)
    held = [each for version in versions for each in _held(version)]
    rows = [_row(each) for each in held]
    lines = [
        *table(("value set", "codes", "systems", "from"), rows),
        f"{counted(len(held), 'value set')} of {counted(len(versions), 'version')}",
    ]
    report(lines, {"valueSets": [_data(each) for each in held]}, as_json=as_json)


@valuesets.command()
@click.argument("named", metavar="RULESET[@VERSION]/SET")
@json_option
def show(named: str, as_json: bool) -> None:
    """Show one value set: each code with its line, and which definitions and rules of which rulesets use it."""
    settings = settings_or_stop()
    held = set_named(named, settings)
    users = users_here(held, settings)
    value_set = held.value_set
    columns = list(dict.fromkeys(name for row in value_set.rows.values() for name in row if name != "display"))
    codes = [
        {"system": coding.system, "code": coding.code, **row, **_place(value_set, coding)}
        for coding, row in sorted(value_set.rows.items())
    ]
    result = _data(held) | {"codes": codes, "users": [user_data(each) for each in users]}
    report(_shown(held, users, columns), result, as_json=as_json)


def _place(value_set: "ValueSet", coding: object) -> dict[str, object]:
    place = value_set.places.get(coding)  # type: ignore[call-overload]
    return {"file": place.file, "line": place.line} if place else {}


def _shown(held: "Held", users: "Sequence[User]", columns: Sequence[str]) -> Iterator[str]:
    value_set = held.value_set
    yield plain(f"{held.address}: {counted(len(value_set.rows), 'code')} ({value_set.location})")
    if value_set.origin:
        yield plain(f"taken from {value_set.origin}")
    yield ""
    wide = [name for name in columns if name != "verified_from"]
    rows = (
        [system_name(coding.system), coding.code, row.get("display", ""), *(row.get(name, "") for name in wide)]
        for coding, row in sorted(value_set.rows.items())
    )
    yield from table(("system", "code", "display", *wide), rows)
    for source in held.sources:
        yield plain(f"read in {source}")
    yield ""
    yield from user_lines(users)


def user_lines(users: "Sequence[User]") -> Iterator[str]:
    """Who uses a value set, or that nobody does."""
    if not users:
        yield "no rule here uses it"
        return
    rows = ([each.version, each.name, _several(each.definitions), _several(each.rules)] for each in users)
    yield from table(("used by", "as", "definitions", "rules"), rows)


def _several(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def user_data(user: "User") -> dict[str, object]:
    """A user in the envelope."""
    return {
        "version": user.version, "name": user.name, "definitions": list(user.definitions), "rules": list(user.rules),
    }  # fmt: skip


def _row(held: "Held") -> list[str]:
    systems: dict[str, int] = {}
    for coding in held.value_set.rows:
        name = system_name(coding.system)
        systems[name] = systems.get(name, 0) + 1
    told = ", ".join(f"{count} {name}" for name, count in sorted(systems.items())) or "none"
    return [held.address, str(len(held.value_set.rows)), told, _from(held.sources)]


def _from(sources: Sequence[str]) -> str:
    return f"{sources[0]}{f' and {len(sources) - 1} more' if len(sources) > 1 else ''}" if sources else "-"


def _data(held: "Held") -> dict[str, object]:
    version, value_set = held.version, held.value_set
    return {
        "valueSet": held.address, "ruleset": version.ruleset.name, "name": value_set.name,
        "count": len(value_set.rows), "systems": sorted({coding.system for coding in value_set.rows}),
        "sources": list(held.sources), "file": value_set.location.file, "line": value_set.location.line,
    }  # fmt: skip


def system_name(uri: str) -> str:
    """The short name of a code system, where it has one."""
    from cds.terminology.coding import SYSTEM_NAMES

    return next((name for name, known in SYSTEM_NAMES.items() if known == uri), uri)


def _held(version: "Version") -> "list[Held]":
    from cds.authoring.valuesets.inside import held_by

    return list(held_by(version))


def versions_named(named: Sequence[str], settings: Settings) -> "list[Version]":
    """The versions that are named; without a name, of everything the newest published version, and the drafts."""
    from cds.authoring.versions import published_versions

    names = list(named)
    if not names:
        kinds = ("ruleset", "library")
        for home in sorted({file.parents[1] for kind in kinds for file in settings.rulesets.glob(f"*/*/{kind}.yaml")}):
            names += [f"{home.name}@{version}" for version in published_versions(home)[-1:]]
            names += [f"{home.name}@draft"] if is_version(home / "draft") else []
    if not names:
        raise CannotStart(f"there is no ruleset in {settings.rulesets}")
    with progress("reading rulesets", len(names)) as advance:
        found = []
        for name in names:
            found.append(version_named(name, settings.rulesets, newest=True))
            advance(1)
    return found


def set_named(named: str, settings: Settings) -> "Held":
    """One value set by its address."""
    from cds.documents.reader import did_you_mean

    address, _, name = named.partition("/")
    if not address or not name:
        raise CannotStart(f"write RULESET/SET, such as metformin-renal/egfr-2021, and not {plain(named)}")
    held = {each.value_set.name: each for each in _held(version_named(address, settings.rulesets, newest=True))}
    if name not in held:
        hint = did_you_mean(name, held)
        raise CannotStart(f"{plain(address)} has no value set {plain(name)}{f'; {hint}' if hint else ''}")
    return held[name]


def users_here(held: "Held", settings: Settings) -> "list[User]":
    """Who uses it, among what stands here."""
    from cds.authoring.valuesets.inside import users_of

    every = {version.folder.resolve(): version for version in (held.version, *versions_named((), settings))}
    return list(users_of(held, every.values()))
