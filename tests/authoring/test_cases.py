from pathlib import Path

import pytest

from cds.authoring.cases import expand, prefetch_for
from cds.hooks.prefetch import Template
from tests.authoring.telling import HEADER, case, problems_of, run_of, told

SAMPLES = Path(__file__).parent / "samples"


def fired(run):
    return [rule.rule for rule in run.expectation.fires]


@pytest.mark.parametrize("name", ["metformin-renal-safety", "opioid-safety", "af-anticoagulation"])
def test_the_case_files_of_the_language_reference_are_understood(name):
    runs, problems = expand(SAMPLES / f"{name}.yaml")
    assert problems == []
    assert len(runs) == 13
    assert {run.ruleset for run in runs} == {name}


def test_a_row_replaces_its_values_in_the_texts_and_is_found_on_its_line():
    runs, _ = expand(SAMPLES / "metformin-renal-safety.yaml")
    first, above = runs[0], runs[5]
    assert first.name == "reported eGFR decides, at its limits [egfr=29.9]"
    assert (first.location.line, above.location.line) == (10, 15)
    assert fired(first) == ["contraindicated"]
    (entry,) = above.request["prefetch"]["Observation"]["entry"]
    assert entry["resource"]["valueQuantity"] | {"value": 30, "comparator": ">"} == entry["resource"]["valueQuantity"]


def test_a_case_changes_the_patient_of_the_file_key_by_key():
    runs, _ = expand(SAMPLES / "af-anticoagulation.yaml")
    patients = [run.request["prefetch"]["Patient"] for run in runs[:6]]
    assert [(each["birthDate"], each["gender"]) for each in patients[2:4]] == [
        ("1961-03-01", "female"),
        ("1952-03-01", "female"),
    ]
    assert (patients[5]["birthDate"], patients[5]["gender"]) == ("1956-03-01", "male")


def test_every_case_starts_from_the_background_unless_it_says_none():
    runs, _ = expand(SAMPLES / "af-anticoagulation.yaml")
    conditions = [
        len(run.request["prefetch"]["Condition"]["entry"]) for run in runs if "Condition" in run.request["prefetch"]
    ]
    assert conditions[0] == 1
    assert conditions[-1] == 1  # its own, resolved
    status = runs[-1].request["prefetch"]["Condition"]["entry"][0]["resource"]["clinicalStatus"]
    assert status["coding"][0]["code"] == "resolved"


def test_what_was_not_supplied_has_no_key():
    runs, _ = expand(SAMPLES / "af-anticoagulation.yaml")
    (run,) = [run for run in runs if run.name == "medication list missing"]
    assert run.not_supplied == {"MedicationRequest", "MedicationStatement"}
    assert not run.not_supplied & set(run.request["prefetch"])


def test_a_missing_supply_takes_the_background_with_it():
    header = HEADER + "background: [{lab: {loinc: 1-8, value: 4}}]\n"
    assert "Observation" not in run_of("not-supplied: [lab]\nfires: []", header).request["prefetch"]


def test_a_case_cannot_tell_what_it_says_was_not_supplied():
    text = "not-supplied: [lab]\nfacts: [{lab: {loinc: 1-8, value: 4}}]\nfires: []"
    assert problems_of(text) == [("CDS607", 'this case says that "lab" was not supplied')]
    assert problems_of("not-supplied: [lab]\nunreadable: [lab]\nfires: []")[0][0] == "CDS607"


def test_the_moment_is_the_end_of_the_day_and_a_case_may_have_its_own():
    run = run_of("at: 2020-01-31\nhook: patient-view\nfires: []")
    assert run.moment.instant.isoformat() == "2020-01-31T23:59:59+00:00"
    assert run.hook == run.request["hook"] == "patient-view"


def test_site_values_are_those_of_the_file_and_then_of_the_case():
    run = run_of("site: {look-back: 180 days}\nfires: []", HEADER + "site: {look-back: 90 days, switch: yes}\n")
    assert run.site == {"look-back": "180 days", "switch": "yes"}


