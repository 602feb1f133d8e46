"""``rulesets/services.yaml``: service id, its hook or hooks, and the rulesets it answers with. Prefetch is derived.

A service of several hooks is several entries under one id: its later advice takes the place of the earlier (DISC-12).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cds.documents.problem import Location, Problem, in_order
from cds.documents.reader import Reader, did_you_mean
from cds.documents.yaml_tree import Node, Table, Text, read_yaml
from cds.rules.catalog.outline import Listing
from cds.rules.source.read import hook_of
from cds.services.ranges import Range, read_range

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


@dataclass(frozen=True, slots=True)
class Service:
    """An entry in discovery: one hook, answered by rulesets in the order of the file.

    usage_requirements: what a client must arrange beforehand, for its people to read; mostly "".
    """

    id: str
    hook: str
    title: str
    description: str
    rulesets: Mapping[str, Range]
    location: Location
    usage_requirements: str = ""


def load_services(
    path: Path, catalog: Listing, unread: Collection[str] = ()
) -> tuple[tuple[Service, ...], list[Problem]]:
    """All services in file order, and what is wrong with the file.

    unread: rulesets of which a version has errors that are told already: that it is missing is no further mistake.
    """
    if not path.is_file():
        return (), [
            Problem(
                "CDS320", Location(str(path)), "there is no services.yaml", "it says which service answers which hook"
            )
        ]
    root, problems = read_yaml(path.read_bytes(), str(path))
    reader = Reader(str(path))
    table = reader.table(root, "services.yaml")
    entries = table.entries if table else ()
    known = _Known(catalog, unread)
    services = tuple(service for name, value in entries for service in _services(reader, name, value, known))
    return services, in_order(problems + reader.problems)


@dataclass(frozen=True, slots=True)
class _Known:
    catalog: Listing
    unread: Collection[str]


def _services(reader: Reader, name: Text, node: Node, known: _Known) -> Iterator[Service]:
    several = isinstance(node, Table) and node.get("hooks") is not None
    keys = ("hooks",) if several else ("hook", "rulesets")
    table = reader.table(node, f'the service "{name.text}"', (*keys, "title", "description", "usage-requirements"))
    if table is None:
        return
    if not _ID.match(name.text):
        reader.problem(
            "CDS201", name.location, f'"{name.text}" cannot be a service id', "it must fit one URL path segment"
        )
    what = f'the service "{name.text}"'
    title, description = (reader.required_text(table, key, what) for key in ("title", "description"))
    usage = table.get("usage-requirements")
    needs = reader.text(usage, "usage-requirements") if usage is not None else ""
    for hook, rulesets in _bound(reader, table, what, several=several):
        ranges = _rulesets(reader, rulesets, hook, known)
        yield Service(name.text, hook, title, description, ranges, name.location, needs)


def _bound(reader: Reader, table: Table, what: str, *, several: bool) -> Iterator[tuple[str, Node | None]]:
    """Each hook and the node with its rulesets."""
    if not several:
        hook = hook_of(reader, reader.required(table, "hook", what))
        yield hook, reader.required(table, "rulesets", what)
        return
    hooks = reader.table(table.get("hooks"), "hooks")
    for name, rulesets in hooks.entries if hooks else ():
        yield hook_of(reader, name), rulesets


def _rulesets(reader: Reader, node: Node | None, hook: str, known: _Known) -> dict[str, Range]:
    listed = reader.table(node, "rulesets")
    catalog = known.catalog
    ranges = {}
    for name, value in listed.entries if listed else ():
        text = reader.text(value, "a range of versions")
        versions = read_range(text) if text else None
        if versions is None:
            reader.problem(
                "CDS321", value.location, f'"{text}" is not a range of versions', 'such as ">=1.0.0 <2.0.0", or "*"'
            )
            continue
        if name.text not in catalog.versions:
            if name.text not in known.unread:
                what = f'no ruleset is called "{name.text}"'
                reader.problem("CDS322", name.location, what, did_you_mean(name.text, catalog.versions))
            continue
        fitting = [ruleset for ruleset in catalog.versions[name.text] if versions.admits(ruleset.version)]
        if not fitting and name.text not in known.unread:
            reader.problem("CDS323", value.location, f'no version of "{name.text}" is in {text}')
        # Every one, or a newer version without the hook would leave an older one answering, unnoticed.
        lacking = [ruleset.address for ruleset in fitting if hook and hook not in ruleset.hooks]
        if lacking:
            reader.problem("CDS324", name.location, f"does not answer at {hook}: {', '.join(lacking)}")
        ranges[name.text] = versions
    return ranges
