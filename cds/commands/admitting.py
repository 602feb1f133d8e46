"""A gate from the settings: the clients, their keys, where used tokens are noted. Who publishes loads no more."""

from dataclasses import replace
from typing import TYPE_CHECKING

from cds import clock
from cds.access.clients_file import load_registry
from cds.access.gate import Gate, OpenGate, TokenGate
from cds.access.keys import IssuerKeys
from cds.access.registry import Registry
from cds.access.spent import OnceStore, SpentTokens
from cds.commands.environment import CannotStart
from cds.records.database import HURRIED, open_database
from cds.records.spent_keys import SpentKeys
from cds.settings import Settings, is_loopback

if TYPE_CHECKING:
    from cds.cache.embedded import EmbeddedServer


def open_registry(settings: Settings) -> Registry:
    """The clients that ``CDS_CLIENTS`` lists; nobody is, without it. Every problem of the file at once."""
    if settings.clients is None:
        return Registry()
    try:
        registry, problems = load_registry(settings.clients)
    except OSError as fault:
        raise CannotStart(f"CDS_CLIENTS: {settings.clients} cannot be read ({type(fault).__name__})") from None
    if problems:
        raise CannotStart("these clients cannot be used:\n" + "\n".join(map(str, problems)))
    return registry


def open_gate(settings: Settings, server: "EmbeddedServer | None") -> Gate:
    """Who says who calls; ``server`` is our own server for used tokens, if one runs."""
    registry = open_registry(settings)
    if settings.auth != "jwt":
        # For tests: whoever may pin the moment on this machine may pin versions too.
        pin = registry.anonymous.pin or (settings.test_clock and is_loopback(settings.host))
        return OpenGate(replace(registry.anonymous, pin=pin))
    keys = IssuerKeys(registry.issuers)
    keys.load()
    return TokenGate(registry, keys, SpentTokens(_where_tokens_are_noted(settings, server)))


def _where_tokens_are_noted(settings: Settings, server: "EmbeddedServer | None") -> list[OnceStore]:
    """A Redis, where there is one; while it cannot tell, the database."""
    url = settings.redis_url or (server.url if server else None)
    database = open_database(settings.database_url, settings.state, HURRIED)
    in_sql = SpentKeys(database, lambda: clock.now().timestamp())
    if not url:
        return [in_sql]
    from cds.cache.redis_store import connect

    # More patience than for the cache, which can be done without: without its word the call is refused.
    return [connect(url, answer_seconds=HURRIED / 2, connect_seconds=HURRIED), in_sql]
