"""How a body is declared: JSON, in UTF-8, as it is or gzipped. Everything else is refused (415)."""

import re
from typing import TYPE_CHECKING

from cds.api.faults import UnsupportedMedia

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_JSON_TYPES = frozenset({"application/json", "application/fhir+json"})
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]*)", re.IGNORECASE)
#: ASCII is UTF-8 already.
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_CODINGS = frozenset({"", "identity", "gzip", "x-gzip"})


def check_media(environ: "WSGIEnvironment") -> None:
    """Refuse a body that is not declared as JSON in UTF-8; case does not count, other parameters are ignored (HTTP-10).

    RFC 8259 gives JSON no charset parameter, but who sends one means it.
    """
    declared: str = environ.get("CONTENT_TYPE", "")
    if declared not in _JSON_TYPES:
        media, _, parameters = declared.partition(";")
        if media.strip().lower() not in _JSON_TYPES:
            raise UnsupportedMedia("Content-Type")
        if any(charset.lower() not in _UTF_8 for charset in _CHARSET.findall(f";{parameters}")):
            raise UnsupportedMedia("Content-Type")
    if _coding(environ) not in _CODINGS:
        raise UnsupportedMedia("Content-Encoding")


def is_gzipped(environ: "WSGIEnvironment") -> bool:
    """Whether the body is declared as gzip; of what :func:`check_media` let through."""
    return _coding(environ) not in ("", "identity")


def _coding(environ: "WSGIEnvironment") -> str:
    coding: str = environ.get("HTTP_CONTENT_ENCODING", "")
    return coding.strip().lower()
