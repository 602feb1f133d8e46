"""What answers in one service: its versions by stage, compiled, and the choice among them for a day and a patient."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from threading import Lock

from cds.decisions.selected import RuleName, Selected, assemble
from cds.facts.codes import codebook
from cds.rules.judge.plan import RulesetPlan
from cds.rules.ruleset import Ruleset
from cds.services.catalogue import Service
from cds.services.selection import Selection, Staged, select

#: By ruleset, the version that a request asks for.
Pins = Mapping[str, str]
_DAYS_KEPT = 10_000
#: Combinations of versions: each day's is one, and who may pin can ask for any number of others.
_MOST_TOGETHER = 256


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A day's selection, and what answers patients who are in no canary."""

    selection: Selection
    selected: Selected


class Lineup:
    """One service as it stands. Never changed; remembers what it has put together. Safe in threads.

    staged: by ruleset, in the order of services.yaml. compiled: by pinned address, every version that is staged or may
    be pinned. pinnable: by ruleset and version, what a pin of it chooses. stopped: rules that say nothing.
    """

    def __init__(
        self,
        service: Service,
        staged: Mapping[str, Staged],
        compiled: Mapping[str, RulesetPlan],
        pinnable: Mapping[tuple[str, str], Ruleset],
        stopped: frozenset[RuleName] = frozenset(),
    ) -> None:
        self.service = service
        self.staged = staged
        self.pinnable = pinnable
        self.stopped = stopped
        self._compiled = compiled
        #: Equal for line-ups that answer alike.
        self.stands_as = (
            tuple((name, *_named(versions)) for name, versions in staged.items()),
            tuple(ruleset.pinned for ruleset in pinnable.values()),
            stopped,
        )
        self._every = tuple(ruleset for versions in staged.values() for ruleset in versions.every)
        self._by_day: dict[date, Choice] = {}
        self._assembled: dict[tuple[tuple[str, ...], ...], Selected] = {}
        self._shadows: dict[str, Selected] = {}
        self._choosing = Lock()

    def on(self, day: date) -> Choice:
        """What answers on a day; kept per day, and shared between days that select the same."""
        known = self._by_day.get(day)
        if known is not None:
            return known
        selection = select(self.staged, day)
        choice = Choice(selection, self.chosen(selection))
        if len(self._by_day) > _DAYS_KEPT:
            self._by_day.clear()
        self._by_day[day] = choice
        return choice

    def prepare(self, day: date) -> None:
        """Put together now what the first requests of a day would otherwise wait for."""
        choice = self.on(day)
        for selected in (choice.selected, *choice.selected.shadows):
            codebook(selected.plan.vocabulary)

    def chosen(self, selection: Selection, canaries: Collection[str] = (), pins: Pins | None = None) -> Selected:
        """What answers: pinned versions first, then the canaries of these rulesets, then the active versions."""
        stages, chosen = dict[str, str](), list[Ruleset]()
        in_canary = {canary.ruleset.name: canary.ruleset for canary in selection.canaries}
        for name in selection.names:
            if pins and name in pins:
                stages[name], found = "pin", self.pinnable[name, pins[name]]
            elif name in canaries:
                stages[name], found = "canary", in_canary[name]
            elif name in selection.active:
                found = selection.active[name]
            else:
                continue
            chosen.append(found)
        # A pinned request says what is to answer: nothing else is tried on it.
        shadows = () if pins else tuple(self._shadow(ruleset) for ruleset in selection.shadows)
        return self._together(tuple(chosen), selection.names, stages, shadows)

    def _together(
        self,
        chosen: tuple[Ruleset, ...],
        names: tuple[str, ...],
        stages: Mapping[str, str],
        shadows: tuple[Selected, ...],
    ) -> Selected:
        here = {ruleset.name for ruleset in chosen}
        missing = tuple(name for name in names if name not in here)
        addresses = tuple(ruleset.pinned for ruleset in chosen)
        shaded = tuple(shadow.plan.parts[0].ruleset.pinned for shadow in shadows)
        key = (addresses, missing, tuple(f"{name} {stage}" for name, stage in stages.items()), shaded)
        with self._choosing:
            if key not in self._assembled:
                every = tuple(dict.fromkeys(r.pinned for r in (*self._every, *chosen)))
                versions = tuple(self._compiled[pinned].ruleset for pinned in every)
                self._assembled[key] = assemble(
                    self.service,
                    chosen,
                    missing,
                    self._compiled,
                    versions,
                    stages=stages,
                    stopped=self.stopped,
                    shadows=shadows,
                )
                if len(self._assembled) > _MOST_TOGETHER:
                    del self._assembled[next(iter(self._assembled))]  # whoever answers with it keeps it
            return self._assembled[key]

    def _shadow(self, ruleset: Ruleset) -> Selected:
        """A version by itself, with the prefetch of the whole service."""
        found = self._shadows.get(ruleset.pinned)
        if found is None:
            stages = {ruleset.name: "shadow"}
            found = assemble(
                self.service, (ruleset,), (), self._compiled, self._every, stages=stages, stopped=self.stopped
            )
            self._shadows[ruleset.pinned] = found
        return found


def _named(versions: Staged) -> tuple[object, ...]:
    return (
        tuple(ruleset.pinned for ruleset in versions.active),
        tuple((ruleset.pinned, share) for ruleset, share in versions.canary),
        tuple(ruleset.pinned for ruleset in versions.shadow),
    )
