"""``uses``: what a ruleset may name of a library, how it is named, and what cannot be used."""

from dataclasses import replace
from typing import get_args

import pytest

from cds.rules.analysis.analyse import analyse
from cds.rules.definition import Clause, Filters
from cds.rules.references import names_of, sets_of
from cds.rules.ruleset import OverrideReason
from tests.rules.source.library import LIBRARY, RULESET, read, shelf
from tests.rules.source.written import changed

USES = "uses: {common: example-common@1.2.0}"


def told(text: str, *libraries: str) -> list[tuple[str, int]]:
    ruleset, problems = read(text, *libraries)
    assert ruleset is None
    return [(problem.code, problem.location.line) for problem in problems]


def the_library():
    found = shelf(LIBRARY)("example-common", "1.2.0", {})
    assert found.problems == ()
    return found.library


def test_a_ruleset_and_its_library_are_read_without_a_problem():
    ruleset, problems = read()
    assert problems == []
    assert analyse(ruleset) == []
    assert analyse(the_library().declared) == []


def test_every_name_inside_a_library_stands_under_the_name_that_the_ruleset_gives_it():
    everything = RULESET.replace(
        "on-ward, recent-k", ", ".join(f"known common.{n}" for n in TRUTHS) + ", on-ward, recent-k"
    )
    ruleset, problems = read(everything)
    assert problems == []
    inside = the_library().declared
    for name in inside.definitions.keys() - {"no-opioid"}:
        definition = ruleset.definitions[f"common.{name}"]
        assert names_of(definition) == tuple(f"common.{n}" for n in names_of(inside.definitions[name]))
        named = {n for n in sets_of(definition) if n in ruleset.value_sets}
        assert named == {f"common.{n}" for n in sets_of(inside.definitions[name]) if n in inside.value_sets}


def test_the_library_of_these_tests_has_every_clause():
    inside = the_library().declared.definitions.values()
    assert {type(definition.clause) for definition in inside} == set(get_args(Clause))


#: Those through which a rule reaches every definition of the library but one.
TRUTHS = (
    "k-this-season", "k-after", "twice", "groups", "strictly", "points", "either", "both", "bands", "egfr", "risk",
    "share", "first-k", "highest-k", "lowest-k", "mean-k", "risen", "all-is-well", "grown", "two-of-them", "none-used",
    "mmr-due",
)  # fmt: skip


def test_what_nothing_rests_on_costs_nothing():
    ruleset, _ = read()
    assert "common.twice" not in ruleset.definitions
    assert "common.hospice" not in ruleset.value_sets  # its codes came in with the set that includes it
    assert "385763009" in {coding.code for coding in ruleset.value_sets["ward"].rows}


def test_a_code_word_of_a_library_is_no_value_set_of_the_ruleset():
    text = RULESET.replace("  ward: {", "  community: {snomed: {49436004: another}}\n  ward: {")
    ruleset, _ = read(text)
    (where,) = ruleset.definitions["common.opioid-ordered"].clause.source.filters.where
    assert where.sets == ("common.community",)
    without = LIBRARY.replace("  community: {snomed: {49436004: a set called like a code word}}\n", "")
    ruleset, _ = read(text, without)
    (where,) = ruleset.definitions["common.opioid-ordered"].clause.source.filters.where
    assert (where.sets, where.words) == ((), frozenset({"community"}))


def test_a_sentence_of_a_library_names_its_parameters_under_the_name_there():
    ruleset, _ = read()
    assert ruleset.definitions["common.latest-k"].says == "Most recent potassium within {common.result-age}"
    assert ruleset.parameters["common.result-age"].text == "90 days"


def test_a_site_sets_a_parameter_of_a_library_by_its_whole_name():
    ruleset, problems = read(site={"common.result-age": "30 days"})
    assert problems == []
    within = ruleset.definitions["common.latest-k"].clause.source.filters.within
    assert (within.count, ruleset.parameters["common.result-age"].text) == (30, "30 days")
    assert ruleset.definitions["recent-k"].clause.source.filters.within.count == 30
    assert [p.code for p in read(site={"common.result-age": "10 days"})[1]] == ["CDS408", "CDS237"]
    assert [p.code for p in read(site={"common.result": "30 days"})[1]] == ["CDS227", "CDS237"]


