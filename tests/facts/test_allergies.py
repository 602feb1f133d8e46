import pytest

from cds.facts.allergies import UNSTATED
from cds.facts.fact import NO_ALLERGY
from tests.facts.reading import CODE_OF_NO_RULE, IBUPROFEN, only, read, reasons
from tests.patients import allergy, concept


def test_every_allergy_is_a_fact_because_a_list_with_anything_in_it_is_an_answer():
    assert only(read(allergy(snomed=CODE_OF_NO_RULE)), "allergy").status == "active"


def verified(word):
    return {"verificationStatus": {"coding": [{"code": word}]}}


@pytest.mark.parametrize(
    ("code", "denied"),
    [
        ("716186003", "all"),
        ("409137002", "drugs"),
        ("429625007", "others"),
        ("428607008", "others"),
        ("1003774007", "others"),
    ],
)
def test_no_known_allergy_is_an_answer_and_never_an_allergy(code, denied):
    record = read(allergy(snomed=code))
    assert only(record, NO_ALLERGY).status == denied
    assert "allergy" not in record.facts
    assert record.omissions == ()


@pytest.mark.parametrize("doubt", [verified("unconfirmed"), verified("refuted")])
def test_a_denial_in_doubt_is_no_answer_and_no_allergy(doubt):
    record = read(allergy(snomed="716186003", more=doubt))
    assert (record.facts, record.omissions) == ({}, ())


@pytest.mark.parametrize("status", ["inactive", "resolved"])
def test_a_denial_that_is_over_is_no_answer_and_no_allergy(status):
    assert read(allergy(snomed="716186003", status=status)).facts == {}


def test_a_denial_that_is_confirmed_or_unstated_stands():
    assert only(read(allergy(snomed="716186003", status=None, more=verified("confirmed"))), NO_ALLERGY).status == "all"


def test_a_denial_dated_tomorrow_is_an_omission():
    assert reasons(read(allergy(snomed="716186003", more={"onsetDateTime": "2099-01-01"}))) == {
        "AllergyIntolerance/al1": "future-date"
    }


def test_a_denial_that_names_an_allergen_is_an_omission():
    resource = allergy(snomed="716186003", more={"reaction": [{"substance": concept(rxnorm=IBUPROFEN)}]})
    record = read(resource)
    assert record.facts == {}
    assert reasons(record) == {"AllergyIntolerance/al1": "contradicting-codes"}


def test_a_denial_with_a_code_of_the_sender_beside_it_stands():
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "716186003"},
                       {"system": "http://lab.example/allergies", "code": "NKA"}]}  # fmt: skip
    assert only(read(allergy(more={"code": code})), NO_ALLERGY).status == "all"


def test_an_allergy_matches_by_the_substance_of_a_reaction_too():
    resource = allergy(snomed=CODE_OF_NO_RULE, more={"reaction": [{"substance": concept(rxnorm=IBUPROFEN)}]})
    assert IBUPROFEN in {coding.code for coding in only(read(resource), "allergy").codings}


def test_a_status_left_out_is_unstated_and_an_unreadable_one_an_omission():
    assert only(read(allergy(status=None, rxnorm=IBUPROFEN)), "allergy").status == UNSTATED
    assert reasons(read(allergy(status="perhaps", rxnorm=IBUPROFEN))) == {"AllergyIntolerance/al1": "bad-status"}


def test_a_refuted_allergy_is_nothing():
    record = read(allergy(rxnorm=IBUPROFEN, more={"verificationStatus": {"coding": [{"code": "refuted"}]}}))
    assert (record.facts, record.omissions) == ({}, ())


def test_a_free_text_allergy_is_a_fact_without_codes_and_listed():
    record = read(allergy(more={"code": {"text": "the red pills"}}))
    assert only(record, "allergy").display == "the red pills"
    assert record.unmapped == ("AllergyIntolerance/al1",)


def test_the_patient_element_names_whose_it_is():
    record = read(allergy(rxnorm=IBUPROFEN, more={"patient": {"reference": "Patient/p2"}}))
    assert reasons(record) == {"AllergyIntolerance/al1": "wrong-subject"}
