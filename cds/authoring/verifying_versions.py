"""Is every published version what it was when it was published: its bytes, its libraries, its record?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cds.authoring.versions import published_versions, read_version
from cds.documents.problem import Location, Problem
from cds.rules.catalog.publications import read_publications
from cds.rules.catalog.version_folder import has_errors


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of one version. digest: "" where it has errors. by: who published it, "" if nobody recorded it."""

    ruleset: str
    version: str
    digest: str
    libraries: tuple[str, ...]
    by: str
    approved_by: str
    problems: tuple[Problem, ...]

    @property
    def is_whole(self) -> bool:
        """Unchanged, with libraries that are."""
        return not has_errors(list(self.problems))


def verify_version(folder: Path) -> Verified:
    """One version folder."""
    name, version = folder.parent.name, folder.name
    records, _ = read_publications(folder.parent)
    mine = next((one for one in records if one.version == version), None)
    by = mine.by if mine else ""
    read, problems = read_version(folder)
    errors = [problem for problem in problems if problem.severity == "error"]
    if read is not None and read.ruleset.status != "published":
        errors.append(Problem("CDS118", Location(str(read.file)), "a draft stands among the published versions"))
    if read is None:
        return Verified(name, version, "", (), by, "none", tuple(errors))
    uses = tuple(use.address for use in read.ruleset.uses)
    return Verified(name, version, read.ruleset.digest, uses, by, read.ruleset.approved_by, tuple(errors))


def gone(home: Path) -> list[Problem]:
    """Versions that were published, and are not there any more."""
    records, problems = read_publications(home)
    here = published_versions(home)
    hint = "put its folder back: decisions on record name it"
    missing = [one for one in records if one.version not in here]
    return [
        *problems,
        *(Problem("CDS313", one.location, f"{home.name}@{one.version} is gone", hint) for one in missing),
    ]


def verify(home: Path, versions: Sequence[str] = ()) -> tuple[list[Verified], list[Problem]]:
    """The named versions of a ruleset's folder, or all of them, and what is missing."""
    found = [verify_version(home / version) for version in versions or published_versions(home)]
    return found, gone(home) if not versions else []
