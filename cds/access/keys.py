"""The keys of every issuer. Nothing that a token says makes us ask an address that the operator did not list."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from cds.access.key_cache import KeyCache
from cds.access.key_fetch import fetch_keys
from cds.access.key_set import VerifyingKey
from cds.access.registry import Issuer

#: Seconds: a file is cheap to look at, an address is somebody else's server.
_FILE_FRESH, _FILE_COOL_DOWN = 5.0, 1.0
_ADDRESS_FRESH, _ADDRESS_COOL_DOWN = 600.0, 30.0

Fetch = Callable[[str], bytes]


class IssuerKeys:
    """The key sets of the issuers. Safe to call from several threads."""

    def __init__(self, issuers: Mapping[str, Issuer], fetch: Fetch = fetch_keys) -> None:
        self._by_address = {name: _addresses(issuer, fetch) for name, issuer in issuers.items()}
        self._by_file = {name: _files(issuer) for name, issuer in issuers.items()}

    def load(self) -> None:
        """Read every source once; one that does not answer is tried again when a call needs it."""
        for cache in self._caches():
            cache.load()

    def find(self, issuer: str, jku: str | None, kid: str) -> VerifyingKey | None:
        """The issuer's key of this name: in the set at ``jku`` where that is fetched, else in any of its sets.

        ``jku`` must be one that the issuer may name: a listed one that is not fetched stands for the copies on file.
        """
        addresses = self._by_address[issuer]
        caches = [addresses[jku]] if jku in addresses else [*self._by_file[issuer], *addresses.values()]
        for cache in caches:
            key = cache.find(kid)
            if key is not None:
                return key
        return None

    def without_keys(self) -> int:
        """How many issuers have no key at all just now."""
        every = ((*self._by_file[name], *self._by_address[name].values()) for name in self._by_file)
        return sum(not any(cache.has_keys for cache in caches) for caches in every)

    def failing(self) -> int:
        """How many sources could not be read the last time; their old keys still serve."""
        return sum(cache.is_failing for cache in self._caches())

    def _caches(self) -> Iterable[KeyCache]:
        for name, files in self._by_file.items():
            yield from files
            yield from self._by_address[name].values()


def _addresses(issuer: Issuer, fetch: Fetch) -> dict[str, KeyCache]:
    return {
        url: KeyCache(url, lambda url=url: fetch(url), fresh=_ADDRESS_FRESH, cool_down=_ADDRESS_COOL_DOWN)  # type: ignore[misc]
        for url in issuer.addresses
    }


def _files(issuer: Issuer) -> list[KeyCache]:
    return [_file(path) for path in issuer.files]


def _file(path: Path) -> KeyCache:
    return KeyCache(str(path), path.read_bytes, fresh=_FILE_FRESH, cool_down=_FILE_COOL_DOWN)
