"""Texts of cards: every placeholder can be filled, and CDS501 bounds what the wording of a summary can produce."""

from functools import lru_cache
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.cards.escaping import plain_name
from cds.cards.finding import word_finding
from cds.cards.numbers import show_known, show_quantity
from cds.cards.wording import names
from cds.facts.fact import Fact
from cds.rules.ruleset import Ruleset
from cds.rules.source.texts import MAX_SUMMARY, longest_text
from tests.patients import concept, draft, observation, quantity
from tests.rules.judge.telling import rule, ruleset, verdicts
from tests.rules.source.written import RULESET, assert_told, changed, read

SUMMARY = 'summary: "Potassium {latest-k}"'
MISTAKES = [
    ("CDS205", "Potassium {latest-c}", '{latest-c}: no definition is called "latest-c"', 'did you mean "latest-k"?'),
    ("CDS205", "Asked by {user}", '{user}: no definition is called "user"', "in the resource of a suggestion only"),
    ("CDS206", "Born {patient.birthdate}", 'cannot show "birthdate" of a patient', 'did you mean "birth-date"?'),
    ("CDS206", "Deceased {patient.deceased}", 'cannot show "deceased"', "age"),
    ("CDS231", "Ordered {it}", "{it} needs a rule with for-each", ""),
    ("CDS231", "One {mme-of-one}", "{mme-of-one} is judged for each opioid-in-use", "for-each: opioid-in-use"),
    ("CDS502", "Potassium {latest k}", "{latest k} is not a placeholder", "{{ or }}"),
    ("CDS502", "Potassium {", "{ is not a placeholder", "{{ or }}"),
    ("CDS502", "Potassium }", "} is not a placeholder", "{{ or }}"),
    ("CDS503", "Potassium {latest-k.unit}", 'cannot show "unit" of it', ""),
    ("CDS503", "Potassium {latest-k.dat}", 'cannot show "dat" of it', 'did you mean "date"?'),
    ("CDS503", "Risk {risk}", "{risk}: a truth has no text of its own", "{risk.holding}"),
    ("CDS503", "Total {mme.unknown}", 'cannot show "unknown" of it', "at-least, date, time, time-since, value, why"),
    ("CDS503", "Total {mme-of-one.holding}", 'cannot show "holding" of it', ""),
    ("CDS503", "Total {mme.count}", 'cannot show "count" of it', ""),
    ("CDS501", "x" * 140, "may reach 140 characters; at most 139", "move part of it into the detail"),
]  # fmt: skip


#: A judging whose ruleset gives no code a name.
NO_SETS = SimpleNamespace(ruleset=SimpleNamespace(value_sets={}))


@pytest.mark.parametrize(("code", "summary", "gist", "hint"), MISTAKES)
def test_a_mistake_in_a_summary_is_told_at_the_summary(code, summary, gist, hint):
    _, problems = read(changed(SUMMARY, f'summary: "{summary}"'))
    assert {str(p.location) for p in problems} == {"rulesets/example/draft/ruleset.yaml:56:18"}
    assert code in {p.code for p in problems}
    (problem,) = (p for p in problems if p.code == code)
    assert gist in problem.message
    assert hint in problem.hint


def test_a_mistake_in_the_detail_is_told_at_the_detail():
    assert_told("CDS205", 'detail: "Above {limit}', 'detail: §"Above {limits}', '"limits"', "")


def test_a_mistake_in_a_note_is_told_at_the_note():
    assert_told(
        "CDS205",
        '- {when: [diuretic], text: "In use: {diuretic}."}',
        '- §{text: "In use: {diuretics}."}',
        "{diuretics}",
        "diuretic",
    )


@pytest.mark.parametrize(("text", "gist"), [("{it.route}", "no attributes of a pair"), ("{it.nothing}", "of a pair")])
def test_a_pair_shows_names_only(text, gist):
    assert_told("CDS503", '"Twice: {it}"', f'§"Twice: {text}"', gist, "{first} and {second}")


def test_a_fact_shows_the_attributes_that_its_kind_has():
    text = changed("    for-each: twice\n    when: [twice]", "    for-each: opioid\n    when: [opioid]")
    assert [p.code for p in read(changed('"Twice: {it}"', '"Twice: {it.route}, {it.daily-dose}"', text))[1]] == []
    _, problems = read(changed('"Twice: {it}"', '"Twice: {it.rout}"', text))
    assert [(p.code, p.hint) for p in problems] == [("CDS206", 'did you mean "route"?')]


@pytest.mark.parametrize(
    "summary",
    [
        "{latest-k.value} of {latest-k.date}",
        "{opioid}, {opioid.count|drug|drugs}, {opioid.why}",
        "{risk.holding} {risk.unknown} {total.holding}",
        "{mme}, not known for {mme-of-one.unknown}",
        "{limit}, within {result-age}",
        "age {patient.age}, {patient.sex}, born {patient.birth-date}",
        "a brace {{ and another }}",
    ],
)
def test_what_the_language_shows_can_be_shown(summary):
    assert read(changed(SUMMARY, f'summary: "{summary}"'))[1] == []


