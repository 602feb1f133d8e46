"""``cds format``: rulesets in the house layout. Block style, short lists on one line, comments kept; nothing else."""

import os
from pathlib import Path

import click

#: Lists of a rulesets folder that have the layout. Case files may keep their rows of one line: name them to open them.
_OF_FOLDERS = ("services.yaml", "override-reasons.yaml", "topics.yaml")


@click.command(name="format")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--check", is_flag=True, help="Change nothing; end with 1 if something would be changed.")
def format_files(paths: tuple[Path, ...], check: bool) -> None:
    """Lay out rulesets anew: the files in PATHS, and below folders every draft and the lists of all rulesets.

    Published versions are never edited. Ends with 1 if a file cannot be laid out.
    """
    failed = changed = 0
    for file in files_below(paths):
        if _is_published(file):
            click.echo(f"{file}: published versions are never edited", err=True)
            failed += 1
            continue
        outcome = _lay_out(file, check=check)
        failed, changed = failed + (outcome is None), changed + bool(outcome)
    click.echo(f"{changed} {'would change' if check else 'changed'}, {failed} could not be laid out")
    if failed or (check and changed):
        raise click.exceptions.Exit(1)


def files_below(paths: tuple[Path, ...]) -> list[Path]:
    """The files that are named, and those below folders that are not published."""
    found: list[Path] = []
    for path in paths:
        if path.is_file():
            found.append(path)
            continue
        inside = [*path.rglob("ruleset.yaml"), *path.rglob("library.yaml"), *(path / name for name in _OF_FOLDERS)]
        found += [file for file in sorted(inside) if file.is_file() and not _is_published(file)]
    return list(dict.fromkeys(found))


def _is_published(file: Path) -> bool:
    """A version with a DIGEST; its cases stand outside the digest."""
    return (file.parent / "DIGEST").is_file()


def _lay_out(file: Path, *, check: bool) -> bool | None:
    """True when the file was (or would be) changed; None when it cannot be laid out."""
    from cds.documents.layout import laid_out

    before = file.read_bytes()
    after, problems = laid_out(before, str(file))
    for problem in problems:
        click.echo(str(problem))
    if after is None:
        return None
    if after == before:
        return False
    click.echo(f"{file}: {'would change' if check else 'changed'}")
    if not check:
        beside = file.with_name(f".{file.name}.new")
        beside.write_bytes(after)
        beside.chmod(file.stat().st_mode)
        os.replace(beside, file)
    return True
