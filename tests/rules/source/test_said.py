# ruff: noqa: E501 -- one mistake a line reads best
"""Each attribute is asked for what it can say: what passed here unseen would be silence for everybody."""

import re
from pathlib import Path

import pytest

from cds.facts.attributes import ATTRIBUTES, TIMES
from cds.facts.fact import KINDS
from cds.facts.statuses import STATUSES
from cds.facts.vocabulary import FLAGGED, MEASURED, REFERRING, may_say, words_of
from cds.rules.judge.finding_facts import USUAL_STATUS
from tests.rules.source.written import RULESET, assert_told, changed, read

FEMALE = "  female: {says: Female, label: sex, sex: female}"
SETS = "  hospice: {snomed: {385763009: hospice care}}"
IN_USE = "any: medication, in: opioids"


def added(definition: str) -> str:
    """One more definition behind the last of the example's."""
    return f"{FEMALE}\n  {definition}"


MISTAKES = [
    # where
    (f"x: {{says: X, {IN_USE}, where: {{§route: opoids}}}}", '"opoids" is no value set', 'did you mean "opioids"?'),
    (f"x: {{says: X, {IN_USE}, where: {{§route: not oral}}}}", '"oral" is no value set', ""),
    (f"x: {{says: X, {IN_USE}, where: {{§category: [comunity, not recorded]}}}}", '"comunity"', 'did you mean "community"?'),
    (f"x: {{says: X, {IN_USE}, where: {{§form: Tablet}}}}", '"Tablet" is no value set', ""),
    (f"x: {{says: X, {IN_USE}, where: {{§daily-dose: high}}}}", '"daily-dose" is not told in codes', "above 5 mg/d"),
    (f"x: {{says: X, {IN_USE}, where: {{§daily-dose: [above 5 mg/d, not recorded]}}}}", '"daily-dose" is not told in codes', ""),
    (f"x: {{says: X, {IN_USE}, where: {{§as-needed: maybe}}}}", '"as-needed" is not told in codes', "yes or no"),
    (f"x: {{says: X, {IN_USE}, where: {{§as-needed: above 1}}}}", '"as-needed" has no number', "yes or no"),
    (f"x: {{says: X, {IN_USE}, where: {{§route: above 1 mg}}}}", '"route" has no number', "name a value set"),
    (f"x: {{says: X, {IN_USE}, where: {{§route: yes}}}}", '"route" is not yes or no', "name a value set"),
    (f"x: {{says: X, {IN_USE}, where: {{§route: a number}}}}", '"route" is never a number', ""),
    (f"x: {{says: X, {IN_USE}, where: {{§encounter: E1}}}}", '"encounter" is not told in codes', "same: encounter"),
    ("x: {says: X, any: lab, in: potassium, where: {§value: [above 5 mmol/L, hospice]}}", '"above 5 mmol/L" is no value set', ""),
    ("x: {says: X, any: report, in: potassium, where: {§value: above 5 mmol/L}}", '"value" has no number', ""),
    ("x: {says: X, any: report, in: potassium, where: {§value: yes}}", '"value" is not yes or no', ""),
    ("x: {says: X, any: condition, in: hospice, where: {§verification: Confirmd}}", '"Confirmd"', ""),
    ("x: {says: X, pair: [opioid, opioid-in-use], where: {§second.route: opoids}}", '"opoids"', '"opioids"?'),
    # tests of attributes
    ("§x: {says: X, for-each: opioid, value: it.route, is: above 3}", '"route" has no number', "value set"),
    ("§x: {says: X, for-each: opioid, value: it.route, in: opoids}", '"opoids"', '"opioids"?'),
    ("§x: {says: X, for-each: opioid, value: it.daily-dose, in: [opioids]}", "not told in codes", "phrase"),
    ("§x: {says: X, for-each: opioid, value: it.as-needed, is: at least 1}", '"as-needed" has no number', ""),
    ("§x: {says: X, for-each: opioid, points: it.route, bands: {below 1: 0, at least 1: 1}}", '"route" has no number', ""),
    ("§x: {says: X, value: latest-k.interpretation, in: [high]}", '"high" is no value set', ""),
    ("§x: {says: X, value: latest-k, in: [high]}", '"high" is no value set', ""),
    ("§x: {says: X, value: total, in: [hospice]}", '"total" is a number', "test it with `is:`"),
    ("§x: {says: X, value: latest-k.time-since, in: [hospice]}", "is a number", "test it with `is:`"),
    ("§x: {says: X, value: top, in: [hospice]}\n  top: {says: T, highest: lab, in: potassium}", '"top" is a number', ""),
    # columns
    ("§x: {says: X, for-each: opioid, value: it.opioids.unit, is: above 3}", "no row", "in: [mg]"),
    ("§x: {says: X, for-each: opioid, value: it.opioids.unit, in: [mgg]}", 'no row of "it.opioids.unit"', '"mg"?'),
    ("§x: {says: X, for-each: opioid, value: it.opioids.factor, in: [\"1.5\"]}", "no row", ""),
    # the patient
    ("§x: {says: X, value: patient.sex, in: [woman]}", 'never "woman"', "female, male"),
    ("§x: {says: X, value: patient.sex, is: above 3}", '"patient.sex" is a word', "in: "),
    ("§x: {says: X, value: patient.deceased, in: [true]}", 'never "true"', "no, yes"),
    ("§x: {says: X, value: patient.race, in: [black]}", '"black" is no code of a race', "2054-5"),
    ("§x: {says: X, value: patient.age, in: [65]}", '"patient.age" is a number', "test it with `is:`"),
]  # fmt: skip


