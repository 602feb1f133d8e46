"""Value sets: what is in them, what is kept out, and files that are not theirs to read."""

from fractions import Fraction

import pytest

from cds.rules.source.value_sets import MAX_NESTING
from cds.terminology.coding import LOINC, RXNORM, SNOMED, Coding
from tests.rules.source.written import FILE, FILES, assert_told, changed, read

HOSPICE = "  hospice: {snomed: {385763009: hospice care}}"
DRUGS = b"system,code,display,class,dose\nrxnorm,1,one,a,5\nrxnorm,2,two,a,\nrxnorm,3,three,b,7\n"


def sets(text: str, files=FILES):
    ruleset, problems = read(changed(HOSPICE, f"{HOSPICE}\n{text}"), {**FILES, **files})
    assert [str(problem) for problem in problems] == []
    return ruleset.value_sets


def codes(value_set) -> set[str]:
    return {coding.code for coding in value_set.rows}


def test_inline_codes_stand_under_the_one_spelling_of_their_system():
    found = sets("  a: {http://snomed.info/sct/900000000000207008: {1: one}, https://loinc.org/: {2-0: two}}")
    assert set(found["a"].rows) == {Coding(SNOMED, "1"), Coding(LOINC, "2-0")}


def test_a_code_may_have_columns_and_keeps_its_zeros():
    found = sets("  a: {rxnorm: {007: {display: bond, factor: 1.50}}}")
    assert found["a"].rows == {Coding(RXNORM, "007"): {"display": "bond", "factor": "1.50"}}


def test_a_table_gives_its_columns_and_an_empty_cell_is_no_value():
    found = sets("  a: {file: drugs.csv}", {"drugs.csv": DRUGS})
    assert found["a"].rows[Coding(RXNORM, "1")] == {"display": "one", "class": "a", "dose": "5"}
    assert "dose" not in found["a"].rows[Coding(RXNORM, "2")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{include: [base, hospice]}", {"1", "2", "3", "385763009"}),
        ("{include: base, exclude: [two]}", {"1", "3"}),
        ("{file: drugs.csv, exclude: [two], only: {class: a}}", {"1"}),
        ("{include: [base], only: {class: [a, b]}}", {"1", "2", "3"}),
        ("{include: [base], only: {class: b}}", {"3"}),
        ("{include: [base], only: {dose: '5'}}", {"1"}),
        ("{rxnorm: {4: four}, include: [base], exclude: [base]}", {"4"}),
    ],
)
def test_sets_include_then_exclude_then_keep_only(text, expected):
    found = sets(f"  base: {{file: drugs.csv}}\n  two: {{rxnorm: {{2: two}}}}\n  a: {text}", {"drugs.csv": DRUGS})
    assert codes(found["a"]) == expected


def test_a_set_may_be_included_before_it_is_written():
    found = sets("  a: {include: [b]}\n  b: {rxnorm: {1: one}}")
    assert codes(found["a"]) == {"1"}
    assert found["b"].location.line == 24


def test_molar_mass_and_valence_are_exact():
    found = sets("  a: {rxnorm: {1: x}, molar-mass: 0.11312 kg/mol, valence: 2}")
    assert (found["a"].molar_mass, found["a"].valence) == (Fraction(11312, 100), 2)
    assert found["potassium"].molar_mass == Fraction(39098, 1000)


