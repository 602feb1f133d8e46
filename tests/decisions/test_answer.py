"""What an answer says of what could not be done: nothing is silent, and nothing of the patient leaks into a fault."""

import json
import logging
import traceback
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cds.access.client import Client
from cds.cache.judgements import JudgementCache
from cds.decisions.answer import Shell
from cds.decisions.faults import AllFaulted
from cds.facts.wrong_patient import WrongPatient
from cds.hooks.faults import EnvelopeRejected, PrefetchMissing
from cds.hooks.response_check import check_response
from cds.rules.engine.faults import EnginesDiffer
from tests.cache.stores import DictStore, keys
from tests.decisions.desk import DECISION, advice, answered, body, fresh, remembering, selected, unrecorded
from tests.patients import condition, draft, medication_request, observation, patient
from tests.rules.judge.telling import MME, moment, rule, ruleset

CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
STROKE = {"stroke": {"any": "condition", "in": ["stroke"]}}
ONE = ruleset(STROKE, {"r": rule(["stroke"])}, name="one")
TWO = ruleset(STROKE, {"r": rule(["stroke"])}, name="two")
THERE = condition(snomed="230690007")


class Broken:
    """An engine that fails as it is told."""

    def __init__(self, fault):
        self.fault = fault

    def solve(self, leaves, goals):
        raise self.fault

    def close(self):
        pass


def breaking(service, fault, *names):
    """The same service with the engines of some rulesets broken."""
    parts = [replace(part, engine=Broken(fault)) if part.ruleset.name in names else part for part in service.plan.parts]
    return replace(service, plan=replace(service.plan, parts=tuple(parts)))


def decision(response):
    return response["extension"][DECISION]


def test_one_broken_ruleset_is_named_and_the_others_answer():
    service = breaking(selected(ONE, TWO), ValueError("boom"), "one")
    response = answered(service, body(THERE, about=service))
    assert [card["extension"]["org.cds-rules.finding"]["ruleset"] for card in response["cards"]] == ["two"]
    assert decision(response)["faults"] == [{"ruleset": "one@1.0.0", "cause": "ValueError"}]


def test_a_reason_that_is_displayed_otherwise_since_a_restart_is_shown_so():
    store, ours = DictStore(), keys()
    service = selected(ruleset(STROKE, {"r": rule(["stroke"], then={"override-reasons": ["declined"]})}))
    request = body(THERE, about=service)
    shown = []
    for display in ("Declined", "The patient declined"):
        shell = Shell(JudgementCache(store, ours), {"declined": display}, unrecorded())
        (card,) = answered(service, request, shell=shell)["cards"]
        shown.append(card["overrideReasons"][0]["display"])
    assert shown == ["Declined", "The patient declined"]


def test_a_resource_is_answered_or_refused_however_deep_it_is_nested():
    service, shell = selected(ONE), remembering(DictStore())
    answers, refusals = 0, 0
    for depth in range(220, 260):
        deep = {**THERE, "note": json.loads("[" * depth + "]" * depth)}
        request = json.loads(body(about=service))
        request["prefetch"]["Condition"] = deep
        try:
            answers += len(answered(service, json.dumps(request).encode(), shell=shell)["cards"])
        except EnvelopeRejected:
            refusals += 1
    assert answers > 0
    assert refusals > 0
    assert answers + refusals == 40


@pytest.mark.parametrize("first", ["none", "words"])
def test_a_race_in_words_is_never_answered_from_memory_as_none_recorded(first):
    definitions = {"black": {"value": "patient.race", "in": ["2054-5"], "if-absent": "fails"}}
    service = selected(ruleset(definitions, {"r": rule(["black"])}))
    race = {"url": f"{CORE}/us-core-race", "extension": [{"url": "text", "valueString": "Black"}]}
    people = {"none": patient(), "words": patient(extension=[race])}
    shell = remembering(DictStore())
    for name in (first, *people):
        told = decision(answered(service, body(about=service, person=people[name]), shell=shell))
        assert len(told["unknown"]) == (name == "words")


def test_what_was_judged_in_another_time_zone_is_judged_anew():
    service, shell = selected(ruleset(STROKE, {"r": rule(["stroke"])})), remembering(DictStore())
    request = body(THERE, about=service, person=patient(born=None))
    cached = [
        decision(answered(service, request, moment(zone=zone), shell))["cached"] for zone in ("UTC", "Asia/Tokyo")
    ]
    assert cached == [False, False]


def test_an_answer_with_a_broken_ruleset_is_not_remembered():
    service, shell = selected(ONE, TWO), remembering(DictStore())
    request = body(THERE, about=service)
    answered(breaking(service, ValueError("boom"), "one"), request, shell=shell)
    assert len(answered(service, request, shell=shell)["cards"]) == 2


def test_when_every_ruleset_is_broken_there_is_no_answer():
    service = breaking(selected(ONE, TWO), ValueError("boom"), "one", "two")
    with pytest.raises(AllFaulted) as raised:
        answered(service, body(THERE, about=service))
    assert raised.value.rulesets == ("one@1.0.0", "two@1.0.0")


