"""FHIR value sets and CSV tables as codes: what is read, what is refused, and where."""

import pytest

from cds.authoring.valuesets.outside import read_code_set
from cds.terminology.coding import Coding
from tests.authoring.valuesets.sets import BLOOD, LOINC, POTASSIUM, SNOMED, URL, composed, expanded, value_set, write


@pytest.fixture
def read(tmp_path):
    def read(content, system=""):
        return read_code_set(write(tmp_path / "outside.json", content), system)

    return read


def displays(found):
    return {code.coding.code: code.display for code in found.codes.values()}


def test_a_list_in_compose(read):
    found, problems = read(composed(POTASSIUM, BLOOD))
    assert problems == []
    assert displays(found) == {POTASSIUM["code"]: POTASSIUM["display"], BLOOD["code"]: BLOOD["display"]}
    assert (found.how, found.url, found.version, found.name) == ("compose", URL, "2026-01", "PotassiumTests")
    assert found.origin == f"{URL}|2026-01"


def test_codes_that_exclude_names_are_out(read):
    told = composed(POTASSIUM, BLOOD)
    told["compose"]["exclude"] = [{"system": LOINC, "concept": [{"code": BLOOD["code"]}]}]
    assert list(displays(read(told)[0])) == [POTASSIUM["code"]]


def test_an_expansion_with_codes_below_codes_and_headings(read):
    below = {**BLOOD, "system": LOINC}
    told = expanded({**POTASSIUM, "contains": [below]}, {"code": "LP15098-7", "abstract": True}, total=3)
    found, problems = read(told)
    assert problems == []
    assert list(displays(found)) == [POTASSIUM["code"], BLOOD["code"]]
    assert (found.how, found.date) == ("expansion", "2026-05-01T10:00:00Z")


def test_inactive_codes_keep_that_they_are(read):
    found, _ = read(expanded({**POTASSIUM, "inactive": True}, BLOOD))
    assert [code.is_retired for code in found.codes.values()] == [True, False]


def test_systems_are_spelt_as_ours_are(read):
    found, _ = read(
        value_set(compose={"include": [{"system": "urn:oid:2.16.840.1.113883.6.1", "concept": [POTASSIUM]}]})
    )
    assert list(found.codes) == [Coding(LOINC, POTASSIUM["code"])]


def test_where_both_are_there_the_expansion_is_taken_and_a_difference_is_told(read):
    both = composed(POTASSIUM) | {"expansion": expanded(POTASSIUM, BLOOD)["expansion"]}
    found, problems = read(both)
    assert len(found.codes) == 2
    assert [(each.code, each.severity) for each in problems] == [("CDS240", "warning")]
    assert "lacks 0 codes that compose lists, and has 1 more (6298-4)" in problems[0].message
    same = composed(POTASSIUM) | {"expansion": expanded(POTASSIUM)["expansion"]}
    assert read(same)[1] == []
    filtered = value_set(
        compose={"include": [{"system": SNOMED, "filter": [{"property": "concept", "op": "is-a", "value": "1"}]}]},
        expansion=expanded(POTASSIUM)["expansion"],
    )
    assert read(filtered)[1] == []


def refused(read, told, code):
    found, problems = read(told)
    assert found is None
    assert [each.code for each in problems] == [code]
    return problems[0]


def test_a_filter_is_refused_and_named(read):
    rule = {"property": "concept", "op": "is-a", "value": "73211009"}
    problem = refused(read, value_set(compose={"include": [{"system": SNOMED, "filter": [rule]}]}), "CDS240")
    assert "include 1 takes codes of http://snomed.info/sct by a filter (concept is-a 73211009)" in problem.message
    assert "$expand" in problem.hint
    assert problem.location.line > 5


@pytest.mark.parametrize(
    ("include", "said"),
    [
        ({"system": SNOMED}, "every code of http://snomed.info/sct"),
        ({"valueSet": ["http://example.org/other"]}, "codes of another value set"),
        ({"system": LOINC, "concept": [POTASSIUM], "valueSet": ["http://example.org/other"]}, "another value set"),
    ],
)
def test_what_only_a_server_knows_is_refused(read, include, said):
    assert said in refused(read, value_set(compose={"include": [include]}), "CDS240").message


def test_a_filter_in_exclude_is_refused_too(read):
    told = composed(POTASSIUM)
    told["compose"]["exclude"] = [{"system": LOINC, "filter": [{"property": "STATUS", "op": "=", "value": "X"}]}]
    assert "exclude 1" in refused(read, told, "CDS240").message


