"""Labels on cards are sentences: what an author wrote in braces is a value there, the site's own where it has one."""

from cds.cards.finding import word_finding
from tests.patients import observation
from tests.rules.judge.telling import problems, rule, ruleset, verdicts

HIGH = {
    "k": {"latest": "lab", "in": "potassium"},
    "high": {"says": "Potassium above {limit}", "value": "k", "is": "above limit"},
    "risk": {"any-of": ["high"]},
}
LIMIT = {"limit": {"says": "The limit", "default": "5 mmol/L"}}


def test_a_label_shows_the_value_of_a_parameter_and_not_its_name():
    told = ruleset(HIGH, {"r": rule(["risk"], card={"summary": "Risk: {risk.holding}"})}, parameters=LIMIT)
    found = verdicts(told, observation(6, "mmol/L", loinc="2823-3", on="2026-04-30"))
    cards = [word_finding(found.judging, each, {}).card["summary"] for each in found.rules if each.outcome == "fires"]
    assert cards == ["Risk: Potassium above 5 mmol/L"]


def test_what_is_no_parameter_may_not_stand_in_braces():
    for wrong in ("{limits}", "{k}", "{limit.value}"):
        told = HIGH | {"high": {**HIGH["high"], "says": f"Potassium above {wrong}"}}
        assert set(problems(told, parameters=LIMIT)) == {"CDS227"}
