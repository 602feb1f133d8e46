"""``cds diff`` as typed."""

import json

import pytest
from click.testing import CliRunner

from cds.commands import main
from tests.authoring.drafts import write_draft
from tests.authoring.test_witnesses import CODE, LIMIT, WINDOW

REQUEST = {
    "hook": "order-sign", "hookInstance": "7d1a2c9e-2f63-4b0e-9a43-0d4b8f1c1a11",
    "context": {"userId": "Practitioner/1", "patientId": "p", "draftOrders": {"resourceType": "Bundle",
        "type": "collection", "entry": [{"resource": {"resourceType": "MedicationRequest", "id": "m",
        "status": "draft", "intent": "order", "subject": {"reference": "Patient/p"}, "medicationCodeableConcept":
        {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "10831"}]}}}]}},
    "prefetch": {"patient": {"resourceType": "Patient", "id": "p", "birthDate": "1950-01-01"}},
}  # fmt: skip


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("CDS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CDS_RULESETS", str(tmp_path / "rulesets"))
    monkeypatch.setenv("CDS_ENGINE", "reference")
    write_draft(tmp_path / "rulesets", "1.0.0")
    invoke = lambda *arguments: CliRunner().invoke(main, arguments)  # noqa: E731 - as the other modules have it
    assert invoke("publish", "potassium", "--entry", "First.").exit_code == 0
    return invoke


def test_a_draft_against_the_newest_version(run, tmp_path):
    write_draft(tmp_path / "rulesets", "1.1.0", LIMIT, WINDOW)
    done = run("diff", "potassium")
    assert done.exit_code == 0, done.output
    assert "above 5.0 mmol/L -> above 5.7 mmol/L" in done.stdout
    assert "fires in potassium@1.0.0 only: raises-potassium" in done.stdout
    assert done.stdout.rstrip().endswith("a minor change: the least version after potassium@1.0.0 is 1.1.0")
    told = json.loads(run("diff", "potassium@1.0.0", "potassium@draft", "--json").stdout)["result"]
    assert (told["level"], told["least"], told["corpus"]) == ("minor", "1.1.0", None)
    assert {one["name"]: bool(one["witness"]) for one in told["changes"]} == {"newest": True, "high": True}


def test_two_that_mean_the_same_and_the_exit_code(run, tmp_path):
    write_draft(tmp_path / "rulesets", "1.0.1")
    done = run("diff", "potassium", "--exit-code")
    assert (done.exit_code, "mean the same" in done.stdout) == (0, True)
    write_draft(tmp_path / "rulesets", "1.0.1", LIMIT)
    assert run("diff", "potassium", "--exit-code", "--search", "0").exit_code == 1


def test_requests_from_outside_are_told_by_their_ids(run, tmp_path):
    write_draft(tmp_path / "rulesets", "1.1.0", CODE)
    cases = tmp_path / "cases.ndjson"
    case = {"id": "outside-1", "request": REQUEST, "asOf": "2026-03-01"}
    cases.write_text(f"{json.dumps(case)}\nno json\n")
    done = run("diff", "potassium", "--search", "0", "--corpus", str(cases), "--json")
    assert (done.exit_code, json.loads(done.stdout)["result"]["corpus"]) == (2, {
        "asked": 1, "left": 0, "differing": [{"id": "outside-1", "onlyBefore": [], "onlyAfter": ["not-checked"]}],
        "unreadable": [{"place": f"{cases}:2", "reason": "not JSON"}],
    })  # fmt: skip
    cases.write_text(json.dumps(case))
    assert run("diff", "potassium", "--search", "0", "--corpus", str(cases)).exit_code == 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cases.ndjson", bytes(range(256)), "cases.ndjson:1: not JSON"),
        ("cases.json.gz", b"no gzip at all", "cases.json.gz: cannot be read to its end (BadGzipFile)"),
        ("cases.json", b'{"resourceType": "ValueSet"}', "cases.json:1: neither a case, a CDS Hooks request nor"),
        ("cases.json", b"", "there is no request in the corpus"),
        ("cases.json", json.dumps({"request": REQUEST, "asOf": "soon"}).encode(), "the moment that it names is none"),
        ("cases.json", json.dumps(REQUEST | {"hook": "patient-view"}).encode(), "1 could not be asked (another hook"),
    ],
)
def test_a_corpus_that_cannot_be_asked_is_named_and_ends_with_2(run, tmp_path, name, content, said):
    write_draft(tmp_path / "rulesets", "1.1.0", CODE)
    (tmp_path / name).write_bytes(content)
    done = run("diff", "potassium", "--search", "0", "--corpus", str(tmp_path / name))
    assert (done.exit_code, said in done.stdout) == (2, True), done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "there is no ruleset nothing"),
        (["potassium@3.0.0", "potassium@1.0.0"], "there is no version potassium@3.0.0"),
        (["potassium@..", "potassium@1.0.0"], "there is no version"),
        (["potassium"], "there is no version potassium@draft"),
    ],
)
def test_what_is_not_there_is_said(run, arguments, said):
    done = run("diff", *arguments)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output
