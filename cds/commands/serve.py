"""``cds serve``: the service on one machine, and what to try first. It loads before it listens, or does not start."""

from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from cds import __version__, clock
from cds.commands.environment import settings_or_stop
from cds.facts.dates import Moment
from cds.logs import on_standard_output
from cds.settings import Settings, not_yet

if TYPE_CHECKING:
    from cds.access.gate import Gate
    from cds.cache.embedded import EmbeddedServer
    from cds.decisions.desk import Desk
    from cds.decisions.following import Follower
    from cds.feedback.taking import FeedbackDesk
    from cds.metrics.meter import Meter
    from cds.records.recorder import SpoolRecorder

#: Seconds that records get to reach the database at a stop. They are safe without; orchestrators kill at 30.
_SHIPPING_SECONDS = 5
#: A complete order-sign request (synthetic) that yields a card on any day; tests/commands keeps that true.
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "order-sign.json"


@click.command()
def serve() -> None:
    """Answer CDS Hooks calls until stopped (Ctrl-C). Settings come from CDS_… in the environment."""
    settings = settings_or_stop()
    on_standard_output()
    # Here, not above: flask, gunicorn and the engine are not needed to print a help text.
    from cds.api import serving

    house = _House(settings)
    serving.serve(
        settings,
        house.open_desk,
        house.open_gate,
        house.open_feedback,
        house.open_meter,
        announce=house.announce,
        start=[house.start_servers],
        stop=[house.stop_counting, house.stop_servers, house.finish_records],
        after_fork=[house.begin_records, house.follow_activations, house.begin_desk, house.begin_gate],
        before_exit=[house.end_desk],
    )


class _House:
    """What lives in the parent process: the embedded servers, and what the workers inherit: desks, gate, recorder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cache: EmbeddedServer | None = None
        self._tokens: EmbeddedServer | None = None
        self._desk: Desk | None = None
        self._gate: Gate | None = None
        self._follower: Follower | None = None
        self._recorder: SpoolRecorder | None = None
        self._meter: Meter | None = None

    def start_servers(self) -> None:
        """Servers of our own, unless the operator named one: for the cache (where none can run, the null cache
        serves) and, apart because it must never forget, for used tokens.
        """
        if self._settings.redis_url is None:
            from cds.cache.embedded import EmbeddedServer

            self._cache = EmbeddedServer.start(self._settings.state)
            if self._settings.auth == "jwt":
                self._tokens = EmbeddedServer.start(self._settings.state, forgets=False)

    def stop_servers(self) -> None:
        """Ends our own servers, if there are any."""
        for server in (self._tokens, self._cache):
            if server is not None:
                server.stop()

    def open_meter(self) -> "Meter":
        """What counts in all workers together."""
        if self._meter is None:
            from cds.commands.opening import open_meter

            self._meter = open_meter(self._settings)
        return self._meter

    def stop_counting(self) -> None:
        """Counts end with the service."""
        from cds.metrics.files import remove_folder

        remove_folder(self._settings.state)

    def open_desk(self) -> "Desk":
        """The desk that the workers inherit."""
        from cds.commands.opening import open_desk, open_follower

        click.echo("reading and checking the rulesets ...", err=True)  # the first start takes some seconds for it
        self._desk = open_desk(self._settings, self._cache, self._records, self.open_meter())
        self._follower = open_follower(self._settings, self._cache, self._desk)
        return self._desk

    def open_feedback(self) -> "FeedbackDesk":
        """Where the workers take feedback."""
        from cds.commands.opening import open_feedback

        return open_feedback(self._settings, self._records, self.open_meter())

    @property
    def _records(self) -> "SpoolRecorder":
        """What is recorded with; opened when first asked for."""
        if self._recorder is None:
            from cds.commands.opening import open_recorder

            self._recorder = open_recorder(self._settings, self.open_meter())
        return self._recorder

    def begin_records(self) -> None:
        """In a worker: its own file to record into."""
        self._records.open()

    def follow_activations(self) -> None:
        """In a worker: catch up with what is live, and stay so."""
        if self._follower is not None:
            self._follower.begin()

    def begin_desk(self) -> None:
        """In a worker: its own connections."""
        if self._desk is not None:
            self._desk.begin()

    def end_desk(self) -> None:
        """In a worker that ends: what was not written yet."""
        if self._desk is not None:
            self._desk.finish()

    def finish_records(self) -> None:
        """Once the workers have gone: wait until what they recorded is in the database, and say if it is not."""
        from cds.records.launch import wait_until_shipped

        settings = self._settings
        if not wait_until_shipped(settings.state, settings.database_url, _SHIPPING_SECONDS):
            click.echo("records still wait in the spool; they reach the database when the service runs again", err=True)

    def open_gate(self) -> "Gate":
        """Who says who calls, for all workers."""
        from cds.commands.admitting import open_gate

        self._gate = open_gate(self._settings, self._tokens)
        return self._gate

    def begin_gate(self) -> None:
        """In a worker: the stores that it asks for each call."""
        if self._gate is not None:
            self._gate.begin()

    def announce(self, address: str) -> None:
        """Prints what is there, once the socket is bound."""
        if self._desk is not None:
            for line in greeting(address, self._desk, self._settings):
                click.echo(line)


def greeting(address: str, desk: "Desk", settings: Settings) -> Iterator[str]:
    """The address, what is loaded, what is not active yet, and one line to try it with."""
    moment = Moment(clock.now(), settings.timezone)
    services = desk.discovery(moment)
    yield f"cds {__version__} listens on {address}"
    yield "services:"
    yield from (f"  {service['id']} ({service['hook']})" for service in services)
    yield "rulesets:"
    yield from (f"  {_told(entry)}" for entry in desk.loaded(moment))
    if settings.auth == "open":
        yield "CDS_AUTH=open: whoever can reach this address can read what the cards say about patients"
    gaps = [*not_yet(settings), *desk.health().get("problems", ())]
    if gaps:
        yield "not active yet:"
        yield from (f"  {gap}" for gap in gaps)
    signing = next((service["id"] for service in services if service["hook"] == "order-sign"), None)
    if signing is not None and settings.auth != "jwt" and EXAMPLE.is_file():
        yield "try it:"
        yield f"  {try_it(address, signing)}"


def try_it(address: str, service_id: str) -> str:
    """A command that works when pasted, from the folder in which the server was started or any other."""
    here = Path.cwd()
    file = EXAMPLE.relative_to(here) if EXAMPLE.is_relative_to(here) else EXAMPLE
    where = quote(f"{address}/cds-services/{service_id}")
    return f"curl -s {where} -H 'Content-Type: application/json' --data {quote(f'@{file}')}"


def _told(entry: dict[str, object]) -> str:
    """One version as the start names it: pinned address, and whether the evidence applies today."""
    told = f"{entry['ruleset']}@{entry['version']}+sha256.{str(entry['digest'])[:12]}"
    return told if entry["effective"] else f"{told} (not in effect today)"
