"""What an operator's act appends to the log of activations, or why it is refused. Pure; decided from the whole log."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from cds.errors import ServiceFault
from cds.records.entry import Entry
from cds.rules.catalog.load import Catalog
from cds.rules.catalog.outline import Listing
from cds.rules.ruleset import Ruleset
from cds.services.activation import SHOWN, standings, stopped
from cds.services.catalogue import Service


class ActRefused(ServiceFault):
    """The act would not do what its author wants; ``reason`` says why, ``hint`` what to do instead."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(f"{reason}; {hint}")
        self.reason = reason
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Wish:
    """To bring a version to a stage, in one service or in all ("").

    share: of a canary, in ten-thousandths. only: other versions that are shown are retired in the same act. defaults:
    the author's defaults are meant, though another version runs here with values of the site's own.
    """

    ruleset: Ruleset
    today: date
    stage: Literal["active", "canary", "shadow"]
    service: str = ""
    share: int = 0
    only: bool = False
    defaults: bool = False


def bound(services: Collection[Service], name: str, service: str) -> list[Service]:
    """The entries of services.yaml that an act on this ruleset is for. Raises :class:`ActRefused`."""
    ids = sorted({entry.id for entry in services})
    if service and service not in ids:
        raise ActRefused(f'no service is called "{service}"', f"services.yaml has {', '.join(ids)}")
    found = [entry for entry in services if name in entry.rulesets and service in ("", entry.id)]
    if not found:
        where = f"the service {service}" if service else "any service"
        raise ActRefused(
            f'the ruleset "{name}" is not bound to {where}',
            "bind it in services.yaml first; a service that runs knows it after a restart",
        )
    return found


def bring(
    log: Sequence[Entry], services: Collection[Service], catalog: Listing, wish: Wish, signed: Entry
) -> list[Entry]:
    """The rows that bring a version to a stage; none where it stands so already. Raises :class:`ActRefused`.

    signed: an entry with what every row says: act, who, why, at.
    """
    ruleset = wish.ruleset
    entries = bound(services, ruleset.name, wish.service)
    _refuse_out_of_range(entries, ruleset)
    standing = {entry.id: standings(log, entry.id, ruleset.name) for entry in entries}
    _refuse_lesser_stage(standing, wish)
    if not wish.only and wish.stage == "active":
        _refuse_lower(entries, standing, catalog, ruleset, wish.today)
    if not (ruleset.site or wish.defaults):
        _refuse_lost_values(standing, ruleset)
    signed = replace(signed, service=wish.service, ruleset=ruleset.name)
    site = {"parameters": ruleset.site} if ruleset.site else {}
    row = replace(signed, version=ruleset.version, digest=ruleset.digest, stage=wish.stage, share=wish.share, site=site)
    rows = [] if all(_is_alike(found.get(ruleset.version), row) for found in standing.values()) else [row]
    others = _others_shown(standing, ruleset.version) if wish.only else {}
    return [*rows, *(replace(signed, version=v, digest=digest, stage="retired") for v, digest in others.items())]


def retire(log: Sequence[Entry], services: Collection[Service], wanted: Entry) -> list[Entry]:
    """The row that takes a version out, whatever its stage. wanted: with ruleset, version and service.

    Raises :class:`ActRefused`.
    """
    entries = bound(services, wanted.ruleset, wanted.service)
    found = [standings(log, entry.id, wanted.ruleset).get(wanted.version) for entry in entries]
    live = [entry for entry in found if entry is not None and entry.stage != "retired"]
    if not live:
        address = f"{wanted.ruleset}@{wanted.version}"
        raise ActRefused(f"{address} is not live", f"cds status {wanted.ruleset} shows what is")
    return [replace(wanted, digest=live[0].digest, stage="retired")]


