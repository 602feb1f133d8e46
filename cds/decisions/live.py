"""What is live at one act of the log: a line-up for each service and hook, made beside the old one.

What cannot be used as it was activated is told, and leaves what answered before in its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from cds.decisions.library import Library, VersionRefused
from cds.decisions.lineup import Lineup
from cds.records.entry import Entry
from cds.rules.judge.plan import RulesetPlan
from cds.rules.ruleset import Ruleset
from cds.services.activation import SHOWN, Stopped, standings, stopped
from cds.services.catalogue import Service
from cds.services.selection import Staged, all_active


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """Everything that answers. number: of the newest act in it; 0 where nothing is recorded. is_known: False where
    nothing may answer, because nobody could be asked what is live.

    lineups: by service id and hook, in the order of services.yaml. refused: what was activated and cannot be used, for
    operators. stopped: rules that are stopped anywhere.
    """

    number: int
    lineups: Mapping[str, Mapping[str, Lineup]]
    log: Sequence[Entry] = ()
    refused: tuple[str, ...] = ()
    stopped: tuple[Stopped, ...] = ()
    plans: tuple[RulesetPlan, ...] = field(default=(), repr=False)
    is_known: bool = True

    def prepare(self, day: date) -> None:
        """Put together now what the first requests of a day would otherwise wait for."""
        for hooks in self.lineups.values():
            for lineup in hooks.values():
                lineup.prepare(day)

    def lineup(self, service: Service) -> Lineup:
        """That of one entry of services.yaml."""
        return self.lineups[service.id][service.hook]


def live_without_log(library: Library, services: Sequence[Service]) -> Live:
    """Every version active: for replays, checks and tests, which answer nobody."""
    return _put_together(library, services, {(s.id, s.hook): all_active(s, library.catalog) for s in services}, ())


def live_unknown(library: Library, services: Sequence[Service]) -> Live:
    """No version of anything."""
    nothing = {(s.id, s.hook): dict.fromkeys(s.rulesets, Staged()) for s in services}
    return replace(_put_together(library, services, nothing, ()), is_known=False)


def live_of(log: Sequence[Entry], library: Library, services: Sequence[Service], before: Live | None) -> Live:
    """What is live after these acts. before: what answers now, kept where an activation cannot be used.

    Raises :class:`VersionRefused` where there is nothing before that could go on answering.
    """
    staging = _Staging(log, library, before)
    staged = {(s.id, s.hook): {name: staging.of(s, name) for name in s.rulesets} for s in services}
    refused = tuple(dict.fromkeys(staging.refused))
    return _put_together(library, services, staged, log, plans=staging.plans, refused=refused, before=before)


class _Staging:
    """The versions of each ruleset in each service, compiled."""

    def __init__(self, log: Sequence[Entry], library: Library, before: Live | None) -> None:
        self._log = log
        self._library = library
        self._before = before
        self.plans: dict[str, RulesetPlan] = {}
        self.refused: list[str] = []

    def of(self, service: Service, name: str) -> Staged:
        """Those of one ruleset; as they were before where one that is to be shown cannot be used."""
        found: list[tuple[RulesetPlan, Entry]] = []
        for entry in standings(self._log, service.id, name).values():
            if entry.stage == "retired" or not service.rulesets[name].admits(entry.version):
                continue
            try:
                site = entry.site.get("parameters", {})
                plan = self._library.plan(name, entry.version, entry.digest, site)
                if entry.stage in SHOWN:
                    self._library.refuse_unapproved(plan.ruleset)
            except VersionRefused as fault:
                if self._before is None and entry.stage != "shadow":
                    raise
                self.refused.append(f"{fault} (activated as {entry.stage} by act {entry.number})")
                if self._before is None or entry.stage == "shadow":
                    continue
                return self._before_this(self._before, service, name)
            if service.hook in plan.ruleset.hooks:
                found.append((plan, entry))
        self.plans |= {plan.ruleset.pinned: plan for plan, _ in found}
        return _by_stage(found)

    def _before_this(self, before: Live, service: Service, name: str) -> Staged:
        kept = before.lineup(service).staged[name]
        wanted = {ruleset.pinned for ruleset in kept.every}
        self.plans |= {plan.ruleset.pinned: plan for plan in before.plans if plan.ruleset.pinned in wanted}
        return kept


def _by_stage(found: Sequence[tuple[RulesetPlan, Entry]]) -> Staged:
    """Highest first within a stage."""
    ordered = sorted(found, key=lambda pair: tuple(map(int, pair[1].version.split("."))), reverse=True)
    return Staged(
        tuple(plan.ruleset for plan, entry in ordered if entry.stage == "active"),
        tuple((plan.ruleset, entry.share) for plan, entry in ordered if entry.stage == "canary"),
        tuple(plan.ruleset for plan, entry in ordered if entry.stage == "shadow"),
    )


def _put_together(
    library: Library,
    services: Sequence[Service],
    staged: Mapping[tuple[str, str], Mapping[str, Staged]],
    log: Sequence[Entry],
    *,
    plans: Mapping[str, RulesetPlan] | None = None,
    refused: tuple[str, ...] = (),
    before: Live | None = None,
) -> Live:
    loaded = [library.plain(r.name, r.version) for found in library.catalog.versions.values() for r in found]
    compiled = {plan.ruleset.pinned: plan for plan in loaded} | dict(plans or {})
    lineups: dict[str, dict[str, Lineup]] = {}
    everywhere: dict[tuple[str, str], Stopped] = {}
    for service in services:
        versions, stops = staged[service.id, service.hook], stopped(log, service.id)
        everywhere |= {(stop.ruleset, stop.rule): stop for stop in stops if stop.ruleset in service.rulesets}
        names = frozenset((stop.ruleset, stop.rule) for stop in stops if stop.ruleset in service.rulesets)
        pinnable = _pinnable(library, service, versions)
        here = (*pinnable.values(), *(ruleset for found in versions.values() for ruleset in found.every))
        lineup = Lineup(service, versions, {r.pinned: compiled[r.pinned] for r in here}, pinnable, names)
        # What stands as it did goes on with all that it has put together.
        known = before.lineup(service) if before else lineup
        lineups.setdefault(service.id, {})[service.hook] = known if known.stands_as == lineup.stands_as else lineup
    number = log[-1].number if log else 0
    return Live(number, lineups, log, refused, tuple(everywhere.values()), tuple(compiled.values()))


def _pinnable(library: Library, service: Service, staged: Mapping[str, Staged]) -> dict[tuple[str, str], Ruleset]:
    """Any version that answers the hook, at whatever stage; with the site's values where it has a stage."""
    loaded = [r for name in service.rulesets for r in library.versions(name) if service.hook in r.hooks]
    standing = [ruleset for versions in staged.values() for ruleset in versions.every]
    return {(ruleset.name, ruleset.version): ruleset for ruleset in (*loaded, *standing)}
