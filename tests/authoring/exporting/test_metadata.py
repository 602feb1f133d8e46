"""What the resources say of a version: status, dates, period, approval, grades, names; and what checking finds."""

import copy
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from cds.authoring.exporting.bundle import resources
from cds.authoring.exporting.checking import wrong_in
from cds.authoring.exporting.evidence import citation, evidence_told
from cds.authoring.exporting.metadata import Setting, metadata, status, upkeep
from cds.authoring.exporting.naming import Names, full_url, id_of, is_base, machine_name
from cds.authoring.versions import read_version
from cds.documents.problem import Location
from cds.rules.ruleset import Effective, Evidence

RULESETS = Path(__file__).parents[3] / "rulesets"
SETTING = Setting(Names(), date(2026, 11, 30))


@pytest.fixture(scope="module")
def version():
    return read_version(RULESETS / "metformin-renal" / "1.0.0")[0]


def with_changes(version, **changes):
    return replace(version, ruleset=replace(version.ruleset, **changes))


def test_a_version_is_active_until_its_evidence_applies_no_longer(version):
    until = Effective(date(2020, 1, 1), date(2026, 12, 1))
    ruleset = replace(version.ruleset, effective=until)
    assert status(ruleset, date(2026, 11, 30)) == "active"
    assert status(ruleset, date(2026, 12, 1)) == "retired"
    assert status(replace(ruleset, status="draft"), date(2026, 12, 1)) == "draft"


def test_the_last_day_of_the_period_belongs_to_it(version):
    ruleset = replace(version.ruleset, effective=Effective(date(2020, 1, 1), date(2026, 12, 1)))
    assert upkeep(ruleset)["effectivePeriod"] == {"start": "2020-01-01", "end": "2026-11-30"}


def test_what_nobody_approved_is_experimental_and_what_somebody_did_names_them(version):
    head = metadata(version, SETTING, "Library", "metformin-renal", "x")
    assert (head["experimental"], "endorser" in upkeep(version.ruleset)) == (True, False)
    approved = with_changes(version, approved_by="bea")
    assert metadata(approved, SETTING, "Library", "metformin-renal", "x")["experimental"] is False
    assert upkeep(approved.ruleset)["endorser"] == [{"name": "bea"}]


def test_the_date_is_that_of_the_publication_where_there_is_a_record(version):
    recorded = read_version(RULESETS / "preventive-screening" / "1.0.0")[0]
    assert metadata(recorded, SETTING, "Library", "x", "x")["date"].startswith("2026-11-30T")
    assert metadata(version, SETTING, "Library", "x", "x")["date"] == "2026-11-22"


def test_evidence_keeps_each_part_of_its_grade():
    whole = Evidence(
        "label",
        "The label",
        "Label",
        "https://a.example",
        "GRADE",
        "strong",
        "low",
        Location(""),
        "https://a.example/i",
    )
    parts = {"title": "The label", "label": "Label", "link": "https://a.example", "icon": "https://a.example/i"}
    assert evidence_told(citation(whole)) == parts | {"scheme": "GRADE", "strength": "strong", "certainty": "low"}
    bare = replace(whole, icon="", certainty="", scheme="", strength="")
    assert "extension" not in citation(bare)
    assert evidence_told(citation(bare))["certainty"] == ""


def test_names_and_ids_are_those_that_r4_allows():
    assert machine_name("metformin-renal.egfr-2021") == "MetforminRenalEgfr2021"
    assert id_of("a", "1.0.0") == "a.1.0.0"
    long = id_of("a" * 70, "1.0.0"), id_of("a" * 70, "1.0.1")
    assert [len(each) for each in long] == [64, 64]
    assert long[0] != long[1]
    assert full_url("u", "1.0.0") == full_url("u", "1.0.0") != full_url("u", "1.0.1")


@pytest.mark.parametrize("base", ["https://cds.example.org/fhir", "http://a.b", "urn:cds-rules", "urn:oid:1.2.3"])
def test_what_a_canonical_address_may_begin_with(base):
    assert is_base(base)


@pytest.mark.parametrize(
    "base", ["", "cds", "https://", "https://a b", "https://a|1", "https://a?x", "ftp://a", "urn:"]
)
def test_what_it_may_not(base):
    assert not is_base(base)


def changed(path, value):
    """A change of the PlanDefinition, its Library or its first ValueSet, by the way to an element."""

    def change(told):
        node = told
        for key in path[:-1]:
            node = node[key]
        if value is None:
            del node[path[-1]]
        else:
            node[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((0, "status"), "published"),
        ((0, "publisher"), None),
        ((0, "id"), "a b"),
        ((0, "name"), "metformin"),
        ((0, "title"), "Another"),
        ((0, "effectivePeriod", "start"), "2016-04-09"),
        ((0, "library", 0), "urn:cds-rules:Library:metformin-renal|9.9.9"),
        ((0, "relatedArtifact", 0, "type"), "quotation"),
        ((0, "relatedArtifact", 0, "citation"), "Another"),
        ((0, "relatedArtifact", 0, "extension", 0, "extension", 1, "valueString"), "weaker"),
        ((0, "action", 0, "action", 0, "trigger", 0, "name"), None),
        ((0, "action", 0, "action", 0, "title"), "Another"),
        ((0, "action", 0, "action", 0, "selectionBehavior"), "all-of-them"),
        ((0, "action", 0, "action", 0, "condition", 0, "expression", "expression"), ""),
        ((0, "approvalDate"), "yesterday"),
        ((1, "content", 0, "data"), "Zm9ybWF0OiAx"),
        ((1, "content", 1, "title"), "value-sets/other.csv"),
        ((1, "identifier", 1, "value"), "sha256:0000"),
        ((1, "relatedArtifact", 0, "resource"), "urn:cds-rules:ValueSet:nothing|1.0.0"),
        ((2, "compose", "include", 0, "concept", 0, "code"), "1"),
        ((2, "compose", "include", 0, "concept", 0, "display"), "Another"),
        ((2, "compose", "include", 0, "system"), ""),
        ((2, "unknownElement"), True),
        ((2, "id"), "metformin-renal.egfr-2021.1.0.0"),
    ],
)
def test_nothing_that_was_written_wrong_passes_the_check(version, path, value):
    told = resources(version, SETTING)
    assert wrong_in(told, [version], SETTING.names) == []
    told = copy.deepcopy(told)
    changed(path, value)(told)
    assert wrong_in(told, [version], SETTING.names) != []