@pytest.mark.parametrize(
    "part",
    [
        {"total": 500},
        {"offset": 100, "total": 1},
        {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/valueset-unclosed", "valueBoolean": True}]},
        {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/valueset-toocostly", "valueBoolean": True}]},
    ],
)
def test_a_part_of_an_expansion_is_refused(read, part):
    refused(read, expanded(POTASSIUM, **part), "CDS240")


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"resourceType": "Bundle", "entry": []}, "CDS240"),
        ({"resourceType": "OperationOutcome"}, "CDS240"),
        ({"a": 1}, "CDS240"),
        (value_set(), "CDS221"),
        (value_set(compose={"include": []}), "CDS221"),
        (value_set(expansion={"contains": []}), "CDS221"),
        (value_set(compose={"include": [{"concept": [POTASSIUM]}]}), "CDS225"),
        (composed({"code": " 2823-3"}, {"code": "2823-4"}), "CDS234"),
        (composed({"code": "2823-3", "display": "=HYPERLINK(1)"}), "CDS132"),
        (composed(POTASSIUM, url="@SUM(A1)"), "CDS132"),
        ("[]", "CDS110"),
        ('{"resourceType": "ValueSet", "resourceType": "ValueSet"}', "CDS107"),
        ('{"resourceType": ', "CDS131"),
        ("[" * 100_000, "CDS105"),
        ('{"resourceType": "ValueSet", "title": "Bücher"}'.encode("latin-1"), "CDS104"),
        ("", "CDS108"),
        ("<ValueSet xmlns='http://hl7.org/fhir'/>", "CDS108"),
    ],
)
def test_what_is_no_value_set_is_refused_with_a_place(read, told, code):
    assert refused(read, told, code).location.line >= 1


def test_odd_shapes_inside_are_no_fault(read):
    for odd in (None, 1, "x", [], {}, [None], [1], [[]], {"a": [{}]}):
        for told in (
            value_set(compose=odd), value_set(expansion=odd), value_set(compose={"include": odd}),
            value_set(expansion={"contains": odd}), value_set(url=odd, compose={"include": [{"concept": odd}]}),
            value_set(compose={"include": [{"system": LOINC, "concept": [{"code": odd, "display": odd}]}]}),
            value_set(expansion={"total": odd, "offset": odd, "contains": [{"system": odd, "code": "1"}]}),
        ):  # fmt: skip
            found, problems = read(told)
            assert (found is None) == any(each.severity == "error" for each in problems), told
            assert found is None or found.codes


TABLE = "system,code,display\nloinc,2823-3,Potassium\nhttp://snomed.info/sct,77386006,Pregnant\n"


@pytest.mark.parametrize(
    "text",
    [TABLE, TABLE.replace(",", ";"), TABLE.replace(",", "\t"), "\ufeff" + TABLE, TABLE.replace("\n", "\r\n")],
)
def test_tables_with_commas_semicolons_tabs_a_mark_and_other_line_ends(read, text):
    found, problems = read(text)
    assert problems == []
    assert displays(found) == {"2823-3": "Potassium", "77386006": "Pregnant"}


def test_quotes_and_further_columns(read):
    found, problems = read(
        'code,display,factor,status\n2823-3,"Potassium, ""serum""",-1.5,\n6298-4,x,,retired\n', "loinc"
    )
    assert problems == []
    assert displays(found) == {"2823-3": 'Potassium, "serum"', "6298-4": "x"}
    assert [dict(code.columns) for code in found.codes.values()] == [{"factor": "-1.5"}, {"status": "retired"}]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("system,code\nloinc,2823-3\n", "CDS108", 1),
        ("system,code,display,code\n", "CDS108", 1),
        ("system,code,display\nloinc,2823-3\n", "CDS108", 2),
        ('system,code,display\nloinc,2823-3,"open\n', "CDS108", 2),
        ("system,code,display\n", "CDS221", 1),
        (TABLE + "loinc,2823-3,again\n", "CDS107", 4),
        (TABLE + "nothing,1,x\n", "CDS225", 4),
        (TABLE + "loinc,,x\n", "CDS225", 4),
        (TABLE + "loinc,2823-4,x\n", "CDS234", 4),
        (TABLE + "http://snomed.info/sct,7.73861E+7,x\n", "CDS234", 4),
        (TABLE + "cvx,8,x\n", "CDS234", 4),
        (TABLE + 'loinc,6298-4,"=HYPERLINK(""http://x"")"\n', "CDS132", 4),
        (TABLE + "loinc,6298-4,@SUM(A1)\n", "CDS132", 4),
        (TABLE + "loinc,6298-4,+cmd|x\n", "CDS132", 4),
        (TABLE + 'loinc,6298-4,"\tx"\n', "CDS132", 4),
        (TABLE + "loinc,6298-4," + "x" * 200_000 + "\n", "CDS108", 4),
        (TABLE.encode("utf-16"), "CDS104", 1),
        ((TABLE + "loinc,6298-4,é\n").encode("latin-1"), "CDS104", 1),
        (b"x" * (16 * 1024 * 1024 + 1), "CDS105", 1),
    ],
)
def test_a_table_with_a_mistake_is_refused_with_its_line(read, text, code, line):
    problem = refused(read, text, code)
    assert problem.location.line == line
    assert len(problem.message) < 300


def test_a_table_of_one_system_that_does_not_say_so_is_told_the_way_out(tmp_path):
    file = tmp_path / "codes.csv"
    file.write_text("code,display\n11289,warfarin\n", encoding="utf-8")
    found, problems = read_code_set(file)
    assert found is None
    assert [problem.message for problem in problems] == ["the column system is missing"]
    assert "--system rxnorm" in problems[0].hint
    assert read_code_set(file, "rxnorm")[1] == []
