"""Who published and who approved each version of a ruleset: ``rulesets/<name>/publications.yaml``.

It stands beside the version folders, because an approval comes after the digest that it speaks of.
"""

import os
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cds.documents.files import read_file
from cds.documents.problem import Location, Problem
from cds.documents.reader import Reader
from cds.documents.yaml_tree import Items, Node, Table, read_yaml

FILE = "publications.yaml"
_HEAD = """\
# Written by `cds publish` and `cds approve`; `cds verify` compares the versions with it. Lines are only added.
"""
#: Of versions that were published before records were kept: who did it, and when, nobody wrote down.
UNKNOWN_AUTHOR, UNKNOWN_TIME = "unknown (bootstrap)", "unknown"
_KEYS, _APPROVAL = ("version", "digest", "by", "at", "approved"), ("by", "at", "why")


@dataclass(frozen=True, slots=True)
class Approval:
    """by: an identity (a client of clients.yaml). at: ISO 8601, UTC."""

    by: str
    at: str
    why: str


@dataclass(frozen=True, slots=True)
class Publication:
    """One version, as it was published. digest: in hexadecimal. by: the identity that published it."""

    version: str
    digest: str
    by: str
    at: str
    approved: Approval | None = None
    location: Location = field(default=Location(""), compare=False)


def read_publications(folder: Path) -> tuple[list[Publication], list[Problem]]:
    """The records of a ruleset's folder; none where nothing was recorded yet."""
    file = folder / FILE
    if not os.path.lexists(file):
        return [], []
    content, problems = read_file(file)
    root, found_wrong = read_yaml(content, str(file)) if content is not None else (None, [])
    problems += found_wrong
    reader = Reader(str(file))
    found = [] if root is None else [one for node in _listed(reader, root) if (one := _record(reader, node))]
    versions = [one.version for one in found]
    for one in found:
        if versions.count(one.version) > 1:
            reader.problem("CDS313", one.location, f"{one.version} is recorded twice", "put the file back")
        if one.approved is not None and one.approved.by == one.by:
            what = f"{one.version} was published and approved by one and the same: {one.by}"
            reader.problem("CDS313", one.location, what, "another one approves than publishes")
    return found, [*problems, *reader.problems]


def _listed(reader: Reader, root: Node) -> Sequence[Node]:
    if isinstance(root, Items):
        return root.items
    reader.problem("CDS110", root.location, "the publications must be a list", "put the file back")
    return ()


def _record(reader: Reader, node: Node) -> Publication | None:
    table = reader.table(node, "a publication", _KEYS)
    if table is None:
        return None
    version, digest, by, at = (reader.required_text(table, key, "a publication") for key in _KEYS[:4])
    told = reader.table(table.get("approved"), "an approval", _APPROVAL)
    return Publication(
        version, digest.removeprefix("sha256:"), by, at, _approval(reader, told) if told else None, node.location
    )


def _approval(reader: Reader, table: Table) -> Approval:
    by, at, why = (reader.required_text(table, key, "an approval") for key in _APPROVAL)
    return Approval(by, at, why)


def approver_of(folder: Path, version: str, digest: str) -> tuple[str, list[Problem]]:
    """Who approved a version (of ``rulesets/<name>``) with this digest, "" where nobody did; and what does not fit."""
    records, problems = read_publications(folder)
    for one in records:
        if one.version != version:
            continue
        if one.digest != digest:
            what = f"{version} was published as sha256:{one.digest} and is sha256:{digest} now"
            return "", [*problems, Problem("CDS313", one.location, what, "put the version back, and its DIGEST")]
        return (one.approved.by if one.approved and not problems else ""), problems
    return "", problems


def written(records: Sequence[Publication]) -> str:
    """The file, in the layout that ``yamllint`` asks for."""
    return _HEAD + "".join(_written(one) for one in records)


def _written(one: Publication) -> str:
    told = f"- version: {one.version}\n  digest: sha256:{one.digest}\n  by: {one.by}\n  at: {one.at}\n"
    if one.approved is None:
        return told
    why = textwrap.fill(" ".join(one.approved.why.split()), 100, break_long_words=False, break_on_hyphens=False)
    lines = textwrap.indent(why, " " * 6)
    return told + f"  approved:\n    by: {one.approved.by}\n    at: {one.approved.at}\n    why: >-\n{lines}\n"
