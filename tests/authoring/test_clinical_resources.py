import pytest

from tests.authoring.telling import fact, problems_of, run_of, words

HEADER = "ruleset: example\nat: 2026-03-01\nhook: patient-view\n"


def patient(told):
    return run_of(f"patient: {told}\nfires: []", HEADER).request["prefetch"]["Patient"]


def test_65_years_ago_is_a_birthday_today():
    assert patient("{born: 65 years ago}")["birthDate"] == "1961-03-01"
    assert patient("{born: 64 years and 364 days ago}")["birthDate"] == "1961-03-02"
    assert patient("{born: '1961'}")["birthDate"] == "1961"


def test_what_is_not_told_of_a_patient_is_not_there():
    assert patient("{born: not recorded}") == {"resourceType": "Patient", "id": "case-patient"}


def test_sex_race_and_death_are_written_as_told():
    found = patient("{sex: female, race: [black, white], deceased: yes}")
    (extension,) = found["extension"]
    assert extension["url"] == "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
    assert [part["valueCoding"]["code"] for part in extension["extension"]] == ["2054-5", "2106-3"]
    assert (found["gender"], found["deceasedBoolean"]) == ("female", True)
    assert patient("{deceased: 3 days ago}")["deceasedDateTime"] == "2026-02-26"


@pytest.mark.parametrize(
    ("told", "code", "message"),
    [
        ("{born: long ago}", "CDS604", '"long ago" is not a time'),
        ("{born: 3 hours ago}", "CDS604", "a birth date has no time of day"),
        ("{sex: f}", "CDS113", '"sex" cannot be "f"'),
        ("{race: blue}", "CDS604", '"blue" is not a race category'),
        ("{age: 65}", "CDS602", 'the patient has no key "age"'),
        ("female", "CDS601", "the patient must be a table of keys"),
    ],
)
def test_a_patient_that_is_not_understood_is_a_problem(told, code, message):
    assert problems_of(f"patient: {told}\nfires: []", HEADER) == [(code, message)]


def test_a_result_has_code_value_and_day():
    found = fact("{lab: {loinc: 2160-0, value: 1.1 mg/dL, on: 10 days ago}}")
    assert found["code"] == {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]}
    assert found["valueQuantity"]["value"] == 1.1
    assert found["effectiveDateTime"] == "2026-02-19"
    assert (found["status"], words(found["category"][0])) == ("final", ["laboratory"])


def test_a_result_may_have_a_start_and_an_end_instead_of_a_day():
    found = fact("{observation: {loinc: 8663-7, value: 1 packs/d, start: 40 years ago, end: 10 years ago}}")
    assert found["effectivePeriod"] == {"start": "1986-03-01", "end": "2016-03-01"}
    assert "effectiveDateTime" not in found
    assert fact("{observation: {loinc: 8663-7, start: 2016-02}}")["effectivePeriod"] == {"start": "2016-02"}
    twice = "facts: [{lab: {loinc: 2160-0, value: 4, on: 1 day ago, start: 2 days ago}}]\nfires: []"
    assert problems_of(twice, HEADER) == [("CDS604", "a result is dated by `on`, or by `start` and `end`")]


def test_a_result_without_a_unit_is_written_without_one():
    assert fact("{lab: {loinc: 2160-0, value: 4}}")["valueQuantity"] == {"value": 4}


def test_answers_may_be_codes_or_yes_and_no_or_not_recorded():
    assert words(fact("{observation: {loinc: 1-8, value: {snomed: 260385009}}}")["valueCodeableConcept"]) == [
        "260385009"
    ]
    assert fact("{observation: {loinc: 1-8, value: no}}")["valueBoolean"] is False
    absent = fact("{observation: {loinc: 1-8, value: not recorded}}")
    assert "dataAbsentReason" in absent
    assert not any(key.startswith("value") for key in absent)


@pytest.mark.parametrize(("told", "written"), [("2012-03-01", "2012-03-01"), ("2012-03", "2012-03")])
def test_an_answer_may_be_a_day(told, written):
    assert fact(f"{{observation: {{loinc: 1-8, value: {told}}}}}")["valueDateTime"] == written


