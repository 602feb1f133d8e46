from dataclasses import replace
from random import Random

import pytest

from cds.facts.fact import Vocabulary
from cds.facts.wrong_patient import WrongPatient
from cds.hooks.prefetch import Supply, Template
from cds.terminology.coding import SNOMED, Coding
from tests.facts.reading import (
    CODE_OF_NO_RULE,
    DIABETES,
    HYPERTENSION,
    NOW,
    POTASSIUM,
    VOCABULARY,
    WARFARIN,
    only,
    read,
    reasons,
)
from tests.patients import condition, draft, encounter, medication_request, observation, patient, supply

OTHER = {"subject": {"reference": "Patient/p2"}}


def test_a_condition_of_interest_becomes_a_fact_with_its_reference_and_resource():
    resource = condition(snomed=HYPERTENSION, on="2020-05-01")
    fact = only(read(resource), "condition")
    assert (fact.reference, fact.status, fact.resource) == ("Condition/c1", "active", resource)
    assert Coding(SNOMED, HYPERTENSION) in fact.codings


def test_what_no_rule_can_read_is_passed_over_without_a_trace():
    record = read(condition(snomed=CODE_OF_NO_RULE, status="no such status"))
    assert record.facts == {}
    assert record.omissions == ()
    assert record.unmapped == ()


def test_an_open_kind_reads_every_code():
    record = read(
        condition(snomed=CODE_OF_NO_RULE), vocabulary=Vocabulary(VOCABULARY.codings, frozenset({"condition"}))
    )
    assert only(record, "condition").reference == "Condition/c1"


def test_a_null_search_is_none_recorded():
    record = read(also=[supply("Condition", state=Supply.NULL)])
    assert record.unsupplied == {}


@pytest.mark.parametrize("state", [Supply.ABSENT, Supply.FAILED, Supply.INCOMPLETE])
def test_a_search_that_did_not_come_whole_proves_nothing_absent(state):
    assert read(also=[supply("Condition", state=state)]).unsupplied == {"Condition": state.value}


def test_an_incomplete_search_still_tells_what_came():
    answer = supply("Condition", condition(snomed=HYPERTENSION), state=Supply.INCOMPLETE)
    record = read(also=[answer])
    assert only(record, "condition").reference == "Condition/c1"
    assert record.unsupplied == {"Condition": "incomplete"}


@pytest.mark.parametrize("state", [Supply.NULL, Supply.ABSENT, Supply.FAILED])
def test_a_patient_read_that_brought_nobody_leaves_the_patient_unknown(state):
    record = read(also=[supply("Patient", state=state)])
    assert record.patient.tells_race
    assert record.patient.sex is None
    assert "Patient" in record.unsupplied


def test_null_for_a_token_that_the_client_may_not_understand_is_not_none():
    asked = supply("Observation", state=Supply.NULL)
    asked = replace(asked, template=Template("Observation", "Observation", "Observation?date=ge{{today()}}"))
    assert read(also=[asked]).unsupplied == {"Observation": "null"}


def test_a_bare_resource_counts_as_a_result_of_one_entry():
    assert only(read(also=[supply("Condition", condition(snomed=DIABETES))]), "condition").status == "active"


def test_included_resources_of_other_types_are_not_facts():
    answer = supply("MedicationRequest", medication_request(rxnorm=WARFARIN), condition(snomed=DIABETES))
    record = read(also=[answer])
    assert set(record.facts) == {"prescription", "medication"}


def test_the_same_resource_from_two_templates_is_one_fact():
    result = observation(5.1, "mmol/L", loinc=POTASSIUM)
    record = read(also=[supply("Observation", result), supply("Observation", dict(result), key="Observation2")])
    assert len(record.facts["observation"]) == 1


def test_two_versions_of_one_resource_are_a_doubt_and_no_fact():
    first, second = observation(5.1, "mmol/L", loinc=POTASSIUM), observation(6.1, "mmol/L", loinc=POTASSIUM)
    sure = observation(4.1, "mmol/L", id="l2", loinc=POTASSIUM)
    record = read(also=[supply("Observation", first, sure), supply("Observation", second, key="Observation2")])
    assert only(record, "observation").reference == "Observation/l2"
    assert reasons(record) == {"Observation/l1": "conflicting-copies"}


