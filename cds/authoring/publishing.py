"""A draft becomes a version: the last checks, the copy, its DIGEST, its record. What is published is never edited."""

import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cds.authoring.comparing import Change, Level, changes, least_next, level_of, numbers
from cds.authoring.versions import Version, published_versions, read_version
from cds.documents.problem import Problem
from cds.rules.catalog.digest import digest_of
from cds.rules.catalog.publications import (
    FILE,
    UNKNOWN_AUTHOR,
    UNKNOWN_TIME,
    Approval,
    Publication,
    read_publications,
    written,
)
from cds.rules.catalog.version_folder import has_errors
from cds.rules.ruleset import Ruleset

CHANGELOG = "CHANGELOG.md"
_STATUS = re.compile(rb"^(status:[ \t]*)draft(?=[ \t]*(?:#.*)?\r?$)", re.MULTILINE)


class CannotPublish(Exception):
    """reason: what hinders it, and what to do. problems: those of the files, where there are any."""

    def __init__(self, reason: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Step:
    """From the version before to the draft. before: None for a first version, with nothing to compare."""

    before: Version | None
    changes: tuple[Change, ...]
    level: Level | None
    least: str | None


def step_to(draft: Version) -> Step:
    """What changes against the highest version below the draft's number, and the least number for that.

    Raises CannotPublish where the number is taken, too low, or nothing changed.
    """
    name, version = draft.ruleset.name, draft.ruleset.version
    here = published_versions(draft.folder.parent)
    if version in here:
        raise CannotPublish(f"{name}@{version} is published already: write the next number under version:")
    below = [each for each in here if numbers(each) < numbers(version)]
    if not below:
        if here:
            raise CannotPublish(f"version: {version} is below {here[0]}, the first version of {name}")
        return Step(None, (), None, None)
    before, problems = read_version(draft.folder.parent / below[-1])
    if before is None:
        raise CannotPublish(f"{name}@{below[-1]} cannot be compared with: put it back as it was", problems)
    found = changes(before, draft)
    level = level_of(found)
    if level is None:
        raise CannotPublish(f"nothing has changed since {before.ruleset.address}")
    least = least_next(below[-1], level)
    if numbers(version) < numbers(least):
        causes = ", ".join(f"{each.kind} {each.name} {each.what}" for each in found if each.level == level)
        what = f"version: {version} is too low. Against {below[-1]} this is a {level} change ({causes})"
        raise CannotPublish(f"{what}: the least number is {least}")
    return Step(before, tuple(found), level, least)


def changelog_of(folder: Path) -> str:
    """The ruleset's own changelog, "" where there is none. Raises CannotPublish for one that is no text."""
    file = folder / CHANGELOG
    try:
        return file.read_text(encoding="utf-8") if file.is_file() else ""
    except UnicodeDecodeError:
        raise CannotPublish(f"{file}:1:1: this is not UTF-8: save it as UTF-8") from None


def check_changelog(folder: Path, version: str, entry: str | None = None) -> None:
    """The ruleset's own changelog has something under ``## <version>``, or will have; CannotPublish if not."""
    file = folder / CHANGELOG
    text = changelog_of(folder)
    parts = re.split(r"^## +", text, flags=re.MULTILINE)[1:]
    mine = [part.partition("\n")[2] for part in parts if re.match(rf"{re.escape(version)}(?![\d.])", part)]
    if entry is not None and (mine or not entry.strip()):
        raise CannotPublish(
            f"--entry: {file} speaks of {version} already; leave the option out" if mine else "--entry: empty"
        )
    if entry is None and not any(part.strip() for part in mine):
        hint = "say which patients see something else, and since when; or give it as --entry TEXT"
        raise CannotPublish(f'{file} says nothing under "## {version}": {hint}')


def with_entry(text: str, title: str, version: str, day: str, entry: str) -> str:
    """A changelog with one more entry, the newest on top."""
    head, mark, rest = (text or f"# Changes of {title}\n").partition("\n## ")
    return f"{head.rstrip()}\n\n## {version} ({day})\n\n{entry.strip()}\n" + (f"{mark}{rest}" if mark else "")


def publish(draft: Version, by: str, at: str, refused: Callable[[Ruleset], Sequence[Problem]]) -> Version:
    """Move a checked draft to its version folder, with DIGEST and record. Whatever fails, the draft is as it was.

    refused: why the engine must not be given a ruleset. by, at: who publishes, and when (ISO 8601, UTC).
    """
    home, version = draft.folder.parent, draft.ruleset.version
    records, problems = read_publications(home)
    if problems:
        raise CannotPublish(f"{home / FILE} cannot be read", problems)
    making, made = home / f".publishing-{version}", home / version
    shutil.rmtree(making, ignore_errors=True)
    try:
        digest = _prepare(draft, making)
        if found := refused(replace(draft.ruleset, digest=digest)):
            raise CannotPublish(f"{draft.ruleset.address} cannot be published", found)
        making.rename(made)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    try:
        published = _as_published(made)
        write_records(home, [*records, Publication(version, digest, by, at)])
    except BaseException:
        shutil.rmtree(made)
        raise
    shutil.rmtree(draft.folder)
    return published


def _prepare(draft: Version, making: Path) -> str:
    """A copy with ``status: published`` and its DIGEST, which is returned."""
    shutil.copytree(draft.folder, making, symlinks=True)
    (making / "DIGEST").unlink(missing_ok=True)
    file = making / draft.file.name
    content, count = _STATUS.subn(rb"\1published", file.read_bytes())
    if count != 1:
        raise CannotPublish(f"{draft.file}: write status: draft on a line of its own")
    file.write_bytes(content)
    digest = digest_of(making, draft.ruleset.uses)
    (making / "DIGEST").write_text(f"sha256:{digest}\n", encoding="ascii")
    return digest


def _as_published(folder: Path) -> Version:
    published, problems = read_version(folder)
    if published is None or has_errors(problems):
        raise CannotPublish(f"{folder.parent.name}@{folder.name} cannot be published", problems)
    return published


def approve(folder: Path, approval: Approval) -> Publication:
    """Record that somebody else than its author approves of a published version, as it stands now.

    A version that was published before records were kept gets one that says so: its author stays unknown, and who reads
    the approval knows that nobody can tell whether the two are different people.
    """
    home, version = folder.parent, folder.name
    published, problems = read_version(folder)
    if published is None:
        raise CannotPublish(f"{home.name}@{version} cannot be approved", problems)
    records, _ = read_publications(home)
    mine = next((one for one in records if one.version == version), None)
    if mine is None:
        if any(numbers(one.version) < numbers(version) for one in records):
            raise CannotPublish(f"{home / FILE} does not say who published {version}, and should: put the file back")
        digest = digest_of(folder, published.ruleset.uses)
        mine = Publication(version, digest, UNKNOWN_AUTHOR, UNKNOWN_TIME)
        records = sorted([*records, mine], key=lambda one: numbers(one.version))
    if mine.approved is not None:
        raise CannotPublish(f"{home.name}@{version} was approved by {mine.approved.by} on {mine.approved.at} already")
    if mine.by == approval.by:
        raise CannotPublish(f"{approval.by} published {home.name}@{version}: somebody else has to approve of it")
    done = replace(mine, approved=approval)
    write_records(home, [done if one is mine else one for one in records])
    return done


def write_records(home: Path, records: Sequence[Publication]) -> None:
    """The whole file at once: who reads it meanwhile sees the one before or this."""
    beside = home / f".{FILE}.new"
    beside.write_text(written(records), encoding="utf-8")
    os.replace(beside, home / FILE)
