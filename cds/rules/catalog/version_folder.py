"""What a version folder is beside its file: tables, nothing else, the right name, a digest that fits."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cds.documents.problem import Location, Problem
from cds.rules.catalog.digest import digest_of, digest_of_site, unlisted_files
from cds.rules.catalog.publications import approver_of
from cds.rules.ruleset import Ruleset


def opener(folder: Path) -> Callable[[str], bytes | None]:
    """Reads the tables in ``value-sets/``, and nothing that a link or a path leads to."""
    values = folder / "value-sets"

    def open_file(name: str) -> bytes | None:
        path = values / name
        if Path(name).name != name or "\0" in name or values.is_symlink() or path.is_symlink():
            return None
        return path.read_bytes() if path.is_file() else None

    return open_file


def stray_files(folder: Path) -> list[Problem]:
    """What no version may hold."""
    what, hint = "a version folder holds only .yaml and .csv files", "move it out of the folder"
    return [Problem("CDS117", Location(str(path)), what, hint) for path in unlisted_files(folder)]


def sealed(folder: Path, ruleset: Ruleset) -> tuple[Ruleset, list[Problem]]:
    """With its digest, that of the site's own values and who approved it, and what is wrong with its folder."""
    problems = stray_files(folder)
    if ruleset.name != folder.parent.name or (ruleset.status == "published" and ruleset.version != folder.name):
        what = f"{ruleset.address} stands in the folder {folder.parent.name}/{folder.name}"
        problems.append(Problem("CDS118", Location(ruleset.location.file), what))
    digest = digest_of(folder, ruleset.uses)
    approved_by = ruleset.approved_by
    if ruleset.status == "published":
        problems += _digest_problems(folder, digest)
        approver, found = approver_of(folder.parent, ruleset.version, digest)
        approved_by = approver or approved_by
        problems += found
    return replace(ruleset, digest=digest, site_digest=digest_of_site(ruleset.site), approved_by=approved_by), problems


def _digest_problems(folder: Path, digest: str) -> list[Problem]:
    file = folder / "DIGEST"
    if not file.is_file():
        return [Problem("CDS310", Location(str(file)), "a published version needs its DIGEST", f"sha256:{digest}")]
    if file.read_bytes().strip() != f"sha256:{digest}".encode():
        return [Problem("CDS311", Location(str(file)), "this published version was changed after it was published",
                        "published versions are never edited: publish a new one")]  # fmt: skip
    return []


def draft_problem(path: Path, ruleset: Ruleset) -> Problem:
    """A draft has no digest that anyone approved: it is never served."""
    what = f"{ruleset.address} stands among the published versions and is a draft"
    return Problem("CDS118", Location(str(path)), what, "drafts stand in the folder draft/; publishing moves them")


def has_errors(problems: list[Problem]) -> bool:
    """True when what was read may not be used."""
    return any(problem.severity == "error" for problem in problems)