def stop(log: Sequence[Entry], services: Collection[Service], catalog: Catalog, wanted: Entry) -> list[Entry]:
    """The row that stops a rule (act ``stop``) or lets it go on (``resume``); none where it is so already.

    wanted: with ruleset, rule and service. Raises :class:`ActRefused`.
    """
    entries = bound(services, wanted.ruleset, wanted.service)
    rules = {rule.id for version in catalog.versions.get(wanted.ruleset, ()) for rule in version.rules}
    if wanted.act == "stop" and wanted.rule not in rules:
        raise ActRefused(
            f'no version of {wanted.ruleset} has a rule "{wanted.rule}"', f"its rules are {', '.join(sorted(rules))}"
        )
    now = [(wanted.ruleset, wanted.rule) in {(s.ruleset, s.rule) for s in stopped(log, e.id)} for e in entries]
    if wanted.act == "resume" and not any(now):
        raise ActRefused(f'the rule "{wanted.rule}" of {wanted.ruleset} is not stopped', "cds status shows what is")
    done = all(now) if wanted.act == "stop" else not any(now)
    return [] if done else [replace(wanted, stage="stopped" if wanted.act == "stop" else "resumed")]


def _refuse_out_of_range(entries: Sequence[Service], ruleset: Ruleset) -> None:
    if any(e.rulesets[ruleset.name].admits(ruleset.version) and e.hook in ruleset.hooks for e in entries):
        return
    ranges = ", ".join(dict.fromkeys(f'"{e.rulesets[ruleset.name].text}" at {e.hook}' for e in entries))
    raise ActRefused(
        f"{ruleset.address} is outside what services.yaml binds ({ranges})",
        "widen the range there; a service that runs knows it after a restart",
    )


def _refuse_lesser_stage(standing: Mapping[str, Mapping[str, Entry]], wish: Wish) -> None:
    """Who is shown a version now must not lose it by the way."""
    rank = {"shadow": 0, "canary": 1, "active": 2}
    for service, found in standing.items():
        now = found.get(wish.ruleset.version)
        if now is not None and rank.get(now.stage, -1) > rank[wish.stage]:
            raise ActRefused(
                f"{wish.ruleset.address} is {now.stage} in {service} already",
                f"cds retire {wish.ruleset.address} takes it out first: then nobody is shown its cards",
            )


def _refuse_lower(
    entries: Sequence[Service],
    standing: Mapping[str, Mapping[str, Entry]],
    catalog: Listing,
    ruleset: Ruleset,
    today: date,
) -> None:
    """The highest active version answers: beside a higher one, an active lower one would not."""
    versions = {each.version: each for each in catalog.versions.get(ruleset.name, ())}
    for entry in entries:
        for version, row in standing[entry.id].items():
            other = versions.get(version)
            if row.stage != "active" or other is None or not entry.rulesets[ruleset.name].admits(version):
                continue
            if _numbers(version) > _numbers(ruleset.version) and other.effective.covers(today):
                raise ActRefused(
                    f"{other.address} is active in {entry.id}, is higher, and would go on answering",
                    "--only retires every other version in the same act",
                )


def _refuse_lost_values(standing: Mapping[str, Mapping[str, Entry]], ruleset: Ruleset) -> None:
    for service, found in standing.items():
        for row in found.values():
            if row.stage in SHOWN and (values := row.site.get("parameters")):
                told = " ".join(f"--set {name}={text!r}" for name, text in values.items())
                raise ActRefused(
                    f"{row.ruleset}@{row.version} runs in {service} with this site's own values, which "
                    f"{ruleset.address} would not have",
                    f"say them again ({told}), or --defaults",
                )


def _others_shown(standing: Mapping[str, Mapping[str, Entry]], version: str) -> dict[str, str]:
    shown: Iterator[Entry] = (row for found in standing.values() for row in found.values() if row.stage in SHOWN)
    return {row.version: row.digest for row in shown if row.version != version}


def _is_alike(now: Entry | None, row: Entry) -> bool:
    return now is not None and all(
        getattr(now, name) == getattr(row, name) for name in ("stage", "digest", "share", "site")
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
