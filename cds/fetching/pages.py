"""The pages of one search, put together into one Bundle as if the client had sent it."""

from collections.abc import Mapping
from typing import Any

from cds.fetching.addresses import next_url
from cds.fetching.reading import Reader
from cds.fetching.reasons import NotFetched, Reason

MOST_PAGES = 20
MOST_ENTRIES = 5000


class Pages:
    """What has come of a search so far; it is kept when the next page fails or comes too late.

    first: the page that the client sent, if it sent one.
    """

    def __init__(self, base: str, first: Mapping[str, Any] | None = None) -> None:
        self._base = base
        self._entries: list[Any] = []
        self._totals: list[Any] = []
        self._last: Mapping[str, Any] | None = None
        if first is not None:
            self._add(first)

    @property
    def bundle(self) -> Mapping[str, Any] | None:
        """All pages as one: every entry, and the links of the last page; a ``next`` among them: more is left."""
        if self._last is None:
            return None
        whole: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "entry": self._entries}
        if self._totals:
            # A total that nobody can compare stays, and leaves the Bundle incomplete.
            odd = [total for total in self._totals if type(total) is not int]
            whole["total"] = odd[0] if odd else max(self._totals)
        if "link" in self._last:
            whole["link"] = self._last["link"]
        return whole

    async def read(self, reader: Reader, url: str | None) -> None:
        """Read from ``url`` (None: from behind the client's page) to the end; raises :class:`NotFetched`."""
        seen: set[str] = set()
        page = url or f"{self._base}/"
        if url is not None:
            self._add(await reader.read(url))
            seen.add(url)
        while self._last is not None and (link := next_link(self._last)) is not None:
            page = next_url(self._base, page, link)
            if page in seen:
                raise NotFetched(Reason.UNREADABLE)  # it leads in a circle
            if len(seen) >= MOST_PAGES:
                raise NotFetched(Reason.TOO_LARGE)
            seen.add(page)
            self._add(await reader.read(page))

    def _add(self, page: Mapping[str, Any]) -> None:
        kind, entries = page.get("resourceType"), page.get("entry", [])
        if kind != "Bundle" or not isinstance(entries, list):
            raise NotFetched(Reason.OUTCOME if kind == "OperationOutcome" else Reason.UNREADABLE)
        if len(self._entries) + len(entries) > MOST_ENTRIES:
            raise NotFetched(Reason.TOO_LARGE)
        self._entries += entries
        if page.get("total") is not None:
            self._totals.append(page["total"])
        self._last = page


def next_link(bundle: Mapping[str, Any]) -> str | None:
    """Where the next page is; None where there is none, or none that can be told."""
    links = bundle.get("link")
    found = {
        link.get("url")
        for link in (links if isinstance(links, list) else ())
        if isinstance(link, dict) and link.get("relation") == "next" and isinstance(link.get("url"), str)
    }
    return found.pop() if len(found) == 1 else None
