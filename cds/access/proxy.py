"""The name in a client's certificate, as the proxy that ended its TLS connection tells it.

Believed only where the connection comes from a listed address: anybody else can write that header too.
"""

import ipaddress
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Proxy:
    """addresses: where it connects from. header: the request header in which it puts the certificate's name."""

    addresses: tuple[Network, ...]
    header: str

    @property
    def variable(self) -> str:
        """The header's name in a WSGI environment."""
        return "HTTP_" + self.header.upper().replace("-", "_")

    def is_at(self, address: str) -> bool:
        """Whether the proxy connects from this address."""
        try:
            peer = ipaddress.ip_address(address)
        except ValueError:  # a unix socket has none
            return False
        return any(peer in network for network in self.addresses)
