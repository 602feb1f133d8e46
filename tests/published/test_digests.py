"""No published version has changed since it was published, nor has a library that it rests on."""

from pathlib import Path

import pytest

from cds.rules.catalog.load import load_override_reasons, load_version
from cds.rules.catalog.shelf import Shelf

ROOT = Path(__file__).parents[2] / "rulesets"
VERSIONS = sorted(file.parent for file in ROOT.glob("*/[0-9]*/ruleset.yaml"))
LIBRARIES = sorted(file.parent for file in ROOT.glob("*/[0-9]*/library.yaml"))


def test_there_are_published_versions():
    assert len(VERSIONS) >= 4
    assert LIBRARIES


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: f"{folder.parent.name}@{folder.name}")
def test_a_published_version_is_what_was_published(folder: Path):
    ruleset, problems = load_version(folder, load_override_reasons(ROOT / "override-reasons.yaml")[0])
    assert ruleset is not None, problems
    assert (folder / "DIGEST").read_text(encoding="ascii") == f"sha256:{ruleset.digest}\n"


@pytest.mark.parametrize("folder", LIBRARIES, ids=lambda folder: f"{folder.parent.name}@{folder.name}")
def test_a_published_library_is_what_was_published(folder: Path):
    found = Shelf(ROOT).at(folder)
    assert found.library is not None, found.problems
    assert (folder / "DIGEST").read_text(encoding="ascii") == f"sha256:{found.library.declared.digest}\n"