def test_a_row_may_say_more_than_its_values():
    runs, problems = case("rows:\n  - {patient: {sex: male}, fires: [a]}\n  - {hook: patient-view, fires: []}")
    assert problems == []
    assert [(run.name, run.hook) for run in runs] == [
        ("a case [row 1]", "order-sign"),
        ("a case [row 2]", "patient-view"),
    ]
    assert runs[0].request["prefetch"]["Patient"]["gender"] == "male"
    assert runs[0].request["prefetch"]["Patient"]["birthDate"] == "1956-03-01"


def test_a_name_may_hold_the_value_of_its_row():
    text = (
        "cases: [{name: at $age, patient: {born: $age years ago}, rows: [{age: 64, fires: []}, {age: 65, fires: []}]}]"
    )
    runs, problems = told(HEADER + text)
    assert problems == []
    assert [run.name for run in runs] == ["at 64", "at 65"]


def test_a_dollar_of_the_text_itself_is_written_twice():
    assert run_of("shows: {a: costs $$5}\nfires: [a]").expectation.shows == (("a", "costs $5"),)
    assert run_of("shows: {a: costs $5}\nfires: [a]").expectation.shows == (("a", "costs $5"),)


def test_braces_part_a_name_from_what_follows():
    runs, _ = case("facts: [{lab: {loinc: '${code}-8', value: 4}}]\nrows: [{code: 2160, fires: []}]")
    assert runs[0].request["prefetch"]["Observation"]["entry"][0]["resource"]["code"]["coding"][0]["code"] == "2160-8"


def test_a_value_that_no_row_gives_is_a_problem():
    text = "facts: [{lab: {loinc: 1-8, value: $egfr}}]\nrows: [{egrf: 30, fires: []}]"
    assert ("CDS606", 'no row gives "$egfr"') in problems_of(text)
    assert ("CDS606", 'nothing in this case uses "$egrf"') in problems_of(text)


def test_a_misspelt_key_in_a_row_never_passes_as_a_value():
    _, problems = case("facts: [{lab: {loinc: 1-8, value: $v}}]\nfires: []\nrows: [{v: 1, fire: a}]")
    (problem,) = [problem for problem in problems if problem.code == "CDS606"]
    assert problem.hint == 'did you mean "fires"?'
    assert problem.location.line == 10


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("fires: []\nfire: [a]", "CDS602", 'a case has no key "fire"'),
        ("fires: []\nat: soon", "CDS604", '"soon" is not a moment'),
        ("fires: []\nhook: order-sing", "CDS113", 'a case\'s hook cannot be "order-sing"'),
        ("fires: []\nnot-supplied: [labs]", "CDS605", '"labs" cannot be not-supplied'),
        ("fires: []\nnot-supplied: [order]", "CDS605", '"order" cannot be not-supplied'),
        ("fires: []\nunreadable: [patient]", "CDS605", '"patient" cannot be unreadable'),
        ("fires: []\nbackground: [{condition: {snomed: 100001}}]", "CDS601", "a case may only say background: none"),
        ("fires: []\nrows: []", "CDS601", "rows must be a list with at least one row"),
        ("fires: []\nrows: [a]", "CDS110", "a row must be a table of keys"),
    ],
)
def test_a_case_that_is_not_understood_is_a_problem_and_no_run(text, code, message):
    assert (code, message) in problems_of(text)


def test_a_problem_in_one_case_leaves_the_others():
    runs, problems = told(HEADER + "cases: [{name: one, fires: [], when: x}, {name: two, fires: []}]")
    assert [run.name for run in runs] == ["two"]
    assert [str(problem.location) for problem in problems] == ["cases.yaml:5:32"]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("at: 2026-03-01\nhook: order-sign\ncases: [{name: a, fires: []}]", ['a case file needs the key "ruleset"']),
        ("ruleset: r\nhook: order-sign\ncases: [{name: a, fires: []}]", ['a case needs the key "at"']),
        ("ruleset: r\nat: 2026-03-01\ncases: [{name: a, fires: []}]", ['a case needs the key "hook"']),
        ("ruleset: r\nat: 2026-03-01\nhook: order-sign", ['a case file needs the key "cases"']),
        ("ruleset: r\ncases: []", ["cases must be a list with at least one case"]),
        ("ruleset: r\ncases: [a]", ["a case must be a table of keys"]),
        (HEADER + "cases: [{fires: []}]", ['a case needs the key "name"']),
        (HEADER + "casess: []\ncases: [{name: a, fires: []}]", ['a case file has no key "casess"']),
        (HEADER + "cases: [{name: a, fires: []}, {name: a, fires: []}]", ['two cases are called "a"']),
        ("[a]", ["a case file must be a table of keys"]),
    ],
)
def test_a_file_that_is_not_understood_is_a_problem(text, messages):
    _, problems = told(text)
    assert [problem.message for problem in problems] == messages


