"""The desk: everything one process needs to answer, opened once before the workers fork.

What is live is read once for each request, as one object; an activation puts another one in its place, and requests
under way end on the old one.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from cds.access.client import ANONYMOUS, Client
from cds.cache.judgements import JudgementCache
from cds.cache.showings import NO_SHOWINGS, Showings
from cds.decisions.answer import Shell, answer, fetched_for
from cds.decisions.budget import UNLIMITED, Budget
from cds.decisions.faults import LiveUnknown, RulesetsRejected
from cds.decisions.forgetting import forget_compiled
from cds.decisions.library import Library
from cds.decisions.lineup import Choice, Lineup
from cds.decisions.live import Live, live_of, live_unknown, live_without_log
from cds.decisions.pinning import read_pins
from cds.decisions.selected import Selected
from cds.decisions.shadowing import Shadows
from cds.decisions.standing import account_of, loaded, notices
from cds.decisions.why import Explanation, why
from cds.errors import ServiceFault
from cds.facts.dates import Moment
from cds.fetching.fetcher import Fetcher
from cds.hooks.faults import UnknownService
from cds.hooks.request import HookRequest, hook_named, read_request
from cds.metrics.meter import UNCOUNTED, Meter
from cds.records.entry import Entry
from cds.records.recorder import Recorder
from cds.records.refusals import Refusals, Refused
from cds.rules.engine.composition import EngineMaker
from cds.rules.judge.shared_keys import known_ingredients
from cds.services.catalogue import Service, load_services
from cds.services.discovery import describe
from cds.services.selection import NothingEffective, is_in_canary


class Desk:
    """Answers hook calls. Holds compiled rulesets and no patient's data; safe to call from several threads.

    canary_key: chooses the patients of canaries; the same on every machine of a service.
    """

    def __init__(
        self,
        library: Library,
        services: tuple[Service, ...],
        cache: JudgementCache,
        recorder: Recorder,
        *,
        fetcher: Fetcher | None = None,
        meter: Meter = UNCOUNTED,
        canary_key: bytes = b"",
        showings: Showings = NO_SHOWINGS,
    ) -> None:
        self._library = library
        self._entries = services
        for service in services:
            # At 0 from the start: an alarm needs something to watch.
            meter.count("cross_check_differences", service.id, service.hook, by=0)
        self._live = live_without_log(library, services)
        reasons = dict(library.catalog.override_reasons)
        self._shadows = None if recorder.keeps_nothing else Shadows(recorder, reasons, meter)
        self._shell = Shell(cache, reasons, recorder, fetcher, meter, showings, self._shadows)
        self._refusals = Refusals(recorder)
        self._canary_key = canary_key or secrets.token_bytes(32)
        self._following: Callable[[], Mapping[str, Any]] = dict

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
        canary_key: bytes = b"",
        showings: Showings = NO_SHOWINGS,
        needs_approval: bool = False,
    ) -> "Desk":
        """Load, check and compile everything below ``folder``. Raises RulesetsRejected with every problem.

        Until it is told otherwise (:meth:`follow`), every version is active.
        verdicts: where verdicts on versions are kept; None where the engine need not be feared (tests, the reference).
        fetcher: reads from clients' FHIR servers what they left out; None where nothing is ever fetched.
        meter: counts what is answered. showings: which cards were shown before. needs_approval: whether a version that
        nobody approved may not be shown to anybody.
        """
        library = Library.open(folder, make_engine, verdicts, needs_approval=needs_approval)
        services, problems = load_services(folder / "services.yaml", library.catalog)
        if errors := tuple(problem for problem in problems if problem.severity == "error"):
            raise RulesetsRejected(errors)
        return cls(
            library, services, cache, recorder, fetcher=fetcher, meter=meter, canary_key=canary_key, showings=showings
        )

    @property
    def library(self) -> Library:
        """The compiled rulesets."""
        return self._library

    @property
    def services(self) -> tuple[Service, ...]:
        """The entries of services.yaml."""
        return self._entries

    @property
    def live(self) -> Live:
        """What answers now."""
        return self._live

    def know_nothing(self) -> None:
        """Answer nothing until it is known what is live: an outdated answer could be wrong, and nobody would know."""
        self._live = live_unknown(self._library, self._entries)

    def tell_following(self, told: Callable[[], Mapping[str, Any]]) -> None:
        """Who follows the log for this desk tells how that goes; it stands on ``/readyz``."""
        self._following = told

    def start_with(self, log: Sequence[Entry], today: date) -> None:
        """Answer with what the log says is live. Raises RulesetsRejected where a version of it cannot be used here."""
        try:
            self._live = live_of(log, self._library, self._entries, None)
        except ServiceFault as fault:
            raise RulesetsRejected((fault,)) from None
        self._live.prepare(today)
        known_ingredients()  # the table of drug products is read once, before workers fork

    def follow(self, log: Sequence[Entry], today: date) -> Live:
        """Answer with what the log says is live, from the next request on; what cannot be used stays as it was.

        What the first request would wait for is made ready before.
        """
        before = self._live
        after = live_of(log, self._library, self._entries, before)
        after.prepare(today)
        self._live = after
        if set(before.plans) - set(after.plans):
            forget_compiled()
        return after

    def knows(self, service_id: str) -> bool:
        """Whether this id is a service, by exact spelling."""
        return service_id in self._live.lineups

    def discovery(self, moment: Moment) -> list[dict[str, Any]]:
        """The services as discovery lists them; prefetch covers every version a service may select."""
        live = self._live
        return [
            describe(service, live.lineup(service).on(moment.today).selected.templates) for service in self._entries
        ]

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
        hook, lineup = self._asked(service_id, body)
        choice = lineup.on(moment.today)

        def choose(request: HookRequest) -> Selected:
            return self._chosen(lineup, choice, request, client)

        selected, request = choice.selected, None
        if choice.selection.canaries or not selected.plan.parts:
            # Who is asked about decides, or a pin alone: it must be read before anything is looked up.
            request = read_request(body, frozenset((hook,)))
            selected = choose(request)
        return answer(
            self._effective(selected),
            body,
            moment,
            self._shell,
            client,
            pinned=pinned,
            budget=budget,
            request=request,
            choose=choose,
        )

    def why(
        self,
        service_id: str,
        body: bytes,
        moment: Moment,
        *,
        client: Client = ANONYMOUS,
        budget: Budget = UNLIMITED,
    ) -> Explanation:
        """Why each rule did what it did for this call: judged for whoever asks, and kept nowhere."""
        hook, lineup = self._asked(service_id, body)
        request = read_request(body, frozenset((hook,)))
        selected = self._effective(self._chosen(lineup, lineup.on(moment.today), request, client))
        supplied = fetched_for(request, selected, self._shell, client, budget).supplied
        return why(selected, request, supplied, moment, budget)

    def _asked(self, service_id: str, body: bytes) -> tuple[str, Lineup]:
        """The hook of a call and what stands there, read once: an activation meanwhile changes nothing of it."""
        bound = self._live.lineups.get(service_id)
        if bound is None:
            raise UnknownService(service_id)
        hook = next(iter(bound)) if len(bound) == 1 else hook_named(body, frozenset(bound))
        return hook, bound[hook]

    def _effective(self, selected: Selected) -> Selected:
        """The selection itself, if something of it is in effect."""
        if not selected.plan.parts:
            name = selected.service.id
            raise NothingEffective(name, selected.not_effective) if self._live.is_known else LiveUnknown
        return selected

    def _chosen(self, lineup: Lineup, choice: Choice, request: HookRequest, client: Client) -> Selected:
        """What answers this request: the versions that it pins, and the canaries that its patient is in."""
        pins = read_pins(request, client, lineup)
        patient = f"Patient/{request.patient_id}"
        canaries = frozenset(
            canary.ruleset.name
            for canary in choice.selection.canaries
            if is_in_canary(self._canary_key, canary, client.id, patient)
        )
        return lineup.chosen(choice.selection, canaries, pins) if pins or canaries else choice.selected

    def refused(self, refused: Refused) -> None:
        """Keep that a call which was let in got no answer."""
        self._refusals.note(refused)

    def loaded(self, moment: Moment) -> list[dict[str, Any]]:
        """Every version loaded, with its digest, whether it is in effect at the moment, and how it stands."""
        return loaded(self._live, self._library, moment)

    def notices(self, moment: Moment) -> list[str]:
        """What is live and somebody should look into; no reason not to answer."""
        return notices(self._live, moment)

    def not_effective(self, moment: Moment) -> list[tuple[str, str, str]]:
        """Service, hook and ruleset for each ruleset of a service that has no version in effect at the moment."""
        return [
            (service.id, service.hook, ruleset)
            for service in self._entries
            for ruleset in self._live.lineup(service).on(moment.today).selected.not_effective
        ]

    def health(self) -> dict[str, Any]:
        """Ready when there is a service to answer and answers can be recorded; the health of cache and records."""
        records = self._shell.recorder.health()
        live = self._live
        problems = [] if live.lineups else ["no services are loaded"]
        if not live.is_known:
            problems.append("what is live is not known: the database has not answered since the start")
        if records["state"] == "failing":
            problems.append("decisions cannot be recorded")
        told = {"ready": not problems, "problems": problems, "cache": self._shell.cache.health(), "records": records}
        shadows = {} if self._shadows is None else {"shadows": dict(self._shadows.health())}
        return told | {"activation": account_of(live) | dict(self._following()) | shadows}

    def begin(self) -> None:
        """Open what does not survive a fork, in a worker, before its first call."""
        if self._shell.fetcher is not None:
            self._shell.fetcher.open()

    def finish(self) -> None:
        """Judge the shadows that wait and write what was only counted, in a worker that ends."""
        if self._shadows is not None:
            self._shadows.finish()
        self._refusals.finish()

    def close(self) -> None:
        """Free the engines and the connections of the cache and to FHIR servers."""
        self.finish()
        self._library.close()
        self._shell.cache.close()
        self._shell.showings.close()
        if self._shell.fetcher is not None:
            self._shell.fetcher.close()
