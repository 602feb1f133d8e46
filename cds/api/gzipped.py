"""gzip (RFC 1952) both ways: bodies that come compressed, never larger than allowed, and answers for who takes them."""

import zlib
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from cds.hooks.faults import EnvelopeRejected, FieldFault

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_VARIES = ("Vary", "Accept-Encoding")
_GZIP = 31  # zlib's window bits for a gzip header
#: Bytes. A smaller answer fits one packet as it is.
_WORTH_IT = 1400
#: A card list shrinks to a third at the fastest level; the slower ones cost several times that for a tenth more.
_LEVEL = 1


def inflated(body: bytes, largest: int) -> bytes:
    """The body that a gzip body holds; nothing beyond ``largest`` bytes is ever inflated.

    Raises RequestEntityTooLarge, and EnvelopeRejected for what is not exactly one whole gzip member.
    """
    inflater = zlib.decompressobj(_GZIP)
    try:
        content = inflater.decompress(body, largest + 1)
    except zlib.error:
        raise _not_gzip() from None
    if len(content) > largest:
        raise RequestEntityTooLarge
    if not inflater.eof or inflater.unused_data:
        raise _not_gzip()
    return content


def _not_gzip() -> EnvelopeRejected:
    return EnvelopeRejected((FieldFault("body", "is not one whole gzip member, as Content-Encoding says", "invalid"),))


def shortened(content: bytes, environ: "WSGIEnvironment") -> tuple[bytes, list[tuple[str, str]]]:
    """The content as this request takes it, and the headers that say so."""
    if len(content) < _WORTH_IT:
        return content, []
    accepted = environ.get("HTTP_ACCEPT_ENCODING")
    if not accepted or not _takes_gzip(accepted):
        return content, [_VARIES]
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    return packer.compress(content) + packer.flush(), [_VARIES, ("Content-Encoding", "gzip")]


def shorten_answers(app: Flask) -> None:
    """Compress larger answers of ``app`` for clients that say they take gzip."""

    @app.after_request
    def shorten(response: Response) -> Response:
        if not response.is_streamed and not response.content_encoding:
            content, headers = shortened(response.get_data(), request.environ)
            response.set_data(content)
            for name, value in headers:
                response.headers.add(name, value)
        return response


def _takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding names gzip, and not to refuse it (``gzip;q=0``)."""
    for entry in accepted.lower().split(","):
        coding, _, weight = entry.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False
