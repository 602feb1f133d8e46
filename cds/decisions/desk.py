"""The desk: everything one process needs to answer, opened once before the workers fork."""

from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

from cds.access.client import ANONYMOUS, Client
from cds.cache.judgements import JudgementCache
from cds.decisions.answer import Shell, answer
from cds.decisions.budget import UNLIMITED, Budget
from cds.decisions.faults import RulesetsRejected
from cds.decisions.selected import Selected, assemble, compile_all
from cds.facts.dates import Moment
from cds.fetching.fetcher import Fetcher
from cds.hooks.faults import UnknownService
from cds.hooks.request import hook_named
from cds.metrics.meter import UNCOUNTED, Meter
from cds.records.recorder import Recorder
from cds.rules.catalog.load import Catalog, load_catalog
from cds.rules.catalog.vetted import refused
from cds.rules.engine.composition import EngineMaker
from cds.rules.judge.plan import RulesetPlan
from cds.rules.ruleset import Ruleset
from cds.services.catalogue import Service, load_services
from cds.services.discovery import describe
from cds.services.selection import NothingEffective, select


class Desk:
    """Answers hook calls. Holds compiled rulesets and no patient's data; safe to call from several threads."""

    def __init__(
        self,
        catalog: Catalog,
        services: tuple[Service, ...],
        compiled: dict[str, RulesetPlan],
        cache: JudgementCache,
        recorder: Recorder,
        *,
        fetcher: Fetcher | None = None,
        meter: Meter = UNCOUNTED,
    ) -> None:
        self._catalog = catalog
        self._entries = services
        self._services: dict[str, dict[str, Service]] = {}
        for service in services:
            # At 0 from the start: an alarm needs something to watch.
            meter.count("cross_check_differences", service.id, service.hook, by=0)
            self._services.setdefault(service.id, {})[service.hook] = service
        self._compiled = compiled
        self._shell = Shell(cache, dict(catalog.override_reasons), recorder, fetcher, meter)
        self._selected: dict[tuple[str, str, tuple[str, ...]], Selected] = {}
        self._by_day: dict[tuple[str, str, date], Selected] = {}
        self._selecting = Lock()

    @classmethod
    def open(
        cls,
        folder: Path,
        make_engine: EngineMaker,
        cache: JudgementCache,
        recorder: Recorder,
        verdicts: Path | None = None,
        *,
        fetcher: Fetcher | None = None,
        meter: Meter = UNCOUNTED,
    ) -> "Desk":
        """Load, check and compile everything below ``folder``. Raises RulesetsRejected with every problem.

        verdicts: where verdicts on versions are kept; None where the engine need not be feared (tests, the reference).
        fetcher: reads from clients' FHIR servers what they left out; None where nothing is ever fetched.
        meter: counts what is answered.
        """
        catalog, problems = load_catalog(folder)
        services, more = load_services(folder / "services.yaml", catalog)
        errors = tuple(problem for problem in (*problems, *more) if problem.severity == "error")
        if errors:
            raise RulesetsRejected(errors)
        versions = tuple(ruleset for found in catalog.versions.values() for ruleset in found)
        if verdicts is not None and (unfit := refused(versions, verdicts)):
            raise RulesetsRejected(tuple(unfit))
        return cls(catalog, services, compile_all(versions, make_engine), cache, recorder, fetcher=fetcher, meter=meter)

    def knows(self, service_id: str) -> bool:
        """Whether this id is a service, by exact spelling."""
        return service_id in self._services

    def discovery(self, moment: Moment) -> list[dict[str, Any]]:
        """The services as discovery lists them; prefetch covers every version a service may select."""
        return [describe(service, self.select(service, moment.today).templates) for service in self._entries]

    def answer(
        self,
        service_id: str,
        body: bytes,
        moment: Moment,
        *,
        pinned: bool,
        client: Client = ANONYMOUS,
        budget: Budget = UNLIMITED,
    ) -> bytes:
        """The CDS Hooks answer as JSON bytes."""
        bound = self._services.get(service_id)
        if bound is None:
            raise UnknownService(service_id)
        hook = next(iter(bound)) if len(bound) == 1 else hook_named(body, frozenset(bound))
        service = bound[hook]
        selected = self.select(service, moment.today)
        if not selected.plan.parts:
            raise NothingEffective(service_id, selected.not_effective)
        return answer(selected, body, moment, self._shell, client, pinned=pinned, budget=budget)

    def select(self, service: Service, day: date) -> Selected:
        """What answers on a day, compiled; kept per day, and shared between days that select the same."""
        known = self._by_day.get((service.id, service.hook, day))
        if known is not None:
            return known
        selection = select(service, self._catalog, day)
        key = (service.id, service.hook, tuple(ruleset.pinned for ruleset in selection.rulesets))
        with self._selecting:
            if key not in self._selected:
                every = self._versions(service)
                self._selected[key] = assemble(
                    service, selection.rulesets, selection.not_effective, self._compiled, every
                )
            if len(self._by_day) > 10_000:
                self._by_day.clear()
            self._by_day[service.id, service.hook, day] = self._selected[key]
            return self._selected[key]

    def _versions(self, service: Service) -> tuple[Ruleset, ...]:
        return tuple(
            ruleset
            for name, versions in service.rulesets.items()
            for ruleset in self._catalog.versions[name]
            if versions.admits(ruleset.version) and service.hook in ruleset.hooks
        )

    def loaded(self, moment: Moment) -> list[dict[str, Any]]:
        """Every version loaded, with its digest and whether it is in effect at the moment."""
        return [
            {
                "ruleset": ruleset.name,
                "version": ruleset.version,
                "digest": ruleset.digest,
                "title": ruleset.title,
                "effective": ruleset.effective.covers(moment.today),
                "approved-by": ruleset.approved_by,
                "rules": len(ruleset.rules),
            }
            for versions in self._catalog.versions.values()
            for ruleset in versions
        ]

    def not_effective(self, moment: Moment) -> list[tuple[str, str, str]]:
        """Service, hook and ruleset for each ruleset of a service that has no version in effect at the moment."""
        return [
            (service.id, service.hook, ruleset)
            for service in self._entries
            for ruleset in self.select(service, moment.today).not_effective
        ]

    def health(self) -> dict[str, Any]:
        """Ready when there is a service to answer and answers can be recorded; the health of cache and records."""
        records = self._shell.recorder.health()
        problems = [] if self._services else ["no services are loaded"]
        if records["state"] == "failing":
            problems.append("decisions cannot be recorded")
        return {"ready": not problems, "problems": problems, "cache": self._shell.cache.health(), "records": records}

    def close(self) -> None:
        """Free the engines and the connections of the cache and to FHIR servers."""
        for part in self._compiled.values():
            part.engine.close()
        self._shell.cache.close()
        if self._shell.fetcher is not None:
            self._shell.fetcher.close()