def test_a_request_of_which_two_versions_came_is_neither_in_use_nor_stopped():
    first, second = medication_request(rxnorm=WARFARIN), medication_request(rxnorm=WARFARIN, status="stopped")
    record = read(also=[supply("MedicationRequest", first, second)])
    assert record.facts == {}
    assert reasons(record) == {"MedicationRequest/m1": "conflicting-copies"}


def test_two_different_things_under_one_id_are_both_read():
    first, second = condition(snomed=DIABETES), condition(snomed=HYPERTENSION)
    record = read(also=[supply("Condition", first, second)])
    assert len(record.facts["condition"]) == 2
    assert record.omissions == ()


def test_a_resource_without_id_has_the_same_name_from_call_to_call():
    first, second = condition(id=None, snomed=DIABETES), condition(id=None, snomed=DIABETES)
    assert only(read(first), "condition").reference == only(read(second), "condition").reference


def test_facts_come_newest_first_and_the_undated_last_whatever_the_order_sent():
    results = [
        observation(5.0, "mmol/L", on="2026-01-05", id="b", loinc=POTASSIUM),
        observation(5.0, "mmol/L", on="2026-02-05", id="c", loinc=POTASSIUM),
        observation(5.0, "mmol/L", on="2026-01-05", id="a", loinc=POTASSIUM),
        observation(5.0, "mmol/L", on=None, id="d", loinc=POTASSIUM),
    ]
    for seed in range(6):
        Random(seed).shuffle(results)
        references = [fact.reference[-1] for fact in read(*results).facts["observation"]]
        assert references == ["c", "a", "b", "d"]


def test_entered_in_error_is_neither_fact_nor_omission():
    record = read(
        observation(5.0, "mmol/L", status="entered-in-error", on="no date", loinc=POTASSIUM),
        condition(snomed=DIABETES, verification="entered-in-error"),
        condition(id="c2", snomed=DIABETES, verification="refuted", status=None),
        medication_request(status="entered-in-error", more={"medicationCodeableConcept": None}),
    )
    assert (record.facts, record.omissions, record.unmapped) == ({}, (), ())


@pytest.mark.parametrize("status", ["Entered-In-Error", "entered-in-error ", "unknown"])
def test_a_status_that_is_none_takes_no_record_away_in_silence(status):
    record = read(observation(5.0, "mmol/L", status=status, loinc=POTASSIUM))
    assert record.facts == {}
    assert [omission.reason for omission in record.omissions] == ["bad-status"]


@pytest.mark.parametrize(
    "resource",
    [
        observation(5.0, "mmol/L", on="soon", loinc=POTASSIUM),
        condition(snomed=DIABETES, on="31/12/2025"),
        medication_request(on="2026-02-30", rxnorm=WARFARIN),
        encounter(start="yesterday", snomed="185349003"),
    ],
)
def test_a_date_that_cannot_be_read_is_an_omission_with_its_codes(resource):
    record = read(resource)
    assert record.facts == {}
    (omission,) = record.omissions
    assert omission.reason == "bad-date"
    assert omission.codings
    assert omission.codings & VOCABULARY.codings or resource["resourceType"] == "Encounter"


def test_a_result_of_tomorrow_is_an_omission():
    record = read(observation(5.0, "mmol/L", on="2026-03-02", loinc=POTASSIUM))
    assert reasons(record) == {"Observation/l1": "future-date"}


def test_an_undated_fact_is_a_fact():
    assert only(read(observation(5.0, "mmol/L", on=None, loinc=POTASSIUM)), "observation").when is None


def test_a_code_without_system_is_an_omission_with_the_codes_it_may_mean():
    record = read(condition(more={"code": {"coding": [{"code": "I10"}]}}))
    assert record.facts == {}
    (omission,) = record.omissions
    assert (omission.reason, {c.code for c in omission.codings or ()}) == ("no-system", {"I10"})


