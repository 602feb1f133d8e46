"""What answers today by the log of acts: each version with a stage, and the one that is shown. For status and acts."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from cds.commands.output import plain

if TYPE_CHECKING:
    from cds.records.entry import Entry
    from cds.rules.catalog.outline import Listing
    from cds.services.catalogue import Service


def staged_in(
    catalog: "Listing", log: "Sequence[Entry]", service: "Service", today: date
) -> "Iterator[tuple[str, Entry, bool, str]]":
    """Of each ruleset of a service the versions with a stage, highest first.

    Name, the act that gave it the stage, whether it answers today, and why it cannot be used ("" if it can).
    """
    from cds.services.activation import standings

    for name, versions in service.rulesets.items():
        here = {ruleset.version: ruleset for ruleset in catalog.versions.get(name, ())}
        answered = False
        standing = standings(log, service.id, name)
        for version in sorted(standing, key=numbers, reverse=True):
            entry, ruleset = standing[version], here.get(version)
            if entry.stage == "retired" or not versions.admits(version):
                continue
            if ruleset is not None and service.hook not in ruleset.hooks:
                continue
            refused, answers = "", False
            if ruleset is None:
                refused = "is not in the folder of rulesets, or has errors (cds lint tells)"
            elif ruleset.digest != entry.digest:
                refused = "is not what was activated: its digest is another one"
            elif entry.stage == "active" and not answered and ruleset.effective.covers(today):
                answers = answered = True
            yield name, entry, answers, refused


def numbers(version: str) -> tuple[int, ...]:
    """A version, for ordering."""
    return tuple(map(int, version.split(".")))


def answering(
    catalog: "Listing", log: "Sequence[Entry]", services: "Sequence[Service]", name: str, today: date
) -> list[dict[str, Any]]:
    """Of one ruleset, for each service that binds it: the version that answers today (or None), canaries, shadows."""
    found = []
    for service in services:
        if name not in service.rulesets:
            continue
        rows = [row for row in staged_in(catalog, log, service, today) if row[0] == name and not row[3]]
        told: dict[str, Any] = {"service": service.id, "hook": service.hook}
        told["version"] = next((entry.version for _, entry, answers, _ in rows if answers), None)
        told["canaries"] = {e.version: e.share / 100 for _, e, _, _ in rows if e.stage == "canary"}
        told["shadows"] = [entry.version for _, entry, _, _ in rows if entry.stage == "shadow"]
        found.append(told)
    return found


def answering_lines(name: str, found: "Sequence[dict[str, Any]]") -> Iterator[str]:
    """A line for what answers alike in several services."""
    alike: dict[str, dict[str, None]] = {}
    for told in found:
        text = f"{name}@{told['version']}" if told["version"] else f"nothing of {name}"
        text += "".join(f", for {share:g}% of patients {name}@{of}" for of, share in told["canaries"].items())
        text += f"; in the shadow {', '.join(told['shadows'])}" if told["shadows"] else ""
        alike.setdefault(text, {})[told["service"]] = None
    for text, services in alike.items():
        where = "in every service that binds it" if len(alike) == 1 < len(services) else f"in {', '.join(services)}"
        yield plain(f"answers now, {where}: {text}")