def test_an_answer_may_be_a_day_told_from_now_and_a_year_alone_is_a_number():
    assert "valueDateTime" in fact("{observation: {loinc: 1-8, value: 14 years ago}}")
    assert fact("{observation: {loinc: 1-8, value: 2012}}")["valueQuantity"]["value"] == 2012


def test_a_panel_has_components():
    found = fact("{vital: {loinc: 85354-9, components: [{loinc: 8480-6, value: '150 mm[Hg]'}]}}")
    (component,) = found["component"]
    assert words(component["code"]) == ["8480-6"]
    assert component["valueQuantity"]["code"] == "mm[Hg]"


def test_a_condition_is_active_and_confirmed_unless_told_otherwise():
    usual = fact("{condition: {icd10cm: I48.0}}")
    assert (words(usual["clinicalStatus"]), words(usual["verificationStatus"])) == (["active"], ["confirmed"])
    assert "onsetDateTime" not in usual
    told = fact("{condition: {icd10cm: I48.0, status: resolved, verification: refuted, on: 2020}}")
    assert (words(told["clinicalStatus"]), words(told["verificationStatus"])) == (["resolved"], ["refuted"])
    assert told["onsetDateTime"] == "2020"


def test_an_allergy_has_a_severity_and_a_criticality():
    found = fact("{allergy: {rxnorm: 161, criticality: high, severity: severe, manifestation: {snomed: 39579001}}}")
    assert found["criticality"] == "high"
    assert found["reaction"][0]["severity"] == "severe"
    assert words(found["reaction"][0]["manifestation"][0]) == ["39579001"]


def test_a_declined_vaccine_says_why():
    found = fact("{immunization: {cvx: 140, status: not-done, reason: PATOBJ, on: 30 days ago}}")
    assert (found["status"], words(found["statusReason"])) == ("not-done", ["PATOBJ"])


def test_the_current_encounter_goes_on_and_is_the_one_of_the_context():
    run = run_of("facts: [{current-encounter: {id: e1, class: emergency, on: 1 day ago}}]\nfires: []")
    (entry,) = run.request["prefetch"]["Encounter"]["entry"]
    assert entry["resource"]["class"]["code"] == "EMER"
    assert entry["resource"]["period"] == {"start": "2026-02-28"}
    assert run.request["context"]["encounterId"] == "e1"


def test_the_reason_of_a_stay_is_told_as_its_code():
    found = fact("{encounter: {snomed: 183452005, on: 2026-02-01, reason: {icd10cm: G89.3}}}")
    assert found["reasonCode"] == [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G89.3"}]}]


def test_orders_of_services_and_devices_and_harm_are_written_as_told():
    service = fact(
        "{service-request: {snomed: 385763009, on: 2026-02-01, do-not-perform: yes, reason: {snomed: 105480006}}}"
    )
    assert (service["status"], service["intent"], service["doNotPerform"]) == ("active", "order", True)
    assert words(service["extension"][0]["valueCodeableConcept"]) == ["105480006"]
    device = fact("{device-request: {snomed: 266731002, status: completed, do-not-perform: no}}")
    assert (device["status"], words(device["codeCodeableConcept"])) == ("completed", ["266731002"])
    assert device["modifierExtension"][0]["valueBoolean"] is False
    harm = fact("{adverse-event: {rxnorm: 301542, on: 2026-02-01}}")
    assert (harm["actuality"], words(harm["event"]), harm["date"]) == ("actual", ["301542"], "2026-02-01")


def test_a_result_that_was_not_made_says_why():
    told = fact("{observation: {loinc: 39156-5, status: cancelled, reason: {snomed: 183932001}}}")
    assert words(told["extension"][0]["valueCodeableConcept"]) == ["183932001"]


def test_a_report_is_final_and_concludes_each_code_that_is_told():
    found = fact("{report: {loinc: 21440-3, on: 2026-02-01, value: {snomed: [720005005, 708298003]}}}")
    assert (found["status"], found["effectiveDateTime"]) == ("final", "2026-02-01")
    assert words(found["conclusionCode"][0]) == ["720005005", "708298003"]
    bare = fact("{report: {loinc: 21440-3, status: partial, value: not recorded}}")
    assert bare["status"] == "partial"
    assert "conclusionCode" not in bare
