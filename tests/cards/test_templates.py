"""Templates of suggestions: what stands in for the call and for the subject, and what happens where it is not known."""

import json

from cds.decisions.record import read_kept
from cds.decisions.rerun import cards_again
from cds.hooks.response_check import check_response
from tests.cache.stores import DictStore
from tests.decisions.desk import INSTANCE, answered, body, fresh, remembering, selected
from tests.decisions.test_record import recording
from tests.patients import draft
from tests.rules.judge.telling import moment, rule, ruleset

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ORDERED = {"ordered": {"any": "order", "in": ["warfarin"]}}
#: A draft of warfarin by mouth, and one that says no route.
BY_MOUTH = {"dosageInstruction": [{"route": {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]}}]}


def service(text, *, each=True, **more):
    create = {"resourceType": "ServiceRequest", "code": {"text": "INR"}, **({"note": [{"text": text}]} if text else {})}
    then = {"suggestions": [{"label": "Order", "create": {**create, **more}}]}
    told = rule(["ordered"], **({"for_each": "ordered"} if each else {}), then=then)
    return selected(ruleset(ORDERED, {"r": told}))


def call(about, *, encounter="e1", user="Practitioner/p", drafts=None, instance=INSTANCE):
    request = json.loads(body(about=about, drafts=drafts or [draft(rxnorm="11289")], instance=instance))
    request["context"]["userId"] = user
    if encounter:
        request["context"]["encounterId"] = encounter
    return json.dumps(request).encode()


def made(response):
    return [s["actions"][0]["resource"] for card in response["cards"] for s in card.get("suggestions", [])]


def test_references_of_the_call_are_filled_in():
    about = service("", each=False, encounter={"reference": "{encounter}"}, requester={"reference": "{user}"})
    response = answered(about, call(about))
    assert check_response(response) == []
    (resource,) = made(response)
    assert resource["encounter"] == {"reference": "Encounter/e1"}
    assert resource["requester"] == {"reference": "Practitioner/p"}
    assert resource["subject"] == {"reference": "Patient/p1"}


def test_a_suggestion_with_a_gap_is_not_offered_and_the_card_is_shown():
    about = service("", each=False, encounter={"reference": "{encounter}"})
    response = answered(about, call(about, encounter=None))
    assert len(response["cards"]) == 1
    assert made(response) == []


def test_an_answer_from_the_cache_names_the_user_who_asks_now():
    about, shell = service("", each=False, requester={"reference": "{user}"}), remembering(DictStore())
    for user in ("Practitioner/p", "Practitioner/q", "Practitioner/p"):
        (resource,) = made(answered(about, call(about, user=user), shell=shell))
        assert resource["requester"] == {"reference": user}


def test_where_no_template_asks_for_the_user_a_judgement_serves_every_user():
    about, shell = service("", each=False), remembering(DictStore())
    answered(about, call(about), shell=shell)
    again = answered(about, call(about, user="Practitioner/q", encounter="e2"), shell=shell)
    assert again["extension"]["org.cds-rules.decision"]["cached"] is True


def test_what_was_filled_in_is_recorded_and_judged_again_to_the_same_card():
    about = service("", each=False, requester={"reference": "{user}"}, encounter={"reference": "{encounter}"})
    memory, shell = recording()
    answered(about, call(about), shell=shell)
    assert cards_again(read_kept(memory.kept[0][2]), ("anonymous", "told", INSTANCE), moment(), about.plan, {})


def test_the_subject_and_its_attributes_are_told_in_words():
    about = service("For {it}, route {it.route}")
    by_mouth = draft("o1", rxnorm="11289", more=BY_MOUTH)
    silent = draft("o2", rxnorm="11289")
    response = answered(about, call(about, drafts=[by_mouth, silent]), shell=fresh())
    assert len(response["cards"]) == 2
    assert [resource["note"][0]["text"] for resource in made(response)] == ["For warfarin, route 26643006"]


def test_words_of_the_record_stand_in_a_resource_as_they_are():
    concept = {"text": "<b>x</b> *y*", "coding": [{"system": RXNORM, "code": "11289"}]}
    order = draft("o1", more={"medicationCodeableConcept": concept})
    about = service("For {it}")
    (resource,) = made(answered(about, call(about, drafts=[order])))
    assert resource["note"][0]["text"] == "For <b>x</b> *y*"  # a FHIR string is no Markdown and no HTML


def test_braces_of_units_stay():
    about = service("GFR in mL/min/{1.73_m2}, {{patient}}", each=False)
    (resource,) = made(answered(about, call(about)))
    assert resource["note"][0]["text"] == "GFR in mL/min/{1.73_m2}, {patient}"
