import pytest

from cds.facts.attributes import Dated, Measured, NotRecorded, Unreadable, read_attribute
from tests.facts.reading import DIASTOLIC, NOW, PANEL, POTASSIUM, SYSTOLIC, only, read, reasons
from tests.patients import concept, observation, quantity


def part(code, value=None, **more):
    return {"code": concept(loinc=code), **({"valueQuantity": quantity(value, "mm[Hg]")} if value else {}), **more}


def panel(*parts, **more):
    return observation(id="bp", loinc=PANEL, more={"component": list(parts), **more})


@pytest.mark.parametrize("word", ["final", "amended", "corrected", "preliminary", "cancelled"])
def test_the_status_is_kept_for_the_rules(word):
    assert only(read(observation(5.0, "mmol/L", status=word, loinc=POTASSIUM)), "observation").status == word


@pytest.mark.parametrize("written", [None, "unknown", "done", 1])
def test_a_status_that_decides_nothing_is_an_omission(written):
    resource = observation(5.0, "mmol/L", loinc=POTASSIUM)
    resource["status"] = written
    assert reasons(read(resource)) == {"Observation/l1": "bad-status"}


def test_each_component_of_interest_is_a_fact_of_the_panel():
    record = read(panel(part(SYSTOLIC, 150), part(DIASTOLIC, 90), part("8867-4", 70)))
    facts = record.facts["observation"]
    assert [fact.reference for fact in facts] == ["Observation/bp"] * 2
    assert [fact.when.first_day.isoformat() for fact in facts] == ["2026-01-01"] * 2
    values = [read_attribute(fact, "value", NOW) for fact in facts]
    assert [value.quantity.interval.low for value in values if isinstance(value, Measured)] == [150, 90]


def test_a_component_does_not_take_the_value_or_absence_of_its_panel():
    record = read(panel(part(SYSTOLIC), valueString="see parts", dataAbsentReason=concept("not done")))
    assert read_attribute(only(record, "observation"), "value", NOW) == NotRecorded()


def test_a_component_that_is_said_to_be_missing_has_no_value():
    record = read(panel(part(SYSTOLIC, dataAbsentReason=concept("not-performed"))))
    assert read_attribute(only(record, "observation"), "value", NOW) == Unreadable("data-absent")


@pytest.mark.parametrize("components", ["text", [None], [7], [{"code": 7}], [{}], 3])
def test_components_that_cannot_be_read_could_be_anything(components):
    record = read(observation(id="bp", loinc=PANEL, more={"component": components}))
    assert record.facts == {}
    assert {omission.codings for omission in record.omissions} == {None}


def test_a_component_without_system_is_a_candidate_and_not_a_fact():
    record = read(panel({"code": {"coding": [{"code": SYSTOLIC}]}}))
    assert record.facts == {}
    assert reasons(record) == {"Observation/bp": "no-system"}


def test_an_unreadable_value_leaves_the_fact_standing():
    record = read(observation(more={"valueString": "high-ish"}, loinc=POTASSIUM))
    assert record.omissions == ()
    assert read_attribute(only(record, "observation"), "value", NOW) == Unreadable("text-only")


def test_a_result_at_several_times_has_no_day():
    resource = observation(5.0, "mmol/L", on=None, loinc=POTASSIUM, more={"effectiveTiming": {"code": {"text": "BID"}}})
    assert reasons(read(resource)) == {"Observation/l1": "bad-date"}


def test_when_a_result_was_made_known_is_a_time_of_its_own():
    told = only(
        read(observation(5.0, "mmol/L", loinc=POTASSIUM, more={"issued": "2026-01-05T08:00:00Z"})), "observation"
    )
    issued = read_attribute(told, "issued", NOW)
    assert isinstance(issued, Dated)
    assert issued.span.first_day.isoformat() == "2026-01-05"
    unsaid = only(read(observation(5.0, "mmol/L", loinc=POTASSIUM)), "observation")
    assert isinstance(read_attribute(unsaid, "issued", NOW), NotRecorded)
