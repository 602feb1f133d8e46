"""What is live, worked out from the log of activations: which versions stand at which stage in a service. Pure.

The later row counts, whether it is for one service or for all. A version with no row is not live.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cds.errors import ServiceFault
from cds.records.entry import Entry
from cds.rules.catalog.outline import Listing, Outlined
from cds.services.catalogue import Service

#: The stages whose cards somebody may be shown.
SHOWN = ("active", "canary")


class NothingToUndo(ServiceFault):
    """No act changed what is shown of a ruleset, or all were taken back."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A rule that nobody is shown, in one service or all, until it is resumed."""

    ruleset: str
    rule: str
    since: Entry


def seeds(
    log: Sequence[Entry],
    services: Collection[Service],
    catalog: Listing,
    at: datetime,
    leaving: tuple[str, str] = ("", ""),
) -> list[Entry]:
    """The rows with which rulesets begin that nobody has activated yet: every version in range, in every service.

    So services.yaml alone makes a new ruleset answer. Of a ruleset that has rows, a new version waits to be activated.
    leaving: name and version that do not begin so, because the very next act brings them to a lesser stage.
    """
    known = {entry.ruleset for entry in log if not entry.rule}
    found: dict[tuple[str, str], Outlined] = {}
    for service in services:
        for name, versions in service.rulesets.items():
            fitting = (r for r in catalog.versions.get(name, ()) if name not in known and versions.admits(r.version))
            found |= {(r.name, r.version): r for r in fitting if (r.name, r.version) != leaving}
    signed = Entry("seed", "", "", "active", "services.yaml", "in range at the beginning", at)
    return [
        replace(signed, ruleset=ruleset.name, version=ruleset.version, digest=ruleset.digest)
        for ruleset in found.values()
    ]


def standings(log: Sequence[Entry], service: str, ruleset: str) -> dict[str, Entry]:
    """By version, the row that says how it stands in this service now."""
    return {
        entry.version: entry
        for entry in log
        if entry.ruleset == ruleset and entry.service in ("", service) and not entry.rule
    }


def stopped(log: Sequence[Entry], service: str) -> tuple[Stopped, ...]:
    """The rules that are stopped in this service, by ruleset and rule."""
    latest = {(entry.ruleset, entry.rule): entry for entry in log if entry.rule and entry.service in ("", service)}
    return tuple(
        Stopped(ruleset, rule, entry) for (ruleset, rule), entry in sorted(latest.items()) if entry.stage == "stopped"
    )


def rollback(
    log: Sequence[Entry], ruleset: str, services: Collection[str], signed: Entry, *, everywhere: bool = False
) -> list[Entry]:
    """The rows that bring back what was shown of a ruleset before the newest act that changed it.

    services: those that it is taken back in; an act that changed several is taken back in all of these together.
    signed: an entry with what every row says: act, who, why, at. everywhere: these are all services that bind it; what
    comes out alike in all of them is one row for all. Raises :class:`NothingToUndo`.
    """
    last = {service: acts[-1] for service in services if (acts := _undoable(log, service, ruleset))}
    if not last:
        raise NothingToUndo(ruleset)
    newest = max(last.values())
    rows = {
        service: _restored(log, replace(signed, service=service, ruleset=ruleset, undoes=newest))
        for service, act in last.items()
        if act == newest
    }
    alike = [[replace(row, service="") for row in found] for found in rows.values()]
    if everywhere and len(rows) == len(services) and all(found == alike[0] for found in alike):
        return alike[0]
    return [row for found in rows.values() for row in found]


def _undoable(log: Sequence[Entry], service: str, ruleset: str) -> list[int]:
    """The numbers of the acts, oldest first, that changed what this service shows and were not taken back."""
    acts: list[int] = []
    ours = [e for e in log if e.ruleset == ruleset and e.service in ("", service) and not e.rule]
    for number in dict.fromkeys(entry.number for entry in ours):
        rows = [entry for entry in ours if entry.number == number]
        if (undone := rows[0].undoes) is not None:
            acts = [act for act in acts if act != undone]
        elif rows[0].act != "seed" and _changed_by(log, service, ruleset, number):
            acts.append(number)
    return acts


def _changed_by(log: Sequence[Entry], service: str, ruleset: str, number: int) -> bool:
    return _shown(log, service, ruleset, number) != _shown(log, service, ruleset, number - 1)


def _at(log: Sequence[Entry], service: str, ruleset: str, number: int) -> dict[str, Entry]:
    return standings([entry for entry in log if entry.number <= number], service, ruleset)


def _shown(log: Sequence[Entry], service: str, ruleset: str, number: int) -> dict[str, tuple[object, ...]]:
    """Of the versions that somebody is shown after an act: everything that decides what is shown."""
    found = _at(log, service, ruleset, number)
    return {version: _meaning(entry) for version, entry in found.items() if entry.stage in SHOWN}


def _meaning(entry: Entry) -> tuple[object, ...]:
    return entry.stage, entry.digest, entry.share, dict(entry.site)


def _restored(log: Sequence[Entry], signed: Entry) -> list[Entry]:
    """Versions that the act brought to another stage go back to theirs; one that had none is retired."""
    service, ruleset, number = signed.service, signed.ruleset, signed.undoes or 0
    before, now = _at(log, service, ruleset, number - 1), standings(log, service, ruleset)
    touched = {entry.version for entry in log if entry.number == number and entry.ruleset == ruleset}
    rows = []
    for version in sorted(touched):
        old = before.get(version) or replace(now[version], stage="retired", share=0, site={})
        if _meaning(old) != _meaning(now[version]):
            back = replace(old, service=service, undoes=number)
            rows.append(replace(back, act=signed.act, who=signed.who, why=signed.why, at=signed.at))
    return rows
