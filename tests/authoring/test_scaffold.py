"""What ``cds new`` writes: valid but for what only the author knows, laid out, and with one case that fails."""

from datetime import date

import pytest

from cds.authoring.case_running import run_cases
from cds.authoring.rights_check import check_filled_in, check_rights
from cds.authoring.scaffold import NotCopied, next_draft, scaffold
from cds.documents.layout import laid_out
from cds.rules.analysis.analyse import analyse
from tests.authoring.suites import suite_of

DAY = date(2026, 3, 1)


def draft(tmp_path):
    folder = tmp_path / "rulesets" / "hyperkalaemia" / "draft"
    (folder / "cases").mkdir(parents=True)
    for path, text in scaffold("hyperkalaemia", DAY).items():
        (folder / path).write_text(text, encoding="utf-8")
    (tmp_path / "rulesets" / "override-reasons.yaml").write_text(
        "already-monitored: Already being monitored\nbenefit-outweighs-risk: Benefit judged to outweigh the risk\n"
    )
    return folder


def test_all_that_is_wrong_is_what_the_author_must_fill_in(tmp_path):
    folder = draft(tmp_path)
    ruleset = suite_of(folder).judge.ruleset
    assert [str(problem) for problem in [*analyse(ruleset), *check_rights(ruleset, DAY)]] == []
    content = (folder / "ruleset.yaml").read_bytes()
    found = check_filled_in(content, "ruleset.yaml")
    assert {problem.code for problem in found} == {"CDS304"}
    lines = content.decode().splitlines()
    named = [lines[problem.location.line - 1] for problem in found]
    assert len(set(named)) == 9
    assert all("TODO" in line or line.strip() == "detail: |-" for line in named)


def test_its_one_case_fails_and_says_what_was_shown(tmp_path):
    (failed,) = run_cases(suite_of(draft(tmp_path))).failed
    assert "expected no card, but tell-high fired because Potassium above 5.0 holds (5.6 mmol/L" in failed.failures[0]


def test_it_has_the_house_layout():
    for path, text in scaffold("hyperkalaemia", DAY).items():
        assert max(map(len, text.splitlines())) <= 120
        if path == "ruleset.yaml":
            assert laid_out(text.encode(), path)[0] == text.encode()


def published(tmp_path):
    folder = tmp_path / "hyperkalaemia" / "1.9.0"
    (folder / "cases").mkdir(parents=True)
    for path, text in scaffold("hyperkalaemia", DAY).items():
        (folder / path).write_text(text.replace("status: draft", "status: published").replace("1.0.0", "1.9.0"))
    (folder / "DIGEST").write_text("sha256:0000\n")
    return folder


def test_the_next_draft_is_a_copy_that_may_be_edited(tmp_path):
    folder = published(tmp_path)
    number, files = next_draft(folder, tmp_path / "hyperkalaemia" / "draft")
    assert number == "1.9.1"
    assert [file.name for file in files] == ["first.yaml", "ruleset.yaml"]
    text = files[1].read_text()
    assert "\nversion: 1.9.1  # which" in text
    assert "\nstatus: draft\n" in text
    assert text.replace("1.9.1", "1.9.0").replace("draft\n", "published\n") == (
        (folder / "ruleset.yaml").read_text().replace("draft\n", "published\n")
    )


def test_a_version_that_does_not_say_its_status_on_a_line_leaves_no_draft_behind(tmp_path):
    folder = published(tmp_path)
    file = folder / "ruleset.yaml"
    file.write_text(file.read_text().replace("\nstatus: published\n", "\n'status': published\n"))
    with pytest.raises(NotCopied, match="no line of its own"):
        next_draft(folder, tmp_path / "hyperkalaemia" / "draft")
    assert not (tmp_path / "hyperkalaemia" / "draft").exists()
