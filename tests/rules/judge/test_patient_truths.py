"""``sex``, ``parameter`` and lists of truths: what holds, what fails, and what nobody can tell."""

import pytest

from tests.rules.judge.telling import ruleset, truth, verdicts

BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
SEX = {"woman": {"sex": "female"}, "man": {"sex": "male"}}


def birth_sex(code):
    return {"extension": [{"url": BIRTH_SEX, "valueCode": code}]}


@pytest.mark.parametrize(
    ("gender", "more", "woman", "man"),
    [
        ("female", {}, "holds", "fails"),
        ("male", {}, "fails", "holds"),
        ("other", {}, "unknown", "unknown"),
        ("unknown", {}, "unknown", "unknown"),
        (None, {}, "unknown", "unknown"),
        (None, birth_sex("F"), "holds", "fails"),
        ("other", birth_sex("M"), "fails", "holds"),
    ],
)
def test_a_sex_that_is_not_told_as_one_of_two_is_unknown(gender, more, woman, man):
    assert truth(SEX, "woman", sex=gender, person=more) == woman
    assert truth(SEX, "man", sex=gender, person=more) == man


@pytest.mark.parametrize(("default", "expected"), [("yes", "holds"), ("no", "fails")])
def test_a_parameter_is_never_unknown(default, expected):
    told = {"strict": {"parameter": "strictly"}}
    parameters = {"strictly": {"says": "Whether to be strict", "default": default}}
    assert verdicts(ruleset(told, parameters=parameters)).judging.truth("strict", None).value == expected


@pytest.mark.parametrize(
    ("born", "sex", "all_of", "any_of", "none_of"),
    [
        ("1960-05-01", "female", "holds", "holds", "fails"),
        ("1960-05-01", "male", "fails", "holds", "fails"),
        ("1960-05-01", None, "unknown", "holds", "fails"),
        (None, "female", "unknown", "holds", "fails"),
        (None, "male", "fails", "unknown", "unknown"),
        (None, None, "unknown", "unknown", "unknown"),
        ("2020-05-01", "male", "fails", "fails", "holds"),
        ("2020-05-01", None, "fails", "unknown", "unknown"),
    ],
)
def test_lists_are_as_strong_as_kleene_says(born, sex, all_of, any_of, none_of):
    parts = ["woman", "adult"]
    told = {
        **SEX,
        "adult": {"age": "now", "is": "at least 18 years"},
        "all": {"all-of": parts},
        "any": {"any-of": parts},
        "none": {"none-of": parts},
    }
    found = [truth(told, name, born=born, sex=sex) for name in ("all", "any", "none")]
    assert found == [all_of, any_of, none_of]
