"""``cds docs``: each ruleset as a page that people read, in Markdown and HTML."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds.commands.environment import CannotStart, settings_or_stop
from cds.commands.output import FOUND, OK, counted, json_option, progress, report, write_anew
from cds.commands.versions import home_named
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.authoring.versions import Version

_DOCS = Path(__file__).resolve().parents[2] / "docs"


@click.command()
@click.argument("rulesets", nargs=-1, metavar="[RULESET...]")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("docs/rulesets"), show_default=True
)
@click.option("--html/--no-html", default=True, help="HTML beside the Markdown [yes].")
@click.option("--check", is_flag=True, help="Write nothing; end with 1 if a page in Markdown is not up to date.")
@json_option
def docs(rulesets: tuple[str, ...], out: Path, html: bool, check: bool, as_json: bool) -> None:
    """Write what RULESETs do, for whom and why, as pages: NAME (the newest published), NAME@VERSION, NAME@draft.

    Without a name, every ruleset that is published. The pages are made from the version, its cases, its CHANGELOG.md
    and the clinical notes.
    """
    settings = settings_or_stop()
    folders = [_folder(name, settings.rulesets) for name in rulesets] or _newest(settings.rulesets)
    with progress("writing pages", len(folders)) as advance:
        pages = dict(_pages(folders, settings, advance, html=html and not check, index=not rulesets))
    stale = [name for name, text in pages.items() if _there(out / name) != text]
    if not rulesets:
        stale += [path.name for path in sorted(out.glob("*.md")) if path.name not in pages]
    if not check:
        _write(out, pages)
    result = {"out": str(out), "pages": sorted(pages), "stale": stale}
    report(_lines(out, pages, stale, check=check), result, as_json=as_json, status=FOUND if check and stale else OK)


def _lines(out: Path, pages: dict[str, str], stale: list[str], *, check: bool) -> Iterator[str]:
    if check:
        yield from (f"{out / name} is not up to date: cds docs" for name in stale)
        yield f"{len(pages)} pages, {len(stale)} not up to date"
    else:
        yield f"{counted(len(pages), 'page')} in {out}, {len(stale)} changed"


def _folder(named: str, rulesets: Path) -> Path:
    from cds.authoring.versions import published_versions

    name, _, version = named.partition("@")
    home = home_named(name, rulesets)
    here = published_versions(home)
    chosen = version or (here[-1] if here else "draft")
    if chosen not in (*here, "draft") or not (home / chosen / "ruleset.yaml").is_file():
        raise CannotStart(f"there is no ruleset {named} in {rulesets}; libraries have no page")
    return home / chosen


def _newest(rulesets: Path) -> list[Path]:
    from cds.authoring.versions import published_versions

    homes = sorted({file.parents[1] for file in rulesets.glob("*/[0-9]*/ruleset.yaml")})
    if not homes:
        raise CannotStart(f"there is no published ruleset in {rulesets}")
    return [home / published_versions(home)[-1] for home in homes]


def _pages(
    folders: list[Path], settings: Settings, advance: Callable[[int], None], *, html: bool, index: bool
) -> Iterator[tuple[str, str]]:
    """Name of the file, and what stands in it. index: a list of all of them too; of some it would lose the others."""
    from cds.authoring.case_judging import case_files
    from cds.authoring.cases import expand
    from cds.authoring.clinical_notes import notes_about
    from cds.authoring.page_html import html_of
    from cds.authoring.publishing import CannotPublish, changelog_of
    from cds.authoring.ruleset_page import Sources, page
    from cds.authoring.versions import read_version

    made: list[tuple[Version, str]] = []
    for folder in folders:
        advance(1)
        version, problems = read_version(folder)
        if version is None:
            raise CannotStart(f"{folder} has errors; mend them first (cds lint):\n" + "\n".join(map(str, problems)))
        runs = [run for file in case_files(folder) for run in expand(file, settings.timezone)[0]]
        try:
            text = changelog_of(folder.parent)
        except CannotPublish as fault:
            raise CannotStart(fault.reason) from None
        sources = Sources(runs, text, notes_about(version.file, _DOCS))
        made.append((version, folder.parent.name))
        yield f"{folder.parent.name}.md", page(version, sources)
        if html:
            yield f"{folder.parent.name}.html", html_of(page(version, sources, mermaid=False), version.ruleset.title)
    if index:
        yield "README.md", _index(made)


def _index(made: "list[tuple[Version, str]]") -> str:
    from cds.authoring.ruleset_page import in_text

    rows = (
        f"| [{in_text(v.ruleset.title)}]({name}.md) | {v.ruleset.address} | {len(v.ruleset.rules)} |"
        for v, name in made
    )
    head = ("# Rulesets", "", "Made by `cds docs` from the rulesets; not edited by hand.", "")
    return "\n".join((*head, "| Ruleset | Version | Rules |", "|---|---|---|", *rows)) + "\n"


def _there(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


def _write(out: Path, pages: dict[str, str]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            if _there(out / name) != text:
                (out / name).touch()
                write_anew(out / name, text.encode())
    except OSError as fault:
        raise CannotStart(f"{out} cannot be written ({type(fault).__name__})") from None
