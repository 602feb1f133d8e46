"""Prefetch is derived: everything the rules read is asked for, in a form that clients honour, and nothing else."""

import re
from urllib.parse import unquote

import pytest

from cds.facts.fact import KINDS
from cds.hooks.discovery_check import check_discovery
from cds.hooks.prefetch import Template
from cds.rules.catalog.load import load_catalog
from cds.rules.judge.absence import RESOURCE_TYPES
from cds.rules.prefetch.derive import MAX_QUERY, PATIENT, derive_templates, needed_for
from tests.journeys.service import ROOT
from tests.rules.judge.telling import rule, ruleset

WORDS = {"lab": "observation", "vital": "observation"}
P = "{{context.patientId}}"


def queries(definitions, rules=None, **more) -> dict[str, str]:
    return {t.key: t.query for t in derive_templates((ruleset(definitions, rules, **more),))}


@pytest.mark.parametrize("kind", [*sorted(KINDS), "lab", "vital"])
def test_a_kind_is_asked_for_by_the_resource_types_that_hold_it(kind):
    asked = queries({"x": {"any": kind, "in": "warfarin"}})
    assert set(asked) == {"Patient", *RESOURCE_TYPES[WORDS.get(kind, kind)]}


def test_the_patient_is_always_read_and_comes_first():
    assert derive_templates(()) == (PATIENT,)
    assert Template("Patient", "Patient", f"Patient/{P}", is_read=True) == PATIENT
    templates = derive_templates((ruleset({"x": {"any": "condition"}, "y": {"any": "allergy"}}),))
    assert [t.key for t in templates] == ["Patient", "AllergyIntolerance", "Condition"]


def test_drafts_come_with_the_context_and_are_not_asked_for():
    assert set(queries({"x": {"any": ["order", "draft"], "in": "warfarin"}})) == {"Patient"}


def test_results_are_asked_for_by_code_newest_first():
    asked = queries(
        {"k": {"latest": "lab", "in": "potassium", "within": "30 days"}, "c": {"any": "lab", "in": "creatinine"}}
    )
    assert asked["Observation"] == (
        f"Observation?patient={P}&code=http://loinc.org|14682-9,http://loinc.org|2160-0,http://loinc.org|2823-3&_sort=-date"
    )


def test_drugs_and_problems_are_asked_for_whole_whatever_their_codes():
    asked = queries({"x": {"any": ["medication", "condition"], "in": "warfarin"}})
    assert asked["Condition"] == f"Condition?patient={P}"
    assert asked["MedicationRequest"] == f"MedicationRequest?patient={P}&_sort=-authoredon"


def test_one_definition_without_codes_asks_for_all_results():
    assert queries({"k": {"latest": "lab", "in": "potassium"}, "any-result": {"any": "lab"}})["Observation"] == (
        f"Observation?patient={P}&_sort=-date"
    )


def test_no_window_and_no_count_are_asked_for_they_are_judged_here():
    asked = queries({"k": {"latest": "lab", "in": "potassium", "within": "3 days"}})
    assert not re.search(r"_count|date=|_include|_elements", " ".join(asked.values()))


def many(number: int) -> dict:
    return {"many": {"loinc": {f"{n:05}-0": "x" for n in range(number)}}}


def test_a_look_up_too_long_for_a_url_drops_its_code_filter_and_not_its_facts():
    sizes = {
        n: queries({"k": {"latest": "lab", "in": "many"}}, value_sets=many(n))["Observation"] for n in range(50, 70)
    }
    for query in sizes.values():
        assert len(query) <= MAX_QUERY
        assert query == f"Observation?patient={P}&_sort=-date" or query.count("loinc") >= 50
    assert "&code=" in sizes[50]
    assert "&code=" not in sizes[69]


def test_definitions_that_no_rule_reads_are_not_asked_for():
    definitions = {"x": {"any": "condition"}, "y": {"any": "allergy"}}
    assert set(queries(definitions, {"r": rule(["x"])})) == {"Patient", "Condition"}


def test_what_only_a_text_an_exception_or_a_part_reads_is_asked_for():
    definitions = {
        "x": {"any": "condition"}, "y": {"any": "allergy"}, "z": {"any": "procedure"},
        "i": {"any": "immunization"}, "either": {"any-of": ["i", "x"]},
    }  # fmt: skip
    rules = {"r": rule(["either"], ["z"], card={"summary": "{y.count|allergy|allergies}"})}
    assert set(queries(definitions, rules)) == {
        "Patient",
        "Condition",
        "AllergyIntolerance",
        "Procedure",
        "Immunization",
    }


