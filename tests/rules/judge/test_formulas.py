"""Formulas as an author uses them, from FHIR JSON to a number: every one, what is unknown, and what is refused."""

import pytest

from cds.formulas import FORMULAS
from cds.rules.judge.values import Known, Unclear
from tests.patients import condition, medication_request, observation
from tests.rules.judge.telling import MME, ruleset, verdicts
from tests.rules.judge.test_picking import shown

#: One LOINC code (of no meaning here) and a usual value for each input that is measured.
MEASURED = {
    "creatinine": ("2160-0", 1.2, "mg/dL"),
    "weight": ("29463-7", 72, "kg"),
    "total-cholesterol": ("2093-3", 213, "mg/dL"),
    "hdl-cholesterol": ("2085-9", 50, "mg/dL"),
    "systolic-pressure": ("8480-6", 120, "mm[Hg]"),
    "egfr": ("98979-8", 90, "mL/min/{1.73_m2}"),
    "respiratory-rate": ("9279-1", 18, "/min"),
    "oxygen-saturation": ("2708-6", 97, "%"),
    "heart-rate": ("8867-4", 80, "/min"),
    "temperature": ("8310-5", 37, "Cel"),
    "coma-scale": ("9269-2", 15, "{score}"),
    "white-cells": ("6690-2", 8, "10*9/L"),
    "paco2": ("2019-8", 40, "mm[Hg]"),
    "bands": ("26508-2", 2, "%"),
    "qt": ("8634-8", 400, "ms"),
    "hba1c": ("59261-8", 53, "mmol/mol"),
    "clearance": ("2164-2", 50, "mL/min"),
    "packs-per-day": ("8663-7", 1, "{pack}/d"),
    "years": ("63640-7", 30, "a"),
}
SETS = {name: {"loinc": {code: name}} for name, (code, _, _) in MEASURED.items()}
SETS["creatinine"]["molar-mass"] = "113.12 g/mol"
SETS["total-cholesterol"]["molar-mass"] = SETS["hdl-cholesterol"]["molar-mass"] = "386.7 g/mol"
SETS["diabetes"] = {"snomed": {"73211009": "diabetes"}}
PATIENT = {"age": "patient.age", "sex": "patient.sex"}
DIABETES = condition(snomed="73211009")


def judged(definitions, *resources, **how):
    return verdicts(ruleset(definitions, value_sets=SETS), *resources, **how).judging


def lab(name, value=None, unit=None, **more):
    code, usual, usual_unit = MEASURED[name]
    return observation(usual if value is None else value, unit or usual_unit, id=name, loinc=code, **more)


def told(formula):
    """A definition per input, as an author would write it, and the formula over them."""
    wanted = FORMULAS[formula].inputs
    definitions = {name: {"latest": "lab", "in": [name]} for name in wanted if name in MEASURED}
    definitions["diabetic"] = {"any": "condition", "in": ["diabetes"]}
    inputs = {name: name if name in MEASURED else PATIENT.get(name, "diabetic") for name in wanted}
    if "age" in wanted and wanted["age"].unit == "mo":
        inputs["age"] = "patient.age-in-months"
    return {**definitions, "n": {"formula": formula, "inputs": inputs}}


def number(formula, *resources, **how):
    return judged(told(formula), *resources, **how).value("n", None)


def usual(formula, *others):
    names = [name for name in FORMULAS[formula].inputs if name in MEASURED]
    return [lab(name) for name in names if name not in others]


WITH_CODES = [name for name in FORMULAS if "form" not in FORMULAS[name].inputs]
#: What cannot be used of it leaves a range, which is what it is for.
OPEN = "news2-range"
CLOSED = [name for name in WITH_CODES if name != OPEN]


@pytest.mark.parametrize("formula", WITH_CODES)
def test_every_formula_gives_a_number_to_a_ruleset(formula):
    found = number(formula, *usual(formula), born="1960-05-01")
    assert isinstance(found, Known)
    assert found.quantity.unit == FORMULAS[formula].unit
    assert found.quantity.interval.is_exact or formula == "padua"
    assert {fact.reference for fact in found.facts} == {
        f"Observation/{name}" for name in FORMULAS[formula].inputs if name in MEASURED
    }


def test_morphine_equivalents_are_counted_for_each_opioid():
    opioid = {"any": "medication", "in": ["opioids"]}
    methadone = {
        "for-each": "opioid",
        "formula": "morphine-equivalent-methadone-2016",
        "inputs": {"daily-dose": "it.daily-dose"},
    }
    definitions = {"opioid": opioid, "mme": MME, "as-methadone": methadone, "n": {"sum": "mme"}}
    judging = judged(definitions, medication_request(rxnorm="7052", dose=(10, "mg"), per_day=3))
    assert shown(judging.value("n", None)) == "30"
    (each,) = judging.found("opioid", None).sure
    assert shown(judging.value("as-methadone", each)) == "240"


