"""A case travels through the same reading as a real request: bytes, envelope, supply, record."""

from fractions import Fraction
from pathlib import Path

import orjson
import pytest

from cds.authoring.case_request import CHART_TYPES, HOOKS
from cds.authoring.cases import CaseRun, expand, prefetch_for
from cds.facts.dosage import daily_dose
from cds.facts.fact import Record, Vocabulary
from cds.facts.record import read_record
from cds.hooks.prefetch import Template, read_supplied
from cds.hooks.request import read_request
from cds.terminology.coding import RXNORM, SNOMED, Coding
from cds.units.quantity import Interval, Quantity
from tests.authoring.telling import HEADER, run_of

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.yaml"))
TEMPLATES = (
    Template("Patient", "Patient", "Patient/{{context.patientId}}", is_read=True),
    *(Template(f"{name}-key", name, f"{name}?patient={{{{context.patientId}}}}") for name in CHART_TYPES),
)
VOCABULARY = Vocabulary(
    frozenset(
        {Coding(RXNORM, code) for code in ("7052", "7804", "6809", "7242", "4337")} | {Coding(SNOMED, "236435004")}
    ),
    frozenset({"observation", "condition", "encounter", "allergy", "immunization", "procedure"}),
)
RUNS = [run for path in SAMPLES for run in expand(path)[0]]
SELECT = HEADER.replace("order-sign", "order-select")


def record_of(run: CaseRun) -> Record:
    body = orjson.dumps(run.request | {"prefetch": prefetch_for(run, TEMPLATES)})
    request = read_request(body, HOOKS)
    return read_record(
        hook=request.hook,
        patient_id=request.patient_id,
        encounter_id=request.encounter_id,
        drafts=request.drafts,
        selections=request.selections,
        supplied=read_supplied(request.prefetch, TEMPLATES),
        vocabulary=VOCABULARY,
        moment=run.moment,
    )


def told(text: str, header: str = HEADER) -> Record:
    return record_of(run_of(f"{text}\nfires: []", header))


def statuses(record: Record, kind: str) -> dict[str, str]:
    return {fact.reference: fact.status for fact in record.facts.get(kind, ())}


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.ruleset}: {run.name}")
def test_every_case_of_the_language_reference_is_read_without_an_omission(run):
    record = record_of(run)
    assert record.omissions == ()
    assert set(record.unsupplied) == run.not_supplied


EVERY_KIND = """\
facts:
  - {condition: {snomed: 236435004, on: 2020-01}}
  - {lab: {loinc: 2160-0, value: 1.1 mg/dL, on: 3 hours ago}}
  - {vital: {loinc: 8480-6, value: "150 mm[Hg]", on: today}}
  - {medication: {rxnorm: 7804, id: m1, on: 40 days ago, daily-dose: 20 mg/d}}
  - {prescription: {rxnorm: 7804, id: p1, on: 400 days ago}}
  - {order: {rxnorm: 7052, id: o1}}
  - {draft: {rxnorm: 7052, id: d1}}
  - {dispense: {rxnorm: 7242, id: s1, on: 300 days ago}}
  - {administration: {rxnorm: 7052, id: a1, on: 2 days ago, dose: 5 mg}}
  - {allergy: {rxnorm: 7052, criticality: high}}
  - {procedure: {snomed: 236435004, on: 1 year ago}}
  - {immunization: {cvx: 140, on: 60 days ago, dose-number: 1}}
  - {encounter: {snomed: 236435004, class: ambulatory, on: 3 days ago}}
  - {current-encounter: {id: e1, class: inpatient, on: 1 day ago}}
"""


def test_every_kind_of_fact_is_read_as_that_kind():
    record = told(EVERY_KIND, SELECT)
    assert record.omissions == ()
    assert set(record.facts) == {
        *("condition", "observation", "medication", "prescription", "order", "draft", "dispense", "administration"),
        *("allergy", "procedure", "immunization", "encounter", "current-encounter"),
    }
    assert statuses(record, "order") == {"MedicationRequest/o1": "draft"}
    assert set(statuses(record, "draft")) == {"MedicationRequest/o1", "MedicationRequest/d1"}
    assert statuses(record, "current-encounter") == {"Encounter/e1": "in-progress"}


def test_a_medication_is_in_use_and_a_past_prescription_is_not():
    record = told("facts: [{medication: {rxnorm: 7804, id: m1}}, {prescription: {rxnorm: 7804, id: p1}}]")
    assert statuses(record, "medication") == {"MedicationRequest/m1": "active", "MedicationRequest/p1": "completed"}


def test_a_replaced_medication_is_read_as_replaced():
    record = told("facts: [{order: {rxnorm: 7052}}, {medication: {rxnorm: 7052, id: m1, status: replaced}}]")
    assert statuses(record, "medication") == {"MedicationRequest/m1": "replaced"}


@pytest.mark.parametrize(
    ("entry", "unit", "amount"),
    [
        ("rxnorm: 7052, daily-dose: 49.9 mg/d", "mg/d", Fraction(499, 10)),
        ("rxnorm: 7052, dose: 12.5 mg, frequency: every 6 hours", "mg/d", Fraction(50)),
        ("rxnorm: 261184, daily-dose: 25 ug/h", "ug/h", Fraction(25)),  # fentanyl 25 ug/h patch
        ('rxnorm: 261184, dose: "1 {patch}", frequency: every 72 hours', "ug/h", Fraction(25)),
    ],
)
def test_a_dose_is_read_exactly_as_told(entry, unit, amount):
    run = run_of(f"facts: [{{order: {{{entry}}}}}]\nfires: []")
    (draft,) = record_of(run).facts["order"]
    assert daily_dose(draft, run.moment) == Quantity(Interval.exactly(amount), unit)


KINDS = ["condition", "lab", "medication", "dispense", "administration", "allergy", "procedure", "immunization"]


@pytest.mark.parametrize("kind", [*KINDS, "prescription", "encounter", "order", "draft"])
def test_what_is_unreadable_could_be_any_fact_of_its_kind(kind):
    record = told(f"unreadable: [{kind}]")
    (omission,) = record.omissions
    assert omission.codings is None
    assert {"lab": "observation"}.get(kind, kind) in omission.kinds
    assert kind not in record.facts


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_not_supplied_is_not_read_as_none(kind):
    run = run_of(f"not-supplied: [{kind}]\nfires: []")
    assert set(record_of(run).unsupplied) == run.not_supplied != set()


def test_a_patient_that_was_not_supplied_has_no_birth_date():
    record = told("not-supplied: [patient]")
    assert record.patient.birth is None
    assert record.patient.sex is None


def test_the_patient_is_read_as_told():
    patient = told("patient: {born: 65 years ago, sex: male, race: black, deceased: no}").patient
    assert patient.birth is not None
    assert patient.birth.first_day.isoformat() == "1961-03-01"
    assert (patient.sex, patient.deceased) == ("male", False)
    assert len(patient.races) == 1
