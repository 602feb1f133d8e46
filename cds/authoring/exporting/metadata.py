"""What all three resources say of a version: identity, status, dates, publisher, who approved it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from cds.authoring.exporting.naming import ADDRESS_SYSTEM, DIGEST_SYSTEM, Names, id_of, machine_name
from cds.authoring.versions import Version
from cds.rules.catalog.publications import read_publications
from cds.rules.ruleset import Ruleset

Resource = dict[str, Any]
UNAPPROVED = "none"


@dataclass(frozen=True, slots=True)
class Setting:
    """names: how resources are called. day: the day on which it is asked what is retired."""

    names: Names
    day: date


def metadata(version: Version, setting: Setting, kind: str, name: str, title: str) -> Resource:
    """The head of a resource. name: its own (a value set's has its ruleset's in front)."""
    ruleset = version.ruleset
    return {
        "resourceType": kind,
        "id": id_of(name, ruleset.version),
        "url": setting.names.url(kind, name),
        "identifier": [
            {"system": ADDRESS_SYSTEM, "value": f"{name}@{ruleset.version}"},
            *([{"system": DIGEST_SYSTEM, "value": f"sha256:{ruleset.digest}"}] if kind != "ValueSet" else []),
        ],
        "version": ruleset.version,
        "name": machine_name(name),
        "title": title,
        "status": status(ruleset, setting.day),
        # For testing, not for genuine use: nobody approved it.
        "experimental": ruleset.approved_by == UNAPPROVED,
        "date": _date(version),
        "publisher": ruleset.publisher,
    }


def upkeep(ruleset: Ruleset) -> Resource:
    """Dates of approval and review, the period, who approved: what a ValueSet of R4 has no place for."""
    told: Resource = {
        "approvalDate": ruleset.approval_date.isoformat(), "lastReviewDate": ruleset.last_review_date.isoformat(),
    }  # fmt: skip
    if ruleset.effective.start != date.min:
        told["effectivePeriod"] = {"start": ruleset.effective.start.isoformat()}
    if ruleset.effective.until is not None:  # of a Period the last day belongs to it, of ours it does not
        told["effectivePeriod"]["end"] = (ruleset.effective.until - timedelta(days=1)).isoformat()
    return told | ({} if ruleset.approved_by == UNAPPROVED else {"endorser": [{"name": ruleset.approved_by}]})


def status(ruleset: Ruleset, day: date) -> str:
    """A published version is active until the evidence no longer applies. What a site has switched off is its own."""
    if ruleset.status == "draft":
        return "draft"
    until = ruleset.effective.until
    return "retired" if until is not None and until <= day else "active"


def _date(version: Version) -> str:
    """When it was published; of versions without a record, and drafts, the later one of approval and review."""
    records, _ = read_publications(version.folder.parent)
    ruleset = version.ruleset
    for one in records:
        if version.folder.name == one.version == ruleset.version and one.digest == ruleset.digest:
            return one.at
    return max(ruleset.approval_date, ruleset.last_review_date).isoformat()


def coded(system: str, code: str) -> Mapping[str, Any]:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code}]}
