"""A folder of rulesets on disk, as small as one can be: who orders ibuprofen at an age above a limit is told so."""

import json
from pathlib import Path
from typing import Any

from cds.rules.catalog.digest import digest_of

SERVICES = """\
sign:
  hook: order-sign
  title: Signing
  description: Checks ibuprofen.
  rulesets:
    elders: "<9.0.0"
view:
  hook: order-select
  title: Selecting
  description: Checks ibuprofen.
  rulesets:
    elders: "<9.0.0"
"""
RULESET = """\
format: 1
ruleset: elders
version: {version}
status: published
hooks: [order-sign, order-select]
title: Ibuprofen in the old
publisher: Example Health
approval-date: 2026-01-15
last-review-date: 2026-01-16
effective:
  from: {start}
parameters:
  age-limit:
    says: The age from which it is told
    default: 65 years
    allowed: from 60 years to 75 years
evidence:
  label:
    title: The label
    link: https://example.org/label
    grade:
      scheme: regulatory
      strength: label
value-sets:
  ibuprofen:
    rxnorm:
      "5640": ibuprofen
definitions:
  ordered:
    says: Ibuprofen is ordered
    any: draft
    in: ibuprofen
  old:
    says: "At least {{age-limit}} old"
    age: now
    is: at least age-limit
rules:
  careful:
    when: [ordered, old]
    when-unknown: stay-silent
    then:
      card:
        indicator: warning
        summary: "{summary}"
        detail: Take care.
        evidence: [label]
{more}"""
SECOND = """\
  mention:
    when: [ordered]
    when-unknown: stay-silent
    then:
      card:
        indicator: info
        summary: Ibuprofen is ordered
        detail: Only said.
        evidence: [label]
"""


def write_services(folder: Path, text: str = SERVICES) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "services.yaml").write_text(text)
    (folder / "override-reasons.yaml").write_text("declined: Declined\n")


def write_version(
    folder: Path, version: str, summary: str = "Ibuprofen in the old", start: str = "2020-01-01", more: str = ""
) -> str:
    """The digest of the version that now stands there."""
    place = folder / "elders" / version
    place.mkdir(parents=True, exist_ok=True)
    (place / "ruleset.yaml").write_text(RULESET.format(version=version, summary=summary, start=start, more=more))
    digest = digest_of(place)
    (place / "DIGEST").write_text(f"sha256:{digest}\n")
    return digest


def request(
    patient: str = "p1", hook: str = "order-sign", born: str = "1950-01-01", pin: Any = None, instance: int = 1
) -> bytes:
    """Ibuprofen, ordered for a patient who is 76 years old in May 2026."""
    drug = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "5640"}]}
    draft = {
        "resourceType": "MedicationRequest",
        "id": "d1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        "medicationCodeableConcept": drug,
    }
    context: dict[str, Any] = {
        "userId": "Practitioner/p",
        "patientId": patient,
        "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]},
    }
    if hook == "order-select":
        context["selections"] = ["MedicationRequest/d1"]
    told: dict[str, Any] = {
        "hook": hook,
        "hookInstance": f"0b1f0000-0000-4000-8000-{instance:012d}",
        "context": context,
        "prefetch": {"Patient": {"resourceType": "Patient", "id": patient, "birthDate": born}},
    }
    if pin is not None:
        told["extension"] = {"org.cds-rules.pin": pin}
    return json.dumps(told).encode()
