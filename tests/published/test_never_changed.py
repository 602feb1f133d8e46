"""No commit has changed what was published before it: a file of a version folder is added once, and stays as it is.

Cases stand outside: they may be added to. History counts from the commit that brought this test; what came before was
mended in place, and had been given to nobody.
"""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = "tests/published/test_never_changed.py"
PUBLISHED = re.compile(r"rulesets/[a-z0-9-]+/[0-9]+\.[0-9]+\.[0-9]+/(?!cases/)")


def git(folder: Path, *arguments: str) -> str:
    told = ("git", "-c", "core.quotePath=false", "-C", str(folder), *arguments)
    return subprocess.run(told, check=True, capture_output=True, text=True).stdout


def changed_since(folder: Path, first: str) -> list[str]:
    """Files of published versions that a commit after ``first``, or the work tree, has changed or removed."""
    of_commits = git(
        folder,
        "log",
        "-m",
        "--no-renames",
        "--diff-filter=MDT",
        "--name-only",
        "--format=",
        f"{first}..HEAD",
        "--",
        "rulesets",
    )
    of_tree = git(folder, "diff", "--no-renames", "--diff-filter=MDT", "--name-only", "HEAD", "--", "rulesets")
    return sorted({name for name in (of_commits + of_tree).splitlines() if PUBLISHED.match(name)})


def has_history(folder: Path) -> bool:
    """A checkout of git with all commits; an unpacked archive, or a shallow clone, cannot tell."""
    return (folder / ".git").exists() and git(folder, "rev-parse", "--is-shallow-repository").strip() == "false"


def test_no_published_version_was_changed_by_any_commit():
    if not has_history(ROOT):
        pytest.skip("no history here: cds verify compares digests and records alone")
    added = git(ROOT, "log", "--diff-filter=A", "--format=%H", "--", HERE).split()
    if added:  # else it is being committed just now
        assert changed_since(ROOT, added[-1]) == []


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.email", "test@example.org")
    git(tmp_path, "config", "user.name", "Test")
    return tmp_path


def committed(folder: Path, name: str, text: str | None) -> str:
    file = folder / name
    if text is None:
        file.unlink()
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", name)
    return git(folder, "rev-parse", "HEAD").strip()


def test_a_change_of_a_version_is_found_also_after_it_was_taken_back(repository):
    first = committed(repository, "rulesets/a/1.0.0/ruleset.yaml", "one")
    committed(repository, "rulesets/a/1.1.0/ruleset.yaml", "two")
    committed(repository, "rulesets/a/1.0.0/cases/more.yaml", "case")
    committed(repository, "rulesets/a/1.0.0/cases/more.yaml", "another case")
    committed(repository, "rulesets/a/draft/ruleset.yaml", "three")
    committed(repository, "rulesets/a/draft/ruleset.yaml", "four")
    committed(repository, "rulesets/a/publications.yaml", "a")
    assert changed_since(repository, first) == []
    committed(repository, "rulesets/a/1.1.0/ruleset.yaml", "changed")
    committed(repository, "rulesets/a/1.1.0/ruleset.yaml", "two")
    assert changed_since(repository, first) == ["rulesets/a/1.1.0/ruleset.yaml"]


def test_a_version_that_was_removed_or_changed_and_not_committed_is_found(repository):
    first = committed(repository, "rulesets/a/1.0.0/ruleset.yaml", "one")
    (repository / "rulesets/a/1.0.0/ruleset.yaml").write_text("changed")
    assert changed_since(repository, first) == ["rulesets/a/1.0.0/ruleset.yaml"]
    committed(repository, "rulesets/a/1.0.0/ruleset.yaml", None)
    assert changed_since(repository, first) == ["rulesets/a/1.0.0/ruleset.yaml"]