@pytest.mark.parametrize("formula", CLOSED)
def test_a_value_without_a_unit_leaves_the_formula_unknown(formula):
    for name in FORMULAS[formula].inputs:
        if name in MEASURED:
            bare = lab(name)
            bare["valueQuantity"] = {"value": bare["valueQuantity"]["value"]}
            found = number(formula, *usual(formula, name), bare, born="1960-05-01")
            assert isinstance(found, Unclear), name
            assert found.reasons == ("unreadable:no-unit",)
            assert [fact.reference for fact in found.facts if fact.reference == f"Observation/{name}"]


@pytest.mark.parametrize("formula", CLOSED)
def test_a_value_in_a_unit_of_another_kind_leaves_the_formula_unknown(formula):
    for name in FORMULAS[formula].inputs:
        if name in MEASURED:
            found = number(formula, *usual(formula, name), lab(name, unit="[pH]"), born="1960-05-01")
            assert isinstance(found, Unclear), name
            (reason,) = found.reasons
            assert reason.startswith(f"not-computable:{name} is not in ")


def test_a_value_that_cannot_be_used_leaves_the_open_score_from_none_to_all_of_its_points():
    names = [name for name in FORMULAS[OPEN].inputs if name in MEASURED]
    whole = number(OPEN, *usual(OPEN), born="1960-05-01").quantity.interval
    assert names
    assert whole.is_exact
    for name in names:
        bare = lab(name)
        bare["valueQuantity"] = {"value": bare["valueQuantity"]["value"]}
        for unusable in (bare, lab(name, unit="[pH]")):
            found = number(OPEN, *usual(OPEN, name), unusable, born="1960-05-01")
            low, high = found.quantity.interval.low, found.quantity.interval.high
            assert low <= whole.low <= high, name
            assert high - low in (2, 3), name


def test_an_unknown_condition_widens_a_score_and_what_is_known_may_reach_a_limit():
    definitions = {**told("cha2ds2-vasc"), "two": {"value": "n", "is": "at least 2"}}
    definitions["three"] = {"value": "n", "is": "at least 3"}
    judging = judged(definitions, born="1950-01-01", unsupplied=["Condition"])
    assert shown(judging.value("n", None)) == "3..9"  # 75 years 2, a woman 1, all else not known
    younger = judged(definitions, born="1958-01-01", unsupplied=["Condition"])
    assert [younger.truth(name).value for name in ("two", "three")] == ["holds", "unknown"]


def test_truths_may_be_compositions_and_tests():
    definitions = {
        **told("cha2ds2-va"),
        "diabetic": {"any-of": ["found", "not never"]},
        "found": {"any": "condition", "in": ["diabetes"]},
        "never": {"age": "now", "is": "at least 0 years"},
    }
    assert shown(judged(definitions, DIABETES, born="1990-01-01").value("n", None)) == "6"
    assert shown(judged(definitions, born="1990-01-01").value("n", None)) == "0"


def test_cholesterol_in_millimoles_is_converted_by_the_molar_mass_of_its_value_set():
    in_mg = number("pooled-cohort-2013", *usual("pooled-cohort-2013"))
    others = usual("pooled-cohort-2013", "total-cholesterol")
    in_mmol = number("pooled-cohort-2013", *others, lab("total-cholesterol", 5.508, "mmol/L"))
    assert float(in_mmol.quantity.interval.low) == pytest.approx(float(in_mg.quantity.interval.low), abs=1e-3)


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("total-cholesterol", 129, "mg/dL"),
        ("total-cholesterol", 321, "mg/dL"),
        ("total-cholesterol", 210, "mmol/L"),
        ("hdl-cholesterol", 19, "mg/dL"),
        ("systolic-pressure", 201, "mm[Hg]"),
    ],
)
def test_outside_its_valid_range_a_risk_is_unknown_and_says_of_what(name, value, unit):
    found = number("pooled-cohort-2013", *usual("pooled-cohort-2013", name), lab(name, value, unit))
    assert isinstance(found, Unclear)
    (reason,) = found.reasons
    assert reason.startswith(f"not-computable:{name} is outside the valid range, from ")


def test_a_partial_birth_date_gives_a_range_of_risks():
    resources = usual("pooled-cohort-2013")
    ends = [number("pooled-cohort-2013", *resources, born=born) for born in ("1960-12-31", "1960-01-01")]
    around = number("pooled-cohort-2013", *resources, born="1960")
    assert around.quantity.interval.low == ends[0].quantity.interval.low
    assert around.quantity.interval.high == ends[1].quantity.interval.low


def test_without_a_vital_sign_there_is_no_early_warning_score_and_without_consciousness_it_is_unknown():
    assert shown(number("news2", *usual("news2", "temperature"))) == "Nothing"
    unknown = number("news2", *usual("news2"), unsupplied=["Condition"])
    assert unknown.reasons == ("not-computable:oxygen is not known",)


def test_a_childs_age_is_counted_in_months_and_years_are_refused():
    how = {"born": "2026-02-02"}  # the first of May: two completed months
    assert shown(number("paracetamol-daily-ceiling", lab("weight", 5), **how)) == "300"
    assert shown(number("paracetamol-daily-ceiling", lab("weight", 5), born="2026-02-01")) == "375"
    assert shown(number("paracetamol-daily-ceiling", lab("weight", 5), born="2026-02")) == "300..375"
    assert isinstance(number("ibuprofen-daily-ceiling", lab("weight", 5), **how), Unclear)
