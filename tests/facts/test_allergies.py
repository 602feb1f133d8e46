from cds.facts.allergies import NO_KNOWN_ALLERGY, UNSTATED
from tests.facts.reading import CODE_OF_NO_RULE, IBUPROFEN, only, read, reasons
from tests.patients import allergy, concept


def test_every_allergy_is_a_fact_because_a_list_with_anything_in_it_is_an_answer():
    assert only(read(allergy(snomed=CODE_OF_NO_RULE)), "allergy").status == "active"


def test_no_known_allergy_is_a_fact_with_that_code():
    assert only(read(allergy(snomed="716186003")), "allergy").codings & NO_KNOWN_ALLERGY


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
