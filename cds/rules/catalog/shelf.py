"""The libraries of a rulesets folder: found by their address, read once, checked as rulesets are."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from cds.documents.files import read_file
from cds.documents.problem import Problem, in_order
from cds.rules.analysis.analyse import errors_of
from cds.rules.catalog.version_folder import draft_problem, has_errors, opener, sealed, stray_files
from cds.rules.ruleset import Library
from cds.rules.source.libraries import FindLibrary, FoundLibrary
from cds.rules.source.read import read_library


class Shelf:
    """The libraries below a rulesets folder, each read once (for each set of a site's values)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[tuple[Path, tuple[tuple[str, str], ...]], FoundLibrary] = {}
        self._open: list[str] = []

    def find(self, name: str, version: str, site: Mapping[str, str]) -> FoundLibrary | None:
        """A version by its address: ``<name>/<version>``, else a draft that bears the version."""
        folder = self._folder / name / version
        if (folder / "library.yaml").is_file():
            return self.at(folder, site)
        draft = self._folder / name / "draft"
        found = self.at(draft, site) if (draft / "library.yaml").is_file() else None
        bears = found is not None and (
            found.circle or found.library is None or found.library.declared.version == version
        )
        return found if bears else None

    def at(self, folder: Path, site: Mapping[str, str] = MappingProxyType({})) -> FoundLibrary:
        """The library of a version folder."""
        address = f"{folder.parent.name}@{folder.name}"
        if address in self._open:
            return FoundLibrary(None, circle=(*self._open[self._open.index(address) :], address))
        key = (folder, tuple(sorted(site.items())))
        if key not in self._read:
            self._open.append(address)
            library, problems = _load_library(folder, site, self.find)
            self._open.pop()
            self._read[key] = FoundLibrary(library, tuple(problems))
        return self._read[key]


def load_libraries(folder: Path, shelf: Shelf) -> tuple[tuple[Library, ...], list[Problem]]:
    """All published versions of libraries below a rulesets folder, used or not."""
    libraries: list[Library] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*/[0-9]*/library.yaml")):
        found = shelf.at(path.parent)
        problems += found.problems
        if found.library is not None and found.library.declared.status == "draft":
            problems.append(draft_problem(path, found.library.declared))
        elif found.library is not None:
            libraries.append(found.library)
    return tuple(libraries), problems


def _load_library(folder: Path, site: Mapping[str, str], find: FindLibrary) -> tuple[Library | None, list[Problem]]:
    file = folder / "library.yaml"
    content, problems = read_file(file)
    if content is None:
        return None, problems
    library, problems = read_library(content, str(file), opener(folder), site, find_library=find)
    if library is None:
        return None, in_order([*problems, *stray_files(folder)])
    problems += errors_of(library.declared)  # lint tells the rest
    declared, found = sealed(folder, library.declared)
    problems += found
    return None if has_errors(problems) else replace(library, declared=declared), in_order(problems)
