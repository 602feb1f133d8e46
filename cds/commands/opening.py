"""Desks from the settings: rulesets, engine, cache, records, for commands that answer calls."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cds import clock
from cds.cache.embedded import EmbeddedServer
from cds.cache.judgements import JudgementCache, open_cache
from cds.cache.showings import NO_SHOWINGS, Showings, open_showings
from cds.commands.environment import CannotStart
from cds.decisions.desk import Desk
from cds.decisions.faults import RulesetsRejected
from cds.decisions.following import Follower, start
from cds.facts.dates import Moment
from cds.feedback.taking import FeedbackDesk
from cds.fetching.fetcher import Fetcher
from cds.logs import get_logger
from cds.metrics.files import open_folder
from cds.metrics.meter import UNCOUNTED, Meter
from cds.records.cards import ShownCards
from cds.records.database import DatabaseAway, DatabaseUnusable, migrate, open_database
from cds.records.keys import KeysUnusable, load_keys
from cds.records.recorder import NullRecorder, Recorder, SpoolRecorder
from cds.rules.collecting import collector_paused
from cds.rules.engine.crosscheck import make_engine
from cds.rules.engine.faults import EngineUnavailable, NetRefused
from cds.services.announcing import Announcements
from cds.settings import Settings

_log = get_logger(__name__)

if TYPE_CHECKING:
    from cds.rules.engine.crosscheck import CrossCheck, EngineName


#: Of the time for an answer (CDS_DEADLINE_MS), how much what a prefetch lacks may take to be fetched.
_SHARE_OF_FETCHING = 0.6


def open_meter(settings: Settings) -> Meter:
    """What counts, for every process of the service; before anything imports prometheus_client."""
    try:
        folder = open_folder(settings.state)
        from cds.metrics.prometheus import PrometheusMeter

        return PrometheusMeter(folder)
    except OSError as fault:
        why = os.strerror(fault.errno) if fault.errno else str(fault)
        told = f"nothing can be written below {settings.state.absolute()} ({why.lower()})"
        hint = "what is answered is recorded there first, so name a folder on a local disk that this user may write to"
        raise CannotStart(f"CDS_STATE: {told}: {hint}") from None


def open_recorder(settings: Settings, meter: Meter = UNCOUNTED) -> SpoolRecorder:
    """What decisions and feedback are recorded with; the database is prepared, if it answers now.

    One that does not answer is no reason not to start: records wait in the spool, and the health page says so.
    """
    try:
        keys = load_keys(settings.keys_file, settings.state)
        _prepare(settings)
    except KeysUnusable as fault:
        raise CannotStart(f"decisions cannot be recorded: {fault}") from None
    except DatabaseUnusable as fault:
        raise CannotStart(f"CDS_DATABASE_URL: {fault.reason}") from None
    required = settings.record == "required"
    return SpoolRecorder(settings.state, settings.database_url, keys.records, clock.now, required=required, meter=meter)


def _prepare(settings: Settings) -> None:
    database = open_database(settings.database_url, settings.state)
    try:
        migrate(database)
    except DatabaseAway as fault:
        _log.error("database_away", fault=str(fault))
    finally:
        database.dispose()  # no connection may be shared with the workers


def open_feedback(settings: Settings, recorder: Recorder, meter: Meter = UNCOUNTED) -> FeedbackDesk:
    """Where feedback is taken."""
    engine = open_database(settings.database_url, settings.state)
    return FeedbackDesk(recorder, ShownCards(engine, settings.state), meter)


@collector_paused()
def open_desk(settings: Settings, server: EmbeddedServer | None, recorder: Recorder, meter: Meter = UNCOUNTED) -> Desk:
    """The desk that serves, with what is live; ``server`` is our own cache server, if one runs."""
    try:
        cache = open_cache(settings, server, meter)
        keys = load_keys(settings.keys_file, settings.state)
        showings = open_showings(settings, server, meter)
    except (KeysUnusable, ValueError) as fault:
        raise CannotStart(f"the cache cannot be opened: {fault}") from None
    # Judging what was fetched, and the way there and back, have the rest of the time.
    fetcher = Fetcher(settings.deadline_ms / 1000 * _SHARE_OF_FETCHING)
    desk = _desk(
        settings,
        cache,
        recorder,
        settings.state / "vetted",
        fetcher=fetcher,
        meter=meter,
        canary_key=keys.hmac,
        showings=showings,
    )
    database = open_database(settings.database_url, settings.state)
    try:
        start(desk, database, settings.state, Moment(clock.now(), settings.timezone))
    except RulesetsRejected as fault:
        told = "\n".join(map(str, fault.problems))
        hint = "put it there or approve it, or cds rollback or cds retire"
        raise CannotStart(f"what is live cannot be used:\n{told}\n{hint}") from None
    finally:
        database.dispose()
    return desk


def open_follower(settings: Settings, server: EmbeddedServer | None, desk: Desk) -> Follower:
    """Who lets the desk of a worker know what becomes live; it begins in the worker."""
    url = settings.redis_url or (server.url if server else None)
    database = open_database(settings.database_url, settings.state)
    return Follower(desk, database, settings.state, Announcements(url), lambda: Moment(clock.now(), settings.timezone))


def open_forgetful_desk(settings: Settings) -> Desk:
    """A desk that judges every request afresh and leaves nothing behind: for replays and checks."""
    with tempfile.TemporaryDirectory() as state:
        cache = open_cache(replace(settings, redis_url=None, keys_file=None, state=Path(state)), None)
    return _desk(settings, cache, NullRecorder(clock.now))


def _desk(
    settings: Settings,
    cache: JudgementCache,
    recorder: Recorder,
    verdicts: Path | None = None,
    *,
    fetcher: Fetcher | None = None,
    meter: Meter = UNCOUNTED,
    canary_key: bytes = b"",
    showings: Showings = NO_SHOWINGS,
) -> Desk:
    engine, cross_check = cast("EngineName", settings.engine), cast("CrossCheck", settings.cross_check)
    try:
        return Desk.open(
            settings.rulesets,
            make_engine(engine, cross_check),
            cache,
            recorder,
            verdicts if settings.engine == "durable" else None,
            fetcher=fetcher,
            meter=meter,
            canary_key=canary_key,
            showings=showings,
            needs_approval=settings.approval == "required",
        )
    except RulesetsRejected as fault:
        raise CannotStart("these rulesets cannot be used:\n" + "\n".join(map(str, fault.problems))) from None
    except OSError as fault:
        raise CannotStart(f"CDS_RULESETS: {settings.rulesets} cannot be read ({type(fault).__name__})") from None
    except (EngineUnavailable, NetRefused) as fault:
        hint = "CDS_ENGINE=reference runs without durable-rules"
        raise CannotStart(f"the engine cannot be used: {type(fault).__name__} {fault} ({hint})") from None