def test_where_two_engines_differ_nobody_answers():
    service = breaking(selected(ONE, TWO), EnginesDiffer((1,)), "one")
    with pytest.raises(EnginesDiffer):
        answered(service, body(THERE, about=service))


def test_a_service_says_which_of_its_rulesets_are_not_effective():
    service = selected(ONE, not_effective=("old",))
    assert decision(answered(service, body(THERE, about=service)))["notEffective"] == ["old"]


def test_the_rulesets_that_answered_and_the_moment_are_named():
    service = selected(ONE, TWO)
    told = decision(answered(service, body(about=service), moment(datetime(2026, 5, 1, 12, tzinfo=UTC)), pinned=True))
    assert [(each["ruleset"], each["version"]) for each in told["rulesets"]] == [("one", "1.0.0"), ("two", "1.0.0")]
    assert (told["at"], told["pinned"]) == ("2026-05-01T12:00:00+00:00", True)


def test_without_the_patient_nothing_is_judged():
    service = selected(ONE)
    with pytest.raises(PrefetchMissing) as raised:
        answered(service, body(THERE, about=service, unsupplied=["Patient"]))
    assert raised.value.keys == ("Patient",)


def test_when_every_rule_is_open_for_lack_of_supply_the_keys_are_asked_for():
    service = selected(ONE)
    with pytest.raises(PrefetchMissing) as raised:
        answered(service, body(about=service, unsupplied=["Condition"]))
    assert raised.value.keys == ("Condition",)


def test_a_rule_that_speaks_of_the_unknown_answers_instead():
    told = ruleset(STROKE, {"r": rule(["stroke"]), "s": rule(["unknown stroke"])})
    service = selected(told)
    response = answered(service, body(about=service, unsupplied=["Condition"]))
    assert [card["extension"]["org.cds-rules.finding"]["rule"] for card in response["cards"]] == ["s"]


def test_one_open_rule_among_silent_ones_is_an_answer_and_is_listed():
    both = {**STROKE, "on-warfarin": {"any": "medication", "in": ["warfarin"]}}
    service = selected(ruleset(both, {"r": rule(["stroke"]), "s": rule(["on-warfarin"])}))
    response = answered(service, body(about=service, unsupplied=["Condition"]))
    assert response["cards"] == []
    assert decision(response)["unknown"] == [{"ruleset": "told@1.0.0", "rule": "r", "definitions": ["stroke"]}]
    assert decision(response)["notSupplied"] == {"Condition": "absent"}


def test_a_rule_open_for_several_subjects_does_not_stand_for_the_silent_ones():
    """Three open subjects of one rule are not three open rules: the other two were judged and are silent."""
    definitions = {
        "ordered": {"any": "order", "in": ["opioids"]},
        **STROKE,
        "on-warfarin": {"any": "medication", "in": ["warfarin"]},
        "diabetes": {"any": "procedure", "in": ["diabetes"]},
    }
    rules = {
        "r": rule(["stroke"], for_each="ordered"),
        "s": rule(["on-warfarin"]),
        "t": rule(["diabetes"]),
    }
    service = selected(ruleset(definitions, rules))
    drafts = [draft(name, rxnorm="7052") for name in ("a", "b", "c")]
    response = answered(service, body(drafts=drafts, about=service, unsupplied=["Condition"]))
    assert [entry["rule"] for entry in decision(response)["unknown"]] == ["r", "r", "r"]


@pytest.mark.parametrize(("tampered", "refusal"), [("draft", EnvelopeRejected), ("patient", WrongPatient)])
def test_another_patients_data_is_refused_whether_or_not_it_was_cached(tampered, refusal):
    service, shell = selected(ONE), remembering(DictStore())
    request = json.loads(body(THERE, drafts=[draft(rxnorm="7052")], about=service))
    answered(service, json.dumps(request).encode(), shell=shell)
    if tampered == "draft":
        request["context"]["draftOrders"]["entry"][0]["resource"]["subject"]["reference"] = "Patient/other"
    else:
        request["prefetch"]["Patient"]["id"] = "other"
    for _ in range(2):
        with pytest.raises(refusal):
            answered(service, json.dumps(request).encode(), shell=shell)


def test_a_foreign_resource_is_left_out_named_and_makes_its_kind_unknown():
    told = ruleset(STROKE, {"r": rule(["stroke"]), "s": rule(["unknown stroke"])})
    service = selected(told)
    foreign = {**THERE, "subject": {"reference": "Patient/other"}}
    response = answered(service, body(foreign, about=service))
    assert [card["extension"]["org.cds-rules.finding"]["rule"] for card in response["cards"]] == ["s"]
    assert decision(response)["omissions"] == [{"reference": "Condition/c1", "reason": "wrong-subject"}]


# --- nothing of the patient outside the answer ------------------------------------------------------

MARKERS = ("Zebedee", "marker-patient", "marker-condition", "marker-order", "1961-07-13", "2026-04-13", "4711.25")


