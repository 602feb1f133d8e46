"""What is asked of versions by their name, days, hooks and digest alone: kept in the state folder, so that a command
about one version need not read all the others again.

Kept is the outline of a version in which loading found no error, under a mark: a digest of everything that loading
looked at. That is the folder, its DIGEST and its record, every library, the override reasons and our own code. Whatever
is another one now is loaded again, in full; a version with an error is loaded each time.
"""

import contextlib
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

import orjson

import cds
from cds.rules.catalog.digest import digest_of, unlisted_files
from cds.rules.catalog.load import load_override_reasons, load_version
from cds.rules.catalog.publications import FILE as RECORD
from cds.rules.catalog.shelf import Shelf
from cds.rules.collecting import collector_paused
from cds.rules.ruleset import Effective, Ruleset

#: The file, in CDS_STATE.
KEPT = "outlines.json"


class Outlined(Protocol):
    """A version, as far as it is asked without its rules; a whole ruleset is one."""

    @property
    def name(self) -> str:
        """Of the ruleset."""

    @property
    def version(self) -> str:
        """Its number."""

    @property
    def address(self) -> str:
        """``name@version``."""

    @property
    def digest(self) -> str:
        """Of everything that decides its meaning."""

    @property
    def hooks(self) -> frozenset[str]:
        """Where it answers."""

    @property
    def effective(self) -> Effective:
        """When."""

    @property
    def last_review_date(self) -> date:
        """When somebody last looked."""


class Listing(Protocol):
    """Versions by name, highest first; a whole catalog is one."""

    @property
    def versions(self) -> Mapping[str, Sequence[Outlined]]:
        """Every version that can be used."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One version, without its rules."""

    name: str
    version: str
    digest: str
    hooks: frozenset[str]
    effective: Effective
    last_review_date: date

    @property
    def address(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Outlines:
    """The same versions as :func:`cds.rules.catalog.load.load_catalog` would give."""

    versions: Mapping[str, tuple[Outline, ...]]


@collector_paused()
def load_outlines(folder: Path, state: Path) -> Outlines:
    """Of every published version without an error; ``state`` keeps what was found."""
    before = _kept(state / KEPT)
    common = _common(folder)
    shelf, reasons = Shelf(folder), load_override_reasons(folder / "override-reasons.yaml")[0]
    found: dict[str, list[Outline]] = {}
    kept: dict[str, dict[str, Any]] = {}
    for file in sorted(folder.glob("*/[0-9]*/ruleset.yaml")):
        place = f"{file.parts[-3]}/{file.parts[-2]}"
        mark = _mark(file.parent, common)
        outline = _read(before.get(place), mark)
        if outline is None:
            ruleset, _ = load_version(file.parent, reasons, shelf=shelf)
            if ruleset is None or ruleset.status == "draft":
                continue
            outline = _of(ruleset)
        found.setdefault(outline.name, []).append(outline)
        if mark:
            kept[place] = _written(outline, mark)
    if kept != before:
        _keep(kept, state / KEPT)
    return Outlines({name: tuple(sorted(each, key=_numbers, reverse=True)) for name, each in found.items()})


def _numbers(outline: Outline) -> tuple[int, ...]:
    return tuple(map(int, outline.version.split(".")))


def _of(ruleset: Ruleset) -> Outline:
    days, reviewed = ruleset.effective, ruleset.last_review_date
    return Outline(ruleset.name, ruleset.version, ruleset.digest, ruleset.hooks, days, reviewed)


def _mark(folder: Path, common: str) -> str:
    """Of all that loading a version looks at; "" where the folder holds what a digest does not cover."""
    if unlisted_files(folder):
        return ""
    beside = (_content(folder / "DIGEST"), _content(folder.parent / RECORD))
    return _digest(common.encode(), digest_of(folder).encode(), *beside)


def _common(folder: Path) -> str:
    """Of what every version may rest on: the libraries, the override reasons, our own code."""
    libraries = sorted({file.parent for file in folder.glob("*/*/library.yaml")})
    each = (f"{library}\0{_mark(library, '') or os.urandom(16).hex()}".encode() for library in libraries)
    return _digest(_code().encode(), _content(folder / "override-reasons.yaml"), *each)


@cache
def _code() -> str:
    """What reads and checks them, with the tables that it looks codes up in."""
    package = Path(cds.__file__).parent
    files = sorted(file for kind in ("*.py", "*.csv") for file in package.rglob(kind))
    return _digest(*(file.read_bytes() for file in files))


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def _digest(*parts: bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()


def _written(outline: Outline, mark: str) -> dict[str, Any]:
    days = outline.effective
    told = {"mark": mark, "name": outline.name, "version": outline.version, "digest": outline.digest}
    until = days.until.isoformat() if days.until else None
    told_days = {"from": days.start.isoformat(), "until": until, "reviewed": outline.last_review_date.isoformat()}
    return told | {"hooks": sorted(outline.hooks)} | told_days


def _read(told: Any, mark: str) -> Outline | None:
    """What was kept, if it is of just this; None for anything else that the file may hold."""
    try:
        if not mark or told["mark"] != mark:
            return None
        days = Effective(_day(told["from"]), _day(told["until"]) if told["until"] else None)
        hooks = frozenset(map(str, told["hooks"]))
        return Outline(told["name"], told["version"], told["digest"], hooks, days, _day(told["reviewed"]))
    except (KeyError, TypeError, ValueError):
        return None


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _kept(file: Path) -> dict[str, Any]:
    try:
        told = orjson.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}


def _keep(kept: Mapping[str, Any], file: Path) -> None:
    """Whole or not at all; where it cannot be written, the next command reads all versions again."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside.write_bytes(orjson.dumps(kept))
        beside.replace(file)
