"""The store that keeps nothing: every answer is judged afresh. Used where no server is given and none can start."""

from cds.cache.store import Health


class NullStore:
    """A :class:`cds.cache.store.ResultStore` that is always empty."""

    def get(self, key: bytes) -> None:
        """Nothing, always."""

    def put(self, key: bytes, value: bytes, seconds: int) -> None:
        """Keep nothing."""

    def health(self) -> Health:
        """There is no cache; that is a choice, not a fault."""
        return {"store": "none"}

    def close(self) -> None:
        """Nothing to give back."""
