"""What was fetched is judged as what was supplied; what could be fetched is never answered from memory unread."""

import json
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds.access.client import Client
from cds.decisions.answer import Shell
from cds.facts.wrong_patient import WrongPatient
from cds.hooks.faults import PrefetchMissing
from tests.cache.stores import DictStore
from tests.decisions.desk import DECISION, advice, answered, body, cache, selected, unrecorded
from tests.fetching.telling import BASE, GRANT, OUTCOME, Answer, Server, fetcher, page
from tests.patients import bundle, condition, medication_request, observation, patient
from tests.rules.judge.telling import rule, ruleset

DEFINITIONS = {
    "stroke": {"any": "condition", "in": ["stroke"]},
    "on-warfarin": {"any": "medication", "in": ["warfarin"]},
    "k": {"latest": "lab", "in": ["potassium"]},
    "k-high": {"value": "k", "is": "at least 5.5 mmol/L"},
}
RULES = {
    "has-stroke": rule(["stroke"]),
    "stroke-open": rule(["unknown stroke"]),
    "warfarin": rule(["on-warfarin"]),
    "warfarin-open": rule(["unknown on-warfarin"]),
    "has-k-high": rule(["k-high"]),
    "k-open": rule(["unknown k-high"]),
}
SERVICE = selected(ruleset(DEFINITIONS, RULES))
CLIENT = Client("ehr", fhir_servers=(BASE,))
CALL = {"fhirServer": BASE, "fhirAuthorization": GRANT}
STROKE = condition(snomed="230690007")
SERVER = Server({})
FETCHER = fetcher(SERVER)


@pytest.fixture(autouse=True, scope="module")
def _closed():
    yield
    FETCHER.close()


@contextmanager
def serving(answers):
    SERVER.answers, SERVER.requests = answers, []
    yield SERVER


def address(template):
    return template.query.replace("{{context.patientId}}", "p1")


def served(*resources, person=None):
    """By address, what a server with this record answers."""
    return {
        address(t): (person or patient())
        if t.is_read
        else bundle(*(r for r in resources if r["resourceType"] == t.resource_type))
        for t in SERVICE.templates
    }


def told(request, store=None, client=CLIENT):
    return answered(SERVICE, request, shell=Shell(cache(store), {}, unrecorded(), FETCHER), client=client)


def fired(response):
    return [card["extension"]["org.cds-rules.finding"]["rule"] for card in response["cards"]]


def shell_of(store):
    return Shell(cache(store), {}, unrecorded(), FETCHER)


EVERY = [template.key for template in SERVICE.templates]
ODD = [
    STROKE,
    condition(id="c2", snomed="38341003"),
    {**condition(id="c3", snomed="230690007"), "subject": {"reference": "Patient/other"}},
    condition(id="c4", snomed="230690007", on="no date"),
    medication_request(rxnorm="11289"),
    medication_request(id="m2"),
    {"resourceType": "Medication", "id": "x"},
    observation(6.1, "mmol/L", id="l1", loinc="2823-3", on="2026-04-01"),
    observation(4.1, "mmol/L", id="l2", loinc="2823-3", on="2026-04-20"),
    observation(4.1, "no unit", id="l3", loinc="2823-3", on="2026-04-21"),
    OUTCOME,
    "no resource",
]
PEOPLE = [patient(), patient(sex=None), patient(id="other"), patient(id=None)]


def entries(resources):
    return [{"resource": each} if isinstance(each, dict) else each for each in resources]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from(EVERY[1:]), st.sampled_from(ODD)), max_size=8),
    st.sampled_from(PEOPLE),
    st.sets(st.sampled_from(EVERY), min_size=1),
    st.integers(1, 3),
    st.booleans(),
)
def test_a_fetched_record_is_judged_as_the_same_data_supplied(record, person, dropped, size, begun):
    """Whatever is left out, and on however many pages it comes; ``begun``: the client sent the first page."""
    whole, answers = {}, {}
    for template in SERVICE.templates:
        if template.is_read:
            whole[template.key] = answers[address(template)] = person
            continue
        there = entries(resource for key, resource in record if key == template.key)
        whole[template.key] = {"resourceType": "Bundle", "type": "searchset", "total": len(there), "entry": there}
        parts = [there[at : at + size] for at in range(0, len(there), size)] or [[]]
        for number, part in enumerate(parts):
            name = address(template) if number == 0 else f"{template.key}?page={number}"
            answers[name] = {
                **page(following=f"?page={number + 1}" if number + 1 < len(parts) else None),
                "entry": part,
            }
            if number + 1 < len(parts):
                answers[name]["link"][1]["url"] = f"{BASE}/{template.key}?page={number + 1}"
            answers[name]["total"] = len(there)
    sent = {key: value for key, value in whole.items() if key not in dropped}
    if begun:  # a first page with a next link, and the rest at the server
        sent |= {
            t.key: answers[address(t)] for t in SERVICE.templates if t.key in dropped and "link" in answers[address(t)]
        }
    supplied = json.loads(body(about=SERVICE, **CALL))
    outcomes = []
    with serving(answers):
        for prefetch in (whole, sent):
            try:
                outcomes.append(advice(told(json.dumps({**supplied, "prefetch": prefetch}).encode())))
            except (WrongPatient, PrefetchMissing) as fault:
                outcomes.append((type(fault), fault.args))
    assert outcomes[0] == outcomes[1]