MISTAKES = [
    ("CDS201", "  §Hospice_2: {rxnorm: {1: x}}", "cannot be the name of a value set", "small letters"),
    ("CDS110", "  a: §rxnorm", 'the value set "a" must be a table', "key: value"),
    ("CDS221", "  §a: {url: http://example.org/a}", 'the value set "a" is empty', ""),
    ("CDS221", "  §a: {include: [hospice], exclude: [hospice]}", 'the value set "a" is empty', ""),
    ("CDS224", "  a: {rxnorm: {1: x}, §snomedct: {1: x}}", '"snomedct" is not a code system', 'did you mean "snomed"?'),
    ("CDS224", "  a: {rxnorm: {1: x}, §exlude: [hospice]}", '"exlude" is not a code system', 'did you mean "exclude"?'),
    ("CDS225", '  a: {rxnorm: {1: x, §" 2": y}}', '" 2" of', ""),
    ("CDS111", "  a: {rxnorm: {1: §[x]}}", "the display of a code must be a text", ""),
    ("CDS402", "  a: {rxnorm: {1: x}, molar-mass: §113}", "molar-mass must be a quantity in g/mol", "113.12 g/mol"),
    ("CDS402", "  a: {rxnorm: {1: x}, molar-mass: §0 g/mol}", "molar-mass must be a quantity", "113.12 g/mol"),
    ("CDS402", "  a: {rxnorm: {1: x}, molar-mass: §-3 g/mol}", "molar-mass must be a quantity", "113.12 g/mol"),
    ("CDS402", "  a: {rxnorm: {1: x}, §valence: 0}", "valence must be a whole number above 0", ""),
    ("CDS402", "  a: {rxnorm: {1: x}, §valence: ²}", "valence must be a whole number above 0", ""),
    ("CDS210", "  a: {rxnorm: {1: x}, include: [§a]}", "the value set includes itself: a -> a", ""),
    ("CDS210", "  a: {rxnorm: {1: x}, include: [b]}\n  b: {rxnorm: {2: y}, exclude: [§a]}", "itself: a -> b -> a", ""),
    ("CDS220", "  a: {rxnorm: {1: x}, include: [§hospize]}", 'no value set is called "hospize"', '"hospice"?'),
    ("CDS220", "  a: {rxnorm: {1: x}, exclude: [§hospize]}", 'no value set is called "hospize"', '"hospice"?'),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text", "gist", "hint"), MISTAKES)
def test_a_mistake_in_a_value_set_is_told_with_its_place(code, text, gist, hint):
    assert_told(code, HOSPICE, f"{HOSPICE}\n{text}", gist, hint)


def told(text: str, files=FILES) -> list[tuple[str, str]]:
    _, problems = read(changed(HOSPICE, f"{HOSPICE}\n{text}"), {**FILES, **files})
    return [(p.code, str(p.location)) for p in problems]


def test_a_column_that_no_code_has_is_told_and_not_the_empty_set_that_follows():
    assert told("  a: {include: [opioids], only: {klass: x}}") == [("CDS222", f"{FILE}:23:34")]


@pytest.mark.parametrize(
    "name",
    [
        "none.csv", "../ruleset.yaml", "/etc/passwd", "../value-sets/opioids.csv", "./opioids.csv", "sub/opioids.csv",
        ".hidden.csv", "opioids.CSV", "opioids.csv.yaml", "opioids", "x" * 300 + ".csv", '"opioids\\0.csv"', "..",
        '"opioids.csv\\n"', "C:opioids.csv", "..\\opioids.csv",
    ],
)  # fmt: skip
def test_only_a_plain_name_of_a_table_beside_the_ruleset_is_opened(name):
    opened = []

    class Watched(dict):
        def get(self, key, default=None):
            opened.append(key)
            return super().get(key, default)

    _, problems = read(changed(HOSPICE, f"{HOSPICE}\n  a: {{file: {name}}}"), Watched(FILES))
    assert [(p.code, p.location.line, p.location.column) for p in problems] == [("CDS223", 23, 13)]
    assert problems[0].hint == "a plain name, such as metformin.csv"
    assert set(opened) <= {"opioids.csv", "none.csv"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"system,code,display\nrxnorm,1,one\nrxnorm,1,other\n", [("CDS107", 3)]),
        (b"system,code,display\nrxnorm,,one\nrxnorm,2,two\n", [("CDS225", 2)]),
        (b"system,code,display\nrxnrm,1,one\nrxnorm,2,two\n", [("CDS225", 2)]),
        (b"system,code,display\nrxnorm,2\nrxnorm,3,x\n", [("CDS108", 2)]),
        (b"system,code\nrxnorm,2\n", [("CDS108", 1)]),
        (b"", [("CDS108", 1)]),
    ],
)
def test_a_mistake_in_a_table_is_told_in_the_table(content, expected):
    place = f"{FILE.removesuffix('ruleset.yaml')}value-sets/drugs.csv"
    found = told("  a: {file: drugs.csv}", {"drugs.csv": content})
    assert [(code, int(at.split(":")[1])) for code, at in found if at.startswith(place)] == expected


def test_a_chain_of_thousands_of_sets_is_a_problem_and_no_crash():
    chain = "\n".join(f"  s{n}: {{rxnorm: {{{n}: x}}, include: [s{n + 1}]}}" for n in range(2000))
    found = told(f"{chain}\n  s2000: {{rxnorm: {{1: x}}}}")
    assert {code for code, _ in found} == {"CDS105"}
    assert MAX_NESTING < 100


def test_a_set_used_twice_is_read_once_and_told_once():
    found = told("  a: {include: [c]}\n  b: {include: [c]}\n  c: {rxnorm: {'': x, 1: y}}")
    assert [code for code, _ in found] == ["CDS225"]


def test_two_tables_of_the_same_bytes_have_places_of_their_own():
    found = sets("  a: {file: one.csv}\n  b: {file: two.csv, rxnorm: {9: nine}}", {"one.csv": DRUGS, "two.csv": DRUGS})
    folder = FILE.removesuffix("ruleset.yaml") + "value-sets/"
    second = Coding(RXNORM, "2")
    assert str(found["a"].places[second]) == f"{folder}one.csv:3:1"
    assert str(found["b"].places[second]) == f"{folder}two.csv:3:1"
    assert codes(found["b"]) - codes(found["a"]) == {"9"}


def test_a_table_that_is_mended_is_read_anew():
    wrong = DRUGS + b"rxnorm,3,three again,b,7\n"
    assert [code for code, _ in told("  a: {file: drugs.csv}", {"drugs.csv": wrong})] == ["CDS107"]
    assert codes(sets("  a: {file: drugs.csv}", {"drugs.csv": DRUGS})["a"]) == {"1", "2", "3"}


@pytest.mark.parametrize("content", [b"system,code,display\nrxnorm,1,\xff\n", b"code,display\n1,one\n", None])
def test_only_the_cause_is_told_of_a_table_that_cannot_be_read(content):
    sets = "  a: {file: drugs.csv}\n  b: {include: [a]}\n  c: {include: [b], exclude: [opioids]}"
    found = told(sets, {"drugs.csv": content} if content else {})
    assert len(found) == 1
    assert found[0][0] in {"CDS104", "CDS108", "CDS223"}


def test_a_set_that_others_leave_empty_is_still_told():
    assert [code for code, _ in told("  a: {rxnorm: {1: one}}\n  b: {include: [a], exclude: [a]}")] == ["CDS221"]
