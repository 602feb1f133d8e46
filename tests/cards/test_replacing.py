"""``replace`` with ``set``: the draft as it came, with what the author set, or no suggestion at all."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.authoring.card_check import check_cards
from cds.cards.replacing import replaced
from tests.cards.test_finding import DEFINITIONS, card
from tests.patients import draft
from tests.rules.judge.telling import problems, rule, ruleset

ORDER = {"resourceType": "MedicationRequest", "id": "o1", "dosageInstruction": [{"text": "three a day", "sequence": 1}]}


def path(*steps):
    return tuple(step if isinstance(step, tuple) else (step, None) for step in steps)


@pytest.mark.parametrize(
    ("where", "value", "expected"),
    [
        (path("priority"), "urgent", {"priority": "urgent"}),
        (path(("dosageInstruction", 0), "text"), "two", {"dosageInstruction": [{"text": "two", "sequence": 1}]}),
        (path(("note", 0), "text"), "x", {"note": [{"text": "x"}]}),
        (path("dispenseRequest", "numberOfRepeatsAllowed"), 0, {"dispenseRequest": {"numberOfRepeatsAllowed": 0}}),
        (path(("note", 0)), {"text": "x"}, {"note": [{"text": "x"}]}),
    ],
)  # fmt: skip
def test_what_is_set_is_set_and_the_rest_stays(where, value, expected):
    assert replaced(ORDER, [(where, value)]) == {**ORDER, **expected}


@pytest.mark.parametrize(
    "where",
    [path(("dosageInstruction", 2), "text"), path("dosageInstruction", "text"), path("id", "x"), path(("id", 0)),
     path(("dosageInstruction", 0), "text", "x")],
)  # fmt: skip
def test_what_has_no_place_in_the_draft_gives_nothing(where):
    assert replaced(ORDER, [(where, "x")]) is None


STEPS = st.tuples(st.sampled_from(["dosageInstruction", "text", "note", "a"]), st.none() | st.integers(0, 3))


@given(st.lists(st.tuples(st.lists(STEPS, min_size=1, max_size=4).map(tuple), st.text()), max_size=4))
def test_the_draft_itself_is_never_changed(changes):
    before = deepcopy(ORDER)
    replaced(ORDER, changes)
    assert before == ORDER


EVENING = {"label": "Take it in the evening", "replace": "it", "set": {"dosageInstruction[0].text": "in the evening"}}


def then(**suggestion):
    return {"suggestions": [EVENING | suggestion]}


def test_the_card_suggests_an_update_of_the_order_it_is_about():
    order = draft(id="o1", rxnorm="7052", dose=(10, "mg"), per_day=2)
    made = card({"summary": "Ordered: {it}"}, drafts=[order], each="ordered", then=then())
    (suggestion,) = made["suggestions"]
    (action,) = suggestion["actions"]
    assert action["type"] == "update"
    instructions = [{**order["dosageInstruction"][0], "text": "in the evening"}]
    assert action["resource"] == {**order, "dosageInstruction": instructions}


def test_numbers_are_numbers_and_the_patient_is_filled_in():
    changes = {"dispenseRequest.numberOfRepeatsAllowed": "0", "insurance[0].display": "of {patient}"}
    made = card({"summary": "{it}"}, drafts=[draft(id="o1", rxnorm="7052")], each="ordered", then=then(set=changes))
    resource = made["suggestions"][0]["actions"][0]["resource"]
    assert resource["dispenseRequest"]["numberOfRepeatsAllowed"] == 0
    assert resource["insurance"] == [{"display": "of Patient/p1"}]


def test_an_order_without_a_place_for_it_gets_no_suggestion():
    made = card(
        {"summary": "{it}"},
        drafts=[draft(id="o1", rxnorm="7052")],
        each="ordered",
        then=then(set={"note[3].text": "x"}),
    )
    assert made.get("suggestions", []) == []


def told(each="ordered", **suggestion):
    return problems(DEFINITIONS, {"r": rule(["ordered"], for_each=each, then=then(**suggestion))})


@pytest.mark.parametrize(
    "changes",
    [{"id": "x"}, {"subject.reference": "Patient/x"}, {"a b": "x"}, {"a..b": "x"}, {"note[x].text": "x"}, {"": "x"}],
)
def test_what_says_which_order_it_is_and_what_is_no_path_is_refused(changes):
    assert set(told(set=changes)) == {"CDS128"}


def test_set_goes_with_replace_and_replace_with_orders():
    assert told() == []
    assert told(replace="opioid") == ["CDS128"]
    alone = {"label": "x", "remove": "it", "set": {"a": "b"}}
    rules = {"r": rule(["ordered"], for_each="ordered", then={"suggestions": [alone]})}
    assert problems(DEFINITIONS, rules) == ["CDS128"]
    without = {"label": "x", "replace": "it"}
    rules = {"r": rule(["ordered"], for_each="ordered", then={"suggestions": [without]})}
    assert problems(DEFINITIONS, rules) == ["CDS128"]


def test_what_would_not_be_fhir_is_told_before_it_is_published():
    def wrong(changes):
        made = ruleset(DEFINITIONS, {"r": rule(["ordered"], for_each="ordered", then=then(set=changes))})
        return [problem.code for problem in check_cards(made, {})]

    assert wrong(EVENING["set"]) == []
    assert wrong({"dosageInstruction[0].noSuchElement": "x"}) == ["CDS506"]
