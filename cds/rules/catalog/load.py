"""Loading every published version below ``rulesets/``: read, checked, its digest compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cds.documents.files import read_file
from cds.documents.problem import Location, Problem, in_order
from cds.documents.yaml_tree import read_yaml
from cds.rules.analysis.analyse import errors_of
from cds.rules.catalog.shelf import Shelf, load_libraries
from cds.rules.catalog.version_folder import draft_problem, has_errors, opener, sealed, stray_files
from cds.rules.collecting import collector_paused
from cds.rules.ruleset import Library, Ruleset
from cds.rules.source.names import check_name
from cds.rules.source.read import read_ruleset
from cds.rules.source.reader import Reader

_REASONS = "override-reasons.yaml"
#: A code that the list of override reasons does not have.
_NO_REASON = "CDS228"


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every version that could be read, by name and by version (highest first), and the override reasons."""

    versions: Mapping[str, tuple[Ruleset, ...]]
    override_reasons: Mapping[str, str]
    libraries: tuple[Library, ...] = ()


@collector_paused()
def load_catalog(
    folder: Path, name: str | None = None, found_by: Callable[[Ruleset], list[Problem]] = errors_of
) -> tuple[Catalog, list[Problem]]:
    """All published versions; a version with an error is left out and its problems are returned.

    name: the ruleset whose versions alone are loaded. found_by: the analysis; of its errors alone if not given.
    """
    reasons, problems = load_override_reasons(folder / _REASONS)
    shelf = Shelf(folder)
    versions: dict[str, list[Ruleset]] = {}
    for path in sorted(folder.glob("*/[0-9]*/ruleset.yaml")):
        if name is not None and path.parts[-3] != name:
            continue
        ruleset, found = load_version(path.parent, reasons, shelf=shelf, found_by=found_by)
        problems += found
        if ruleset is not None and ruleset.status == "draft":
            problems.append(draft_problem(path, ruleset))
        elif ruleset is not None:
            versions.setdefault(ruleset.name, []).append(ruleset)
    problems = causes(problems)
    libraries, found = load_libraries(folder, shelf)
    ordered = {name: tuple(sorted(found, key=version_key, reverse=True)) for name, found in versions.items()}
    return Catalog(ordered, reasons, libraries), in_order([*problems, *found])


def version_key(ruleset: Ruleset) -> tuple[int, ...]:
    """The version as numbers, for ordering."""
    return tuple(int(part) for part in ruleset.version.split("."))


def load_version(
    folder: Path,
    override_reasons: Mapping[str, str],
    site: Mapping[str, str] | None = None,
    shelf: Shelf | None = None,
    found_by: Callable[[Ruleset], list[Problem]] = errors_of,
) -> tuple[Ruleset | None, list[Problem]]:
    """One version folder. A published one must match its DIGEST, its folder's name and its ruleset's folder.

    shelf: where its libraries stand; by default the folder that holds all rulesets. found_by: as for the catalog.
    """
    file = folder / "ruleset.yaml"
    content, problems = read_file(file)
    if content is None:
        return None, problems
    shelf = shelf or Shelf(folder.resolve().parents[1])
    ruleset, problems = read_ruleset(
        content, str(file), opener(folder), override_reasons, site, find_library=shelf.find
    )
    if ruleset is None:
        return None, in_order([*problems, *stray_files(folder)])
    problems += found_by(ruleset)
    loaded, found = sealed(folder, ruleset)
    problems += found
    return None if has_errors(problems) else loaded, in_order(problems)


def load_beside(folder: Path) -> tuple[Ruleset | None, list[Problem], dict[str, str]]:
    """One version folder by itself, with the override reasons of the rulesets that it stands among.

    The list belongs to all of them: ``rulesets/<name>/<version>/ruleset.yaml``. What is wrong with it is told here only
    where that is why a code of the version has no display.
    """
    reasons, in_list = load_override_reasons(folder.resolve().parents[1] / _REASONS)
    ruleset, problems = load_version(folder, reasons)
    if any(problem.code == _NO_REASON for problem in problems):
        problems = in_order(causes([*in_list, *problems]))
    return ruleset, problems, reasons


def load_override_reasons(path: Path) -> tuple[dict[str, str], list[Problem]]:
    """Code to display of ``rulesets/override-reasons.yaml``."""
    if not path.is_file():
        return {}, [
            Problem(
                "CDS312", Location(str(path)), "there is no list of override reasons", "code: display, one per line"
            )
        ]
    content, problems = read_file(path)
    root, found = read_yaml(content, str(path)) if content is not None else (None, [])
    problems += found
    reader = Reader(str(path))
    table = reader.table(root, "the override reasons")
    reasons = {}
    for code, value in table.entries if table else ():
        check_name(reader, code, "an override reason")
        reasons[code.text] = reader.text(value, "the display of an override reason")
    return reasons, in_order(problems + reader.problems)


def causes(problems: list[Problem]) -> list[Problem]:
    """Without what only follows: while the list of override reasons cannot be read, no code of it can be found."""
    lists = [problem for problem in problems if _is_of_reasons(problem)]
    return [problem for problem in problems if not (lists and problem.code == _NO_REASON)]


def _is_of_reasons(problem: Problem) -> bool:
    return problem.severity == "error" and Path(problem.location.file).name == _REASONS
