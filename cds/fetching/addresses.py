"""Which addresses are asked. Scheme, host, port and base are always the operator's own text, never the request's.

A request may name any ``fhirServer``; one that is not listed for the client is not asked (server-side request forgery).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from cds.access.addresses import is_address
from cds.fetching.reasons import NotFetched, Reason
from cds.hooks.members import BARE_ID

_TOKEN = re.compile(r"\{\{context\.([A-Za-z]+)\}\}")
_PORTS = {"https": 443, "http": 80}

_Parts = tuple[str, str, int, str]


def listed_base(fhir_server: str, listed: Iterable[str]) -> str | None:
    """The listed base that the request names, as listed; None where it names another."""
    named = _parts(fhir_server)
    for base in listed:
        if named is not None and is_address(base) and _parts(base) == named:
            return base.rstrip("/")
    return None


def _parts(url: str) -> _Parts | None:
    """Scheme, host, port and path in one spelling; None for an address with anything else in it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if host is None or "@" in parts.netloc or parts.query or parts.fragment:
        return None
    return parts.scheme, host, port or _PORTS.get(parts.scheme, 0), parts.path.rstrip("/")


def template_url(base: str, query: str, context: Mapping[str, Any]) -> str:
    """The address that a template asks for. Only what is a FHIR id is ever filled in, so nothing needs escaping."""

    def filled(token: re.Match[str]) -> str:
        value = context.get(token[1])
        if not isinstance(value, str) or not BARE_ID.match(value):
            raise NotFetched(Reason.UNFILLED)
        return value

    url = _TOKEN.sub(filled, query)
    if "{{" in url:
        raise NotFetched(Reason.UNFILLED)
    return f"{base}/{url}"


def next_url(base: str, page: str, link: str) -> str:
    """The address of a next page, which must lie below the same base; ``page`` is where a relative one starts."""
    elsewhere = NotFetched(Reason.ELSEWHERE)
    if not link.isascii() or not link.isprintable() or set(link) & set(' \\"<>'):
        raise elsewhere
    try:
        target, home = urlsplit(urljoin(page, link)), urlsplit(base)
        same = (target.scheme, target.hostname, target.port or _PORTS.get(target.scheme)) == (
            home.scheme,
            home.hostname,
            home.port or _PORTS.get(home.scheme),
        )
    except ValueError:
        raise elsewhere from None
    path = target.path or "/"
    below = path.rstrip("/") == home.path or path.startswith(f"{home.path}/")
    # A server may decode before it takes dots away: those that climb out of the base are looked for twice.
    climbs = {".", ".."} & set(re.split(r"[/\\]", unquote(unquote(path))))
    if not same or not below or climbs or "@" in target.netloc or target.fragment:
        raise elsewhere
    return f"{home.scheme}://{home.netloc}{path}{'?' if target.query else ''}{target.query}"
