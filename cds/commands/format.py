"""``cds format``: rulesets in the house layout. Block style, short lists on one line, comments kept; nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from cds.commands.output import FOUND, OK, json_option, problem_lines, report, write_anew
from cds.documents.files import read_file
from cds.documents.problem import Problem

#: Lists of a rulesets folder that have the layout. Case files may keep their rows of one line: name them to open them.
_OF_FOLDERS = ("services.yaml", "override-reasons.yaml", "topics.yaml")


@click.command(name="format")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--check", is_flag=True, help="Change nothing; end with 1 if something would be changed.")
@json_option
def format_files(paths: tuple[Path, ...], check: bool, as_json: bool) -> None:
    """Lay out rulesets anew: the files in PATHS, and below folders every draft and the lists of all rulesets.

    Published versions are never edited. Ends with 1 if a file cannot be laid out.
    """
    done = [_lay_out(file, check=check) for file in files_below(paths)]
    changed = any(each.outcome == "changed" for each in done)
    failed = any(each.outcome in ("failed", "published") for each in done)
    result = {"check": check, "files": [{"file": str(each.file), "outcome": each.outcome} for each in done]}
    problems = [problem for each in done for problem in each.problems]
    status = FOUND if failed or (check and changed) else OK
    report(_lines(done, check=check), result, as_json=as_json, problems=problems, status=status)


def _lines(done: "list[LaidOut]", *, check: bool) -> Iterator[str]:
    verb = "would change" if check else "changed"
    for each in done:
        yield from problem_lines(each.problems)
        if each.outcome == "changed":
            yield f"{each.file}: {verb}"
        elif each.outcome == "published":
            yield f"{each.file}: published versions are never edited"
        for number in each.long:
            yield f"{each.file}:{number}: longer than 120 characters, wrap it by hand"
    outcomes = [each.outcome for each in done]
    failed = outcomes.count("failed") + outcomes.count("published")
    yield f"{outcomes.count('changed')} {verb}, {failed} could not be laid out"


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


@dataclass(frozen=True, slots=True)
class LaidOut:
    """What became of a file; with ``--check`` it only would have."""

    file: Path
    outcome: Literal["same", "changed", "published", "failed"]
    problems: tuple[Problem, ...] = ()
    long: tuple[int, ...] = ()


def _lay_out(file: Path, *, check: bool) -> LaidOut:
    from cds.documents.layout import laid_out, long_lines

    if _is_published(file):
        return LaidOut(file, "published")
    before, unread = read_file(file)
    if before is None:
        return LaidOut(file, "failed", tuple(unread))
    after, problems = laid_out(before, str(file))
    if after is None:
        return LaidOut(file, "failed", tuple(problems))
    long = tuple(long_lines(after))
    if after == before:
        return LaidOut(file, "same", tuple(problems), long)
    if not check:
        write_anew(file, after)
    return LaidOut(file, "changed", tuple(problems), long)
