"""What a record answered in words stands on a card in words: not its code, not SNOMED CT's word on what kind it is."""

import pytest

from cds.cards.finding import word_finding
from tests.patients import concept, condition, observation
from tests.rules.judge.telling import rule, ruleset, verdicts

CODE = "130987000"
SNOMED = "http://snomed.info/sct"
DEFINITIONS = {
    "alertness": {"latest": "observation", "in": ["alertness"]},
    "answer": {"value": "alertness"},
    "meaning": {"value": "alertness.interpretation"},
    "seen": {"any": "observation", "in": ["alertness"]},
    "reported": {"any": "report", "in": ["alertness"]},
    "confused": {"any": "condition", "in": ["not-alert", "stroke"]},
}


def made(*resources, when="seen", detail="It is {answer}."):
    told = ruleset(DEFINITIONS, {"r": rule([when], card={"summary": "S", "detail": detail})})
    found = verdicts(told, *resources)
    (verdict,) = [v for v in found.rules if v.outcome == "fires"]
    return word_finding(found.judging, verdict, {}).card["detail"]


def told(**value):
    named = {"code": {"text": "Consciousness", "coding": [{"system": "http://loinc.org", "code": "80288-4"}]}}
    return observation(loinc="80288-4", on="2026-04-29", more=named | value)


@pytest.mark.parametrize(
    ("concept", "words"),
    [
        ({"coding": [{"system": SNOMED, "code": CODE}], "text": "confused since noon"}, "confused since noon"),
        (
            {"coding": [{"system": SNOMED, "code": CODE, "display": "Acute confusion (finding)"}]},
            "Acute confusion",
        ),
        ({"coding": [{"system": SNOMED, "code": CODE}]}, "acute confusion"),  # named by a value set
        ({"coding": [{"system": SNOMED, "code": "1"}]}, "1"),  # nobody names it
    ],
)
def test_a_coded_answer_is_told_in_words(concept, words):
    detail = made(told(valueCodeableConcept=concept))
    assert detail.startswith(f"It is {words}.")
    assert (f"- Consciousness: {words}, 2026-04-29" in detail) is (words != "1")


def test_an_answer_of_another_element_is_not_told_in_the_words_of_the_value():
    high = {"interpretation": [{"coding": [{"system": "urn:x", "code": "HH"}]}]}
    concept = {"coding": [{"system": SNOMED, "code": CODE, "display": "Acute confusion"}]}
    assert made(told(valueCodeableConcept=concept, **high), detail="It is {meaning}.").startswith("It is hh.")


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ({"valueBoolean": True}, "- Consciousness: yes, 2026-04-29"),
        ({"valueBoolean": False}, "- Consciousness: no, 2026-04-29"),
        ({"valueDateTime": "2012-05-01"}, "- Consciousness: 2012-05-01, recorded 2026-04-29"),
    ],
)
def test_a_yes_a_no_and_a_day_are_told(value, line):
    assert line in made(told(**value), detail="D")


@pytest.mark.parametrize(
    ("display", "shown"),
    [
        ("Acute confusion (disorder)", "Acute confusion"),
        ("Acute confusion (sudden)", "Acute confusion (sudden)"),
        ("Confusion (finding) of old age", "Confusion (finding) of old age"),
    ],
)
def test_the_kind_that_snomed_puts_behind_a_name_is_left_out(display, shown):
    concept = {"code": {"text": display, "coding": [{"system": SNOMED, "code": CODE}]}}
    detail = made(condition(snomed="130987000", more=concept), when="confused", detail="{confused}")
    assert detail.startswith(shown + "\n")
    assert f"- {shown}" in detail


def test_a_report_is_listed_with_what_it_concludes():
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": "Examination", **concept(loinc="80288-4")},
        "effectiveDateTime": "2026-04-29",
        "conclusionCode": [{"text": "Asleep"}, {"coding": [{"system": SNOMED, "code": CODE}]}],
    }
    assert "- Examination: Asleep, acute confusion, 2026-04-29" in made(report, when="reported", detail="D")
