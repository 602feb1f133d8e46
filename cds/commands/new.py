"""``cds new``: the first draft of a ruleset, commented, with a case that fails and says what to do next."""

from pathlib import Path

import click

from cds.commands.environment import CannotStart, moment_or_stop, settings_or_stop
from cds.commands.output import json_option, report
from cds.commands.versions import is_plain, is_version, no_file_in


@click.command()
@click.argument("name")
@json_option
def new(name: str, *, as_json: bool) -> None:
    """Write the draft rulesets/NAME/draft: a small commented ruleset, and a case that fails until you mend it.

    NAME: small letters, digits and hyphens, such as hyperkalaemia-orders. Of a ruleset (or library) that is published,
    the draft is a copy of the newest version with the next number. A draft that is there already is left alone.
    """
    from cds.authoring.scaffold import scaffold
    from cds.authoring.versions import published_versions
    from cds.documents.problem import Location
    from cds.documents.yaml_tree import Text
    from cds.rules.source.names import check_name
    from cds.rules.source.reader import Reader

    settings = settings_or_stop()
    reader = Reader("NAME")
    check_name(reader, Text(name, Location("NAME")), "a ruleset")
    if reader.problems:
        problem = reader.problems[0]
        raise CannotStart(f"{problem.message}: {problem.hint}" if problem.hint else problem.message)
    if not is_plain(name):
        raise CannotStart("NAME is too long for a folder")
    if not settings.rulesets.is_dir():
        raise CannotStart(f"there is no folder {settings.rulesets}: start in the project's folder, or set CDS_RULESETS")
    folder = settings.rulesets / name / "draft"
    if folder.is_dir() and not is_version(folder):
        raise CannotStart(no_file_in(folder))
    if folder.exists():
        raise CannotStart(f"{folder} is there already: cds test {name}@draft and cds lint {name}@draft go on with it")
    if versions := published_versions(folder.parent):
        _copy(folder.parent / versions[-1], folder, as_json=as_json)
        return
    files = _write(folder, scaffold(name, moment_or_stop(None, settings).today))
    result = {"folder": str(folder), "files": [str(file) for file in files]}
    report(_next(name, files), result, as_json=as_json)


def _copy(published: Path, folder: Path, *, as_json: bool) -> None:
    from cds.authoring.scaffold import NotCopied, next_draft

    name = published.parent.name
    try:
        number, files = next_draft(published, folder)
    except OSError as fault:
        raise CannotStart(f"{folder} cannot be written ({type(fault).__name__})") from None
    except NotCopied as fault:
        raise CannotStart(str(fault)) from None
    lines = [
        f"wrote {folder}: a copy of {name}@{published.name}, as {number}",
        "next: change it, and its cases; then",
        f"  cds diff {name}                what changed, and for which patients",
        f"  cds publish {name} --check     which number that asks for: write it under version:",
    ]
    told = {"folder": str(folder), "files": [str(file) for file in files], "from": published.name, "version": number}
    report(lines, told, as_json=as_json)


def _write(folder: Path, texts: dict[str, str]) -> list[Path]:
    written = []
    try:
        for path, text in texts.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            written.append(file)
    except OSError as fault:
        raise CannotStart(f"{folder} cannot be written ({type(fault).__name__})") from None
    return written


def _next(name: str, files: list[Path]) -> list[str]:
    return [
        *(f"wrote {file}" for file in files),
        "next:",
        f"  cds test {name}@draft     one case fails, and says why",
        f"  cds lint {name}@draft     what is still to be filled in",
        "  docs/authoring.md goes on from here",
    ]
