"""What the loader says of a formula's inputs."""

import pytest

from tests.rules.judge.telling import MME, problems, ruleset

BASE = {
    "creatinine": {"latest": "lab", "in": ["creatinine"]},
    "egfr": {"latest": "lab", "in": ["egfr"]},
    "diabetic": {"any": "condition", "in": ["diabetes"]},
    "how-many": {"count": "condition", "in": ["diabetes"]},
    "older": {"age": "now"},
    "adult": {"age": "now", "is": "at least 18 years"},
    "alertness": {"latest": "lab", "in": ["alertness"]},
    "opioid": {"any": "medication", "in": ["opioids"]},
}
EGFR = {"creatinine": "creatinine", "age": "patient.age", "sex": "patient.sex"}
SCORE = {
    "age": "patient.age",
    **dict.fromkeys(("heart-failure", "hypertension", "diabetes", "stroke", "vascular-disease"), "diabetic"),
}


def said(formula, inputs, **more):
    return problems({**BASE, "n": {"formula": formula, "inputs": inputs, **more}})


def test_what_fits_is_accepted():
    ruleset({**BASE, "n": {"formula": "ckd-epi-2021", "inputs": EGFR}})
    ruleset({**BASE, "n": {"formula": "ckd-epi-2021", "inputs": {**EGFR, "age": "older", "sex": "alertness"}}})
    ruleset({**BASE, "n": {"formula": "cha2ds2-va", "inputs": {**SCORE, "stroke": "adult"}}})
    ruleset({**BASE, "n": MME})


@pytest.mark.parametrize(
    ("formula", "inputs"),
    [
        ("ckd-epi-2021", {**EGFR, "sex": "patient.age"}),
        ("ckd-epi-2021", {**EGFR, "sex": "how-many"}),
        ("ckd-epi-2021", {**EGFR, "age": "patient.sex"}),
        ("ckd-epi-2021", {**EGFR, "age": "how-many"}),
        ("ckd-epi-2021", {**EGFR, "age": "patient.age-in-months"}),
        ("ckd-epi-2021", {**EGFR, "creatinine": "older"}),
        ("paracetamol-daily-ceiling", {"weight": "creatinine", "age": "patient.age"}),
        ("paracetamol-daily-ceiling", {"weight": "patient.age"}),
        ("cha2ds2-va", {**SCORE, "stroke": "patient.deceased"}),
    ],
)
def test_a_wrong_kind_or_unit_is_an_error(formula, inputs):
    assert said(formula, inputs) == ["CDS127"]


def test_a_column_must_be_of_the_kind_that_the_input_takes():
    assert problems({**BASE, "n": {**MME, "inputs": {**MME["inputs"], "factor": "it.opioids.unit"}}}) == ["CDS127"]
    assert problems({**BASE, "n": {**MME, "inputs": {**MME["inputs"], "for-form": "it.opioids.factor"}}}) == ["CDS127"]
    wrong = {**MME["inputs"], "factor": "it.opioids.daily-dose"}
    assert problems({**BASE, "n": {**MME, "inputs": wrong}}) == ["CDS127"]


def test_a_number_is_no_truth():
    assert said("cha2ds2-va", {**SCORE, "stroke": "how-many"}) == ["CDS410"]


def test_a_name_that_is_not_there_and_an_input_that_is_missing_are_said_once():
    assert said("cha2ds2-va", {**SCORE, "stroke": "no-such"}) == ["CDS205"]
    assert said("cha2ds2-va", {key: value for key, value in SCORE.items() if key != "stroke"}) == ["CDS123"]
    assert said("cha2ds2-va", {**SCORE, "glucose": "egfr"}) == ["CDS101"]


def test_a_result_is_tested_in_its_own_unit():
    assert said("ckd-epi-2021", EGFR, **{"is": "below 30 mL/min"}) == ["CDS402"]