def longest(summary: str) -> int:
    ruleset, _ = read(RULESET)
    return longest_text(ruleset, summary)


def test_plain_text_and_parameters_count_as_they_are():
    assert longest("x" * MAX_SUMMARY) == MAX_SUMMARY
    assert longest("{{x}}") == 3
    assert longest("{limit}") == len("5.5 mmol/L")


def test_labels_count_all_at_once_with_their_commas():
    assert longest("{risk.holding}") == len("high dose, not: diuretic, age")
    assert longest("{diuretic.unknown}") == len("diuretic")


def facts(texts: list[str]) -> list[Fact]:
    return [Fact("order", f"#{i}", frozenset(), text, "draft", None, {}) for i, text in enumerate(texts)]


HOSTILE = st.text(max_size=120) | st.sampled_from(
    ["x" * 5000, "<b>" * 50, "\u202e\u200b" * 80, "a, b and 7 more", "💊" * 90]
)


@given(st.lists(HOSTILE, min_size=1, max_size=6))
def test_names_in_a_summary_never_exceed_the_bound_whatever_a_record_says(displays):
    assert len(names(NO_SETS, facts(displays), plain_name)) <= longest("{opioid}")


DEFINITIONS = {
    "ordered": {"label": "order", "any": "order", "in": "warfarin"},
    "k": {"latest": "lab", "in": "potassium"},
    "k-high": {"label": "potassium", "value": "k", "is": "at least 5.5 mmol/L"},
    "risk": {"any-of": ["k-high", "ordered"]},
}
SUMMARIES = (
    "{ordered}: potassium {k}",
    "{k} in {ordered.count|order|orders}, {risk.holding}",
    "{ordered.date} {k.value}",
)
VALUES = st.decimals(min_value=0, max_value=99999, places=3, allow_nan=False)


@lru_cache(maxsize=8)
def told(summary: str) -> Ruleset:
    """One rule with this summary, which the loader accepted."""
    return ruleset(DEFINITIONS, {"tell": rule(["ordered"], card={"summary": summary})})


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SUMMARIES), st.lists(HOSTILE, min_size=1, max_size=4), VALUES, st.sampled_from([None, "<", ">="])
)
def test_a_summary_never_exceeds_its_bound_and_never_cuts_a_number(summary, displays, value, comparator):
    orders = [
        draft(id=f"o{i}", rxnorm="11289", more={"medicationCodeableConcept": {"text": text, **concept(rxnorm="11289")}})
        for i, text in enumerate(displays)
    ]
    result = observation(
        loinc="2823-3", on="2026-04-30", more={"valueQuantity": quantity(float(value), "mmol/L", comparator)}
    )
    found = verdicts(told(summary), result, drafts=orders)
    (fired,) = found.rules
    shown = word_finding(found.judging, fired, {}).card["summary"]
    assert len(shown) <= longest_text(told(summary), summary) <= MAX_SUMMARY
    number = found.judging.value("k", None)
    assert (show_quantity(number.quantity, None) if "k.value" in summary else show_known(number, None)) in shown


def test_the_bound_of_a_shipped_number_is_that_of_a_range_with_its_day():
    assert longest("{latest-k}") == len("12345.678 to 12345.678 mL/min/1.73 m2 (2026-01-01)")
    assert longest("{latest-k.value}") == len("12345.678 to 12345.678 mL/min/1.73 m2")
    assert longest("{mme}") == longest("{latest-k.value}")
    assert longest("{total}") < longest("{mme}")


def test_a_summary_that_may_be_too_long_is_refused_however_short_it_is_written():
    _, problems = read(changed(SUMMARY, 'summary: "{latest-k} {latest-k} {latest-k}"'))
    assert [p.code for p in problems] == ["CDS501"]
    assert "may reach 152 characters" in problems[0].message


def test_a_placeholder_that_nobody_fills_does_not_reach_a_resource():
    old = "- {label: Remove the order, recommended: yes, remove: opioid}"
    new = '- §{label: Order, create: {resourceType: ServiceRequest, note: [{text: "%s"}]}}'
    for wrong in ("{latest-k}", "{result-age}", "{patient.age}", "{user.name}", "{nobody}"):
        assert_told("CDS504", old, new % f"For {wrong}", f"{wrong} would reach the clinician", "{encounter}, {user}")
    for right in ("{patient}", "{encounter}", "{user}", "{{patient}}", "mL/min/{1.73_m2}"):
        assert read(changed(old, (new % f"For {right}").replace("§", "")))[1] == []
    assert_told("CDS231", old, new % "For {it}", "{it} needs a rule with for-each", "")
