"""What a run of cases says: why one failed, what is shown, and cases that show what is not."""

import json
import re
from xml.etree import ElementTree as ET

import pytest

from cds.authoring import case_page, case_report
from cds.authoring.case_finding import find_cases
from cds.authoring.case_judging import load_suite
from cds.authoring.case_running import SuiteReport, run_cases
from cds.authoring.case_writing import case_text
from cds.rules.engine.reference import make_reference
from tests.authoring.suites import HEADER, ONE, RULESET, never, suite_of, write


def told(tmp_path, cases) -> SuiteReport:
    return run_cases(suite_of(write(tmp_path, cases)))


def goals(report, *, shown):
    return {(goal.name, goal.side) for goal in report.goals.all if (goal in report.shown) is shown}


def test_a_failure_reads_like_a_sentence_and_names_the_value_its_day_its_record_and_the_line(tmp_path):
    (failed,) = told(tmp_path, ONE.replace("fires: [raises-potassium]", "fires: []")).failed
    assert failed.failures == (
        (
            "expected no card, but raises-potassium fired because Potassium above 5.0 holds "
            "(5.6 mmol/L, 2026-02-26, Observation/lab-2; ruleset.yaml:23)"
        ),
    )


def test_a_rule_that_stayed_silent_says_what_kept_it(tmp_path):
    (failed,) = told(tmp_path, ONE.replace("5.6", "4.9")).failed
    assert failed.failures == (
        (
            "expected raises-potassium to fire, but it stayed silent because Potassium above 5.0 fails "
            "(4.9 mmol/L, 2026-02-26, Observation/lab-2; ruleset.yaml:23)"
        ),
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("facts:", "not-supplied: [procedure]\n    fires: []\n    unknown: [high]\n    facts:"), "but it holds (5.6"),
        (("fires: [raises-potassium]", "fires: [raises-potasium]"), "potassium@1.0.0 has no rule of that name"),
        (("5.6 mmol/L", "5.6"), "because Potassium above 5.0 is unknown (not known: a value has no unit"),
        (
            ("5.6 mmol/L", "5.6 mm"),
            'Potassium above 5.0 is unknown (5.6 mm, which cannot be compared with "above 5.0 mmol/L", 2026-02-26',
        ),
    ],
)
def test_every_difference_has_its_reason(tmp_path, change, reason):
    cases = ONE.replace(*change)
    if "not-supplied" in cases:
        cases = cases.replace("    fires: [raises-potassium]\n", "")
    failures = " ".join(line for failed in told(tmp_path, cases).failed for line in failed.failures)
    assert reason in failures


def test_one_case_shows_what_it_shows_and_no_more(tmp_path):
    report = told(tmp_path, ONE)
    assert ("raises-potassium", "fires") in goals(report, shown=True)
    assert ("not-checked", "silent") in goals(report, shown=True)
    missing = goals(report, shown=False)
    assert {("not-checked", "fires"), ("high", "fails"), ("high", "unknown"), ("on-dialysis", "holds")} <= missing
    assert ("raises-potassium", "unless-unknown") in missing
    assert {side for name, side in missing if name == "high" and "/" in side} == {"high/is/low+1", "high/is/low-1"}


def test_an_edge_is_shown_by_values_within_one_step_on_each_side(tmp_path):
    rows = (
        HEADER
        + """\
  - name: potassium $k
    facts:
      - lab: {loinc: 2823-3, value: $k mmol/L, on: $on}
    rows:
      - {k: 5.0, on: 3 days ago, fires: []}
      - {k: 5.1, on: 3 days ago, fires: [raises-potassium]}
      - {k: 5.6, on: 30 days ago, fires: [raises-potassium]}
"""
    )
    shown = goals(told(tmp_path, rows), shown=True)
    assert {("high", "high/is/low+1"), ("high", "high/is/low-1"), ("newest", "newest/within/-1")} <= shown
    assert ("newest", "newest/within/+1") not in shown


def test_a_case_that_fails_shows_nothing(tmp_path):
    assert told(tmp_path, ONE.replace("fires: [raises-potassium]", "fires: []")).shown == {}


def test_the_cases_that_are_offered_show_what_was_missing_once_they_are_pasted(tmp_path):
    suite = suite_of(write(tmp_path))
    report = run_cases(suite)
    found = find_cases(suite, report.goals, report.missing, never)
    assert set(found) == set(report.missing)
    pasted, names = ONE, set()
    for number, case in enumerate(found.values()):
        pasted += case_text(case.run, f"found {number}", case.fired, case.verdicts) + "\n"
        names.add(case.what)
    again = told(tmp_path, pasted)
    assert [result.failures for result in again.failed] == []
    assert again.missing == []
    assert "procedure not supplied" in names


