"""What ``cds explain`` says would change an answer does change it, at the very step it names."""

import copy
import json

import pytest
from click.testing import CliRunner

from cds.commands import main
from tests.authoring.drafts import write_draft


def bundle(*resources):
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in resources]}


def coded(system, code):
    return {"coding": [{"system": system, "code": code}]}


RXNORM, LOINC = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://loinc.org"
SUBJECT = {"reference": "Patient/p"}
ORDER = {"resourceType": "MedicationRequest", "id": "m", "status": "draft", "intent": "order", "subject": SUBJECT,
         "medicationCodeableConcept": coded(RXNORM, "10829")}  # fmt: skip
POTASSIUM = {"resourceType": "Observation", "id": "k", "status": "final", "subject": SUBJECT,
             "code": coded(LOINC, "2823-3"), "effectiveDateTime": "2026-02-26",
             "category": [coded("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory")],
             "valueQuantity": {"value": 5.6, "unit": "mmol/L", "system": "http://unitsofmeasure.org",
                               "code": "mmol/L"}}  # fmt: skip


def request(*observations):
    return {
        "hook": "order-sign", "hookInstance": "7d1a2c9e-2f63-4b0e-9a43-0d4b8f1c1a11",
        "context": {"userId": "Practitioner/1", "patientId": "p",
                    "draftOrders": bundle(ORDER) | {"type": "collection"}},
        "prefetch": {"patient": {"resourceType": "Patient", "id": "p", "birthDate": "1956-03-01"},
                     "Observation": bundle(*observations), "Procedure": bundle()},
    }  # fmt: skip


@pytest.fixture
def explain(tmp_path, monkeypatch):
    folder = write_draft(tmp_path / "rulesets", "1.0.0")
    monkeypatch.setenv("CDS_RULESETS", str(tmp_path / "rulesets"))

    def run(body, *arguments):
        file = tmp_path / "request.json"
        file.write_text(json.dumps(body))
        told = ("explain", str(folder), str(file), "--at", "2026-03-01", "--search", "60", *arguments)
        done = CliRunner().invoke(main, told)
        assert done.exit_code == 0, done.output
        return done.stdout

    return lambda body, *arguments: (
        json.loads(run(body, "--json", *arguments))["result"].get("whatIf") if "--text" not in arguments
        else run(body, *(each for each in arguments if each != "--text"))
    )  # fmt: skip


def rules(told):
    return [each["rule"] for each in told]


def test_the_nearest_value_at_which_the_answer_is_another_is_named_and_one_step_nearer_it_is_not(explain):
    told = explain(request(POTASSIUM))
    assert rules(told["said"]) == ["raises-potassium"]
    assert {"what": "Observation/k: 5 mmol/L instead of 5.6", "facts": 1, "said": []} in told["changes"]
    assert not any("mmol/L instead" in change["what"] and change["said"] for change in told["changes"])
    assert told["cut"] is False
    for value, said in ((5.0, []), (5.001, ["raises-potassium"])):
        turned = copy.deepcopy(POTASSIUM)
        turned["valueQuantity"]["value"] = value
        assert rules(explain(request(turned))["said"]) == said


def test_a_date_over_the_edge_of_its_window_and_a_fact_left_out_or_added(explain):
    found = {change["what"]: rules(change["said"]) for change in explain(request(POTASSIUM))["changes"]}
    assert found["Observation/k: effectiveDateTime 2026-01-29 instead of 2026-02-26"] == ["not-checked"]
    assert found["without Observation/k"] == ["not-checked"]
    old = copy.deepcopy(POTASSIUM) | {"effectiveDateTime": "2026-01-30"}
    assert rules(explain(request(old))["said"]) == ["raises-potassium"]


def test_what_is_missing_and_decides_is_told_in_two_ways_with_its_query(explain):
    told = explain(request())
    assert rules(told["said"]) == ["not-checked"]
    (worth,) = told["worthObtaining"]
    assert worth["item"] == "lab 2823-3 (Potassium in Serum or Plasma)"
    assert worth["query"].startswith("Observation?patient=p&code=http://loinc.org|2823-3")
    assert [rules(each["said"]) for each in worth["completions"]] == [["raises-potassium"], []]
    text = explain(request(), "--text")
    assert "most worth obtaining: lab 2823-3 (Potassium in Serum or Plasma): GET Observation?patient=p" in text


def test_two_facts_together_where_no_single_one_changes_it(explain):
    first = copy.deepcopy(POTASSIUM) | {"effectiveDateTime": "2026-02-27"}
    second = copy.deepcopy(POTASSIUM) | {"id": "k2", "effectiveDateTime": "2026-02-28"}
    found = explain(request(first, second), "--rule", "not-checked")["changes"]
    assert [(change["what"], change["facts"]) for change in found] == [("without Observation/k and Observation/k2", 2)]


def test_without_time_it_says_so_and_without_search_it_says_nothing(explain):
    assert explain(request(POTASSIUM), "--search", "0") is None
    assert "what would change" not in explain(request(POTASSIUM), "--text", "--search", "0")


