"""The interface of a result store: bytes under a key, for some seconds.

A store keeps what :mod:`cds.cache.judgements` hands it, already sealed. It never raises and promises nothing: whatever
it gives back is checked again by whoever unseals it.
"""

from collections.abc import Mapping
from typing import Protocol

#: What a store or cache tells the health page and the metrics: words and counts, never keys or values.
Health = Mapping[str, str | int]


class ResultStore(Protocol):
    """Where sealed results lie. Safe to call from several threads."""

    def get(self, key: bytes) -> bytes | None:
        """What lies under the key; ``None`` when there is nothing, or nobody can tell."""

    def put(self, key: bytes, value: bytes, seconds: int) -> None:
        """Keep the value for at most so many seconds (above 0), or not at all."""

    def health(self) -> Health:
        """How the store is doing, and what it counted since this process began to use it."""

    def close(self) -> None:
        """Give back its connections."""
