"""Who may call: the issuers of tokens and the clients, as ``clients.yaml`` says (read by ``clients_file``)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cds.access.client import ANONYMOUS, Client
from cds.access.proxy import Proxy


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs tokens. keys: files and addresses of its key sets. jku: what its tokens may name as such."""

    name: str
    files: tuple[Path, ...]
    addresses: tuple[str, ...]
    jku: frozenset[str]


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything of the file. by_token: (iss, tenant) to client; by_certificate: name to client.

    A client in both is known by both together.
    """

    issuers: Mapping[str, Issuer] = field(default_factory=dict)
    by_token: Mapping[tuple[str, str | None], Client] = field(default_factory=dict)
    by_certificate: Mapping[str, Client] = field(default_factory=dict)
    proxy: Proxy | None = None
    anonymous: Client = ANONYMOUS

    @property
    def clients(self) -> tuple[Client, ...]:
        """Each client once, the anonymous one last."""
        known = {client.id: client for client in (*self.by_token.values(), *self.by_certificate.values())}
        return (*known.values(), self.anonymous)
