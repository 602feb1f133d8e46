"""Libraries on disk: found by their address, sealed by a digest that their users' digests cover."""

from pathlib import Path

import pytest

from cds.rules.catalog.digest import digest_of
from cds.rules.catalog.load import load_catalog, load_version
from cds.rules.catalog.shelf import Shelf
from tests.rules.catalog.folders import REASONS
from tests.rules.source.library import FILES, LIBRARY, RULESET

DISPLAYS = {"patient-declined": "The patient declined", "specialist-advice": "A specialist advised this"}


def library_folder(rulesets: Path, text: str = LIBRARY, folder: str = "1.2.0") -> Path:
    path = rulesets / "example-common" / folder
    (path / "value-sets").mkdir(parents=True)
    (path / "library.yaml").write_text(text, encoding="utf-8")
    for file, content in FILES.items():
        (path / "value-sets" / file).write_bytes(content)
    if "status: published" in text:
        (path / "DIGEST").write_text(f"sha256:{digest_of(path)}\n", encoding="ascii")
    return path


def ruleset_folder(rulesets: Path, text: str = RULESET) -> Path:
    path = rulesets / "example" / "1.0.0"
    path.mkdir(parents=True)
    (path / "ruleset.yaml").write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def rulesets(tmp_path):
    (tmp_path / "override-reasons.yaml").write_text(REASONS, encoding="utf-8")
    library_folder(tmp_path)
    ruleset_folder(tmp_path)
    return tmp_path


def publish(folder: Path) -> str:
    """Seal a version with the digest that loading asks for."""
    (folder / "DIGEST").unlink(missing_ok=True)
    _, problems = load_version(folder, DISPLAYS)
    (digest,) = [problem.hint for problem in problems if problem.code == "CDS310"]
    (folder / "DIGEST").write_text(digest + "\n", encoding="ascii")
    return digest


def test_a_ruleset_and_its_library_are_loaded_together(rulesets):
    publish(rulesets / "example" / "1.0.0")
    catalog, problems = load_catalog(rulesets)
    assert problems == []
    (ruleset,) = catalog.versions["example"]
    assert [use.address for use in ruleset.uses] == ["example-common@1.2.0"]
    assert ruleset.uses[0].digest == digest_of(rulesets / "example-common" / "1.2.0")
    assert [library.address for library in catalog.libraries] == ["example-common@1.2.0"]
    assert ruleset.definitions["common.latest-k"].location.file.endswith("example-common/1.2.0/library.yaml")


def test_another_library_is_another_digest_of_the_ruleset(rulesets):
    folder = rulesets / "example" / "1.0.0"
    before = publish(folder)
    library = rulesets / "example-common" / "1.2.0"
    (library / "value-sets" / "opioids.csv").write_bytes(FILES["opioids.csv"].replace(b"strong", b"weak"))
    _, problems = load_version(folder, DISPLAYS)
    assert [problem.code for problem in problems][:1] == ["CDS311"]  # the library was changed, and nobody takes it
    (library / "DIGEST").write_text(f"sha256:{digest_of(library)}\n", encoding="ascii")
    _, problems = load_version(folder, DISPLAYS)
    assert [(p.code, p.location.file.endswith("example/1.0.0/DIGEST")) for p in problems] == [("CDS311", True)]
    assert publish(folder) != before


def test_a_library_that_a_library_uses_is_covered_too(rulesets):
    uses = rulesets / "example-common" / "1.2.0" / "library.yaml"
    base = rulesets / "base" / "1.0.0"
    base.mkdir(parents=True)
    head = "\n".join(LIBRARY.split("\n")[:8]).replace("example-common", "base").replace("1.2.0", "1.0.0")
    (base / "library.yaml").write_text(
        head + "\nvalue-sets: {ill: {snomed: {385763009: hospice care}}}\n", encoding="utf-8"
    )
    (base / "DIGEST").write_text(f"sha256:{digest_of(base)}\n", encoding="ascii")
    uses.write_text(LIBRARY + "uses: {base: base@1.0.0}\n", encoding="utf-8")
    digests = set()
    for display in ("hospice care", "hospice-care"):
        text = (base / "library.yaml").read_text(encoding="utf-8")
        (base / "library.yaml").write_text(text.replace("hospice care}", f"{display}}}"), encoding="utf-8")
        (base / "DIGEST").write_text(f"sha256:{digest_of(base)}\n", encoding="ascii")
        (uses.parent / "DIGEST").unlink()
        (problem,) = Shelf(rulesets).at(uses.parent).problems
        (uses.parent / "DIGEST").write_text(problem.hint + "\n", encoding="ascii")
        digests.add(publish(rulesets / "example" / "1.0.0"))
    assert len(digests) == 2


def test_a_library_is_read_once_for_all_that_use_it(rulesets):
    shelf = Shelf(rulesets)
    first, second = (shelf.find("example-common", "1.2.0", {}) for _ in range(2))
    assert first is second
    own = shelf.find("example-common", "1.2.0", {"result-age": "30 days"})
    assert own is not first
    assert own.library.declared.parameters["result-age"].text == "30 days"


def test_a_draft_is_found_by_the_version_that_it_bears(tmp_path):
    library_folder(tmp_path, LIBRARY.replace("status: published", "status: draft"), "draft")
    assert Shelf(tmp_path).find("example-common", "1.2.0", {}).library.declared.status == "draft"
    assert Shelf(tmp_path).find("example-common", "1.3.0", {}) is None
    assert Shelf(tmp_path).find("another", "1.2.0", {}) is None
    folder = ruleset_folder(tmp_path, RULESET.replace("status: published", "status: draft"))
    ruleset, problems = load_version(folder, DISPLAYS)
    assert problems == []
    assert ruleset.uses[0].address == "example-common@1.2.0"


def test_a_draft_among_the_versions_of_libraries_is_told(tmp_path):
    (tmp_path / "override-reasons.yaml").write_text(REASONS, encoding="utf-8")
    library_folder(tmp_path, LIBRARY.replace("status: published", "status: draft"))
    catalog, problems = load_catalog(tmp_path)
    assert [problem.code for problem in problems] == ["CDS118"]
    assert catalog.libraries == ()


def test_a_circle_of_libraries_on_disk_ends(tmp_path):
    for name, other in (("one", "two"), ("two", "one")):
        folder = tmp_path / name / "1.0.0"
        folder.mkdir(parents=True)
        head = "\n".join(LIBRARY.split("\n")[:8]).replace("example-common", name).replace("1.2.0", "1.0.0")
        text = f"{head}\nuses: {{it-s: {other}@1.0.0}}\n".replace("published", "draft")
        (folder / "library.yaml").write_text(text, encoding="utf-8")
    found = Shelf(tmp_path).find("one", "1.0.0", {})
    assert found.library is None
    assert ("CDS210", "the library uses itself: one@1.0.0 -> two@1.0.0 -> one@1.0.0") in {
        (problem.code, problem.message) for problem in found.problems
    }
