"""What a service looks for when it loads a version: the errors, all of them, and nothing that only advises."""

from cds.rules.analysis.analyse import analyse, errors_of
from tests.rules.analysis.analysed import ORDER, TAKEN, K, k
from tests.rules.judge.telling import rule, ruleset

ADVISED = {
    "k": K,
    "ordered": ORDER,
    "taken": {**TAKEN, "says": "A pill is in use"},  # CDS423: not a word of its value set
    "high": {"says": "Potassium of at least 5.5", "value": "k", "is": "above 5.5 mmol/L"},  # CDS421
    "no-drug": {"says": "No warfarin is in use", "absent": "taken"},
    "off-it": {"says": "Warfarin is in use", "absent": "taken"},  # CDS422
    "within-a-year": {"says": "A potassium within 1 year", "any": "lab", "in": "potassium", "within": "1 year"},
    "within-days": {"says": "A potassium within 365 days", "any": "lab", "in": "potassium", "within": "365 days"},
}
RULES = {"r": rule(["ordered", "high", "not no-drug", "within-a-year"])}  # CDS440; CDS450: within-days; CDS452


def test_what_only_advises_is_told_to_authors_and_keeps_no_version_away():
    told = ruleset(ADVISED, RULES)
    assert {"CDS421", "CDS422", "CDS423", "CDS440", "CDS450", "CDS451", "CDS452"} <= {p.code for p in analyse(told)}
    assert errors_of(told) == []


def test_a_list_of_drugs_that_a_sentence_calls_by_their_class_is_one_piece_of_advice():
    names = [f"{letter * 4}-drug" for letter in "abcde"]
    sets = {name: {"rxnorm": {str(number): name}} for number, name in enumerate(names)}
    finder = {"says": f"A medicine {'of any kind ' * 20}", "any": "medication", "in": names}
    told = ruleset({"taken": finder}, {"r": rule(["taken"])}, **{"value-sets": sets})
    advice = [p for p in analyse(told) if p.code == "CDS423"]
    assert [p.message for p in advice] == [
        'the sentence of "taken" has no word of the value sets "aaaa-drug", "bbbb-drug", "cccc-drug" and 2 more in it'
    ]
    assert len(advice[0].hint) < 130


def test_what_refuses_a_version_is_found_without_what_advises():
    definitions = {
        **ADVISED,
        "said-wrong": {**k("above 6 mmol/L"), "says": "Potassium above 7"},  # CDS420
        "never": {"says": "At least 200 years old", "age": "now", "is": "at least 200 years"},  # CDS434
        "both": {"says": "Above 6 and at most 6", "all-of": ["said-wrong", "not said-wrong"]},  # CDS441
    }
    told = ruleset(definitions, RULES)
    errors = [problem for problem in analyse(told) if problem.severity == "error"]
    assert {"CDS420", "CDS434", "CDS441"} <= {problem.code for problem in errors}
    assert errors_of(told) == errors
