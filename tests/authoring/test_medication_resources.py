import pytest

from cds.authoring.case_facts import FACT_KINDS
from cds.facts.attributes import ATTRIBUTES, TIMES
from tests.authoring.telling import fact, words


def test_not_recorded_leaves_a_part_out():
    assert "clinicalStatus" not in fact("{condition: {icd10cm: I48.0, status: not recorded}}")
    assert "dosageInstruction" not in fact("{medication: {rxnorm: 7052, daily-dose: not recorded}}")


def test_a_daily_dose_is_that_dose_once_a_day():
    (dosage,) = fact("{medication: {rxnorm: 7052, daily-dose: 49.9 mg/d}}")["dosageInstruction"]
    assert dosage["timing"]["repeat"] == {"frequency": 1, "period": 1, "periodUnit": "d"}
    (dose,) = dosage["doseAndRate"]
    assert (dose["doseQuantity"]["value"], dose["doseQuantity"]["code"]) == (49.9, "mg")


def test_a_patch_keeps_its_rate():
    (dosage,) = fact("{medication: {rxnorm: 4337, daily-dose: 25 ug/h}}")["dosageInstruction"]
    assert dosage["doseAndRate"][0]["doseQuantity"]["code"] == "ug/h"


def test_dose_and_frequency_are_written_as_told():
    entry = "{order: {rxnorm: 7804, dose: 5 to 10 mg, frequency: every 4 to 6 hours, as-needed: yes, route: oral}}"
    (dosage,) = fact(entry)["dosageInstruction"]
    assert [dosage["doseAndRate"][0]["doseRange"][end]["value"] for end in ("low", "high")] == [5, 10]
    assert dosage["timing"]["repeat"] == {"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}
    assert dosage["asNeededBoolean"] is True
    assert words(dosage["route"]) == ["oral"]


@pytest.mark.parametrize(
    ("text", "repeat"),
    [
        ("3 per day", {"frequency": 3, "period": 1, "periodUnit": "d"}),
        ("1 to 2 per 12 hours", {"frequency": 1, "frequencyMax": 2, "period": 12, "periodUnit": "h"}),
        ("1 a week", {"frequency": 1, "period": 1, "periodUnit": "wk"}),
        ("every 72 hours", {"frequency": 1, "period": 72, "periodUnit": "h"}),
    ],
)
def test_a_frequency_in_words(text, repeat):
    (dosage,) = fact(f"{{medication: {{rxnorm: 1, frequency: {text}}}}}")["dosageInstruction"]
    assert dosage["timing"]["repeat"] == repeat


def test_a_past_prescription_is_not_in_use():
    assert fact("{prescription: {rxnorm: 1, on: 400 days ago}}")["status"] == "completed"
    assert fact("{medication: {rxnorm: 1}}")["status"] == "active"


def test_what_is_intended_is_a_statement():
    found = fact("{medication: {rxnorm: 1, status: intended, on: 2026-05-01, daily-dose: 5 mg/d}}")
    assert (found["resourceType"], found["status"]) == ("MedicationStatement", "intended")
    assert found["effectiveDateTime"] == "2026-05-01"
    assert found["dosage"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 5


def test_supply_is_written_where_each_resource_has_it():
    asked = fact("{prescription: {rxnorm: 1, quantity: '30 {tablet}', days-supply: 30 days, end: 2026-02-01}}")
    asked = asked["dispenseRequest"]
    assert (asked["quantity"]["value"], asked["quantity"]["code"]) == (30, "{tablet}")
    assert (asked["expectedSupplyDuration"]["value"], asked["validityPeriod"]) == (30, {"end": "2026-02-01"})
    given = fact("{dispense: {rxnorm: 1, quantity: 60, days-supply: 30, on: 365 days ago}}")
    assert (given["daysSupply"]["value"], given["whenHandedOver"]) == (30, "2025-03-01")
    assert given["quantity"] == {"value": 60}


def test_a_draft_is_written_today_and_is_a_draft():
    found = fact("{order: {rxnorm: 7052, category: community}}")
    assert (found["status"], found["authoredOn"], words(found["category"][0])) == ("draft", "2026-03-01", ["community"])


def test_a_draft_may_have_no_code_yet():
    assert "medicationCodeableConcept" not in fact("{order: {id: o1}}")


@pytest.mark.parametrize("kind", ["medication", "prescription", "order", "draft"])
def test_a_course_is_told_by_its_start_and_its_end(kind):
    told = fact(f"{{{kind}: {{rxnorm: 11124, start: 2026-02-27T11:00:00Z, end: 2026-03-09}}}}")
    assert told["dispenseRequest"]["validityPeriod"] == {"start": "2026-02-27T11:00:00+00:00", "end": "2026-03-09"}
    assert fact(f"{{{kind}: {{rxnorm: 11124, start: 2026-02-27}}}}")["dispenseRequest"]["validityPeriod"] == {
        "start": "2026-02-27"
    }


@pytest.mark.parametrize("kind", ["medication", "prescription", "order", "draft", "encounter"])
def test_every_time_that_rules_read_of_it_can_be_told_in_a_case(kind):
    assert ATTRIBUTES[kind] & TIMES <= FACT_KINDS[kind].keys