def test_a_mistake_in_the_head_of_a_file_leaves_no_case_standing():
    runs, problems = told(HEADER + "backgruond: [{condition: {snomed: 100001}}]\ncases: [{name: a, fires: []}]")
    assert runs == []
    assert problems[0].hint == 'did you mean "background"?'


def test_a_file_that_is_not_yaml_is_a_problem_with_its_place(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("ruleset: [")
    runs, problems = expand(path)
    assert runs == []
    assert {problem.location.file for problem in problems} == {str(path)}


CHART = (
    Template("patient", "Patient", "Patient/{{context.patientId}}", is_read=True),
    Template("Condition", "Condition", "Condition?patient={{context.patientId}}"),
    Template("Observation-labs", "Observation", "Observation?patient={{context.patientId}}&code=1-8"),
    Template("devices", "Device", "Device?patient={{context.patientId}}"),
    Template("encounter", "Encounter", "Encounter/{{context.encounterId}}", is_read=True),
    Template("patients", "Patient", "Patient?_id={{context.patientId}}"),
)


def test_the_chart_is_put_under_the_keys_of_the_service():
    run = run_of(
        "facts: [{condition: {snomed: 100001}}, {current-encounter: {id: e1}}, {encounter: {id: e2}}]\nfires: []"
    )
    found = prefetch_for(run, CHART)
    assert set(found) == {template.key for template in CHART}
    assert found["patient"] == run.request["prefetch"]["Patient"]
    assert found["Condition"] == run.request["prefetch"]["Condition"]
    assert found["devices"]["entry"] == []
    assert found["encounter"]["id"] == "e1"
    assert found["patients"]["entry"] == [{"resource": found["patient"]}]


def test_what_was_not_supplied_is_under_no_key_of_the_service():
    found = prefetch_for(run_of("not-supplied: [lab, patient]\nfires: []"), CHART)
    assert set(found) == {"Condition", "devices"}


def test_a_fact_of_the_background_that_names_another_is_looked_at_in_each_case():
    _, problems = told(
        HEADER
        + """\
background:
  - condition: {snomed: 73211009, encounter: stay}
cases:
  - {name: told, facts: [{encounter: {id: stay, start: today}}], fires: []}
  - {name: not told, facts: [{lab: {loinc: 2823-3, value: 4.0 mmol/L}}], fires: []}
"""
    )
    assert [problem.code for problem in problems] == ["CDS604"]
    assert problems[0].message == 'no fact of the case has the id "stay"'


def test_a_background_with_a_mistake_spoils_every_case_and_is_told_once():
    runs, problems = told(
        HEADER
        + """\
background:
  - lab: {loinc: 2823-3, value: much}
cases:
  - {name: one, fires: []}
  - {name: two, fires: []}
"""
    )
    assert runs == []
    assert [(problem.code, problem.location.line) for problem in problems] == [("CDS604", 6)]


def test_the_same_background_at_another_moment_is_another_fact():
    runs, problems = told(
        HEADER
        + """\
background:
  - lab: {loinc: 2823-3, value: 4.0 mmol/L, on: 3 days ago}
cases:
  - {name: now, fires: []}
  - {name: then, at: 2026-01-10, fires: []}
  - {name: now again, fires: []}
"""
    )
    assert problems == []
    labs = [run.request["prefetch"]["Observation"]["entry"][0]["resource"] for run in runs]
    assert [lab["effectiveDateTime"] for lab in labs] == ["2026-02-26", "2026-01-07", "2026-02-26"]
