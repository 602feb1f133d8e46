import pytest

from cds.authoring.case_facts import FACT_KINDS
from cds.facts.fact import KINDS
from tests.authoring.telling import case, fact, problems_of


def test_every_kind_of_fact_can_be_told():
    assert set(FACT_KINDS) - {"lab", "vital"} == KINDS


@pytest.mark.parametrize(
    ("kind", "code", "resource_type"),
    [
        ("condition", "snomed: 100001", "Condition"),
        ("lab", "loinc: 1-8", "Observation"),
        ("vital", "loinc: 1-8", "Observation"),
        ("observation", "loinc: 1-8", "Observation"),
        ("medication", "rxnorm: 1", "MedicationRequest"),
        ("prescription", "rxnorm: 1", "MedicationRequest"),
        ("order", "rxnorm: 1", "MedicationRequest"),
        ("draft", "rxnorm: 1", "MedicationRequest"),
        ("order", "loinc: 1-8", "ServiceRequest"),
        ("order", "'resource': ServiceRequest, rxnorm: 1", "ServiceRequest"),
        ("dispense", "rxnorm: 1", "MedicationDispense"),
        ("administration", "rxnorm: 1", "MedicationAdministration"),
        ("allergy", "rxnorm: 1", "AllergyIntolerance"),
        ("procedure", "snomed: 100001", "Procedure"),
        ("immunization", "cvx: 101", "Immunization"),
        ("encounter", "snomed: 100001", "Encounter"),
        ("current-encounter", "class: inpatient", "Encounter"),
    ],
)
def test_a_kind_becomes_its_resource_about_the_patient(kind, code, resource_type):
    found = fact(f"{{{kind}: {{{code}, id: x1}}}}")
    assert (found["resourceType"], found["id"]) == (resource_type, "x1")
    assert (found.get("subject") or found.get("patient")) == {"reference": "Patient/case-patient"}
    assert None not in found.values()


def test_free_text_is_a_record_without_a_code():
    assert fact("{medication: {text: blood thinner}}")["medicationCodeableConcept"] == {"text": "blood thinner"}


@pytest.mark.parametrize(
    ("entry", "code", "message"),
    [
        ("{labs: {loinc: 1-8}}", "CDS605", 'there is no kind of fact "labs"'),
        ("{lab: {loinc: 1-8, vaule: 4}}", "CDS602", 'a lab has no key "vaule"'),
        ("{lab: {value: 4}}", "CDS603", "this lab has no code"),
        ("{lab: {loinc: 1-8, value: high}}", "CDS604", '"high" is not a quantity'),
        ("{lab: {loinc: 1-8, on: yesterday}}", "CDS604", '"yesterday" is not a time'),
        ("{medication: {rxnorm: 1, daily-dose: 50 mg}}", "CDS604", '"50 mg" is not a dose'),
        ("{medication: {rxnorm: 1, dose: '>5 mg'}}", "CDS604", '">5 mg" is not a dose'),
        ("{medication: {rxnorm: 1, frequency: often}}", "CDS604", '"often" is not a frequency'),
        ("{medication: {rxnorm: 1, days-supply: a month}}", "CDS604", '"a month" is not a duration'),
        ("{medication: {rxnorm: 1, status: activ}}", "CDS113", '"status" cannot be "activ"'),
        (
            "{medication: {rxnorm: 1, daily-dose: 5 mg/d, dose: 5 mg}}",
            "CDS607",
            "a daily dose leaves nothing for dose and frequency to say",
        ),
        ("{order: {rxnorm: 1, replaces: m1}}", "CDS604", 'no fact of the case has the id "m1"'),
        ("{condition: {snomed: 100001, id: 'a b'}}", "CDS604", '"a b" is not an id'),
        ("{condition: {snomed: 100001, encounter: e9}}", "CDS604", 'no fact of the case has the id "e9"'),
        ("{administration: {rxnorm: 1, dose: 5 to 10 mg}}", "CDS604", "what was given is one dose, not a range"),
        ("{immunization: {cvx: 101, dose-number: two}}", "CDS604", '"two" is not a dose number'),
        (
            "{medication: {rxnorm: trimethoprim}}",
            "CDS234",
            '"trimethoprim" is no code of http://www.nlm.nih.gov/research/umls/rxnorm: such codes look like 6809',
        ),
        (
            "{lab: {loinc: 1-8, value: {snomed: positive}}}",
            "CDS234",
            '"positive" is no code of http://snomed.info/sct: such codes look like 44054006',
        ),
        ("{condition: snomed}", "CDS110", "a condition must be a table of keys"),
        ("snomed", "CDS110", "a fact must be a table of keys"),
    ],
)
def test_a_word_that_is_not_understood_is_a_problem_and_no_run(entry, code, message):
    assert problems_of(f"facts: [{entry}]\nfires: []") == [(code, message)]


def test_a_name_of_rows_in_the_place_of_a_key_is_told_what_it_stands_for():
    _, (problem,) = case("facts: [{condition: {$system: 1, snomed: 100002}}]\nfires: []")
    assert problem.code == "CDS602"
    assert problem.hint == "`$name` stands for a value, never for a key: write one case for each system"


def test_two_facts_with_one_id_are_a_problem():
    (problem,) = problems_of("facts: [{condition: {snomed: 100001, id: c}}, {lab: {loinc: 1-8, id: c}}]\nfires: []")
    assert problem == ("CDS608", 'two facts of this case have the id "c"')


def test_facts_must_be_a_list():
    assert problems_of("facts: {condition: {snomed: 100001}}\nfires: []")[0][0] == "CDS601"
