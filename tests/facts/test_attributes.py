from fractions import Fraction

import pytest

from cds.facts.attributes import (
    ATTRIBUTES,
    Coded,
    Dated,
    Flagged,
    Measured,
    NotRecorded,
    Unreadable,
    read_attribute,
)
from cds.facts.fact import KINDS, Vocabulary
from cds.terminology.coding import RXNORM, SNOMED, Coding
from cds.units.quantity import Interval, Quantity
from tests.facts.reading import DIABETES, NOW, POTASSIUM, WARFARIN, only, read
from tests.patients import (
    allergy,
    concept,
    condition,
    dispense,
    draft,
    encounter,
    immunization,
    medication_request,
    observation,
    procedure,
    quantity,
    word,
)

EVERYTHING = Vocabulary(frozenset(), KINDS)
CATEGORY = "medicationrequest-category"
NOT_RECORDED = NotRecorded()


def attribute(resource, name, kind=None, **asked):
    kinds = {"Condition": "condition", "Observation": "observation", "MedicationRequest": "medication"}
    kinds |= {"AllergyIntolerance": "allergy", "Procedure": "procedure", "Immunization": "immunization"}
    record = read(resource, vocabulary=EVERYTHING, **asked)
    return read_attribute(only(record, kind or kinds[resource["resourceType"]]), name, NOW)


def value_of(**value):
    return attribute(observation(loinc=POTASSIUM, more=value), "value")


def days(low, high=None):
    return Quantity(Interval(Fraction(low), Fraction(low if high is None else high)), "d")


@pytest.mark.parametrize(
    ("more", "start", "end"),
    [
        ({"effectivePeriod": {"start": "1960-02-11", "end": "2013-02-02"}}, "1960-02-11", "2013-02-02"),
        ({"effectivePeriod": {"start": "1960-02-11"}}, "1960-02-11", None),
        ({"effectivePeriod": {"end": "2013-02-02"}}, None, "2013-02-02"),
        ({"effectiveDateTime": "2013-02-02"}, None, None),
    ],
)
def test_a_result_of_a_period_has_a_start_and_an_end_and_one_of_a_day_has_neither(more, start, end):
    for name, day in (("start", start), ("end", end)):
        found = attribute(observation(loinc=POTASSIUM, on=None, more=more), name)
        assert found == NOT_RECORDED if day is None else str(found.span.first_day) == day


def test_every_kind_of_fact_has_its_attributes():
    assert ATTRIBUTES.keys() == KINDS


def test_the_attributes_that_the_language_names_are_there():
    assert ATTRIBUTES["medication"] >= {"ingredient", "route", "form", "strength", "daily-dose", "category", "reason"}
    assert ATTRIBUTES["order"] >= ATTRIBUTES["medication"] | {"replaces"}
    assert ATTRIBUTES["dispense"] >= {"days-supply", "end"}
    assert ATTRIBUTES["allergy"] >= {"ingredient", "criticality", "severity", "manifestation", "type"}
    assert ATTRIBUTES["observation"] >= {"value", "interpretation", "method", "body-site", "category", "note-code"}
    assert ATTRIBUTES["condition"] >= {
        "clinical-status",
        "verification",
        "category",
        "severity",
        "body-site",
        "encounter",
    }
    assert ATTRIBUTES["current-encounter"] >= {"class", "type", "discharge-disposition", "start", "end"}


def test_no_attribute_of_any_kind_fails_on_an_empty_resource():
    bare = {
        "condition": condition(),
        "observation": observation(),
        "allergy": allergy(),
        "procedure": procedure(),
        "immunization": immunization(),
        "medication": medication_request(rxnorm=WARFARIN),
        "encounter": encounter(),
    }
    for kind, resource in bare.items():
        code = {"code": {"text": "x"}, "vaccineCode": {"text": "x"}}
        fact = only(read({**resource, **code}, vocabulary=EVERYTHING), kind)
        for name in ATTRIBUTES[kind]:
            assert read_attribute(fact, name, NOW) is not None


def test_a_name_that_a_kind_does_not_have_is_refused():
    with pytest.raises(KeyError):
        attribute(condition(snomed=DIABETES), "value")


def test_a_quantity_is_measured_with_its_day():
    result = attribute(observation(5.4, "mmol/L", loinc=POTASSIUM), "value")
    assert isinstance(result, Measured)
    assert result.quantity == Quantity(Interval.exactly(Fraction(54, 10)), "mmol/L")
    assert result.when is not None