def test_a_code_without_system_that_no_rule_knows_is_unmapped():
    record = read(condition(more={"code": {"coding": [{"code": "ZZ9"}]}}))
    assert record.omissions == ()
    assert record.unmapped == ("Condition/c1",)


def test_free_text_and_unknown_systems_are_listed_as_unmapped():
    record = read(
        condition(more={"code": {"text": "sugar"}}),
        medication_request(more={"medicationCodeableConcept": {"coding": [{"system": "urn:local", "code": "7"}]}}),
        observation(more={"code": {"text": "some test"}}),
    )
    assert record.unmapped == ("Condition/c1", "MedicationRequest/m1")
    assert record.omissions == ()


@pytest.mark.parametrize("code", [["I10"], "I10", 10, {"coding": [{"system": SNOMED, "code": 44054006}]}])
def test_a_code_of_a_wrong_json_type_could_be_anything(code):
    (omission,) = read(condition(more={"code": code})).omissions
    assert (omission.reason, omission.codings) == ("malformed", None)


def test_what_is_no_object_is_an_omission():
    record = read(also=[supply("Condition", "a text", None, {"no": "type"})])
    assert [omission.reason for omission in record.omissions] == ["malformed"] * 3


def test_a_foreign_resource_is_an_omission_and_its_template_incomplete():
    record = read(condition(snomed=DIABETES, more=OTHER), condition(id="c2", snomed=HYPERTENSION))
    assert reasons(record) == {"Condition/c1": "wrong-subject"}
    assert record.unsupplied == {"Condition": "wrong-subject"}
    assert only(record, "condition").reference == "Condition/c2"


@pytest.mark.parametrize(
    "reference",
    ["https://ehr.example/fhir/Patient/p1", "Patient/p1/_history/3", "p1", "urn:uuid:p1", "urn:uuid:unknown"],
)
def test_other_ways_to_name_the_patient_are_accepted(reference):
    record = read(condition(snomed=DIABETES, more={"subject": {"reference": reference}}))
    assert only(record, "condition").reference == "Condition/c1"


def test_a_urn_that_another_patient_of_the_request_has_is_foreign():
    answer = supply(
        "Condition", condition(snomed=DIABETES, more={"subject": {"reference": "urn:uuid:p2"}}), patient("p2")
    )
    assert reasons(read(also=[answer])) == {"Condition/c1": "wrong-subject"}


def test_a_draft_of_another_patient_stops_everything():
    with pytest.raises(WrongPatient) as caught:
        read(drafts=[draft(rxnorm=WARFARIN), draft(rxnorm=WARFARIN, more=OTHER)], hook="order-sign")
    assert caught.value.field == "context.draftOrders.entry[1].resource.subject"
    assert "p2" not in str(caught.value)


def test_the_prefetched_patient_must_be_the_one_of_the_context():
    with pytest.raises(WrongPatient) as caught:
        read(also=[supply("Patient", patient("p2"), key="thePatient")])
    assert caught.value.field == "prefetch.thePatient.id"


def test_a_prefetched_patient_without_id_is_accepted():
    assert read(also=[supply("Patient", patient(id=None, sex="male"))]).patient.sex == "male"


def test_the_encounter_of_the_context_is_also_the_current_one():
    record = read(encounter(), encounter(id="e2", snomed="185349003"), encounter_id="e1")
    assert only(record, "current-encounter").reference == "Encounter/e1"
    assert {fact.reference for fact in record.facts["encounter"]} == {"Encounter/e1", "Encounter/e2"}


def test_an_encounter_of_the_context_that_did_not_come_is_unknown():
    record = read(encounter(), encounter_id="e9")
    assert reasons(record) == {"Encounter/e9": "unresolved-encounter"}


def test_an_encounter_goes_by_its_period_and_a_planned_one_may_lie_ahead():
    ahead = encounter(start="2026-04-01", end=None, more={"status": "planned"}, snomed="185349003")
    fact = only(read(ahead), "encounter")
    assert fact.when is not None
    assert fact.when.first_day > NOW.today
