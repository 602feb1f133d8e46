"""``rulesets/services.yaml``: service id, hook, and the rulesets it answers with. Prefetch is derived."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cds.documents.problem import Location, Problem, in_order
from cds.documents.yaml_tree import Node, Table, Text, read_yaml
from cds.rules.catalog.load import Catalog
from cds.rules.source.read import HOOKS
from cds.rules.source.reader import Reader, did_you_mean
from cds.services.ranges import Range, read_range

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


@dataclass(frozen=True, slots=True)
class Service:
    """An entry in discovery: one hook, answered by rulesets in the order of the file."""

    id: str
    hook: str
    title: str
    description: str
    rulesets: Mapping[str, Range]
    location: Location


def load_services(path: Path, catalog: Catalog) -> tuple[tuple[Service, ...], list[Problem]]:
    """All services in file order, and what is wrong with the file."""
    if not path.is_file():
        return (), [
            Problem(
                "CDS320", Location(str(path)), "there is no services.yaml", "it says which service answers which hook"
            )
        ]
    root, problems = read_yaml(path.read_bytes(), str(path))
    reader = Reader(str(path))
    table = reader.table(root, "services.yaml")
    services = [_service(reader, name, value, catalog) for name, value in (table.entries if table else ())]
    return tuple(service for service in services if service), in_order(problems + reader.problems)


def _service(reader: Reader, name: Text, node: Node, catalog: Catalog) -> Service | None:
    table = reader.table(node, f'the service "{name.text}"', ("hook", "title", "description", "rulesets"))
    if table is None:
        return None
    if not _ID.match(name.text):
        reader.problem(
            "CDS201", name.location, f'"{name.text}" cannot be a service id', "it must fit one URL path segment"
        )
    what = f'the service "{name.text}"'
    hook = reader.one_of(reader.required(table, "hook", what), "hook", HOOKS, "")
    ranges = _rulesets(reader, table, what, hook, catalog)
    return Service(
        name.text,
        hook,
        reader.required_text(table, "title", what),
        reader.required_text(table, "description", what),
        ranges,
        name.location,
    )


def _rulesets(reader: Reader, table: Table, what: str, hook: str, catalog: Catalog) -> dict[str, Range]:
    listed = reader.table(reader.required(table, "rulesets", what), "rulesets")
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
            reader.problem(
                "CDS322",
                name.location,
                f'no ruleset is called "{name.text}"',
                did_you_mean(name.text, catalog.versions),
            )
            continue
        fitting = [ruleset for ruleset in catalog.versions[name.text] if versions.admits(ruleset.version)]
        if not fitting:
            reader.problem("CDS323", value.location, f'no version of "{name.text}" is in {text}')
        # Every one, or a newer version without the hook would leave an older one answering, unnoticed.
        lacking = [ruleset.address for ruleset in fitting if hook and hook not in ruleset.hooks]
        if lacking:
            reader.problem("CDS324", name.location, f"does not answer at {hook}: {', '.join(lacking)}")
        ranges[name.text] = versions
    return ranges
