"""Which codes can be of their system: the shapes, and every code of the shared value sets."""

import csv
from pathlib import Path

import pytest

from cds.terminology.code_forms import misshapen, wrong_with
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


@pytest.mark.parametrize(
    ("system", "code", "hint"),
    [
        (RXNORM, "trimethoprim", "6809"),
        (SNOMED, "diabetes", "44054006"),
        (SNOMED, "12", "44054006"),
        (LOINC, "potassium", "2160-0"),
        (LOINC, "28233", "2160-0"),
        (ICD10CM, "e11.9", "E11.9"),
        (CVX, "8", "08"),
    ],
)
def test_what_does_not_look_like_a_code_is_told_with_one_that_does(system, code, hint):
    assert hint in misshapen(Coding(system, code))
    assert misshapen(Coding(system, code)) == wrong_with(Coding(system, code))


@pytest.mark.parametrize(("system", "code"), [(LOINC, "2823-4"), (SNOMED, "27737000")])
def test_a_wrong_check_digit_alone_leaves_the_shape(system, code):
    assert misshapen(Coding(system, code)) == ""
    assert wrong_with(Coding(system, code)) == "its check digit is wrong"