@pytest.mark.parametrize(("new", "gist", "hint"), MISTAKES)
def test_what_an_attribute_never_says_is_told_with_its_place(new, gist, hint):
    assert_told("CDS424", FEMALE, added(new), gist, hint)


@pytest.mark.parametrize(
    "definition",
    [
        f"x: {{says: X, {IN_USE}, where: {{category: [community, discharge, not recorded], form: [oral-solid]}}}}",
        f"x: {{says: X, {IN_USE}, where: {{route: [PO, hospice], daily-dose: recorded, encounter: not recorded}}}}",
        f"x: {{says: X, {IN_USE}, where: {{as-needed: [no, not recorded], strength: above 5 mg}}}}",
        "x: {says: X, any: lab, in: potassium, where: {value: [a number, hospice], interpretation: [h, HH]}}",
        "x: {says: X, any: [report, lab], in: potassium, where: {value: above 5 mmol/L}}",
        "x: {says: X, any: lab, in: potassium, where: {value: yes}}",
        "x: {says: X, any: current-encounter, where: {class: [imp, EMER], type: [X1]}}",
        "x: {says: X, for-each: opioid, value: it.as-needed, in: [yes]}",
        "x: {says: X, for-each: opioid, value: it.opioids.factor, is: above 1}",
        "x: {says: X, for-each: opioid, value: it.opioids.unit, in: [MG]}",
        "x: {says: X, value: patient.race, in: [2054-5], if-absent: fails}",
        "x: {says: X, value: better, in: [hospice]}",
    ],
)
def test_what_an_attribute_can_say_may_be_asked(definition):
    _, problems = read(changed(FEMALE, added(definition)))
    assert [str(problem) for problem in problems] == []


def test_a_name_that_could_not_be_read_is_no_further_mistake():
    broken = changed(SETS, "  hospice: {snommed: {385763009: hospice care}}", RULESET)
    _, problems = read(changed(FEMALE, added(f"x: {{says: X, {IN_USE}, where: {{reason: hospice}}}}"), broken))
    assert [problem.code for problem in problems] == ["CDS224"]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_attribute_says_one_thing(kind):
    kinds_of_saying = (MEASURED, FLAGGED, REFERRING, TIMES)
    for name in ATTRIBUTES[kind]:
        assert sum(name in names for names in kinds_of_saying) <= 1
    assert not words_of(kind, "route")


def test_a_code_has_a_capital_or_a_digit_and_a_closed_list_has_no_other():
    assert may_say("medication", "route", "PO")
    assert may_say("medication", "route", "26643006")
    assert not may_say("medication", "route", "oral")
    assert not may_say("medication", "route", "above 5 mg")
    assert may_say("allergy", "criticality", "High")
    assert not may_say("allergy", "criticality", "CRITH")
    assert may_say("current-encounter", "class", "imp")


# --- statuses --------------------------------------------------------------------------------------

STATUS_MISTAKES = [
    ("§x: {says: X, any: lab, in: potassium, status: active}", 'status cannot be "active": no fact of the kind "observation"', ""),
    ("§x: {says: X, any: order, in: opioids, status: [active]}", 'no fact of the kind "order"', "draft"),
    ("§x: {says: X, any: immunization, status: [completed, stopped]}", 'status cannot be "stopped"', ""),
    ("§x: {says: X, any: [lab, procedure], status: completed}", 'no fact of the kind "observation" ever has one', ""),
    ("§x: {says: X, any: encounter, status: unknown}", 'status cannot be "unknown"', ""),
    ("§x: {says: X, any: diuretic, status: finished}", 'no fact of the kind "medication"', ""),
]  # fmt: skip


@pytest.mark.parametrize(("new", "gist", "hint"), STATUS_MISTAKES)
def test_a_status_that_no_fact_of_the_kind_has_is_told(new, gist, hint):
    assert_told("CDS113", FEMALE, added(new), gist, hint)


@pytest.mark.parametrize(
    "source",
    [
        "any: adverse-event, status: potential",
        "any: report, status: [appended, partial]",
        "any: service-request, status: [plan, revoked]",
        "any: medication, status: [supplied, past, plan]",
        "any: allergy, status: unstated",
        "any: [lab, procedure], status: [final, completed]",
    ],
)
def test_a_status_that_the_reference_names_is_taken(source):
    _, problems = read(changed(FEMALE, added(f"x: {{says: X, {source}}}")))
    assert [str(problem) for problem in problems] == []


def test_every_kind_has_statuses_and_the_usual_ones_are_among_them():
    assert STATUSES.keys() == KINDS
    for kind, usual in USUAL_STATUS.items():
        assert usual <= STATUSES[kind]


def test_the_language_page_lists_every_word_and_every_attribute():
    """What the page leaves out, an author would have to guess."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "language.md").read_text("utf-8")
    section = page.split("### Words of attributes", 1)[1].split("\n## ", 1)[0].lower()
    told = set(re.findall(r"[a-z][a-z-]*", section))
    for kind in KINDS:
        for name in ATTRIBUTES[kind]:
            rare = {"hx", "lx", "det", "u", "d", "b", "w", "refuted"}  # behind the dots, or never a fact's
            assert words_of(kind, name) - rare <= told
    assert told >= MEASURED | FLAGGED | REFERRING
