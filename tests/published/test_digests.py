"""No published version has changed since it was published."""

from pathlib import Path

import pytest

from cds.rules.catalog.digest import digest_of

ROOT = Path(__file__).parents[2] / "rulesets"
VERSIONS = sorted(file.parent for file in ROOT.glob("*/[0-9]*/ruleset.yaml"))


def test_there_are_published_versions():
    assert len(VERSIONS) >= 4


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: f"{folder.parent.name}@{folder.name}")
def test_a_published_version_is_what_was_published(folder: Path):
    assert (folder / "DIGEST").read_text(encoding="ascii") == f"sha256:{digest_of(folder)}\n"