def test_a_comparator_is_an_interval():
    result = value_of(valueQuantity=quantity(60, "mL/min", ">"))
    assert isinstance(result, Measured)
    assert result.quantity.interval == Interval(Fraction(60), None, low_open=True)


@pytest.mark.parametrize("text", ["> 60 mL/min", ">60 mL/min", "  > 60  mL/min "])
def test_a_text_with_number_and_unit_is_measured(text):
    result = value_of(valueString=text)
    assert isinstance(result, Measured)
    assert result.quantity.interval.low_open


@pytest.mark.parametrize("text", ["> 60", "about 5 mmol/L", "5,4 mmol/L", "5-6 mmol/L", "positive", "", 7, "9" * 500])
def test_other_texts_are_no_measurement(text):
    assert isinstance(value_of(valueString=text), Unreadable)


def test_the_other_types_of_value():
    count = value_of(valueInteger=3)
    assert isinstance(count, Measured)
    assert count.quantity == Quantity(Interval.exactly(3), "1")
    assert value_of(valueBoolean=False) == Flagged(False)
    assert isinstance(value_of(valueDateTime="2026-01-01"), Dated)
    coded = value_of(valueCodeableConcept=concept(snomed="10828004"))
    assert coded == Coded(frozenset({Coding(SNOMED, "10828004")}), frozenset({"10828004"}))
    ranged = value_of(valueRange={"low": quantity(1, "mg"), "high": quantity(2, "mg")})
    assert isinstance(ranged, Measured)
    assert ranged.quantity.interval == Interval(Fraction(1), Fraction(2))


@pytest.mark.parametrize(
    "value",
    [
        {"valueQuantity": {"value": 5}},
        {"valueQuantity": "5 mmol/L"},
        {"valueInteger": True},
        {"valueInteger": 3.0},
        {"valueBoolean": "yes"},
        {"valueRatio": {}},
        {"valueDateTime": "soon"},
        {"valueCodeableConcept": []},
        {"valueCodeableConcept": {"text": "positive"}},
        {"valueRange": {"low": quantity(2, "mg"), "high": quantity(1, "mg")}},
        {"valueQuantity": quantity(5, "mmol/L"), "valueString": "6"},
        {"valueQuantity": quantity(5, "mmol/L"), "dataAbsentReason": {"text": "error"}},
        {"dataAbsentReason": {"text": "error"}},
    ],
)
def test_a_value_that_cannot_be_read_is_no_value_and_not_nothing(value):
    assert isinstance(value_of(**value), Unreadable)


def test_no_value_at_all_is_not_recorded():
    assert value_of() == NOT_RECORDED


@pytest.mark.parametrize(
    "written",
    [word("community", CATEGORY), [word("community", CATEGORY)], {"coding": [{"code": "Community"}]}, "community"],
)
def test_a_category_is_read_in_all_its_shapes(written):
    result = attribute(medication_request(rxnorm=WARFARIN, more={"category": written}), "category")
    assert isinstance(result, Coded)
    assert result.words == {"community"}


def test_a_coding_without_system_is_a_word_only():
    result = attribute(condition(snomed=DIABETES, more={"severity": {"coding": [{"code": "24484000"}]}}), "severity")
    assert result == Coded(frozenset(), frozenset({"24484000"}))


@pytest.mark.parametrize("written", [None, [], {}, {"coding": [{}]}, [{}], ""])
def test_an_empty_element_is_not_recorded(written):
    assert attribute(condition(snomed=DIABETES, more={"severity": written}), "severity") == NOT_RECORDED


@pytest.mark.parametrize(
    ("written", "reason"), [({"text": "bad"}, "text-only"), (7, "malformed"), ({"coding": [{"code": 7}]}, "malformed")]
)
def test_text_without_code_says_something_that_no_rule_can_read(written, reason):
    assert attribute(condition(snomed=DIABETES, more={"severity": written}), "severity") == Unreadable(reason)


def test_clinical_status_and_verification():
    assert attribute(condition(snomed=DIABETES), "clinical-status").words == {"active"}
    assert attribute(condition(snomed=DIABETES, verification="provisional"), "verification").words == {"provisional"}
    assert attribute(condition(snomed=DIABETES, status=None), "clinical-status") == NOT_RECORDED