def test_a_prefetch_key_that_is_nearly_the_one_asked_for_is_told(tmp_path, monkeypatch):
    write_draft(tmp_path / "rulesets", "1.0.0")
    monkeypatch.setenv("CDS_RULESETS", str(tmp_path / "rulesets"))
    body = request(POTASSIUM)
    body["prefetch"]["observations"] = body["prefetch"].pop("Observation")
    (tmp_path / "request.json").write_text(json.dumps(body))
    told = ("explain", "potassium@draft", str(tmp_path / "request.json"), "--at", "2026-03-01", "--search", "0")
    done = CliRunner().invoke(main, told)
    assert done.exit_code == 0, done.output
    assert 'note: the prefetch has "observations"; "Observation" is what is asked for' in done.stderr
    assert "not-checked: fires" in done.stdout


def test_a_fact_that_a_case_tells_by_code_alone_is_named(explain):
    found = [change["what"] for change in explain(request())["changes"] if change["what"].startswith("one more: ")]
    assert found
    assert all(what.endswith("} (Potassium in Serum or Plasma)") for what in found), found


def test_what_is_on_record_under_another_code_of_its_value_set_is_not_to_be_obtained(explain, tmp_path):
    one = "{2823-3: Potassium in Serum or Plasma}"
    write_draft(tmp_path / "rulesets", "1.0.0", (one, f"{one[:-1]}, 6298-4: Potassium in Blood}}"))
    unitless = copy.deepcopy(POTASSIUM) | {"code": coded(LOINC, "6298-4"), "valueQuantity": {"value": 5.6}}
    told = explain(request(unitless))
    assert rules(told["said"]) == ["not-checked"]
    assert told["worthObtaining"] == []
    text = explain(request(unitless), "--text", "--rule", "raises-potassium")
    assert "most worth obtaining" not in text
    assert "unit" in text, text


def asked(tmp_path, monkeypatch, *arguments, body=None):
    monkeypatch.setenv("CDS_RULESETS", str(tmp_path / "rulesets"))
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request(POTASSIUM) if body is None else body))
    name, *more = arguments
    return CliRunner().invoke(main, ("explain", name, str(file), "--at", "2026-03-01", "--search", "0", *more))


def test_where_only_a_draft_exists_it_is_the_draft_and_called_so(tmp_path, monkeypatch):
    write_draft(tmp_path / "rulesets", "1.0.0")
    done = asked(tmp_path, monkeypatch, "potassium")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("potassium@draft (to be 1.0.0), order-sign\n")
    assert "this is its draft" in done.stderr
    told = json.loads(asked(tmp_path, monkeypatch, "potassium@draft", "--json").stdout)["result"]
    assert told["ruleset"] == "potassium@draft"
    none = asked(tmp_path, monkeypatch, "potassium@1.0.0")
    assert (none.exit_code, "of potassium there is draft" in none.stderr) == (2, True)


def test_where_no_version_is_in_effect_their_days_are_told(tmp_path, monkeypatch):
    write_draft(tmp_path / "rulesets", "1.0.0")
    monkeypatch.setenv("CDS_RULESETS", str(tmp_path / "rulesets"))
    monkeypatch.setenv("CDS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CDS_ENGINE", "reference")
    assert CliRunner().invoke(main, ["publish", "potassium", "--entry", "x"]).exit_code == 0
    done = asked(tmp_path, monkeypatch, "potassium", "--at", "2019-06-01")
    assert done.exit_code == 2
    assert "no version of potassium is in effect on 2019-06-01: 1.0.0 from 2020-01-01 on; " in done.stderr


def test_a_rule_that_there_is_not_brings_the_nearest_or_all(tmp_path, monkeypatch):
    write_draft(tmp_path / "rulesets", "1.0.0")
    for typed, said in (("raise-potassium", "did you mean raises-potassium?"), ("x", "it has raises-potassium, not-")):
        done = asked(tmp_path, monkeypatch, "potassium@draft", "--rule", typed)
        assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "  body: must be"),
        ({"hook": "order-sign"}, "  hookInstance: "),
        ("other patient", "is about another patient than context.patientId"),
    ],
)
def test_a_request_that_cannot_be_judged_is_told_field_by_field(tmp_path, monkeypatch, body, said):
    write_draft(tmp_path / "rulesets", "1.0.0")
    if body == "other patient":
        body = copy.deepcopy(request(POTASSIUM))
        body["context"]["draftOrders"]["entry"][0]["resource"]["subject"] = {"reference": "Patient/q"}
    done = asked(tmp_path, monkeypatch, "potassium@draft", body=body)
    assert done.exit_code == 2
    assert said in done.stderr, done.stderr


def test_a_published_version_that_cannot_be_read_is_no_reason_to_take_the_draft(tmp_path, monkeypatch):
    write_draft(tmp_path / "rulesets", "1.0.0")
    spoilt = tmp_path / "rulesets" / "potassium" / "1.0.0"
    spoilt.mkdir()
    (spoilt / "ruleset.yaml").write_text("format: 1\n")
    done = asked(tmp_path, monkeypatch, "potassium")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "Error: no published version of potassium can be read: cds lint potassium tells why\n"
