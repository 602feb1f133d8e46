"""A suggestion is offered exactly when its conditions hold and no exception may; what it sends is valid, always.

For rulesets and patients at random: whoever is told by the hour, with doubts, drafts of any kind, stopped drugs.
"""

from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.cards.card import build_cards
from cds.decisions.decide import decide
from cds.hooks.response_check import check_response
from cds.rules.engine.truth import Truth
from cds.rules.judge.judge import judge
from tests.patients import draft, medication_request
from tests.rules.engine.random_rulesets import LEAVES, Meaning
from tests.rules.judge.hours import NOW, patients
from tests.rules.judge.telling import moment, plan_of, record_of, rule, ruleset
from tests.rules.judge.test_possible_hours import DEFINITIONS, FILES

ORDERS = {"ordered": {"any": "order", "in": ["warfarin"]}, "used": {"any": "medication", "in": ["ibuprofen"]}}
SERVICE = {"resourceType": "ServiceRequest", "code": {"text": "INR"}, "note": [{"text": "For {it}"}]}
MEDICINE = {
    "resourceType": "MedicationRequest",
    "medicationCodeableConcept": {"text": "x", "coding": [{"system": "urn:x", "code": "1"}]},
    "dispenseRequest": {"numberOfRepeatsAllowed": "2", "quantity": {"value": "1.5"}},
    "dosageInstruction": [{"asNeededBoolean": "true", "timing": {"repeat": {"frequency": "2", "period": "1"}}}],
}
KINDS: list[dict[str, Any]] = [
    {"create": SERVICE},
    {"create": MEDICINE},
    {"remove": "ordered"},
    {"remove": "it"},
    {"stop": "used"},
    {"replace": "it", "set": {"dosageInstruction[0].text": "in the evening"}},
]


@st.composite
def suggestions(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Each of another label, so that it is known again; up to three conditions and two exceptions."""
    entry = st.builds(str.__add__, st.sampled_from(["", "not ", "known ", "unknown "]), st.sampled_from(LEAVES))
    made = []
    for number, kind in enumerate(draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))):
        told = {"label": f"S{number}", "recommended": draw(st.sampled_from(["yes", "no"])), **kind}
        when, unless = draw(st.lists(entry, max_size=3, unique=True)), draw(st.lists(entry, max_size=2, unique=True))
        made.append({**told, **({"when": when} if when else {}), **({"unless": unless} if unless else {})})
    return made


DRAFTS = st.lists(st.sampled_from([{}, {"dose": (5, "mg"), "per_day": 1}, {"id": None}]), min_size=1, max_size=3)


@settings(max_examples=100, deadline=None)
@given(suggestions(), patients(), DRAFTS, st.sampled_from(["any", "at-most-one"]), st.integers(0, 2))
def test_a_suggestion_is_offered_exactly_when_its_conditions_hold(told, person, drafts, choose, in_use):
    then = {"suggestions": told, "choose": choose}
    read = ruleset(
        {**DEFINITIONS, **ORDERS}, {"r": rule(["ordered"], for_each="ordered", then=then)}, periods=MONTH, files=FILES
    )
    plan, at = plan_of(read), moment(NOW, person.zone)
    used = [medication_request(id=f"m{number}", rxnorm="5640") for number in range(in_use)]
    orders = [draft(**{"id": f"o{number}", **more}, rxnorm="11289") for number, more in enumerate(drafts)]
    missing = () if person.supplied else ("Observation",)
    record = record_of(plan, *person.resources(), *used, drafts=orders, unsupplied=missing, at=at)
    judging = judge(plan, record, at)[0].judging
    findings = decide(record, plan, at, {}).findings
    cards = build_cards(findings, "key", at.instant)
    assert len(cards) == len(orders)
    assert check_response({"cards": cards}, feedback=True) == []
    meaning = Meaning({}, lambda name: judging.truth(name, None), lambda name: judging.truth(name, None))
    wanted = [
        suggestion
        for suggestion in told
        if all(meaning.entry(entry) is Truth.HOLDS for entry in suggestion.get("when", ()))
        and all(meaning.entry(entry) is Truth.FAILS for entry in suggestion.get("unless", ()))
    ]
    for card in cards:
        check_card(card, wanted, orders, in_use, choose)


MONTH = {"month": "calendar month"}


def check_card(card: dict[str, Any], wanted: list, orders: list, in_use: int, choose: str) -> None:
    named = {f"MedicationRequest/{order['id']}" for order in orders if order.get("id")}
    offered = card.get("suggestions", [])
    subject = card["extension"]["org.cds-rules.finding"].get("subject", "")
    labels = {suggestion["label"].partition(":")[0].partition(" ")[0] for suggestion in offered}
    assert labels == {s["label"] for s in wanted if is_possible(s, subject, named, in_use)}
    recommended = [suggestion for suggestion in offered if suggestion.get("isRecommended")]
    if choose == "at-most-one":
        assert len(recommended) <= 1
    for action in (action for suggestion in offered for action in suggestion["actions"]):
        if action["type"] == "delete":
            assert action["resourceId"] in named
        else:
            get_fhir_model_class(action["resource"]["resourceType"]).model_validate(action["resource"])
            assert action["type"] == "create" or action["resource"]["id"]


def is_possible(suggestion: dict[str, Any], subject: str, named: set[str], in_use: int) -> bool:
    """Whether there is something to act on: a draft that the client gave a name, with a place for what is set."""
    match suggestion:
        case {"remove": "ordered"}:
            return bool(named)
        case {"remove": "it"} | {"replace": "it"}:
            return subject in named
        case {"stop": _}:
            return in_use > 0
        case _:
            return True


def test_a_finder_whose_name_begins_with_it_is_no_subject():
    """``itraconazole-ordered`` was taken for the subject: the order of another drug was offered for removal."""
    told = {
        "itraconazole-ordered": {"any": "order", "in": ["ibuprofen"]},
        "ordered": {"any": "order", "in": ["warfarin"]},
    }
    then = {"suggestions": [{"label": "Remove itraconazole", "remove": "itraconazole-ordered"}]}
    drafts = [draft("w", rxnorm="11289"), draft("i", rxnorm="5640")]
    for each in ({"for_each": "ordered"}, {}):
        plan = plan_of(ruleset(told, {"r": rule(["ordered"], then=then, **each)}))
        record = record_of(plan, drafts=drafts)
        (finding,) = decide(record, plan, moment(), {}).findings
        (suggestion,) = finding.card["suggestions"]
        assert [action["resourceId"] for action in suggestion["actions"]] == ["MedicationRequest/i"]
