"""Loading every published version below ``rulesets/``: read, checked, its digest compared."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cds.documents.problem import Location, Problem, in_order
from cds.documents.yaml_tree import read_yaml
from cds.rules.analysis.analyse import analyse
from cds.rules.catalog.digest import digest_of, unlisted_files
from cds.rules.ruleset import Ruleset
from cds.rules.source.names import check_name
from cds.rules.source.read import read_ruleset
from cds.rules.source.reader import Reader


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every version that could be read, by name and by version (highest first), and the override reasons."""

    versions: Mapping[str, tuple[Ruleset, ...]]
    override_reasons: Mapping[str, str]


def load_catalog(folder: Path) -> tuple[Catalog, list[Problem]]:
    """All published versions; a version with an error is left out and its problems are returned."""
    reasons, problems = load_override_reasons(folder / "override-reasons.yaml")
    versions: dict[str, list[Ruleset]] = {}
    for path in sorted(folder.glob("*/[0-9]*/ruleset.yaml")):
        ruleset, found = load_version(path.parent, reasons)
        problems += found
        if ruleset is not None and ruleset.status == "draft":
            problems.append(_draft_problem(path, ruleset))
        elif ruleset is not None:
            versions.setdefault(ruleset.name, []).append(ruleset)
    ordered = {name: tuple(sorted(found, key=version_key, reverse=True)) for name, found in versions.items()}
    return Catalog(ordered, reasons), in_order(problems)


def _draft_problem(path: Path, ruleset: Ruleset) -> Problem:
    """A draft has no digest that anyone approved: it is never served."""
    what = f"{ruleset.address} stands among the published versions and is a draft"
    return Problem("CDS118", Location(str(path)), what, "drafts stand in the folder draft/; publishing moves them")


def version_key(ruleset: Ruleset) -> tuple[int, ...]:
    """The version as numbers, for ordering."""
    return tuple(int(part) for part in ruleset.version.split("."))


def load_version(
    folder: Path, override_reasons: Mapping[str, str], site: Mapping[str, str] | None = None
) -> tuple[Ruleset | None, list[Problem]]:
    """One version folder. A published one must match its DIGEST, its folder's name and its ruleset's folder."""
    file = folder / "ruleset.yaml"
    values = folder / "value-sets"

    def open_file(name: str) -> bytes | None:
        path = values / name
        if Path(name).name != name or "\0" in name or values.is_symlink() or path.is_symlink():
            return None
        return path.read_bytes() if path.is_file() else None

    ruleset, problems = read_ruleset(file.read_bytes(), str(file), open_file, override_reasons, site)
    place = Location(str(file))
    problems += [
        Problem(
            "CDS117",
            Location(str(path)),
            "a version folder holds only .yaml and .csv files",
            "move it out of the folder",
        )
        for path in unlisted_files(folder)
    ]
    if ruleset is None:
        return None, in_order(problems)
    problems += [problem for problem in analyse(ruleset) if problem.severity == "error"]  # lint tells the rest
    if ruleset.name != folder.parent.name or (ruleset.status == "published" and ruleset.version != folder.name):
        problems.append(
            Problem("CDS118", place, f"{ruleset.address} stands in the folder {folder.parent.name}/{folder.name}")
        )
    digest = digest_of(folder)
    if ruleset.status == "published":
        problems += _digest_problems(folder, digest)
    broken = any(problem.severity == "error" for problem in problems)
    return None if broken else replace(ruleset, digest=digest), in_order(problems)


def load_beside(folder: Path) -> tuple[Ruleset | None, list[Problem], dict[str, str]]:
    """One version folder by itself, with the override reasons of the rulesets that it stands among.

    The list belongs to all of them: ``rulesets/<name>/<version>/ruleset.yaml``. What is wrong with it is not told here.
    """
    reasons, _ = load_override_reasons(folder.resolve().parents[1] / "override-reasons.yaml")
    ruleset, problems = load_version(folder, reasons)
    return ruleset, problems, reasons


def _digest_problems(folder: Path, digest: str) -> list[Problem]:
    file = folder / "DIGEST"
    if not file.is_file():
        return [Problem("CDS310", Location(str(file)), "a published version needs its DIGEST", f"sha256:{digest}")]
    if file.read_bytes().strip() != f"sha256:{digest}".encode():
        return [Problem("CDS311", Location(str(file)), "this published version was changed after it was published",
                        "published versions are never edited: publish a new one")]  # fmt: skip
    return []


def load_override_reasons(path: Path) -> tuple[dict[str, str], list[Problem]]:
    """Code to display of ``rulesets/override-reasons.yaml``."""
    if not path.is_file():
        return {}, [
            Problem(
                "CDS312", Location(str(path)), "there is no list of override reasons", "code: display, one per line"
            )
        ]
    root, problems = read_yaml(path.read_bytes(), str(path))
    reader = Reader(str(path))
    table = reader.table(root, "the override reasons")
    reasons = {}
    for code, value in table.entries if table else ():
        check_name(reader, code, "an override reason")
        reasons[code.text] = reader.text(value, "the display of an override reason")
    return reasons, in_order(problems + reader.problems)
