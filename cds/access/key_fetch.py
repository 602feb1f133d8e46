"""Read a JWK Set from an address that the operator listed: https, no redirect, bounded in size and time.

The standard library's client, because it trusts the certificates that the machine trusts: hospitals add their own.
"""

import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

from cds.errors import ServiceFault

#: Seconds for each step (connect, read), and for all of it.
_STEP = 2.0
_WHOLE = 5.0
_LARGEST = 256 * 1024
_CHUNK = 16 * 1024


class KeysNotFetched(ServiceFault):
    """The address did not answer with a document of sensible size in time."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect leads to an address that nobody listed."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(NoRedirect)


def fetch_keys(url: str) -> bytes:
    """The document at ``url``; raises :class:`KeysNotFetched`, whatever went wrong."""
    until = time.monotonic() + _WHOLE
    try:
        # The registry takes https addresses only.
        request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310
        with _OPENER.open(request, timeout=_STEP) as response:
            document = b""
            while chunk := response.read1(_CHUNK):
                document += chunk
                if len(document) > _LARGEST or time.monotonic() > until:
                    raise KeysNotFetched("too large or too slow")
            if response.length:
                raise KeysNotFetched("cut off")
    except (OSError, HTTPException, ValueError) as fault:  # URLError and time-outs are OSError
        raise KeysNotFetched(type(fault).__name__) from None
    return document