def test_a_narrowed_finder_and_a_pair_ask_for_their_sources():
    definitions = {
        "m": {"any": "medication", "in": "warfarin"}, "a": {"any": "allergy"},
        "narrow": {"any": "m", "in": "ibuprofen"}, "both": {"pair": ["narrow", "a"], "same": "ingredient"},
    }  # fmt: skip
    asked = queries(definitions, {"r": rule(["both"], for_each="both")})
    assert set(asked) == {"Patient", "AllergyIntolerance", *RESOURCE_TYPES["medication"]}


def test_several_rulesets_ask_once_for_all_of_them():
    one, two = ruleset({"k": {"latest": "lab", "in": "potassium"}}), ruleset({"e": {"latest": "lab", "in": "egfr"}})
    (_, observation) = derive_templates((one, two))
    assert observation.query.count("loinc.org") == 2
    assert derive_templates((one, two)) == derive_templates((two, one))


def test_what_parts_values_in_a_search_is_escaped():
    odd = {"odd": {"http://example.org/a,b": {"c|d$e\\f": "x", "g&h #?": "y"}}}
    query = queries({"k": {"latest": "lab", "in": "odd"}}, value_sets=odd)["Observation"]
    codes = re.fullmatch(r"Observation\?patient=\{\{context\.patientId\}\}&code=([^&\s#?]+)&_sort=-date", query)[1]
    assert unquote(codes) == ("http://example.org/a\\,b|c\\|d\\$e\\\\f,http://example.org/a\\,b|g&h #?")


@pytest.mark.parametrize("name", ["metformin-renal", "opioid-safety", "warfarin-nsaid"])
def test_what_shipped_rulesets_ask_for_is_what_cds_hooks_allows(name):
    catalog, problems = load_catalog(ROOT / "rulesets")
    assert problems == []
    for version in catalog.versions[name]:
        templates = derive_templates((version,))
        prefetch = {t.key: t.query for t in templates}
        service = {"hook": "order-sign", "title": "T", "description": "D", "id": "s", "prefetch": prefetch}
        assert check_discovery({"services": [service]}) == []
        assert {token for t in templates for token in re.findall(r"\{\{.*?\}\}", t.query)} == {P}
        assert all(len(t.query) <= MAX_QUERY for t in templates)
        assert [t.key for t in templates] == [t.resource_type for t in templates]


BY_HOOK = {
    "k": {"latest": "lab", "in": "potassium"},
    "ill": {"any": "condition", "in": "stroke"},
    "on": {"any": "medication", "in": "warfarin"},
}
HOOKED = {
    "signing": rule(["known k", "on"], hooks=["order-sign"]),
    "viewing": rule(["ill"], hooks=["patient-view"]),
    "shown": rule(["ill"], hooks=["order-select"], card={"summary": "Potassium {k}"}),
}
DRUGS = {"MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement"}


@pytest.mark.parametrize(
    ("hook", "keys"),
    [
        ("order-sign", {"Patient", "Observation", *DRUGS}),
        ("patient-view", {"Patient", "Condition"}),
        ("order-select", {"Patient", "Condition", "Observation"}),
        ("", {"Patient", "Condition", "Observation", *DRUGS}),
        ("appointment-book", {"Patient"}),
    ],
)
def test_a_hook_asks_for_what_its_own_rules_rest_on(hook, keys):
    assert {t.key for t in derive_templates([ruleset(BY_HOOK, HOOKED)], hook)} == keys


def test_each_template_is_traced_to_the_definitions_that_need_it():
    told = ruleset(BY_HOOK, HOOKED)
    assert needed_for([told], "order-select") == {
        "Condition": {told.address: ("ill",)},
        "Observation": {told.address: ("k",)},
    }
    drugs = {key: {told.address: ("on",)} for key in DRUGS}
    assert needed_for([told], "order-sign") == {"Observation": {told.address: ("k",)}, **drugs}


def test_no_template_of_the_services_is_there_without_a_definition():
    """Every one but the patient's, of every service."""
    catalog, _ = load_catalog(ROOT / "rulesets")
    versions = [version for found in catalog.versions.values() for version in found]
    for hook in sorted({hook for version in versions for hook in version.hooks}):
        asked = {template.key for template in derive_templates(versions, hook)}
        assert asked == {"Patient", *needed_for(versions, hook)}
