"""The pages in docs/rulesets are what `cds docs` makes of the rulesets as they are."""

import json
from pathlib import Path

from click.testing import CliRunner

from cds.commands import main

ROOT = Path(__file__).parents[2]


def test_the_pages_of_the_rulesets_are_up_to_date(monkeypatch):
    """If this fails: `cds docs`, read the diff, commit it."""
    monkeypatch.setenv("CDS_RULESETS", str(ROOT / "rulesets"))
    done = CliRunner().invoke(main, ["docs", "--check", "--out", str(ROOT / "docs" / "rulesets"), "--json"])
    told = json.loads(done.stdout)["result"]
    assert told["stale"] == []
    assert len(told["pages"]) > 20


def test_a_page_that_is_stale_missing_or_of_no_ruleset_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("CDS_RULESETS", str(ROOT / "rulesets"))
    run = lambda *arguments: CliRunner().invoke(main, ["docs", *arguments, "--out", str(tmp_path)])  # noqa: E731
    assert run("metformin-renal", "--check").exit_code == 1
    assert run("metformin-renal").exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"metformin-renal.md", "metformin-renal.html"}
    assert run("metformin-renal", "--check").exit_code == 0
    (tmp_path / "metformin-renal.md").write_text("other")
    assert "metformin-renal.md is not up to date" in run("metformin-renal", "--check").stdout
    assert run("clinical-common").exit_code == 2
    assert run("metformin-renal", "warfarin-nsaid").exit_code == 0
    assert not (tmp_path / "README.md").exists(), "an index of two would take the place of that of all"
