"""The three worked rulesets of the language reference (section 12) load, but for what was decided otherwise since.

``samples/`` holds them word for word; :data:`SINCE` says what was decided and where, and mends each copy accordingly.
"""

import re
from pathlib import Path

import pytest

from cds.hooks.discovery_check import check_discovery
from cds.rules.prefetch.derive import derive_templates
from cds.rules.source.read import read_ruleset

SAMPLES = sorted(Path(__file__).with_name("samples").glob("*.yaml"))
REASONS = dict.fromkeys(
    ["data-out-of-date", "specialist-advice", "benefit-outweighs-risk", "patient-declined", "bleeding-risk"], "Reason"
)
OPIOIDS = b"system,code,display,factor_cdc_2022,dose_unit,for_form\nrxnorm,7052,morphine,1,mg,any\n"
#: why -> (what stands in the reference, what is written now, the problem that the old form gives)
SINCE = {
    "what runs is the activation record; a file is draft or published (SETTLED, Selection)": (
        re.compile(r"^status: active$", re.MULTILINE), "status: draft", "CDS113"),
    "one list of override reasons for all rulesets (SETTLED, Cards)": (
        re.compile(r"^override-reasons: .*\n", re.MULTILINE), "", "CDS101"),
    "the factor of a drug depends on its form, patches by rate (SETTLED, Drug products)": (
        re.compile(r"dose-unit: it\.opioids\.dose_unit\}"),
        "dose-unit: it.opioids.dose_unit, form: it.form, for-form: it.opioids.for_form}", "CDS123"),
}  # fmt: skip


def table(name: str) -> bytes:
    """A table beside the sample: none of its codes matters here."""
    return OPIOIDS if name == "opioid-mme-factors.csv" else f"system,code,display\nrxnorm,{len(name)},x\n".encode()


def load(text: str, reasons=REASONS):
    return read_ruleset(text.encode(), "sample.yaml", table, reasons)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_worked_ruleset_loads_once_brought_up_to_date(path):
    text = path.read_text(encoding="utf-8")
    for old, new, _ in SINCE.values():
        text = old.sub(new, text)
    ruleset, problems = load(text)
    assert [str(problem) for problem in problems] == []
    assert ruleset.name == path.stem


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_nothing_but_those_decisions_stands_in_its_way(path):
    text = path.read_text(encoding="utf-8")
    expected = [code for old, _, code in SINCE.values() for _ in old.findall(text)]
    _, problems = load(text)
    assert sorted(problem.code for problem in problems) == sorted(expected)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_its_discovery_is_what_cds_hooks_allows(path):
    text = path.read_text(encoding="utf-8")
    for old, new, _ in SINCE.values():
        text = old.sub(new, text)
    ruleset, _ = load(text)
    prefetch = {template.key: template.query for template in derive_templates((ruleset,))}
    service = {"hook": min(ruleset.hooks), "title": "T", "description": "D", "id": "s", "prefetch": prefetch}
    assert check_discovery({"services": [service]}) == []


def test_there_are_three():
    assert [path.stem for path in SAMPLES] == ["af-anticoagulation", "metformin-renal-safety", "opioid-safety"]