def test_the_days_of_a_condition():
    resource = condition(
        snomed=DIABETES, on="2020-01-01", more={"recordedDate": "2020-02-01", "abatementDateTime": "x"}
    )
    recorded = attribute(resource, "recorded-date")
    assert isinstance(recorded, Dated)
    assert recorded.span.first_day.isoformat() == "2020-02-01"
    assert attribute(resource, "end") == Unreadable("bad-date")
    assert attribute(condition(snomed=DIABETES), "start") == NOT_RECORDED


def test_an_ingredient_is_that_of_the_product_else_the_own_code():
    product = attribute(medication_request(rxnorm="855332"), "ingredient")
    assert product.codings == {Coding(RXNORM, WARFARIN)}
    assert attribute(medication_request(rxnorm=WARFARIN), "ingredient").codings == {Coding(RXNORM, WARFARIN)}
    assert attribute(medication_request(more={"medicationCodeableConcept": {"text": "x"}}), "ingredient") == Unreadable(
        "text-only"
    )


def test_form_and_strength_come_from_the_product_table():
    resource = medication_request(rxnorm="855332")
    assert "oral-solid" in attribute(resource, "form").words
    assert attribute(resource, "strength") == Measured(Quantity(Interval.exactly(5), "mg"), None)
    assert attribute(medication_request(rxnorm="856892"), "strength") == Unreadable("several-components")
    assert attribute(medication_request(rxnorm=WARFARIN), "strength") == Unreadable("strength-unknown")
    assert attribute(medication_request(rxnorm=WARFARIN), "form") == NOT_RECORDED


def instructed(*instructions, **more):
    return medication_request(rxnorm=WARFARIN, more={"dosageInstruction": list(instructions), **more})


def test_route_and_as_needed_come_from_the_instructions():
    oral = {"route": concept(snomed="26643006"), "asNeededBoolean": False}
    assert attribute(instructed(oral), "route").codings == {Coding(SNOMED, "26643006")}
    assert attribute(instructed(oral), "as-needed") == Flagged(False)
    assert attribute(instructed(oral, {"asNeededCodeableConcept": {"text": "pain"}}), "as-needed") == Flagged(True)
    assert attribute(instructed({}), "as-needed") == NOT_RECORDED


def bounded(**bounds):
    return {"timing": {"repeat": bounds}}


def test_the_duration_is_that_of_the_instruction_else_of_the_supply():
    supply = {"dispenseRequest": {"expectedSupplyDuration": {"value": 30, "unit": "days", "code": "d"}}}
    week = bounded(boundsDuration={"value": 1, "unit": "wk"})
    assert attribute(instructed(week, **supply), "duration").quantity == days(7)
    assert attribute(instructed(**supply), "duration").quantity == days(30)
    assert attribute(instructed(**supply), "days-supply").quantity == days(30)
    assert attribute(instructed(), "duration") == NOT_RECORDED


def test_a_period_of_days_counts_its_first_and_last():
    period = bounded(boundsPeriod={"start": "2026-01-01", "end": "2026-01-07"})
    assert attribute(instructed(period), "duration").quantity == days(7)


def test_several_courses_last_between_the_longest_and_all_of_them():
    first, second = bounded(boundsDuration={"value": 3, "unit": "d"}), bounded(boundsDuration={"value": 5, "unit": "d"})
    assert attribute(instructed(first, second), "duration").quantity == days(5, 8)


def test_the_days_of_a_dispense():
    result = attribute(
        dispense(rxnorm=WARFARIN, more={"daysSupply": {"value": 14, "unit": "Day"}}), "days-supply", "dispense"
    )
    assert isinstance(result, Measured)
    assert result.quantity == days(14)
    odd = dispense(rxnorm=WARFARIN, more={"daysSupply": {"value": "two weeks"}})
    assert isinstance(attribute(odd, "days-supply", "dispense"), Unreadable)


def test_the_end_of_a_course_is_the_last_one():
    early, late = (bounded(boundsPeriod={"start": "2026-01-01", "end": f"2026-0{month}-01"}) for month in (1, 2))
    result = attribute(instructed(late, early), "end")
    assert isinstance(result, Dated)
    assert result.span.last_day.isoformat() == "2026-02-01"
    assert attribute(instructed(bounded(boundsPeriod={"end": "then"})), "end") == Unreadable("bad-date")