def test_an_override_reason_of_a_library_has_a_code_system_of_its_own():
    ruleset, _ = read()
    assert ruleset.reasons == {
        "common.patient-declined": OverrideReason(
            "urn:cds-rules:override-reason:example-common",
            "patient-declined",
            "The patient declined, as the library has it",
        )
    }


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("[common.opioid-ordered, common.k-high]", "[common.opioid-ordered, common.k-hihg]", "CDS205"),
        ("any: lab, in: common.potassium, within", "any: lab, in: common.potasium, within", "CDS220"),
        ("include: [common.palliative]", "include: [common.paliative]", "CDS220"),
        ("within: common.result-age}", "within: common.result-aeg}", "CDS405"),
        ("from: common.season start", "from: common.saeson start", "CDS419"),
        ("{common.latest-k.value}", "{common.latest.value}", "CDS205"),
        ("{common.latest-k.value}", "{common.latest-k.vale}", "CDS503"),
        ("common.patient-declined, ", "common.patient-declind, ", "CDS228"),
        ("it.common.opioids.factor", "it.common.opioids.factr", "CDS222"),
        ("it.common.opioids.factor", "it.common.opiods.factor", "CDS220"),
        ("same: common.opioids.group", "same: common.opioids.gruop", "CDS222"),
        ("value: common.latest-k.time-since", "value: common.latest-k.route", "CDS206"),
        ("value: common.latest-k.time-since", "value: common.late-k.time-since", "CDS205"),
        ("any: order, in: common.opioids", "any: order, in: common.opioids, where: {reason: common.gone}", "CDS220"),
    ],
)  # fmt: skip
def test_a_name_that_a_library_does_not_have_is_told(old, new, code):
    text = changed(old, new, RULESET)
    assert [c for c, _ in told(text)] == [code]


@pytest.mark.parametrize(
    ("uses", "code", "gist"),
    [
        ("{common: example-common}", "CDS236", "no version of a library"),
        ("{common: example-common@1.2}", "CDS236", "no version of a library"),
        ("{common: [example-common@1.2.0]}", "CDS236", "no version of a library"),
        ("{common: example-common@1.3.0}", "CDS236", "there is no library"),
        ("{Common: example-common@1.2.0}", "CDS201", "cannot be the name"),
        ("[example-common@1.2.0]", "CDS110", "must be a table"),
    ],
)
def test_a_use_that_names_no_library_is_told_once(uses, code, gist):
    text = changed(USES, f"uses: {uses}", RULESET)
    _, problems = read(text)
    mine = [problem for problem in problems if problem.location.line == 11]
    assert [problem.code for problem in mine] == [code]
    assert gist in mine[0].message


def test_what_stands_in_a_library_that_is_not_there_is_no_further_mistake():
    assert told(changed(USES, "uses: {common: example-common@9.9.9}", RULESET)) == [("CDS236", 11)]


def test_a_library_with_a_mistake_is_told_with_its_place_and_its_use():
    broken = changed("is: above 5.5 mmol/L", "is: over 5.5 mmol/L", LIBRARY)
    _, problems = read(RULESET, broken)
    assert [(p.code, p.location.file.rpartition("/")[2]) for p in problems] == [
        ("CDS401", "library.yaml"),
        ("CDS237", "ruleset.yaml"),
    ]


def test_what_is_published_uses_no_draft():
    draft = changed("status: published", "status: draft", LIBRARY)
    assert told(RULESET, draft) == [("CDS237", 11)]
    assert read(changed("status: published", "status: draft", RULESET), draft)[1] == []


def inner(name: str, version: str, uses: str = "", more: str = "") -> str:
    used = f"uses: {uses}\n" if uses else ""
    return (
        f"format: 1\nlibrary: {name}\nversion: {version}\nstatus: published\ntitle: t\npublisher: p\n"
        f"approval-date: 2026-01-15\nlast-review-date: 2026-01-16\n{used}{more}"
    )


SETS = "value-sets: {hospice: {snomed: {385763009: hospice care}}}\n"
OVER = "definitions: {in-care: {says: Hospice care, any: condition, in: base.hospice}}\n"


