"""What "Based on" lists: the facts that decided, not only those that the outermost conditions name."""

from cds.cards.finding import FINDING_EXTENSION, word_finding
from tests.patients import condition, draft, encounter, observation
from tests.rules.judge.telling import rule, ruleset, verdicts

VISITS = {  # narrowed twice
    "visit": {"any": "encounter"},
    "stroke-then": {"for-each": "visit", "any": "condition", "in": ["stroke"], "until": "it"},
    "potassium-then": {
        "for-each": "visit",
        "any": "lab",
        "in": ["potassium"],
        "until": "it",
        "where": {"value": "above 5 mmol/L"},
    },
    "either-then": {"for-each": "visit", "any-of": ["stroke-then", "potassium-then"]},
    "troubled-visit": {"any": "visit", "that": ["either-then"]},
    "again": {"any": "troubled-visit", "status": ["finished"]},
}
POINTS = {
    "stroke": {"any": "condition", "in": ["stroke"]},
    "diabetes": {"any": "condition", "in": ["diabetes"]},
    "k": {"latest": "lab", "in": ["potassium"]},
    "k-high": {"value": "k", "is": "above 5 mmol/L"},
    "risk": {"score": {"stroke": 2, "diabetes": 1, "k-high": 1}},
    "at-risk": {"value": "risk", "is": "at least 2"},
}


def based_on(definitions, *resources, when):
    told = ruleset(definitions, {"r": rule([when])})
    found = verdicts(told, *resources)
    (verdict,) = [v for v in found.rules if v.outcome == "fires"]
    finding = word_finding(found.judging, verdict, {}).card
    listed = [fact["reference"] for fact in finding["extension"][FINDING_EXTENSION]["facts"]]
    assert finding["detail"].split("**Evidence**")[0].count("\n- ") == len(listed)
    return listed


def test_a_visit_that_is_such_shows_what_made_it_such():
    heard = [
        condition(id="c", snomed="230690007", on="2026-01-01"),
        observation(5.6, "mmol/L", id="k", on="2026-02-01", loinc="2823-3"),
        observation(4.1, "mmol/L", id="normal", on="2026-02-02", loinc="2823-3"),
        encounter(id="v", start="2026-03-01", end="2026-03-01"),
    ]
    found = based_on(VISITS, *heard, when="again")
    assert found == ["Condition/c", "Observation/k", "Encounter/v"]


def test_a_score_shows_the_parts_that_gave_points():
    heard = [
        condition(id="c", snomed="230690007"),
        observation(4.1, "mmol/L", id="normal", on="2026-02-02", loinc="2823-3"),
    ]
    assert based_on(POINTS, *heard, when="at-risk") == ["Condition/c"]
    high = observation(5.6, "mmol/L", id="k", on="2026-02-03", loinc="2823-3")
    found = based_on(POINTS, *heard, condition(id="d", snomed="73211009"), high, when="at-risk")
    assert found == ["Condition/c", "Condition/d", "Observation/k"]


NEWS = {
    "rate": {"latest": "vital", "in": ["breathing"]},
    "confused": {"any": "condition", "in": ["stroke"]},
    "score": {"formula": "news2-range", "inputs": {"respiratory-rate": "rate", "not-alert": "confused"}},
    "score-5": {"value": "score", "is": "at least 5"},
}


def test_a_formula_shows_the_truths_that_it_was_given_and_the_time_of_what_was_measured():
    sets = {"breathing": {"loinc": {"9279-1": "Respiratory rate"}}}
    card = {"summary": "{score.at-least}, {rate.time}, {score.value}"}
    told = ruleset(NEWS, {"r": rule(["score-5"], card=card)}, value_sets=sets)
    rate = observation(26, "/min", id="rr", on="2026-05-01T08:15:00+02:00", loinc="9279-1")
    found = verdicts(told, rate, condition(id="c", snomed="230690007"), drafts=[draft(rxnorm="5640")])
    (verdict,) = found.rules
    made = word_finding(found.judging, verdict, {}).card
    assert made["summary"] == "at least 6, 2026-05-01 06:15, 6 to 20"
    assert [fact["reference"] for fact in made["extension"][FINDING_EXTENSION]["facts"]] == [
        "Observation/rr",
        "Condition/c",
    ]
    assert ", 26 /min, 2026-05-01 06:15\n" in made["detail"]


FLOW = {
    "flow": {"latest": "vital", "in": ["flow"]},
    "on-oxygen": {"value": "flow", "is": "above 0 L/min"},
    "rate": {"latest": "vital", "in": ["breathing"]},
    "score": {"formula": "news2-range", "inputs": {"respiratory-rate": "rate", "oxygen": "on-oxygen"}},
    "score-3": {"value": "score", "is": "at least 3"},
}


def test_a_measured_input_is_listed_although_its_truth_does_not_hold():
    sets = {"breathing": {"loinc": {"9279-1": "Respiratory rate"}}, "flow": {"loinc": {"3151-8": "Oxygen flow"}}}
    told = ruleset(FLOW, {"r": rule(["score-3"])}, value_sets=sets)
    found = verdicts(
        told,
        observation(26, "/min", id="rr", on="2026-05-01", loinc="9279-1"),
        observation(0, "L/min", id="flow", on="2026-05-01", loinc="3151-8"),
    )
    (verdict,) = found.rules
    listed = word_finding(found.judging, verdict, {}).card["extension"][FINDING_EXTENSION]["facts"]
    assert [fact["reference"] for fact in listed] == ["Observation/rr", "Observation/flow"]
