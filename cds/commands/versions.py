"""Versions named on the command line: ``NAME``, ``NAME@VERSION``, ``NAME@draft``, or the folder itself."""

import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cds.commands.environment import CannotStart
from cds.commands.output import plain

if TYPE_CHECKING:
    from cds.authoring.versions import Version


#: Bytes of a name: file systems take 255.
_LONGEST = 200


def folders_named(names: Sequence[str], rulesets: Path) -> list[Path]:
    """The version folders, each once; of a bare name all of them, without a name those of every ruleset."""
    found = [folder for name in names for folder in _folders(name, rulesets)] if names else _below(rulesets, "*", "*")
    if not found:
        raise CannotStart(f"there is no ruleset in {rulesets}")
    return list(dict.fromkeys(found))


def _folders(name: str, rulesets: Path) -> list[Path]:
    if os.path.lexists(Path(name) / "ruleset.yaml"):
        return [Path(name)]
    ruleset, _, version = name.partition("@")
    found = _below(rulesets, ruleset, version or "*") if is_plain(ruleset) and is_plain(version) else []
    if found:
        return found
    known = sorted({folder.parent.name for folder in _below(rulesets, "*", "*")})
    near = difflib.get_close_matches(ruleset, known, 1)
    hint = f"; did you mean {near[0]}?" if near and near[0] != ruleset else ""
    raise CannotStart(f"there is no {'version' if version else 'ruleset'} {name} in {rulesets}{hint}")


def is_plain(word: str) -> bool:
    """A name that a folder can have, and no way out of the folder nor a pattern."""
    return (
        not set(word) & set("/\\*?[]\0") and word not in (".", "..") and len(word.encode(errors="replace")) <= _LONGEST
    )


def _below(rulesets: Path, name: str, version: str) -> list[Path]:
    files = sorted(rulesets.glob(f"{name}/{version}/ruleset.yaml")) if name else []
    return [file.parent for file in files if not file.parent.name.startswith(".")]


def home_named(name: str, rulesets: Path) -> Path:
    """The folder of a ruleset or library, with its versions and its draft."""
    home = rulesets / name
    if name and is_plain(name) and any(home.glob("*/ruleset.yaml")) | any(home.glob("*/library.yaml")):
        return home
    known = sorted(
        {file.parents[1].name for kind in ("ruleset", "library") for file in rulesets.glob(f"*/*/{kind}.yaml")}
    )
    if name and is_plain(name) and (home / "draft").is_dir():
        raise CannotStart(no_file_in(home / "draft"))
    near = difflib.get_close_matches(name, known, 1)
    raise CannotStart(f"there is no ruleset {name} in {rulesets}{f'; did you mean {near[0]}?' if near else ''}")


def no_file_in(draft: Path) -> str:
    """How to go on where a draft has lost what it is a draft of."""
    name = plain(draft.parent.name)
    return (
        f"{draft} is there, without a ruleset.yaml or library.yaml: put that back (git log -- {draft} tells what stood"
        f" there), or move the folder away, and cds new {name} writes a draft"
    )


def version_named(named: str, rulesets: Path, *, newest: bool = False) -> "Version":
    """One version of a ruleset or library, read whole: NAME@VERSION, NAME@draft, or a version folder.

    newest: a bare NAME is its newest published version, or its draft where nothing is published.
    """
    from cds.authoring.versions import published_versions, read_version

    folder = Path(named)
    if not is_version(folder):
        name, _, version = named.partition("@")
        home = home_named(name, rulesets)
        if newest and not version:
            version = next(reversed(published_versions(home)), "draft")
        folder = home / version
        if not version or not is_plain(version) or not is_version(folder):
            here = ", ".join(sorted(path.parent.name for path in home.glob("*/*.yaml"))) or "nothing"
            raise CannotStart(
                f"there is no version {plain(named)}: write NAME@VERSION; of {plain(name)} there is {here}"
            )
    found, problems = read_version(folder)
    if found is None:
        raise CannotStart(f"{folder} has errors; mend them first (cds lint):\n" + "\n".join(map(str, problems)))
    return found


def is_version(folder: Path) -> bool:
    """Whether it is a version folder, of a ruleset or a library."""
    return any((folder / f"{kind}.yaml").is_file() for kind in ("ruleset", "library"))
