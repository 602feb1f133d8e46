"""Who names whom: every clause gives up the definitions that it rests on."""

import pytest

from cds.rules.references import closure, entries_of, filters_of, kinds_of, names_of, operands_in, root_of
from tests.rules.source.written import RULESET, changed, read

FEMALE = "  female: {says: Female, label: sex, sex: female}"


def example(more: str = ""):
    ruleset, problems = read(changed(FEMALE, f"{FEMALE}\n{more}") if more else RULESET)
    assert problems == []
    return ruleset


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("latest-k", ()),
        ("k-high", ("latest-k",)),
        ("haemolysed", ("latest-k",)),
        ("rate-points", ("rate",)),
        ("mme-of-one", ("opioid-in-use",)),
        ("mme", ("mme-of-one",)),
        ("twice", ("opioid", "opioid-in-use")),
        ("total", ("adult", "female", "rate-points")),
        ("better", ("latest-k", "rate")),
        ("chosen", ("female", "latest-k", "better")),
        ("risk", ("mme-high", "diuretic", "adult")),
        ("no-diuretic", ("diuretic",)),
        ("strictly", ()),
        ("adult", ()),
    ],
)
def test_a_definition_names_what_it_rests_on(name, names):
    assert names_of(example().definitions[name]) == names


def test_a_pair_rests_on_the_moments_of_its_windows():
    # Left out once: a name that nothing has was then a KeyError in front of a patient, and a circle no problem at all.
    pair = "pair: [opioid, opioid-in-use], same: ingredient"
    windowed = f"{pair}, where: {{first.start: after §}}"
    ruleset, problems = read(changed(pair, windowed.replace("§", "latest-k")))
    assert problems == []
    assert names_of(ruleset.definitions["twice"]) == ("opioid", "opioid-in-use", "latest-k")
    assert [problem.code for problem in read(changed(pair, windowed.replace("§", "nobody")))[1]] == ["CDS205"]
    assert [problem.code for problem in read(changed(pair, windowed.replace("§", "twice")))[1]] == ["CDS210"]


def test_for_each_that_and_finders_count():
    ruleset = example(
        "  strong: {says: S, for-each: opioid-in-use, value: it.strength, is: above 5 mg}\n"
        "  some: {says: S, for-each: opioid, any: opioid-in-use, that: [strong], same: day}"
    )
    assert names_of(ruleset.definitions["some"]) == ("opioid", "opioid-in-use", "strong")
    assert filters_of(ruleset.definitions["some"].clause).same == ("day",)
    assert filters_of(ruleset.definitions["adult"].clause) is None


def test_a_closure_holds_everything_below_and_nothing_else():
    ruleset = example()
    assert closure(ruleset, ("chosen",)) == {"chosen", "female", "latest-k", "better", "rate"}
    assert closure(ruleset, ("none",)) == set()


def test_kinds_are_those_of_the_finders_named_too():
    ruleset = example("  wide: {says: W, any: [condition, twice]}")
    kinds = kinds_of(ruleset, ruleset.definitions["wide"].clause.source)
    assert kinds == {"condition", "order", "medication", "draft"}


def test_a_chain_of_narrowing_finders_begins_at_its_root():
    ruleset = example(
        "  a: {says: A, any: opioid}\n  b: {says: B, any: a, in: opioids}\n  c: {says: C, any: [a, diuretic]}"
    )
    assert [root_of(ruleset, name) for name in ("b", "a", "opioid", "c", "twice", "none")] == [
        "opioid", "opioid", "opioid", "c", "twice", "none",
    ]  # fmt: skip


def test_the_entries_of_a_rule_are_those_of_its_notes_and_suggestions_too():
    rule = example().rules[0]
    assert [entry.name for entry in entries_of(rule)] == ["opioid", "k-high", "haemolysed", "diuretic"]


def test_operands_are_those_of_values_points_and_formulas():
    definitions = example().definitions
    assert [str(operand) for operand in operands_in(definitions["haemolysed"].clause)] == ["latest-k.interpretation"]
    assert "it.opioids.factor" in [str(operand) for operand in operands_in(definitions["mme-of-one"].clause)]
    assert operands_in(definitions["risk"].clause) == ()