def test_a_case_that_is_offered_has_a_name_that_no_case_has_yet(tmp_path):
    report = run_cases(suite_of(write(tmp_path)))
    report.found.update(find_cases(report.suite, report.goals, report.missing, never))
    offered = [one["case"] for one in case_report.as_json(report)["missing"]]
    names = {case.partition("\n")[0].partition("name: ")[2] for case in offered}
    assert len(names) == len(set(offered))
    told_already = ONE.replace("potassium high", next(iter(sorted(names))))
    report = run_cases(suite_of(write(tmp_path, ONE + told_already.removeprefix(HEADER))))
    report.found.update(find_cases(report.suite, report.goals, report.missing, never))
    again = [one["case"] for one in case_report.as_json(report)["missing"]]
    for case in dict.fromkeys(again):
        name = case.partition("\n")[0].partition("name: ")[2]
        assert name not in {run.name for run in report.suite.runs}
    assert again


def test_nothing_is_looked_for_when_the_time_is_over(tmp_path):
    suite = suite_of(write(tmp_path))
    report = run_cases(suite)
    assert find_cases(suite, report.goals, report.missing, lambda: True) == {}


def test_a_case_of_another_ruleset_is_a_problem_at_its_place(tmp_path):
    suite, problems = load_suite(write(tmp_path, ONE.replace("ruleset: potassium", "ruleset: sodium")), make_reference)
    assert suite is None
    assert [(problem.code, problem.location.line) for problem in problems] == [("CDS610", 8)]


def test_a_site_value_that_is_not_allowed_is_a_problem_of_its_case(tmp_path):
    suite, problems = load_suite(write(tmp_path, ONE + "    site: {age: 3 days}\n"), make_reference)
    assert suite is None
    assert {problem.location.line for problem in problems} == {8}


def test_a_broken_ruleset_gives_its_problems_and_no_suite(tmp_path):
    suite, problems = load_suite(write(tmp_path, ruleset=RULESET.replace("any: order", "any: ordr")), make_reference)
    assert suite is None
    assert problems


def test_the_report_is_plain_data_xml_and_a_page(tmp_path):
    report = told(
        tmp_path, ONE.replace("fires: [raises-potassium]", "fires: []").replace("potassium high", "a <b> & c")
    )
    data = case_report.as_json(report)
    assert json.loads(json.dumps(data)) == data
    assert data["failed"][0]["line"] == 8
    (suite,) = ET.fromstring(case_report.junit([report]))  # noqa: S314 - our own
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    assert suite[0].get("name") == "a <b> & c"
    assert "expected no card" in suite[0][0].get("message")
    page = case_page.page([report], "now")
    assert "a &lt;b&gt; &amp; c" in page
    assert "<b>" not in page


def test_the_page_shows_each_patient_and_what_was_shown(tmp_path):
    cases = (
        ONE
        + """\
  - name: <nothing> known
    not-supplied: [lab]
    fires: [not-checked]
  - name: potassium in range
    patient: {sex: male}
    facts:
      - lab: {loinc: 2823-3, value: 4.1 mmol/L, on: 3 days ago}
    fires: []
"""
    )
    report = run_cases(suite_of(write(tmp_path, cases)), summaries=True)
    rows = case_page.page([report], "now").partition("<h3>The cases</h3>")[2].split("<tr>")[1:]
    high, unknown, normal = (re.sub(r"<[^>]+>", " ", row) for row in rows[-3:])
    assert "lab: {loinc: 2823-3, value: 5.6 mmol/L, on: 3 days ago}" in high
    assert "order: {rxnorm: 10829}" in high  # of the background
    assert "patient: born: 70 years ago, sex: female" in high
    assert "raises-potassium  Trimethoprim with potassium 5.6 mmol/L (2026-02-26)" in high
    assert "limits.yaml:8" in high
    assert "&lt;nothing&gt; known" in unknown
    assert "not-supplied: [lab]" in unknown
    assert "not-checked  Trimethoprim without a potassium" in unknown
    assert "sex: male" in normal
    assert "no card" in normal


def test_a_case_that_fails_is_marked_in_the_list_too(tmp_path):
    report = told(tmp_path, ONE.replace("fires: [raises-potassium]", "fires: []"))
    page = case_page.page([report], "now")
    assert "<strong class=bad>failed</strong>" in page.partition("<h3>The cases</h3>")[2]
