"""Labels on cards are sentences: what an author wrote in braces is a value there, the site's own where it has one."""

from typing import Any

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


RISKS = {
    "k": {"latest": "lab", "in": "potassium"},
    "high": {"label": "potassium above 5", "value": "k", "is": "above 5 mmol/L"},
    "creatinine": {"latest": "lab", "in": "creatinine"},
    "raised": {"label": "raised creatinine", "value": "creatinine", "is": "above 2 mg/dL"},
    "risk": {"any-of": ["high", "unknown raised", "missing creatinine", "known high", "absent creatinine"]},
    "open": {"any-of": ["unknown raised", "missing creatinine"]},
    "not-high": {"any-of": ["not high"]},
}


def summary_of(text: str, *facts: Any) -> str:
    """The one card's summary where it is told of a patient with these results."""
    told = ruleset(RISKS, {"r": rule(["known k"], card={"summary": text})})
    found = verdicts(told, *facts)
    [fired] = [each for each in found.rules if each.outcome == "fires"]
    return str(word_finding(found.judging, fired, {}).card["summary"])


def test_what_is_not_known_is_never_told_as_if_it_were_so():
    high = observation(6, "mmol/L", loinc="2823-3", on="2026-04-30")
    told = summary_of("Risk: {risk.holding}", high)
    assert told == (
        "Risk: potassium above 5, raised creatinine not known, creatinine not known, potassium above 5 known, "
        "no record of creatinine"
    )
    unclear = observation(3, "cups", loinc="2160-0", on="2026-04-30")
    assert summary_of("Risk: {risk.holding}", high, unclear) == (
        "Risk: potassium above 5, raised creatinine not known, creatinine not known, potassium above 5 known"
    )
    low = observation(4, "mmol/L", loinc="2823-3", on="2026-04-30")
    assert summary_of("Still {not-high.holding}", low) == "Still not: potassium above 5"


def test_a_list_of_nothing_but_doubts_leaves_the_word_to_the_text():
    high = observation(6, "mmol/L", loinc="2823-3", on="2026-04-30")
    assert summary_of("Not known: {open.holding}", high) == "Not known: raised creatinine, creatinine"