def marked():
    person = patient(id="p1", born="1961-07-13", name=[{"family": "Zebedee"}], identifier=[{"value": "marker-patient"}])
    there = (
        condition(id="marker-condition", on="2026-04-13", snomed="230690007", more={"note": [{"text": "Zebedee"}]}),
        observation(4711.25, "mmol/L", on="2026-04-13", id="marker-condition-2", loinc="2823-3"),
        medication_request(id="marker-order", rxnorm="7804", dose=(20, "mg"), per_day=1),
    )
    return person, there


DEFINITIONS = {
    **STROKE,
    "k": {"latest": "lab", "in": ["potassium"]},
    "opioid": {"any": ["medication", "draft"], "in": ["opioids"]},
    "mme": MME,
    "total": {"sum": "mme"},
    "total-50": {"value": "total", "is": "at least 50 mg/d"},
}
RULES = {"r": rule(["stroke"]), "s": rule(["known k", "total-50"]), "t": rule(["opioid"], for_each="opioid")}


@pytest.mark.parametrize("fault", [None, ValueError("Zebedee marker-patient 4711.25"), EnginesDiffer((1,))])
def test_neither_logs_nor_faults_nor_output_repeat_what_was_in_the_record(fault, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    service = selected(ruleset(DEFINITIONS, RULES))
    service = breaking(service, fault, "told") if fault else service
    person, there = marked()
    said = ""
    try:
        answered(service, body(*there, about=service, person=person), shell=remembering(DictStore()))
    except (AllFaulted, EnginesDiffer) as raised:
        said = "".join(traceback.format_exception(raised))
    told = caplog.text + "".join(capfd.readouterr()) + said
    assert [marker for marker in MARKERS if marker in told] == []


def test_the_name_of_the_patient_is_in_no_answer():
    service = selected(ruleset(DEFINITIONS, RULES))
    person, there = marked()
    response = json.dumps(answered(service, body(*there, about=service, person=person)))
    assert "Zebedee" not in response
    assert "marker-patient" not in response


def test_no_cache_and_an_empty_one_answer_alike():
    service = selected(ruleset(DEFINITIONS, RULES))
    request = body(*marked()[1], about=service)
    assert advice(answered(service, request)) == advice(answered(service, request, shell=remembering(DictStore())))
    assert decision(answered(service, request, shell=fresh()))["cached"] is False


# --- system actions ---------------------------------------------------------------------------------

AGREED = Client("agreed", system_actions=True)
INR = {"description": "Order an INR", "create": {"resourceType": "ServiceRequest", "code": {"text": "INR"}}}
STOP = {"description": "Stop it", "when": ["known k"], "remove": "ordered"}
ORDERED = {"ordered": {"any": "order", "in": ["warfarin"]}, "k": {"latest": "lab", "in": ["potassium"]}}


@pytest.mark.requirement("RESP-03")
def test_sys_01_where_it_was_agreed_system_actions_are_sent_also_from_the_cache():
    told = ruleset(ORDERED, {"r": rule(["ordered"], then={"system-actions": [INR, STOP]})})
    service = selected(told)
    request = body(about=service, drafts=[draft(rxnorm="11289")])
    shell = remembering(DictStore())
    first, again = (answered(service, request, shell=shell, client=AGREED) for _ in range(2))
    assert (decision(first)["cached"], decision(again)["cached"]) == (False, True)
    for response in (first, again):
        assert check_response(response) == []
        (action,) = response["systemActions"]  # the other one's condition does not hold
        assert (action["type"], action["description"]) == ("create", "Order an INR")
        assert action["resource"]["subject"] == {"reference": "Patient/p1"}
        assert action["resource"]["authoredOn"] == "2026-05-01T12:00:00+00:00"
    assert "systemActions" not in answered(service, request)


def test_resp_03_no_action_means_no_member():
    told = ruleset(ORDERED, {"r": rule(["ordered"], then={"system-actions": [STOP]})})
    service = selected(told)
    request = body(about=service, drafts=[draft(rxnorm="11289")])
    response = answered(service, request, client=AGREED)
    assert response["cards"]
    assert "systemActions" not in response


# --- what an answer repeats -------------------------------------------------------------------------


@pytest.mark.parametrize("length", [100, 100_000])
def test_an_answer_repeats_no_endless_id(length):
    told = ruleset({**ORDERED, **STROKE}, {"r": rule(["ordered"]), "s": rule(["stroke"])})
    service = selected(told)
    endless = "x" * length
    there = {**THERE, "id": f"condition-{endless}"}
    unread = {
        **condition(snomed="230690007"),
        "id": f"unread-{endless}",
        "recordedDate": "yesterday",
        "onsetDateTime": 7,
    }
    ordered, unmapped = draft(rxnorm="11289", id=f"o-{endless}"), draft(id=f"u-{endless}")
    response = answered(service, body(there, unread, about=service, drafts=[ordered, unmapped]))
    assert {card["extension"]["org.cds-rules.finding"]["rule"] for card in response["cards"]} == {"r", "s"}
    assert (endless in json.dumps(response)) is (length == 100)
    assert len(json.dumps(response)) < 20_000
