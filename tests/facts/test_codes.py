import pytest

from cds.facts import codes
from cds.facts.codes import MALFORMED, NO_CODE, TEXT_ONLY, Codebook, codebook
from cds.terminology.coding import LOINC, RXNORM, SNOMED, Coding
from tests.facts.reading import DIABETES, OXYCODONE, POTASSIUM, VOCABULARY


@pytest.fixture
def book():
    return Codebook(VOCABULARY)


def concept(*codings, **more):
    return {"coding": list(codings), **more}


def test_systems_are_recognised_in_the_spellings_of_senders(book):
    look = book.look(concept({"system": "http://snomed.info/sct/731000124108", "code": DIABETES}))
    assert look.wanted
    assert look.codings == {Coding(SNOMED, DIABETES)}


def test_all_the_codings_of_a_concept_are_its_codes(book):
    local, ours = {"system": "urn:local", "code": "K"}, {"system": LOINC, "code": POTASSIUM}
    look = book.look(concept(local, ours))
    assert look.codings == {Coding("urn:local", "K"), Coding(LOINC, POTASSIUM)}
    assert look.wanted
    assert look.mapped


def test_a_code_without_system_is_no_question_if_it_also_comes_with_one(book):
    look = book.look(concept({"system": LOINC, "code": POTASSIUM}, {"code": POTASSIUM}))
    assert (look.wanted, look.bare) == (True, frozenset())


def test_a_product_code_without_system_may_be_its_ingredient(book):
    assert book.look(concept({"code": "1049593"})).bare == {Coding(RXNORM, OXYCODONE)}


@pytest.mark.parametrize("system", ["", "  "])
def test_an_empty_system_is_none(book, system):
    assert book.look(concept({"system": system, "code": POTASSIUM})).bare == {Coding(LOINC, POTASSIUM)}


@pytest.mark.parametrize(
    "written", [None, {}, {"coding": []}, concept({}), concept(None), concept({"code": " "}), {"text": " "}]
)
def test_nothing_said_is_no_code(book, written):
    assert book.look(written) is NO_CODE


@pytest.mark.parametrize("written", [{"text": "sugar"}, concept({"display": "Sugar"}), concept({}, text="sugar")])
def test_words_are_no_code(book, written):
    assert book.look(written) is TEXT_ONLY


@pytest.mark.parametrize(
    "written", [7, "text", [], {"coding": "x"}, concept("x"), concept({"system": LOINC, "code": 7})]
)
def test_other_json_types_could_hide_anything(book, written):
    assert book.look(written) is MALFORMED


def test_one_malformed_coding_is_not_hidden_by_a_good_one(book):
    assert book.look(concept({"system": "urn:local", "code": "K"}, 7)).problem == "malformed"


def test_an_object_where_an_array_belongs_is_read(book):
    assert book.look({"coding": {"system": LOINC, "code": POTASSIUM}}).wanted


def test_a_vocabulary_has_one_codebook():
    assert codebook(VOCABULARY) is codebook(VOCABULARY)


def test_made_up_codes_do_not_fill_the_memory(book, monkeypatch):
    monkeypatch.setattr(codes, "_MOST_REMEMBERED", 10)
    for number in range(100):
        book.look(concept({"system": LOINC, "code": f"made-up-{number}"}))
    assert len(book.seen) <= 10
