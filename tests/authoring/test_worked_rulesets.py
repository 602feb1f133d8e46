"""The worked rulesets of the language reference (section 12) do what their printed cases say, all 39 of them.

Rulesets and cases stand word for word in ``samples``; what was decided otherwise since is mended as
``tests.rules.source.test_samples`` says.
"""

from pathlib import Path

import pytest

from cds.authoring.cases import CaseRun, expand
from tests.published import judging
from tests.rules.source.test_samples import REASONS, SAMPLES, SINCE

CASES = sorted((Path(__file__).parent / "samples").glob("*.yaml"))
#: The codes that the cases name, in the tables that the rulesets name.
TABLES = {
    "opioid-mme-factors": ["rxnorm,7052,morphine,1,mg/d,oral", "rxnorm,7804,oxycodone,1.5,mg/d,oral"],
    "buprenorphine-methadone": ["rxnorm,6813,methadone"],
    "benzodiazepine": ["rxnorm,6470,lorazepam"],
    "naloxone": ["rxnorm,7242,naloxone"],
    "hospice-palliative": ["snomed,385763009,hospice care"],
    "atrial-fibrillation-flutter": ["icd10cm,I48.0,paroxysmal atrial fibrillation"],
    "heart-failure": ["snomed,84114007,heart failure"],
    "lvef": ["loinc,10230-1,ejection fraction"],
    "hypertension": ["snomed,59621000,essential hypertension"],
    "diabetes-any": ["snomed,44054006,type 2 diabetes"],
    "stroke-tia-te": ["snomed,230690007,stroke"],
    "vascular-disease-chadsvasc": ["snomed,22298006,myocardial infarction"],
    "pregnancy": ["snomed,77386006,pregnant"],
    "warfarin": ["rxnorm,11289,warfarin"],
    "doac": ["rxnorm,1364430,apixaban"],
}


@pytest.fixture
def worked(tmp_path, monkeypatch):
    """The mended rulesets in a folder of their own, under a version that no published ruleset has."""
    for path in SAMPLES:
        text = path.read_text(encoding="utf-8")
        for old, new, _ in SINCE.values():
            text = old.sub(new, text)
        folder = tmp_path / path.stem / "0.0.12"
        (folder / "value-sets").mkdir(parents=True)
        (folder / "ruleset.yaml").write_text(text, encoding="utf-8")
        for name, rows in TABLES.items():
            columns = ["system,code,display" + (",factor_cdc_2022,dose_unit,for_form" if "mme" in name else "")]
            (folder / "value-sets" / f"{name}.csv").write_text("\n".join([*columns, *rows, ""]), encoding="utf-8")
    monkeypatch.setattr(judging, "RULESETS", tmp_path)
    monkeypatch.setattr(judging, "override_reasons", lambda: REASONS)
    judging.judge_of.cache_clear()
    yield
    judging.judge_of.cache_clear()


def runs() -> list:
    return [pytest.param(run, id=f"{path.stem}: {run.name}") for path in CASES for run in expand(path)[0]]


@pytest.mark.parametrize("run", runs())
def test_a_printed_case_comes_out_as_it_says(run: CaseRun, worked):
    assert judging.sentences(run, "0.0.12") == []


def test_there_are_39():
    assert len(runs()) == 39
