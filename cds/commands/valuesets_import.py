"""``cds valuesets import``: codes from outside as a value set of a draft, with where they come from."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds import clock
from cds.commands.environment import CannotStart, settings_or_stop
from cds.commands.output import FOUND, OK, counted, json_option, plain, problem_lines, report, waiting, write_anew
from cds.commands.versions import home_named
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.authoring.valuesets.code_set import CodeSet


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--as", "name", metavar="SET", help="What the value set is called (after the file's own name if not given)."
)
@click.option("--into", metavar="RULESET", help="Write it into the draft of this ruleset or library.")
@click.option("--replace", is_flag=True, help="With --into: the value set is there already; write its table anew.")
@click.option("--system", default="", help="Of a table without that column: rxnorm, snomed, loinc, ... or a URI.")
@click.option("--url", default="", help="The published value set that the codes are from, where the file does not say.")
@click.option("--set-version", default="", help="Its version, where the file does not say.")
@json_option
def import_set(  # noqa: PLR0917 - click names them
    file: Path,
    name: str | None,
    into: str | None,
    replace: bool,
    system: str,
    url: str,
    set_version: str,
    as_json: bool,
) -> None:
    """Bring in FILE: a FHIR ValueSet in JSON (its expansion, or a compose that lists its codes), or a table in CSV.

    Without --into the entry is printed, with every code, to be pasted under `value-sets:`. With it, the codes become
    value-sets/SET.csv of the draft, and the entry is added to its file. Where the codes come from (url, version, day)
    stands with them. CSV: columns system, code, display and any others; commas, semicolons or tabs; UTF-8.

    What only a terminology server can work out (filters, whole code systems) is refused: import its expansion.
    """
    from dataclasses import replace as with_these

    from cds.authoring.valuesets.outside import read_code_set

    settings = settings_or_stop()
    if replace and into is None:
        raise click.UsageError("--replace goes with --into")
    with waiting(f"reading {plain(str(file))}"):
        found, problems = read_code_set(file, system)
    if found is None:
        report(problem_lines(problems), None, as_json=as_json, problems=problems, status=FOUND)
        return
    found = with_these(found, file=_from_here(file), url=url or found.url, version=set_version or found.version)
    called = _name(name or _kebab(found.name or found.title or file.stem))
    result: dict[str, object] = {
        "name": called, "codes": len(found.codes), "how": found.how, "url": found.url, "version": found.version,
        "date": found.date,
    }  # fmt: skip
    if into is None:
        entry = _entry(found, called, settings)
        report(
            [*problem_lines(problems), *entry],
            result | {"entry": entry, "files": []},
            as_json=as_json,
            problems=problems,
        )
        return
    lines, files = _write(found, called, _draft(into, settings), settings, replace=replace)
    lines = [*problem_lines(problems), *lines]
    report(lines, result | {"files": files}, as_json=as_json, problems=problems, status=OK)


def _from_here(file: Path) -> str:
    """The file as others can find it: no path of this machine goes into a ruleset."""
    if not file.is_absolute():
        return str(file)
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else file.name


def _kebab(text: str) -> str:
    """A name that an author could have given: ``DiabetesVisit (2025)`` as ``diabetes-visit-2025``."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text)
    return re.sub(r"[^a-z0-9]+", "-", apart.lower()).strip("-")[:60].strip("-")


def _name(name: str) -> str:
    from cds.rules.source.names import NAME

    if not NAME.match(name) or len(name) > 80:
        raise CannotStart(
            f"{plain(name) or 'this'} cannot be the name of a value set: small letters, digits, hyphens (--as)"
        )
    return name


def _entry(found: "CodeSet", name: str, settings: Settings, table: str = "") -> list[str]:
    from cds.authoring.valuesets.writing import entry_of

    return entry_of(found, name, clock.now().astimezone(settings.timezone).date(), table)


def _draft(into: str, settings: Settings) -> Path:
    home = home_named(into.removesuffix("@draft"), settings.rulesets)
    for kind in ("ruleset", "library"):
        if (file := home / "draft" / f"{kind}.yaml").is_file():
            return file
    hint = f"copy a version to {home / 'draft'} and write status: draft"
    raise CannotStart(f"there is no draft of {plain(into)}, and published versions are never edited: {hint}")


def _write(
    found: "CodeSet", name: str, file: Path, settings: Settings, *, replace: bool
) -> tuple[list[str], list[str]]:
    from cds.authoring.valuesets.writing import table_of, with_entry

    table = file.parent / "value-sets" / f"{name}.csv"
    text, there = _text_and_sets(file)
    if name in there and not replace:
        raise CannotStart(f"{file} has a value set {name} already: --replace writes its codes anew, --as names another")
    entry = _entry(found, name, settings, table.name)
    if name not in there:
        changed = with_entry(text, name, entry)
        if changed is None:
            raise CannotStart(
                f"{file}: a value set cannot be added to it; write `value-sets:` in block style (cds format)"
            )
        _put(table, table_of(found))
        write_anew(file, changed.encode())
        return [f"wrote {table}: {counted(len(found.codes), 'code')}", f"added {name} to {file}"], [
            str(table),
            str(file),
        ]
    if there[name] != table.name:
        raise CannotStart(
            f"{file}: the codes of {name} do not stand in {table.name}; write file: {table.name} in its entry"
        )
    _put(table, table_of(found))
    told = [f"wrote {table}: {counted(len(found.codes), 'code')}", f"the entry in {file} should now say:"]
    return [*told, *(f"  {line}" for line in entry)], [str(table)]


def _text_and_sets(file: Path) -> tuple[str, dict[str, str]]:
    """The text of a draft, and its value sets with the table of each ("" where codes stand in the file)."""
    from cds.documents.files import read_file
    from cds.documents.problem import Location, Problem
    from cds.documents.yaml_tree import Table, Text, read_yaml

    content, problems = read_file(file)
    root, more = read_yaml(content, str(file)) if content is not None else (None, [])
    if content is None or not isinstance(root, Table):
        told = [*problems, *more] or [
            Problem("CDS110", Location(str(file)), "this is no table of keys", "ruleset: NAME")
        ]
        raise CannotStart(f"{file} cannot be read; mend it first:\n" + "\n".join(map(str, told)))
    sets = root.get("value-sets")
    there: dict[str, str] = {}
    for key, value in sets.entries if isinstance(sets, Table) else ():
        named = value.get("file") if isinstance(value, Table) else None
        there[key.text] = named.text if isinstance(named, Text) else ""
    return content.decode("utf-8-sig"), there


def _put(table: Path, content: bytes) -> None:
    try:
        table.parent.mkdir(exist_ok=True)
        if table.is_symlink():
            raise CannotStart(f"{table} is a link: put the file itself there")
        table.touch()
        write_anew(table, content)
    except OSError as fault:
        raise CannotStart(f"{table} cannot be written ({type(fault).__name__})") from None
