"""A recorded decision judged again: the same cards, or it is told."""

import json

from cds.cards.finding import FINDING_EXTENSION
from cds.decisions.record import read_kept
from cds.decisions.rerun import cards_again, read_facts
from tests.decisions.desk import INSTANCE, answered, body, selected
from tests.decisions.test_answer import DEFINITIONS, ONE, RULES, STROKE, marked
from tests.decisions.test_record import THERE, recording
from tests.patients import observation, patient
from tests.rules.judge.telling import moment, rule, ruleset

RACE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
KEY = ("anonymous", "told", INSTANCE)


def kept_of(service, request):
    memory, shell = recording()
    answered(service, request, shell=shell)
    return read_kept(memory.kept[0][2])


def test_the_same_versions_at_the_same_moment_give_the_same_cards():
    for service in (selected(ONE), selected(ruleset(DEFINITIONS, RULES))):
        person, there = marked()
        kept = kept_of(service, body(*there, about=service, person=person))
        assert cards_again(kept, KEY, moment(), service.plan, {})


def test_that_no_race_was_recorded_is_known_again():
    definitions = {"black": {"value": "patient.race", "in": ["2054-5"], "if-absent": "fails"}}
    service = selected(ruleset(definitions, {"r": rule(["black"]), "open": rule(["unknown black"])}))
    race = {"url": RACE, "extension": [{"url": "text", "valueString": "Black"}]}
    for person in (patient(), patient(extension=[race])):
        kept = kept_of(service, body(about=service, person=person))
        assert cards_again(kept, KEY, moment(), service.plan, {})


def test_that_nobody_told_an_end_is_known_again():
    definitions = {"k": {"any": "lab", "in": ["potassium"], "within": "1 year"}}
    service = selected(ruleset(definitions, {"r": rule(["k"]), "open": rule(["unknown k"])}))
    more = {"effectivePeriod": {"start": "2005-01-01"}}
    kept = kept_of(service, body(observation(6, "mmol/L", on=None, loinc="2823-3", more=more), about=service))
    assert [card["extension"][FINDING_EXTENSION]["rule"] for card in json.loads(kept.answer)["cards"]] == ["open"]
    assert cards_again(kept, KEY, moment(), service.plan, {})


def test_what_was_recorded_before_it_said_whether_a_race_is_told_can_be_read():
    kept = kept_of(selected(ONE), body(THERE, about=selected(ONE)))
    hook, person, *rest = json.loads(kept.facts)
    record = read_facts(json.dumps([hook, person[:5], *rest]).encode(), moment().zone)
    assert record.patient.tells_race


def test_another_version_gives_other_cards_and_that_is_told():
    kept = kept_of(selected(ONE), body(THERE, about=selected(ONE)))
    other = selected(ruleset(STROKE, {"r": rule(["stroke"], card={"summary": "Other words"})}, name="one"))
    assert not cards_again(kept, KEY, moment(), other.plan, {})


def test_another_hook_instance_is_another_decision():
    kept = kept_of(selected(ONE), body(THERE, about=selected(ONE)))
    assert not cards_again(kept, (*KEY[:2], INSTANCE.replace("1", "2")), moment(), selected(ONE).plan, {})