def test_a_library_uses_another_one():
    outer = inner("outer", "1.0.0", "{base: inner@1.0.0}", OVER)
    text = changed(USES, "uses: {common: example-common@1.2.0, outer: outer@1.0.0}", RULESET)
    text = changed("unless: [common.in-hospice]", "unless: [common.in-hospice, outer.in-care]", text)
    ruleset, problems = read(text, LIBRARY, outer, inner("inner", "1.0.0", more=SETS))
    assert problems == []
    assert ruleset.definitions["outer.in-care"].clause.source.filters == Filters(in_sets=("outer.base.hospice",))
    assert len(ruleset.value_sets["outer.base.hospice"].rows) == 1
    # What it uses itself is its own affair: nobody names it through it.
    text = changed("in: common.potassium, within", "in: outer.base.hospice, within", text)
    assert [c for c, _ in told_with(text, LIBRARY, outer, inner("inner", "1.0.0", more=SETS))] == ["CDS220"]


def told_with(text: str, *libraries: str) -> list[tuple[str, int]]:
    return [(problem.code, problem.location.line) for problem in read(text, *libraries)[1]]


def test_one_version_of_a_library_in_all_that_a_ruleset_rests_on():
    outer = inner("outer", "1.0.0", "{base: inner@1.0.0}", OVER)
    libraries = LIBRARY, outer, inner("inner", "1.0.0", more=SETS), inner("inner", "1.1.0", more=SETS)
    same = changed(USES, "uses: {common: example-common@1.2.0, base: inner@1.0.0, outer: outer@1.0.0}", RULESET)
    assert told_with(same, *libraries) == []
    other = changed(USES, "uses: {common: example-common@1.2.0, base: inner@1.1.0, outer: outer@1.0.0}", RULESET)
    _, problems = read(other, *libraries)
    assert [problem.code for problem in problems] == ["CDS230"]
    assert (problems[0].message, problems[0].hint) == (
        "inner is used in two versions, 1.1.0 and 1.0.0",
        "one version for all; outer@1.0.0 uses inner@1.0.0",
    )


def test_a_library_that_uses_itself_is_told_and_not_followed():
    circle = inner("outer", "1.0.0", "{base: inner@1.0.0}"), inner("inner", "1.0.0", "{back: outer@1.0.0}")
    text = changed(USES, "uses: {common: example-common@1.2.0, outer: outer@1.0.0}", RULESET)
    assert [c for c, _ in told_with(text, LIBRARY, *circle)] == ["CDS237", "CDS210", "CDS237"]


@pytest.mark.parametrize("key", ["rules", "applies", "hooks", "evidence", "effective"])
def test_a_library_has_no_rules_nor_what_belongs_to_rules(key):
    _, problems = read(RULESET, LIBRARY + f"{key}: {{}}\n")
    assert [problem.code for problem in problems] == ["CDS101", "CDS237"]


def test_the_name_of_a_library_is_the_name_of_nothing_else():
    text = changed("  on-ward: {", "  common: {says: Another, any: condition, in: ward}\n  on-ward: {", RULESET)
    assert [c for c, _ in told(text)] == ["CDS204"]


def test_a_library_of_which_nothing_is_named_is_told():
    text = changed(USES, "uses: {common: example-common@1.2.0, idle: idle@1.0.0}", RULESET)
    ruleset, _ = read(text, LIBRARY, inner("idle", "1.0.0", more=SETS))
    assert [(p.code, p.message) for p in analyse(ruleset)] == [("CDS451", 'nothing of the library "idle" is used')]


def test_a_sentence_is_checked_where_it_stands():
    wrong = changed("says: Potassium above 5.5,", "says: Potassium above 6.5,", LIBRARY)
    found = shelf(wrong)("example-common", "1.2.0", {})
    assert {problem.code for problem in analyse(found.library.declared)} == {"CDS420"}
    ruleset, _ = read(RULESET, wrong)
    assert analyse(ruleset) == []  # told once, with the library; the version of the library does not load
    mine = changed(
        "says: The potassium is more than 30 days old", "says: The potassium is more than 20 days old", RULESET
    )
    assert {problem.code for problem in analyse(read(mine)[0])} == {"CDS420"}


def test_equal_libraries_under_two_names_are_two_sets_of_names():
    text = changed(USES, "uses: {common: example-common@1.2.0, also: example-common@1.2.0}", RULESET)
    text = changed("unless: [common.in-hospice]", "unless: [common.in-hospice, also.in-hospice]", text)
    ruleset, problems = read(text)
    assert problems == []
    here, there = ruleset.value_sets["common.palliative"], ruleset.value_sets["also.palliative"]
    assert replace(here, name="", rests_on=frozenset()) == replace(there, name="", rests_on=frozenset())
