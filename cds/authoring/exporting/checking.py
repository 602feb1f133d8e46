"""Whether what was exported is valid, complete among itself, and says what the version says.

Beside the structure (fhir.resources): what that library does not look at and we write. Codes of required bindings, ids,
machine names, canonical addresses that lead to a resource that is there, invariants of the elements that we fill.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cds.authoring.exporting.metadata import Resource
from cds.authoring.exporting.naming import Names
from cds.authoring.exporting.reading_back import read_back, told_by
from cds.authoring.fhir_validity import wrong_as_fhir
from cds.authoring.versions import Version

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}\Z")
_NAME = re.compile(r"[A-Z][A-Za-z0-9_]{0,254}\Z")  # invariants pdf-0, lib-0, vsd-0
_ALWAYS = ("url", "identifier", "version", "name", "title", "status", "date", "publisher")
#: Required bindings of R4, as far as we fill them.
_STATUS = frozenset({"draft", "active", "retired", "unknown"})
_ARTIFACTS = frozenset({"citation", "depends-on"})
_SELECTIONS = frozenset({"at-most-one", "any"})


def wrong_in(resources: Sequence[Resource], versions: Iterable[Version], names: Names) -> list[str]:
    """What is wrong; nothing of it is a mistake of an author. versions: those that the resources should tell."""
    found = [f"{_called(one)}: {wrong}" for one in resources for wrong in (*wrong_as_fhir(one), *_wrong(one))]
    there = {f"{one['url']}|{one['version']}" for one in resources}
    found += [f"{each} is named and is not there" for each in _named(resources) if each not in there]
    ids = [(one["resourceType"], one["id"]) for one in resources]
    found += [f"{kind}/{name} stands twice" for kind, name in dict.fromkeys(ids) if ids.count((kind, name)) > 1]
    if found:
        return found
    told = read_back(resources, names)
    wanted = {version.ruleset.address: told_by(version) for version in versions}
    found += [f"{address} is not told" for address in wanted if address not in told]
    for address in told.keys() & wanted.keys():
        parts = ("files", "head", "plan", "evidence", "rules", "codes")
        differing = [part for part in parts if getattr(told[address], part) != getattr(wanted[address], part)]
        found += [f"{address}: {part} read back otherwise" for part in differing]
    return found


def _called(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _wrong(resource: Resource) -> Iterator[str]:
    yield from (f"{key} is missing" for key in _ALWAYS if not resource.get(key))
    if not _ID.match(resource["id"]):
        yield "its id is none of R4"
    if not _NAME.match(resource["name"]):
        yield "its name is no machine name"
    if resource["status"] not in _STATUS:
        yield f"the status {resource['status']} is none of R4"
    yield from (
        f"artifact type {a['type']}" for a in resource.get("relatedArtifact", ()) if a["type"] not in _ARTIFACTS
    )
    for action in _actions(resource.get("action", ())):
        yield from _wrong_in_action(action)
    for include in resource.get("compose", {}).get("include", ()):
        codes = [concept["code"] for concept in include["concept"]]
        if not include["system"] or not codes or len(codes) != len(set(codes)):
            yield "an include without a system or codes, or with one twice (invariants vsd-1, vsd-2)"


def _wrong_in_action(action: Resource) -> Iterator[str]:
    """Invariants trd-3 and exp-1; required bindings."""
    if any(each["type"] != "named-event" or not each.get("name") for each in action.get("trigger", ())):
        yield "a trigger without the name of its event"
    for condition in action.get("condition", ()):
        expression = condition["expression"]
        if condition["kind"] != "applicability" or not (expression["language"] and expression["expression"]):
            yield "a condition without its expression"
    if action.get("selectionBehavior", "any") not in _SELECTIONS:
        yield f"the selection behaviour {action['selectionBehavior']} is none of R4"


def _actions(actions: Iterable[Resource]) -> Iterator[Resource]:
    for action in actions:
        yield action
        yield from _actions(action.get("action", ()))


def _named(resources: Iterable[Resource]) -> Iterator[str]:
    """Every canonical address that a resource names."""
    for one in resources:
        yield from one.get("library", ())
        yield from (a["resource"] for a in one.get("relatedArtifact", ()) if "resource" in a)
        yield from (str(c["expression"]["reference"]) for a in _actions(one.get("action", ())) for c in _conditions(a))


def _conditions(action: Resource) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = action.get("condition", [])
    return found
