"""Which codes can be of their system: the shapes, and every code of the shared value sets."""

import csv
from pathlib import Path

import pytest

from cds.terminology.code_forms import wrong_with
from cds.terminology.coding import CVX, ICD10CM, LOINC, RXNORM, SNOMED, SYSTEM_NAMES, Coding, canonical_system

SHARED = Path(__file__).parents[3] / "shared" / "clinical" / "valuesets"


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (ICD10CM, "I10"), (ICD10CM, "E11.9"), (ICD10CM, "S72.001A"), (ICD10CM, "C7A.00"), (ICD10CM, "U07.1"),
        (ICD10CM, "C00-C14"), (RXNORM, "6809"), (CVX, "08"), (CVX, "187"), (LOINC, "2823-3"), (SNOMED, "77386006"),
        ("http://example.org/codes", "anything at all"),
    ],
)  # fmt: skip
def test_codes_that_can_be(system, code):
    assert wrong_with(Coding(system, code)) == ""


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (ICD10CM, "E119"), (ICD10CM, "e11.9"), (ICD10CM, "E11.98765"), (ICD10CM, "E11."), (ICD10CM, "11.9"),
        (ICD10CM, "E11.9\n"), (RXNORM, "06809"), (RXNORM, "6.809E+3"), (RXNORM, "metformin"), (CVX, "8"),
        (CVX, "1870"), (LOINC, "2823-4"), (LOINC, "28233"), (SNOMED, "77386007"), (SNOMED, "7.7386E+7"),
    ],
)  # fmt: skip
def test_codes_that_cannot(system, code):
    assert wrong_with(Coding(system, code)) != ""


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the dossier is not at {SHARED}")
def test_no_code_of_the_dossier_is_called_wrong():
    wrong = {}
    for file in sorted(SHARED.glob("*.csv")):
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
            coding = Coding(canonical_system(SYSTEM_NAMES.get(row["system"], row["system"])), row["code"])
            if found := wrong_with(coding):
                wrong[coding] = found
    assert wrong == {}
