"""One GET at a FHIR server: bounded, without redirects, and silent about its token."""

import logging
import re
import ssl
from dataclasses import dataclass, field
from typing import Any

import httpx

from cds.fetching.reasons import NotFetched, Reason
from cds.hooks.body import decode
from cds.hooks.faults import EnvelopeRejected

# They tell addresses, and with them patients' ids, at levels that an operator may well turn on.
for _talker in ("httpx", "httpcore"):
    logging.getLogger(_talker).setLevel(logging.CRITICAL + 1)

#: FHIR R4, "Content Types and encodings", its older spelling, and plain JSON.
_MEDIA = frozenset({"application/fhir+json", "application/json+fhir", "application/json"})
_TOKEN = re.compile(r"[!-~]+\Z")
_REASONS = {401: Reason.REFUSED, 403: Reason.REFUSED, 404: Reason.NOT_FOUND, 410: Reason.NOT_FOUND}
#: For one hook call: as much as its own body may be by default (CDS_MAX_BODY).
LARGEST = 8 * 1024 * 1024


@dataclass(slots=True)
class Reader:
    """Reads for one hook call with its token. ``left``: bytes that may still come, for all templates together."""

    http: httpx.AsyncClient
    token: str = field(repr=False)
    left: int = LARGEST

    def is_usable(self) -> bool:
        """Whether the token can stand in a header; one that cannot would be repeated by the fault that it causes."""
        return _TOKEN.match(self.token) is not None

    async def read(self, url: str) -> dict[str, Any]:
        """The JSON object at an address; raises :class:`NotFetched`, whatever went wrong."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/fhir+json",
            # A few bytes could otherwise unpack to a great many.
            "Accept-Encoding": "identity",
        }
        # Not chained, here and below: a fault of the client may carry the request with its headers.
        try:
            async with self.http.stream("GET", url, headers=headers) as response:
                _check(response)
                body = await self._body(response)
        except httpx.InvalidURL:
            raise NotFetched(Reason.FAILED) from None
        except (httpx.HTTPError, httpx.StreamError, OSError) as fault:
            raise NotFetched(Reason.CERTIFICATE if _is_untrusted(fault) else Reason.UNREACHABLE) from None
        try:
            return dict(decode(body))
        except EnvelopeRejected:
            raise NotFetched(Reason.UNREADABLE) from None

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_raw():
            self.left -= len(chunk)
            if self.left < 0:
                raise NotFetched(Reason.TOO_LARGE)
            body += chunk
        return bytes(body)


def _is_untrusted(fault: BaseException | None) -> bool:
    """Whether the server's certificate was refused; the library tells it as a connection that failed."""
    while fault is not None and not isinstance(fault, ssl.SSLCertVerificationError):
        fault = fault.__cause__ or fault.__context__
    return fault is not None


def _check(response: httpx.Response) -> None:
    """Only a plain 200 with JSON is read on."""
    status = response.status_code
    if 300 <= status < 400:
        raise NotFetched(Reason.REDIRECTED)
    if status != 200:
        raise NotFetched(_REASONS.get(status, Reason.STATUS))
    media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    packed = response.headers.get("Content-Encoding", "identity").strip().lower()
    if media not in _MEDIA or packed != "identity":
        raise NotFetched(Reason.UNREADABLE)
