"""``cds format``: drafts change, published versions never, and --check only asks."""

import pytest
from click.testing import CliRunner

from cds.commands import main

DENSE = "a: {b: c}  # why\n"
LAID_OUT = "a:\n  b: c  # why\n"


@pytest.fixture
def folder(tmp_path):
    for version in ("draft", "1.0.0"):
        (tmp_path / "some" / version / "cases").mkdir(parents=True)
        (tmp_path / "some" / version / "ruleset.yaml").write_text(DENSE)
        (tmp_path / "some" / version / "cases" / "c.yaml").write_text(DENSE)
    (tmp_path / "some" / "1.0.0" / "DIGEST").write_text("sha256:0\n")
    (tmp_path / "services.yaml").write_text(DENSE)
    return tmp_path


def told(*arguments):
    result = CliRunner().invoke(main, ["format", *map(str, arguments)])
    return result.exit_code, result.output


def test_a_folder_is_laid_out_but_for_published_versions_and_cases(folder):
    assert told(folder)[0] == 0
    assert (folder / "some" / "draft" / "ruleset.yaml").read_text() == LAID_OUT
    assert (folder / "services.yaml").read_text() == LAID_OUT
    for file in ("1.0.0/ruleset.yaml", "1.0.0/cases/c.yaml", "draft/cases/c.yaml"):
        assert (folder / "some" / file).read_text() == DENSE
    assert "0 changed" in told(folder)[1]


def test_a_line_that_stays_too_long_is_named(folder):
    file = folder / "some" / "draft" / "ruleset.yaml"
    file.write_text(f"a: b\ndetail: |-\n  {'word ' * 30}end\n")
    code, output = told(folder)
    assert code == 0
    assert f"{file}:3: longer than 120 characters, wrap it by hand" in output


def test_a_published_version_is_refused_by_name_and_its_cases_are_not(folder):
    code, output = told(folder / "some" / "1.0.0" / "ruleset.yaml")
    assert code == 1
    assert "never edited" in output
    assert told(folder / "some" / "1.0.0" / "cases" / "c.yaml")[0] == 0
    assert (folder / "some" / "1.0.0" / "cases" / "c.yaml").read_text() == LAID_OUT


def test_check_changes_nothing_and_ends_with_1_if_something_would_change(folder):
    code, output = told("--check", folder)
    assert code == 1
    assert "2 would change" in output
    assert (folder / "services.yaml").read_text() == DENSE
    told(folder)
    assert told("--check", folder)[0] == 0


def test_a_file_that_cannot_be_read_is_named_and_left(folder):
    (folder / "services.yaml").write_text("a: [\n")
    code, output = told(folder)
    assert code == 1
    assert "services.yaml:" in output
    assert "CDS103" in output
    assert (folder / "services.yaml").read_text() == "a: [\n"
    assert list(folder.glob(".*")) == []