def test_nothing_needs_to_be_sent_where_all_can_be_fetched():
    with serving(served(STROKE)):
        response = told(body(about=SERVICE, unsupplied=EVERY, **CALL))
    assert "has-stroke" in fired(response)
    assert "notSupplied" not in response["extension"][DECISION]


@pytest.mark.requirement("PRE-13")
def test_pre_13_without_the_patient_after_fetching_it_is_412_and_says_why():
    with serving({**served(), "Patient/p1": Answer(OUTCOME, 403)}), pytest.raises(PrefetchMissing) as raised:
        told(body(about=SERVICE, unsupplied=["Patient"], **CALL))
    assert raised.value.keys == ("Patient",)
    assert raised.value.not_fetched == {"Patient": "refused"}


def test_what_could_not_be_fetched_is_named_with_its_reason():
    with serving({**served(), "Condition?patient=p1": Answer(OUTCOME, 500)}):
        decision = told(body(about=SERVICE, unsupplied=["Condition"], **CALL))["extension"][DECISION]
    assert decision["notSupplied"] == {"Condition": "absent"}
    assert decision["notFetched"] == {"Condition": "status"}


def test_a_patient_of_the_server_who_is_another_is_refused():
    with serving(served(person=patient(id="other"))), pytest.raises(WrongPatient):
        told(body(about=SERVICE, unsupplied=["Patient"], **CALL))


def test_the_same_bytes_are_fetched_anew_because_the_server_may_say_otherwise_now():
    shell, request = shell_of(DictStore()), body(about=SERVICE, unsupplied=["Condition"], **CALL)
    with serving(served()) as server:
        first = answered(SERVICE, request, shell=shell, client=CLIENT)
        server.answers = served(STROKE)
        second = answered(SERVICE, request, shell=shell, client=CLIENT)
        assert server.asked == ["Condition?patient=p1"] * 2
    assert ("has-stroke" in fired(first), "has-stroke" in fired(second)) == (False, True)


@pytest.mark.parametrize("first", [Client("none"), Client("ehr", fhir_servers=("https://other.example.org",))])
def test_what_one_client_may_not_have_fetched_is_fetched_for_the_next_that_sends_the_same_bytes(first):
    shell, request = shell_of(DictStore()), body(about=SERVICE, unsupplied=["Condition"], **CALL)
    with serving(served(STROKE)):
        unsupplied = answered(SERVICE, request, shell=shell, client=first)["extension"][DECISION]
        assert unsupplied["notFetched"] == {"Condition": "server-not-listed"}
        assert "notSupplied" not in answered(SERVICE, request, shell=shell, client=CLIENT)["extension"][DECISION]


def test_the_same_bytes_with_nothing_to_fetch_are_answered_from_memory():
    shell, request = shell_of(DictStore()), body(STROKE, about=SERVICE, **CALL)
    shell.cache.lookup = lambda *_: pytest.fail("read again")
    with pytest.raises(pytest.fail.Exception):
        answered(SERVICE, request, shell=shell, client=CLIENT)
    shell = shell_of(DictStore())
    answered(SERVICE, request, shell=shell, client=CLIENT)
    shell.cache.lookup = lambda *_: pytest.fail("read again")
    with serving({}) as server:
        assert answered(SERVICE, request, shell=shell, client=CLIENT)["extension"][DECISION]["cached"]
        assert server.asked == []


def test_the_same_facts_fetched_again_are_judged_from_the_cache():
    shell, request = shell_of(DictStore()), body(about=SERVICE, unsupplied=["Condition"], **CALL)
    with serving(served(STROKE)):
        first, second = (answered(SERVICE, request, shell=shell, client=CLIENT) for _ in range(2))
    assert (first["extension"][DECISION]["cached"], second["extension"][DECISION]["cached"]) == (False, True)
    assert advice(first) == advice(second)
    # ... and so is a request that brings them along
    assert answered(SERVICE, body(STROKE, about=SERVICE), shell=shell, client=CLIENT)["extension"][DECISION]["cached"]


def test_neither_token_nor_server_is_in_what_the_cache_keeps():
    store = DictStore()
    shell = shell_of(store)
    with serving(served(STROKE)):
        response = answered(SERVICE, body(about=SERVICE, unsupplied=EVERY, **CALL), shell=shell, client=CLIENT)
    assert GRANT["access_token"] not in json.dumps(response) + repr(vars(store))
