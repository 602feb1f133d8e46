"""What ``cds new`` writes: valid but for what only the author knows, laid out, and with one case that fails."""

from datetime import date

from cds.authoring.case_running import run_cases
from cds.authoring.rights_check import check_rights
from cds.authoring.scaffold import scaffold
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
    ruleset = suite_of(draft(tmp_path)).judge.ruleset
    assert [str(problem) for problem in analyse(ruleset)] == []
    assert {problem.code for problem in check_rights(ruleset, DAY)} == {"CDS304"}


def test_its_one_case_fails_and_says_what_was_shown(tmp_path):
    (failed,) = run_cases(suite_of(draft(tmp_path))).failed
    assert "expected no card, but tell-high fired because Potassium above 5.0 holds (5.6 mmol/L" in failed.failures[0]


def test_it_has_the_house_layout():
    for path, text in scaffold("hyperkalaemia", DAY).items():
        assert max(map(len, text.splitlines())) <= 120
        if path == "ruleset.yaml":
            assert laid_out(text.encode(), path)[0] == text.encode()
