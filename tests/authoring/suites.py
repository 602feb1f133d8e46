"""A small ruleset with cases in a folder of its own, for the tests of what ``cds test`` says."""

from pathlib import Path

from cds.authoring.case_judging import Suite, load_suite
from cds.rules.engine.reference import make_reference

RULESET = """\
format: 1
ruleset: potassium
version: 1.0.0
status: draft
hooks: [order-sign]
title: Trimethoprim and potassium
publisher: Example Health
approval-date: 2026-01-15
last-review-date: 2026-01-15
effective: {from: 2020-01-01}
evidence:
  label:
    title: Trimethoprim, summary of product characteristics
    link: https://example.org/trimethoprim
    grade: {scheme: regulatory, strength: label warning}
value-sets:
  trimethoprim: {rxnorm: {10829: trimethoprim}}
  potassium: {loinc: {2823-3: Potassium in Serum or Plasma}}
  dialysis: {snomed: {265764009: Renal dialysis}}
definitions:
  ordered: {says: Trimethoprim is being ordered, any: order, in: trimethoprim}
  newest: {says: Most recent potassium within 30 days, latest: lab, in: potassium, within: 30 days}
  high: {says: Potassium above 5.0, value: newest, is: above 5.0 mmol/L}
  on-dialysis: {says: Dialysis is on record, any: procedure, in: dialysis}
rules:
  raises-potassium:
    family: potassium
    when: [ordered, high]
    unless: [on-dialysis]
    unless-unknown: fire
    then:
      card: {indicator: warning, summary: "Trimethoprim with potassium {newest}", evidence: [label]}
  not-checked:
    family: potassium
    when: [ordered, unknown high]
    then:
      card: {indicator: info, summary: Trimethoprim without a potassium of the last 30 days, evidence: [label]}
"""
HEADER = """\
ruleset: potassium
at: 2026-03-01
hook: order-sign
patient: {born: 70 years ago, sex: female}
background:
  - order: {rxnorm: 10829}
cases:
"""
ONE = (
    HEADER
    + """\
  - name: potassium high
    facts:
      - lab: {loinc: 2823-3, value: 5.6 mmol/L, on: 3 days ago}
    fires: [raises-potassium]
"""
)


def write(tmp_path: Path, cases: str = ONE, ruleset: str = RULESET) -> Path:
    """The version folder."""
    folder = tmp_path / "rulesets" / "potassium" / "draft"
    (folder / "cases").mkdir(parents=True, exist_ok=True)
    (folder / "ruleset.yaml").write_text(ruleset, encoding="utf-8")
    (folder / "cases" / "limits.yaml").write_text(cases, encoding="utf-8")
    (tmp_path / "rulesets" / "override-reasons.yaml").write_text("done: Done already\n", encoding="utf-8")
    return folder


def suite_of(folder: Path) -> Suite:
    """The version with its cases; no problem may remain."""
    suite, problems = load_suite(folder, make_reference)
    assert suite is not None, [str(problem) for problem in problems]
    return suite


def never() -> bool:
    """There is time."""
    return False
