"""What stands behind a prefix word, in every state of what stands behind it (docs/language.md, section 3)."""

import pytest

from cds.rules.definition import Entry
from tests.patients import condition, observation
from tests.rules.judge.telling import judged, problems, rule

DEFINITIONS = {
    "stroke": {"any": "condition", "in": ["stroke"]},
    "k": {"latest": "lab", "in": ["potassium"]},
    "k-high": {"value": "k", "is": "above 5 mmol/L"},
    "k-not-low": {"value": "k", "is": "above 3 mmol/L", "if-absent": "holds"},
    "k-low": {"latest": "lab", "in": ["potassium"], "is": "below 3 mmol/L", "if-absent": "fails"},
    "both": {"all-of": ["stroke", "k-high"]},
    "no-stroke": {"absent": "stroke"},
    "no-k": {"absent": "k"},
}
STROKE = condition(snomed="230690007")
UNREADABLE = observation(6, "no-such-unit", loinc="2823-3")
HIGH, LOW = observation(6, "mmol/L", loinc="2823-3"), observation(2, "mmol/L", loinc="2823-3")
STATES = {
    "found": ((STROKE, HIGH), ()),
    "none": ((), ()),
    "low": ((LOW,), ()),
    "unreadable": ((UNREADABLE,), ()),
    "missing": ((), ("Condition", "Observation")),
}


def entry(text: str, state: str) -> str:
    resources, unsupplied = STATES[state]
    *prefix, name = text.split()
    return judged(DEFINITIONS, *resources, unsupplied=unsupplied).entry(Entry(name, *prefix)).value


@pytest.mark.parametrize(
    ("text", "found", "none", "missing"),
    [
        ("stroke", "holds", "fails", "unknown"),
        ("not stroke", "fails", "holds", "unknown"),
        ("absent stroke", "fails", "holds", "unknown"),
        ("known stroke", "holds", "holds", "fails"),
        ("unknown stroke", "fails", "fails", "holds"),
        ("no-stroke", "fails", "holds", "unknown"),
        ("both", "holds", "fails", "unknown"),
        ("not both", "fails", "holds", "unknown"),
        ("known both", "holds", "holds", "fails"),
        ("unknown both", "fails", "fails", "holds"),
    ],
)
def test_a_finder_and_a_composition_behind_each_prefix(text, found, none, missing):
    assert (entry(text, "found"), entry(text, "none"), entry(text, "missing")) == (found, none, missing)


@pytest.mark.parametrize(
    ("text", "found", "none", "unreadable", "missing"),
    [
        ("absent k", "fails", "holds", "unknown", "unknown"),
        ("known k", "holds", "fails", "fails", "fails"),
        ("unknown k", "fails", "fails", "holds", "holds"),
        ("missing k", "fails", "holds", "holds", "holds"),
        ("no-k", "fails", "holds", "unknown", "unknown"),
        ("k-high", "holds", "unknown", "unknown", "unknown"),
        ("not k-high", "fails", "unknown", "unknown", "unknown"),
        ("known k-high", "holds", "fails", "fails", "fails"),
        ("unknown k-high", "fails", "holds", "holds", "holds"),
        ("missing k-high", "fails", "holds", "holds", "holds"),
        ("k-not-low", "holds", "holds", "unknown", "unknown"),
        ("unknown k-not-low", "fails", "fails", "holds", "holds"),
        ("missing k-not-low", "fails", "holds", "holds", "holds"),
        ("k-low", "fails", "fails", "unknown", "unknown"),
        ("absent k-low", "fails", "holds", "unknown", "unknown"),
        ("missing k-low", "fails", "holds", "holds", "holds"),
    ],
)
def test_a_number_and_its_tests_behind_each_prefix(text, found, none, unreadable, missing):
    got = tuple(entry(text, state) for state in ("found", "none", "unreadable", "missing"))
    assert got == (found, none, unreadable, missing)


def test_a_fact_without_a_usable_value_is_found_although_its_number_is_unknown():
    definitions = {"measured": {"any": "lab", "in": ["potassium"]}, **DEFINITIONS}
    judging = judged(definitions, UNREADABLE)
    assert (judging.truth("measured").value, judging.entry(Entry("k", "unknown")).value) == ("holds", "holds")


def test_absent_in_front_of_a_composition_is_refused_before_any_patient_is_seen():
    assert problems(DEFINITIONS, {"r": rule(["absent both"])}) == ["CDS414"]
