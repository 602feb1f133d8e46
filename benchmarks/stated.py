"""The stated setting of the service's targets: a 30 KB order-sign request with 50 resources, and 100 rules.

Everything is made from a seed; nobody in it is a patient. The rulesets of the repository are copied to a folder that is
thrown away. *stated*: some rulesets are taken out of the service, so that about 100 rules answer, of which two find
something. *whole*: the service as it is shipped.
"""

import json
import random
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from cds.rules.catalog.digest import digest_of
from cds.rules.catalog.load import load_catalog

SEED = 20_261_122
RESOURCES = 50
RULES = 100
#: Taken out one after another for as long as 100 rules are left. They are among those that cost this patient least: all
#: that is dear is in the stated form, in fewer rules.
SPARE = ("digoxin-cyclosporine", "qt-prolongation", "teratogens")
Form = Literal["stated", "whole"]
HOOK_INSTANCE = "5ea7ed00-0000-4000-8000-000000000001"
MOMENT = "2026-05-01T12:00:00Z"
SERVICE = "medication-safety-order-sign"
RXNORM, LOINC, SNOMED, UCUM = (
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://unitsofmeasure.org",
)
LABS = [
    ("2823-3", "Potassium", "mmol/L", 4.2),
    ("2951-2", "Sodium", "mmol/L", 139.0),
    ("718-7", "Hemoglobin", "g/dL", 13.1),
    ("777-3", "Platelets", "10*3/uL", 231.0),
    ("4548-4", "HbA1c", "%", 6.9),
    ("98979-8", "eGFR CKD-EPI 2021", "mL/min/{1.73_m2}", 74.0),
    ("1742-6", "ALT", "U/L", 31.0),
    ("13457-7", "LDL cholesterol", "mg/dL", 112.0),
]
DRUGS = [
    ("855332", "warfarin sodium 5 MG Oral Tablet"),
    ("197901", "lorazepam 1 MG Oral Tablet"),
    ("314076", "lisinopril 10 MG Oral Tablet"),
    ("617310", "atorvastatin 20 MG Oral Tablet"),
    ("866924", "metoprolol tartrate 25 MG Oral Tablet"),
    ("308136", "amlodipine 2.5 MG Oral Tablet"),
]
CONDITIONS = [("49436004", "Atrial fibrillation"), ("38341003", "Hypertension"), ("55822004", "Hyperlipidemia")]


def request(seed: int = SEED, resources: int = RESOURCES) -> bytes:
    """The body: amoxicillin and oxycodone are signed for a patient on lorazepam and five other drugs.

    resources: how many there are in all; results beyond what the others leave.
    """
    rng = random.Random(seed)
    patient = f"bench-{seed}"
    subject = {"reference": f"Patient/{patient}"}
    person = {"resourceType": "Patient", "id": patient, "gender": "female", "birthDate": "1948-03-09"}
    drafts = [
        _order(
            "draft-1", "308182", "amoxicillin 250 MG Oral Capsule", subject, status="draft", day="2026-05-01", times=3
        ),
        _order(
            "draft-2",
            "1049621",
            "oxycodone hydrochloride 5 MG Oral Tablet",
            subject,
            status="draft",
            day="2026-05-01",
            times=2,
        ),
    ]
    orders = [
        _order(f"order-{n}", *drug, subject, status="active", day=f"2026-0{rng.randint(1, 4)}-1{n}", times=1)
        for n, drug in enumerate(DRUGS)
    ]
    conditions = [_condition(f"condition-{n}", *coded, subject) for n, coded in enumerate(CONDITIONS)]
    visits = [_visit(f"visit-{n}", subject, rng) for n in range(6)]
    count = resources - 1 - len(drafts) - len(orders) - len(conditions) - len(visits)
    labs = [_lab(f"lab-{n}", LABS[n % len(LABS)], subject, rng) for n in range(count)]
    prefetch = {
        "Patient": person,
        "AllergyIntolerance": _searchset([]),
        "Condition": _searchset(conditions),
        "Encounter": _searchset(visits),
        "MedicationAdministration": _searchset([]),
        "MedicationDispense": _searchset([]),
        "MedicationRequest": _searchset(orders),
        "MedicationStatement": _searchset([]),
        "Observation": _searchset(labs),
        "Procedure": _searchset([]),
    }
    context = {
        "userId": "Practitioner/bench",
        "patientId": patient,
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": draft} for draft in drafts]},
    }
    told = {"hook": "order-sign", "hookInstance": HOOK_INSTANCE, "context": context, "prefetch": prefetch}
    return json.dumps(told, separators=(",", ":")).encode()


def variant(body: bytes, number: int) -> bytes:
    """The same request with another hook instance (a repeat of the facts, not of the bytes)."""
    return body.replace(HOOK_INSTANCE.encode(), f"5ea7ed00-0000-4000-8000-{number:012x}".encode())


