"""The gate: every call of a service passes it, and comes out as a client, or not at all."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cds.access.client import ANONYMOUS, Client
from cds.access.faults import TokenRefused
from cds.access.keys import IssuerKeys
from cds.access.rate import Rates
from cds.access.registry import Registry
from cds.access.spent import SpentTokens
from cds.access.verifying import Verifier
from cds.logs import get_logger

_log = get_logger(__name__)

#: Seconds that a worker takes at most for it; without its stores it begins, too, and refuses calls.
_WARMING = 2.0


@dataclass(frozen=True, slots=True)
class Call:
    """What of a call says who makes it. audiences: the public addresses that it may have been made to.

    peer: the address that the connection comes from. headers: WSGI variables, by name.
    """

    audiences: frozenset[str]
    authorization: str | None = field(default=None, repr=False)
    peer: str = ""
    headers: Mapping[str, object] = field(default_factory=dict, repr=False)


class Gate(Protocol):
    """Says who calls. Safe to call from several threads."""

    def admit(self, call: Call, now: float) -> Client:
        """The client; raises TokenRefused, CannotTell, TooManyCalls. ``now``: seconds since 1970, real."""

    def begin(self) -> None:
        """Connect to what is asked for each call: in a worker, before its first."""

    def origins(self) -> frozenset[str]:
        """Every origin that some client's browsers call from."""

    def health(self) -> Mapping[str, str | int]:
        """How the gate is doing, in words and counts that say nothing of clients."""

    def problems(self) -> list[str]:
        """Why nobody can be let in just now; empty when all is well."""


class OpenGate:
    """Lets everybody in, as one anonymous client; a token is not looked at."""

    def __init__(self, anonymous: Client = ANONYMOUS) -> None:
        self._anonymous = anonymous
        self._rates = Rates((anonymous,))

    def admit(self, call: Call, now: float) -> Client:  # noqa: ARG002 - the interface's
        """The anonymous client, unless it calls too often."""
        self._rates.count(self._anonymous)
        return self._anonymous

    def begin(self) -> None:
        """Nothing is asked."""

    def origins(self) -> frozenset[str]:
        """Those of the anonymous client."""
        return frozenset(self._anonymous.origins or ())

    def health(self) -> Mapping[str, str | int]:
        """Open is open."""
        return {"tokens": "not asked for"}

    def problems(self) -> list[str]:
        """None, ever."""
        return []


class TokenGate:
    """Lets clients of the registry in: by token, by the name in their certificate, or by both."""

    def __init__(self, registry: Registry, keys: IssuerKeys, spent: SpentTokens) -> None:
        self._registry = registry
        self._keys = keys
        self._spent = spent
        self._verifier = Verifier(registry, keys, spent)
        self._rates = Rates(registry.clients)
        by_token = {client.id for client in registry.by_token.values()}
        self._with_certificate = {client.id: name for name, client in registry.by_certificate.items()}
        self._certificate_alone = {
            name: client for name, client in registry.by_certificate.items() if client.id not in by_token
        }
        self._lock = threading.Lock()
        self._refused = 0

    def admit(self, call: Call, now: float) -> Client:
        """The client that the token or the certificate names; the token is used up by this."""
        try:
            client = self._known(call, now)
        except TokenRefused as refused:
            with self._lock:
                self._refused += 1
            _log.info("token_refused", reason=refused.reason, client=refused.client)
            raise
        self._rates.count(client)
        return client

    def begin(self) -> None:
        """A first connection takes longer than a call has, on a busy machine: it would be refused for that alone."""
        if not self._spent.warm(_WARMING):
            _log.warning("spent_tokens_away")

    def _known(self, call: Call, now: float) -> Client:
        certificate = self._certificate(call)
        if call.authorization is None and certificate in self._certificate_alone:
            return self._certificate_alone[certificate]
        client = self._verifier.client_of(call.authorization, call.audiences, now)
        if self._with_certificate.get(client.id, certificate) != certificate:
            raise TokenRefused("certificate", client.id)
        return client

    def _certificate(self, call: Call) -> str:
        proxy = self._registry.proxy
        if proxy is None or not proxy.is_at(call.peer):
            return ""
        return str(call.headers.get(proxy.variable, ""))

    def origins(self) -> frozenset[str]:
        """Every origin that some client's browsers call from."""
        return frozenset(origin for client in self._registry.clients for origin in client.origins or ())

    def health(self) -> Mapping[str, str | int]:
        """Counts are of this process. Why tokens were refused is in the log: here, it would tell who guesses."""
        return {
            "tokens": "asked for",
            "refused": self._refused,
            "issuers": len(self._registry.issuers),
            "issuers-without-keys": self._keys.without_keys(),
            "key-sources-failing": self._keys.failing(),
        }

    def problems(self) -> list[str]:
        """Without a store for used tokens, and without any issuer's keys, every call is refused."""
        told = []
        if not self._spent.can_tell():
            told.append("used tokens cannot be looked up: calls get 503")
        if not self._certificate_alone and self._keys.without_keys() == len(self._registry.issuers):
            told.append("no issuer's keys could be read: calls get 401")
        return told
