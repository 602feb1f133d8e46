"""``cds export``: versions as FHIR R4 resources, for other repositories and for readers with FHIR tools."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds.commands.environment import CannotStart, moment_or_stop, settings_or_stop
from cds.commands.output import counted, json_option, plain, progress, report
from cds.commands.versions import version_named
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.authoring.exporting.metadata import Resource


@click.command()
@click.argument("rulesets", nargs=-1, required=True, metavar="RULESET...")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Write a file for each resource into this folder."
)
@click.option("--bundle", "as_bundle", is_flag=True, help="With --out: one file, a Bundle with all of them.")
@click.option(
    "--base", default="urn:cds-rules", show_default=True,
    help="What canonical addresses begin with, such as https://cds.example.org/fhir.",
)  # fmt: skip
@click.option("--at", "at", help="The day on which it is asked which versions are retired (today if not given).")
@json_option
def export(  # noqa: PLR0917 - click names them
    rulesets: tuple[str, ...], out: Path | None, as_bundle: bool, base: str, at: str | None, as_json: bool
) -> None:
    """Write RULESETs (and libraries) as FHIR R4: PlanDefinition, Library and ValueSet.

    NAME (the newest published), NAME@VERSION or NAME@draft. Without --out a Bundle is printed. The Library carries the
    files of the version, byte for byte, and the libraries that it uses come with it: from the Bundle the version can be
    put back with the same digest. Conditions stay in the rule language; nothing is translated to CQL.

    Before anything is written, it is checked as FHIR R4, read back, and compared with the version.
    """
    settings = settings_or_stop()
    if as_bundle and out is None:
        raise click.UsageError("--bundle says how --out writes: without --out a Bundle is printed")
    made = _resources(rulesets, base, at, settings)
    addresses = [each["identifier"][0]["value"] for each in made if each["resourceType"] == "Library"]
    told = {"versions": addresses, "resources": [f"{each['resourceType']}/{each['id']}" for each in made]}
    if out is None:
        whole = _bundle(made)
        report([_text(whole).rstrip()], told | {"files": [], "bundle": whole}, as_json=as_json)
        return
    texts = {"bundle.json": _text(_bundle(made))} if as_bundle else {_file(each): _text(each) for each in made}
    _write(out, texts)
    result = told | {"files": [str(out / name) for name in texts], "bundle": None}
    report(_lines(out, addresses, made, texts), result, as_json=as_json)


def _resources(rulesets: Sequence[str], base: str, at: str | None, settings: Settings) -> "list[Resource]":
    """All resources, each once, and nothing wrong with any of them."""
    from cds.authoring.exporting.bundle import libraries, resources
    from cds.authoring.exporting.checking import wrong_in
    from cds.authoring.exporting.metadata import Setting
    from cds.authoring.exporting.naming import Names, is_base

    if not is_base(base.rstrip("/")):
        raise click.BadParameter("an address such as https://cds.example.org/fhir, or urn:...", param_hint="--base")
    setting = Setting(Names(base.rstrip("/")), moment_or_stop(at, settings).today)
    versions = [version_named(name, settings.rulesets, newest=True) for name in rulesets]
    made: dict[tuple[str, str], Resource] = {}
    with progress("exporting", len(versions)) as advance:
        for version in versions:
            found = resources(version, setting)
            if wrong := wrong_in(found, [version, *libraries(version)], setting.names):
                raise RuntimeError(wrong)  # a fault of ours: what was read is sound
            made |= {(each["resourceType"], each["id"]): each for each in found}
            advance(1)
    return list(made.values())


def _bundle(made: "list[Resource]") -> "Resource":
    from cds.authoring.exporting.bundle import bundle

    return bundle(made)


def _text(resource: "Resource") -> str:
    return json.dumps(resource, indent=2, ensure_ascii=False) + "\n"


def _file(resource: "Resource") -> str:
    return f"{resource['resourceType']}-{resource['id']}.json"


def _write(out: Path, texts: dict[str, str]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as fault:
        raise CannotStart(f"{out} cannot be written ({type(fault).__name__})") from None


def _lines(out: Path, addresses: list[str], made: "list[Resource]", texts: dict[str, str]) -> Iterator[str]:
    kinds = [each["resourceType"] for each in made]
    told = ", ".join(
        counted(kinds.count(kind), kind) for kind in ("PlanDefinition", "Library", "ValueSet") if kind in kinds
    ).replace("Librarys", "Libraries")
    yield plain(f"{', '.join(addresses)}: {told}")
    yield f"{counted(len(texts), 'file')} in {out}; valid FHIR R4, and read back the same"
