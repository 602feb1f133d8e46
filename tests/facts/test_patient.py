import pytest

from tests.facts.reading import read
from tests.patients import patient, supply

CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
BIRTH_SEX = f"{CORE}/us-core-birthsex"
CLINICAL_USE = "http://hl7.org/fhir/StructureDefinition/patient-sexParameterForClinicalUse"


def who(**told):
    return read(also=[supply("Patient", patient(**told))]).patient


def birth_sex(code):
    return {"url": BIRTH_SEX, "valueCode": code}


def clinical_use(code):
    return {"url": CLINICAL_USE, "extension": [{"url": "value", "valueCodeableConcept": {"coding": [{"code": code}]}}]}


@pytest.mark.parametrize(
    ("gender", "extensions", "sex"),
    [
        ("female", [], "female"),
        ("male", [], "male"),
        ("other", [], None),
        ("unknown", [], None),
        (None, [], None),
        (7, [], None),
        (None, [birth_sex("F")], "female"),
        ("male", [birth_sex("M")], "male"),
        ("male", [birth_sex("F")], None),
        ("other", [birth_sex("M")], "male"),
        ("female", [birth_sex("UNK")], "female"),
        ("female", [birth_sex("OTH")], None),
        ("female", [clinical_use("male-typical")], None),
        ("female", [clinical_use("specified")], None),
        ("unknown", [clinical_use("female-typical")], "female"),
    ],
)
def test_sex_is_what_the_sources_agree_on(gender, extensions, sex):
    assert who(sex=gender, extension=extensions).sex == sex


@pytest.mark.parametrize("born", ["1960-02-30", "sixty", 1960, None, "2027-01-01", "0001-01-01", "1800", "1900-12-31"])
def test_a_birth_date_that_cannot_be_is_unknown(born):
    assert who(born=born).birth is None


def test_a_birth_date_as_long_ago_as_anybody_lived_is_believed():
    assert who(born="1901-01-01").birth is not None


def test_a_partial_birth_date_is_a_span():
    birth = who(born="1960").birth
    assert birth is not None
    assert (birth.first_day.isoformat(), birth.last_day.isoformat()) == ("1960-01-01", "1960-12-31")


@pytest.mark.parametrize(
    ("told", "deceased"),
    [
        ({}, None),
        ({"deceasedBoolean": False}, False),
        ({"deceasedBoolean": True}, True),
        ({"deceasedBoolean": "true"}, None),
        ({"deceasedDateTime": "2025-01-01"}, True),
        ({"deceasedDateTime": "some day"}, True),
        ({"deceasedDateTime": "2026-12-01"}, False),
    ],
)
def test_death_is_known_only_if_recorded_and_not_before_it_happened(told, deceased):
    assert who(**told).deceased is deceased


def test_race_codes_are_read_and_race_texts_are_not_codes():
    parts = [
        {"url": "ombCategory", "valueCoding": {"code": "2028-9"}},
        {"url": "detailed", "valueCoding": {"code": "2034-7"}},
        {"url": "text", "valueString": "Chinese"},
        {"url": "ombCategory", "valueCoding": "2106-3"},
    ]
    assert who(extension=[{"url": f"{CORE}/us-core-race", "extension": parts}]).races == {"2028-9", "2034-7"}


def test_nothing_recorded_is_nothing_known():
    found = who(id=None, born=None, sex=None)
    assert (found.birth, found.sex, found.deceased, found.races) == (None, None, None, frozenset())
    assert found.reference == "Patient/p1"