def test_what_a_draft_replaces_is_named():
    renewal = draft(rxnorm=WARFARIN, more={"priorPrescription": {"reference": "MedicationRequest/M1"}})
    record = read(drafts=[renewal], hook="order-sign")
    assert read_attribute(only(record, "order"), "replaces", NOW) == Coded(
        frozenset(), frozenset({"MedicationRequest/M1"})
    )


def test_a_reason_that_is_another_resource_is_recorded_but_not_here():
    by_code = condition_reason = medication_request(rxnorm=WARFARIN, more={"reasonCode": [concept(snomed=DIABETES)]})
    assert attribute(by_code, "reason").codings == {Coding(SNOMED, DIABETES)}
    assert condition_reason is by_code
    linked = medication_request(rxnorm=WARFARIN, more={"reasonReference": [{"reference": "Condition/c1"}]})
    assert attribute(linked, "reason") == Unreadable("by-reference")


def test_why_not_is_the_reason_of_what_was_not_done():
    refused = procedure(snomed="1", more={"status": "not-done", "statusReason": concept(snomed="183932001")})
    assert attribute(refused, "reason").words == {"183932001"}


def test_allergy_attributes():
    resource = allergy(
        rxnorm="7980",
        more={
            "criticality": "high",
            "type": "allergy",
            "reaction": [{"severity": "mild"}, {"severity": "severe", "manifestation": [concept(snomed="39579001")]}],
        },
    )
    assert attribute(resource, "criticality").words == {"high"}
    assert attribute(resource, "type").words == {"allergy"}
    assert attribute(resource, "severity").words == {"mild", "severe"}
    assert attribute(resource, "manifestation").words == {"39579001"}
    assert attribute(allergy(rxnorm="7980"), "criticality") == NOT_RECORDED


def test_the_number_of_a_dose():
    for written in ({"doseNumberPositiveInt": 2}, {"doseNumberString": "2"}):
        result = attribute(immunization(cvx="140", more={"protocolApplied": [written]}), "dose-number")
        assert isinstance(result, Measured)
        assert result.quantity == Quantity(Interval.exactly(2), "1")
    for odd in ([{"doseNumberString": "booster"}], [{"doseNumberPositiveInt": 1}, {"doseNumberPositiveInt": 2}]):
        assert attribute(immunization(cvx="140", more={"protocolApplied": odd}), "dose-number") == Unreadable(
            "dose-number"
        )


def test_encounter_attributes():
    resource = encounter(
        start="2026-01-01",
        end=None,
        more={
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
            "hospitalization": {"dischargeDisposition": {"coding": [{"code": "home"}]}},
        },
    )
    assert attribute(resource, "class", "encounter").words == {"imp"}
    assert attribute(resource, "discharge-disposition", "encounter").words == {"home"}
    assert isinstance(attribute(resource, "start", "encounter"), Dated)
    assert attribute(resource, "end", "encounter") == NOT_RECORDED


def test_the_encounter_of_a_fact_is_named_by_its_reference():
    resource = procedure(snomed="1", more={"encounter": {"reference": "https://ehr.example/Encounter/E1"}})
    assert attribute(resource, "encounter") == Coded(frozenset(), frozenset({"Encounter/E1"}))


def test_a_note_is_text_that_no_code_tells():
    assert attribute(observation(loinc=POTASSIUM, more={"note": [{"text": "haemolysed"}]}), "note-code") == Unreadable(
        "text-only"
    )


def test_bounds_that_cannot_be_read_leave_the_duration_unknown():
    odd = [
        bounded(boundsDuration={"value": "7", "unit": "d"}),
        bounded(boundsPeriod={"start": "2026-01-01", "end": "soon"}),
        bounded(boundsRange={"low": {"value": 3, "unit": "d"}}),
    ]
    for instruction in odd:
        assert isinstance(attribute(instructed(instruction), "duration"), Unreadable)


def test_a_range_of_days_is_an_interval():
    ranged = bounded(boundsRange={"low": {"value": 3, "unit": "d"}, "high": {"value": 1, "unit": "wk"}})
    assert attribute(instructed(ranged), "duration").quantity == days(3, 7)


def test_a_course_without_both_ends_has_no_length():
    assert attribute(instructed(bounded(boundsPeriod={"start": "2026-01-01"})), "duration") == NOT_RECORDED