def _searchset(resources: list[dict]) -> dict:
    entries = [{"resource": resource, "search": {"mode": "match"}} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def _concept(system: str, code: str, text: str) -> dict:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def _order(name: str, code: str, text: str, subject: dict, *, status: str, day: str, times: int) -> dict:
    category = "http://terminology.hl7.org/CodeSystem/medicationrequest-category"
    return {
        "resourceType": "MedicationRequest",
        "id": name,
        "meta": {"versionId": "1", "lastUpdated": f"{day}T08:00:00Z"},
        "status": status,
        "intent": "order",
        "category": [_concept(category, "community", "Community")],
        "medicationCodeableConcept": _concept(RXNORM, code, text),
        "subject": subject,
        "authoredOn": day,
        "requester": {"reference": "Practitioner/bench"},
        "dosageInstruction": [
            {
                "text": f"1 tablet {times} times a day",
                "timing": {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet", "system": UCUM, "code": "{tablet}"}}],
            }
        ],
    }


def _condition(name: str, code: str, text: str, subject: dict) -> dict:
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    verified = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    return {
        "resourceType": "Condition",
        "id": name,
        "clinicalStatus": _concept(clinical, "active", "Active"),
        "verificationStatus": _concept(verified, "confirmed", "Confirmed"),
        "code": _concept(SNOMED, code, text),
        "subject": subject,
        "recordedDate": "2021-02-03",
    }


def _visit(name: str, subject: dict, rng: random.Random) -> dict:
    day = f"2025-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    return {
        "resourceType": "Encounter",
        "id": name,
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [_concept(SNOMED, "185349003", "Encounter for check up")],
        "subject": subject,
        "period": {"start": f"{day}T09:00:00Z", "end": f"{day}T09:20:00Z"},
    }


def _lab(name: str, kind: tuple[str, str, str, float], subject: dict, rng: random.Random) -> dict:
    code, text, unit, usual = kind
    day = f"2025-{rng.randint(6, 12):02d}-{rng.randint(1, 28):02d}"
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    value = round(usual * rng.uniform(0.95, 1.05), 1)
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "category": [_concept(category, "laboratory", "Laboratory")],
        "code": _concept(LOINC, code, text),
        "subject": subject,
        "effectiveDateTime": f"{day}T08:30:00Z",
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    }


# --- the rulesets --------------------------------------------------------------------------------

_RULESET = """\
format: 1
ruleset: {name}
version: 1.0.0
status: published
approved-by: none
hooks: [order-sign]
title: Made up for measuring, {name}
publisher: benchmarks
approval-date: 2026-11-22
last-review-date: 2026-11-22
effective:
  from: 2010-01-01
evidence:
  none:
    title: Made up for measuring
    label: Made up
    link: https://example.org/
    grade:
      scheme: none
      strength: none
value-sets:
{sets}
definitions:
{definitions}
rules:
{rules}
"""
_SETS = """\
  drug-{n}:
    rxnorm:
      {drug}: Drug {n}
  lab-{n}:
    loinc:
      {lab}: Lab {n}
  disease-{n}:
    icd10cm:
      {disease}: Disease {n}
"""
_DEFINITIONS = """\
  ordered-{n}:
    says: Drug {n} is being ordered
    any: order
    in: drug-{n}
  used-{n}:
    says: Drug {n} is in use
    any: medication
    in: drug-{n}
  result-{n}:
    says: Most recent lab {n} of 24 months
    latest: lab
    in: lab-{n}
    within: 24 months
  low-{n}:
    says: Lab {n} is below {limit} {unit}
    value: result-{n}
    is: below {limit} {unit}
  diseased-{n}:
    says: Disease {n} is on record
    any: condition
    in: disease-{n}
  met-{n}:
    says: Drug {n} is being ordered or is in use
    any-of: [ordered-{n}, used-{n}]
"""
_RULE = """\
  rule-{n}:
    when: [met-{n}, low-{n}]
    unless: [diseased-{n}]
    unless-unknown: fire
    when-unknown: stay-silent
    then:
      card:
        indicator: info
        summary: Drug {n} with a low lab {n}
        detail: Made up for measuring.
        evidence: [none]
"""


def rulesets(source: Path, target: Path, form: Form = "stated") -> int:
    """A copy of ``source`` in ``target``; the number of rules that answer at order-sign.

    The stated form fails when newer versions have more rules than its name says: then choose more that is spare.
    """
    shutil.copytree(source, target)
    text = (target / "services.yaml").read_text(encoding="utf-8")
    found = re.search(rf"^{SERVICE}:\n(?:  .*\n)*", text, re.MULTILINE)
    assert found is not None
    block = found.group(0)
    answering = _answering(target, re.findall(r"^    ([a-z0-9-]+): ", block, re.MULTILINE))
    rules = sum(answering.values())
    if form == "stated":
        for name in SPARE:
            if rules - answering[name] < RULES:
                continue
            block, taken = re.subn(rf"^    {name}: .*\n", "", block, flags=re.MULTILINE)
            assert taken == 1, name
            rules -= answering[name]
        (target / "services.yaml").write_text(text.replace(found.group(0), block), encoding="utf-8")
        assert RULES <= rules <= 1.1 * RULES, f"{rules} rules answer, not about {RULES}"
    return rules


def _answering(folder: Path, names: Iterable[str]) -> dict[str, int]:
    """How many rules of the newest version of each answer at order-sign."""
    catalog, problems = load_catalog(folder)
    errors = [str(problem) for problem in problems if problem.severity == "error"]
    assert not errors, "\n".join(errors)
    newest = {name: catalog.versions[name][0] for name in names}
    return {
        name: sum("order-sign" in (rule.hooks or ruleset.hooks) for rule in ruleset.rules)
        for name, ruleset in newest.items()
    }


def write_made_up(folder: Path, name: str, rows: Iterable[dict]) -> None:
    """A ruleset with one rule for each row (n, drug, lab, disease, limit, unit)."""
    filled = list(rows)
    folder.mkdir(parents=True)
    text = _RULESET.format(
        name=name,
        sets="".join(_SETS.format(**one) for one in filled),
        definitions="".join(_DEFINITIONS.format(**one) for one in filled),
        rules="".join(_RULE.format(**one) for one in filled),
    )
    (folder / "ruleset.yaml").write_text(text, encoding="utf-8")
    (folder / "DIGEST").write_text(f"sha256:{digest_of(folder)}\n", encoding="ascii")
