"""One version folder, of a ruleset or a library, as its author sees it: read, and the written tree beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cds.documents.files import read_file
from cds.documents.problem import Problem, in_order
from cds.documents.yaml_tree import Plain, plain, read_yaml
from cds.rules.analysis.analyse import analyse
from cds.rules.catalog.load import load_beside
from cds.rules.catalog.shelf import Shelf
from cds.rules.ruleset import Ruleset


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """ruleset: of a library what it declares. reasons: the override reasons of a library. tree: the file as written."""

    folder: Path
    ruleset: Ruleset
    tree: Mapping[str, Plain]
    is_library: bool
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """``ruleset.yaml`` or ``library.yaml``."""
        return self.folder / ("library.yaml" if self.is_library else "ruleset.yaml")

    def section(self, name: str) -> Mapping[str, Plain]:
        """A section of named entries, as written; empty where there is none."""
        found = self.tree.get(name)
        return found if isinstance(found, dict) else {}


def read_version(folder: Path) -> tuple[Version | None, list[Problem]]:
    """A version folder with everything that load checks; None when it has errors. OSError where there is no file."""
    is_library = (folder / "library.yaml").is_file()
    reasons: Mapping[str, str] = {}
    ruleset: Ruleset | None
    if is_library:
        found = Shelf(folder.resolve().parents[1]).at(folder)
        problems = [*found.problems, *(analyse(found.library.declared) if found.library else [])]
        ruleset = found.library.declared if found.library else None
        reasons = found.library.override_reasons if found.library else {}
    else:
        ruleset, problems, _ = load_beside(folder)
    if ruleset is None:
        return None, in_order(problems)
    file = folder / ("library.yaml" if is_library else "ruleset.yaml")
    content, _ = read_file(file)
    node, _ = read_yaml(content or b"", str(file))
    tree = plain(node) if node is not None else {}
    told = tree if isinstance(tree, dict) else {}
    return Version(folder, ruleset, told, is_library, reasons), in_order(problems)


def published_versions(folder: Path) -> list[str]:
    """The numbers of the published versions in a ruleset's folder, the lowest first."""
    names = [path.name for path in folder.glob("[0-9]*") if _is_number(path.name) and path.is_dir()]
    return sorted(names, key=lambda name: tuple(map(int, name.split("."))))


def _is_number(name: str) -> bool:
    parts = name.split(".")
    return len(parts) == 3 and all(part.isascii() and part.isdecimal() for part in parts)
