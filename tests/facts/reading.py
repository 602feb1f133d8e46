"""One-line reading of a record, for the tests of this package."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cds.facts.dates import Moment
from cds.facts.fact import Fact, Record, Vocabulary
from cds.facts.record import read_record
from cds.hooks.prefetch import Supplied
from cds.terminology.coding import CVX, ICD10CM, LOINC, RXNORM, SNOMED, Coding
from tests.patients import PATIENT, patient, supplied, supply

UTC_ZONE = ZoneInfo("UTC")
NOW = Moment(datetime(2026, 3, 1, 12, tzinfo=UTC), UTC_ZONE)

WARFARIN, IBUPROFEN, OXYCODONE, HYDROCODONE, FENTANYL = "11289", "5640", "7804", "5489", "4337"
HYPERTENSION, DIABETES, CODE_OF_NO_RULE = "38341003", "44054006", "271737000"
POTASSIUM, SYSTOLIC, DIASTOLIC, PANEL = "2823-3", "8480-6", "8462-4", "85354-9"

VOCABULARY = Vocabulary(
    frozenset(
        [
            *(Coding(RXNORM, code) for code in (WARFARIN, IBUPROFEN, OXYCODONE, HYDROCODONE, FENTANYL)),
            *(Coding(SNOMED, code) for code in (HYPERTENSION, DIABETES, "24623002", "185349003")),
            *(Coding(LOINC, code) for code in (POTASSIUM, SYSTOLIC, DIASTOLIC)),
            Coding(ICD10CM, "I10"),
            Coding(CVX, "140"),
        ]
    )
)


def read(
    *resources: Any,
    drafts: Sequence[Mapping[str, Any]] = (),
    also: Sequence[Supplied] = (),
    hook: str = "patient-view",
    **changed: Any,
) -> Record:
    """The record of patient ``p1`` on 2026-03-01, each resource supplied by a template of its own type."""
    answers = supplied(*resources, also=also)
    if not any(answer.template.resource_type == "Patient" for answer in answers):
        answers = (supply("Patient", patient()), *answers)
    asked: dict[str, Any] = {
        "patient_id": PATIENT,
        "encounter_id": None,
        "selections": None,
        "supplied": answers,
        "vocabulary": VOCABULARY,
        "moment": NOW,
        **changed,
    }
    return read_record(hook=hook, drafts=drafts, **asked)


def only(record: Record, kind: str) -> Fact:
    """The one fact of a kind."""
    facts = record.facts.get(kind, ())
    assert len(facts) == 1, f"{len(facts)} facts of kind {kind}, omissions {record.omissions}"
    return facts[0]


def statuses(record: Record, kind: str = "medication") -> list[str]:
    """The statuses of the facts of a kind."""
    return [fact.status for fact in record.facts.get(kind, ())]


def reasons(record: Record) -> dict[str, str]:
    """The reasons of the omissions, by reference."""
    return {omission.reference: omission.reason for omission in record.omissions}
