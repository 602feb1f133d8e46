"""What exported resources say, under the words of the rule language: files, metadata, rules, codes."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from cds.authoring.exporting.evidence import evidence_told
from cds.authoring.exporting.metadata import Resource
from cds.authoring.exporting.naming import ADDRESS_SYSTEM, DIGEST_SYSTEM, INDICATOR, Names
from cds.authoring.versions import Version
from cds.rules.catalog.digest import meaningful_files
from cds.terminology.coding import Coding


@dataclass(frozen=True, slots=True)
class Told:
    """One version. files: bytes by path. head: metadata, of the Library. plan: the same, of the PlanDefinition if there
    is one. rules: by id. codes: displays by value set.
    """

    files: Mapping[str, bytes]
    head: Mapping[str, object]
    plan: Mapping[str, object] = field(default_factory=dict)
    evidence: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rules: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    codes: Mapping[str, Mapping[Coding, str]] = field(default_factory=dict)


def read_back(resources: Iterable[Resource], names: Names) -> dict[str, Told]:
    """By address, every version of which there is a Library."""
    told = list(resources)
    plans = {one["id"]: one for one in told if one["resourceType"] == "PlanDefinition"}
    sets: dict[str, dict[str, Mapping[Coding, str]]] = {}
    for one in told:
        if one["resourceType"] == "ValueSet":
            whole, version = _address(one)
            owner, _, name = whole.partition(".")
            sets.setdefault(f"{owner}@{version}", {})[name] = _codes(one)
    found = {}
    for library in told:
        if library["resourceType"] == "Library":
            name, version = _address(library)
            address, plan = f"{name}@{version}", plans.get(library["id"])
            found[address] = Told(
                _files(library),
                _head(library, names),
                _head(plan, names) if plan else {},
                _evidence(plan) if plan else {},
                dict(_rules(plan["action"])) if plan else {},
                sets.get(address, {}),
            )
    return found


def told_by(version: Version) -> Told:
    """The same of a version as it stands in its folder."""
    ruleset = version.ruleset
    paths = {path.relative_to(version.folder).as_posix(): path for path in meaningful_files(version.folder)}
    hooks = ruleset.hooks
    parts = ("title", "label", "link", "icon", "scheme", "strength", "certainty")
    head = {
        "address": ruleset.address,
        "digest": ruleset.digest,
        "published": ruleset.status == "published",
        "title": ruleset.title,
        "publisher": ruleset.publisher,
        "approval-date": ruleset.approval_date,
        "last-review-date": ruleset.last_review_date,
        "approved-by": ruleset.approved_by,
        "effective": (ruleset.effective.start, ruleset.effective.until),
        "uses": tuple(use.address for use in ruleset.uses),
    }
    return Told(
        files={name: path.read_bytes() for name, path in paths.items()},
        head=head,
        plan={} if version.is_library else {**head, "uses": ()},
        evidence={one.id: {part: getattr(one, part) for part in parts} for one in ruleset.evidence.values()},
        rules={
            rule.id: {
                "summary": rule.card.summary, "indicator": rule.card.indicator, "hooks": rule.hooks or hooks,
                "evidence": rule.card.evidence,
            }
            for rule in ruleset.rules
        },
        codes={
            name: {coding: row.get("display", "") for coding, row in each.rows.items()}
            for name, each in ruleset.value_sets.items()
            if "." not in name
        },
    )  # fmt: skip


def _address(resource: Resource) -> tuple[str, str]:
    (address,) = (one["value"] for one in resource["identifier"] if one["system"] == ADDRESS_SYSTEM)
    name, _, version = address.partition("@")
    return name, version


def _files(library: Resource) -> dict[str, bytes]:
    return {one["title"]: base64.b64decode(one["data"], validate=True) for one in library["content"]}


def _head(resource: Resource, names: Names) -> dict[str, object]:
    period = resource.get("effectivePeriod", {})
    last = date.fromisoformat(period["end"]) + timedelta(days=1) if "end" in period else None
    (digest,) = (one["value"] for one in resource["identifier"] if one["system"] == DIGEST_SYSTEM)
    (endorser,) = resource.get("endorser", [{"name": "none"}])
    return {
        "address": "@".join(_address(resource)), "digest": digest.removeprefix("sha256:"),
        "published": resource["status"] != "draft", "title": resource["title"], "publisher": resource["publisher"],
        "approval-date": date.fromisoformat(resource["approvalDate"]),
        "last-review-date": date.fromisoformat(resource["lastReviewDate"]), "approved-by": endorser["name"],
        "effective": (date.fromisoformat(period["start"]) if "start" in period else date.min, last),
        "uses": tuple(_uses(resource, names)),
    }  # fmt: skip


def _uses(resource: Resource, names: Names) -> Iterator[str]:
    for one in resource.get("relatedArtifact", ()):
        if one["type"] == "depends-on" and one["resource"].startswith(names.url("Library", "")):
            yield "@".join(names.name_in(one["resource"], "Library"))


def _evidence(plan: Resource) -> dict[str, Mapping[str, str]]:
    return {one["label"]: evidence_told(one) for one in plan["relatedArtifact"] if one["type"] == "citation"}


def _rules(actions: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for one in actions:
        if "id" not in one:  # a family
            yield from _rules(one["action"])
            continue
        (indicator,) = (each["valueCode"] for each in one["extension"] if each["url"] == INDICATOR)
        hooks = frozenset(each["name"] for each in one["trigger"])
        yield one["id"], {
            "summary": one["title"], "indicator": indicator, "hooks": hooks,
            "evidence": tuple(each["label"] for each in one.get("documentation", ())),
        }  # fmt: skip


def _codes(value_set: Resource) -> dict[Coding, str]:
    return {
        Coding(include["system"], concept["code"]): concept.get("display", "")
        for include in value_set.get("compose", {}).get("include", ())
        for concept in include["concept"]
    }
