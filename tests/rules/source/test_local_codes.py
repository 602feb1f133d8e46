"""``extensible: yes``: a site adds codes of its own, as part of the pinned address, and nothing else of a value set."""

import pytest

from cds.cards.finding import backing
from cds.rules.catalog.digest import digest_of_site
from cds.rules.prefetch.derive import derive_templates
from cds.terminology.coding import Coding
from tests.patients import observation
from tests.rules.judge.telling import verdicts
from tests.rules.source import library
from tests.rules.source.written import RULESET, changed, read

OPEN = changed("potassium: {loinc: {2823-3: potassium}", "potassium: {extensible: yes, loinc: {2823-3: potassium}")
LOCAL = Coding("http://lab.example/codes", "K")
SITE = {"potassium[http://lab.example/codes|K]": "Kalium"}


def test_a_local_code_is_a_code_of_the_set_and_of_those_that_include_it():
    text = changed("  respiratory-rate:", "  electrolytes: {include: [potassium]}\n  respiratory-rate:", OPEN)
    ruleset, problems = read(text, site=SITE)
    assert problems == []
    assert ruleset.value_sets["potassium"].rows[LOCAL] == {"display": "Kalium"}
    assert LOCAL in ruleset.value_sets["electrolytes"].rows
    assert LOCAL not in ruleset.value_sets["diuretics"].rows


def test_it_is_part_of_what_the_site_has_set_and_without_it_nothing_is():
    ruleset, _ = read(OPEN, site=SITE | {"result-age": "30 days"})
    assert ruleset.site == SITE | {"result-age": "30 days"}
    assert digest_of_site(ruleset.site) != digest_of_site({"result-age": "30 days"})
    assert read(OPEN)[0].site == {}
    assert read(OPEN, site=ruleset.site)[0] == ruleset  # what is recorded of a site gives the same version again


def test_clients_are_asked_for_it():
    ruleset, _ = read(OPEN, site=SITE)
    (template,) = (each for each in derive_templates((ruleset,)) if each.resource_type == "Observation")
    assert "http://lab.example/codes|K" in template.query


def test_each_card_says_that_the_site_has_added_codes():
    ruleset, _ = read(OPEN, site=SITE)
    assert (
        "**Set by this site**\n\n- codes of its own for potassium: 1\n"
        in backing(ruleset, ruleset.rules[0].card).paragraph
    )
    plain, _ = read(OPEN)
    assert "Set by this site" not in backing(plain, plain.rules[0].card).paragraph


def test_a_code_that_the_author_lists_stays_as_the_author_has_it():
    ruleset, problems = read(OPEN, site={"potassium[loinc|2823-3]": "Another name"})
    assert (problems, ruleset.site) == ([], {})
    assert ruleset.value_sets["potassium"].rows[Coding("http://loinc.org", "2823-3")] == {"display": "potassium"}


def test_exclusions_and_columns_of_the_author_do_not_take_it_away():
    text = changed("diuretics: {rxnorm", "diuretics: {extensible: yes, only: {display: [furosemide]}, rxnorm", RULESET)
    ruleset, problems = read(text, site={"diuretics[http://lab.example/drugs|F]": "a local drug"})
    assert problems == []
    assert {coding.code for coding in ruleset.value_sets["diuretics"].rows} == {"4603", "F"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("diuretics[http://lab.example/codes|K]", "CDS238"),
        ("potasium[http://lab.example/codes|K]", "CDS220"),
        ("potassium[lab|K]", "CDS225"),
        ("potassium[http://lab.example/codes]", "CDS225"),
        ("potassium[http://lab.example/codes|]", "CDS225"),
        ("potassium[http://lab.example/codes| K]", "CDS225"),
        ("potassium[]", "CDS225"),
    ],
)
def test_what_cannot_be_added_is_told(name, code):
    ruleset, problems = read(OPEN, site={name: "Kalium"})
    assert [problem.code for problem in problems] == [code]
    assert ruleset is None


def test_a_word_that_is_neither_yes_nor_no_is_told():
    text = changed("extensible: yes", "extensible: perhaps", OPEN)
    assert [problem.code for problem in read(text)[1]] == ["CDS113"]


def test_a_set_of_a_library_takes_codes_under_its_whole_name():
    text = library.LIBRARY.replace("palliative: {snomed", "palliative: {extensible: yes, snomed")
    site = {"common.palliative[http://lab.example/codes|P]": "Palliativstation"}
    ruleset, problems = library.read(library.RULESET, text, site=site)
    assert problems == []
    assert ruleset.site == site
    assert Coding("http://lab.example/codes", "P") in ruleset.value_sets["ward"].rows  # which includes it


def test_a_result_under_a_local_code_is_judged():
    code = {"coding": [{"system": "http://lab.example/codes", "code": "K"}]}
    local = observation(6, "mmol/L", on="2026-04-30", more={"code": code})
    with_code, without = read(OPEN, site=SITE)[0], read(OPEN)[0]
    assert verdicts(with_code, local).judging.truth("k-high").value == "holds"
    assert verdicts(without, local).judging.truth("k-high").value == "unknown"  # none is on record, as far as it knows


#: A list for which no codes are published: the exception of a site that has its own.
NOTHING_LISTED = changed("  respiratory-rate:", "  valves: {extensible: yes}\n  respiratory-rate:").replace(
    "definitions:\n", "definitions:\n  valve: {says: A valve is on record, any: procedure, in: valves}\n", 1
)


def test_a_set_that_only_a_site_fills_may_list_nothing():
    ruleset, problems = read(NOTHING_LISTED)
    assert problems == []
    assert ruleset.value_sets["valves"].rows == {}
    filled, problems = read(NOTHING_LISTED, site={"valves[http://lab.example/codes|V]": "Mechanical valve"})
    assert problems == []
    assert set(filled.value_sets["valves"].rows) == {Coding("http://lab.example/codes", "V")}


def test_what_a_site_may_fill_and_the_author_has_emptied_is_refused():
    text = changed(
        "  respiratory-rate:",
        "  valves: {extensible: yes, include: [a], exclude: [a]}\n  a: {snomed: {1: x}}\n  respiratory-rate:",
    )
    assert "CDS221" in {problem.code for problem in read(text)[1]}


def test_an_empty_set_asks_clients_for_no_empty_code():
    text = NOTHING_LISTED.replace("    when: [", "    when: [valve, ", 1)
    ruleset, problems = read(text)
    assert problems == []
    assert not any(
        each.query.endswith(("code=", "code=&")) or "code=&" in each.query for each in derive_templates((ruleset,))
    )
