"""Request bytes to a JSON object: the first step, and the strictest.

It refuses what is not one strict UTF-8 JSON object: NaN and Infinity, a number beyond a double, another encoding, a
byte order mark, a lone surrogate, absurd nesting, and above all a repeated member name: two ``patientId`` must never
be resolved silently (GEN-05). It does not know what the members mean.

orjson reads an integer beyond 64 bits as a float. Such a number loses digits; whoever reads a number that a rule
depends on has to refuse a float where an integer is due.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import orjson

from cds.hooks.faults import EnvelopeRejected, FieldFault

_SPARE = 16
_SAFE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}\Z")


class _Repeated(Exception):
    """A member name stands twice in one object."""


def decode(body: bytes) -> Mapping[str, Any]:
    """The object that ``body`` is; raises :class:`EnvelopeRejected` naming ``body``."""
    if not body:
        raise _rejected("is empty; send one JSON object", "required")
    try:
        tree = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        # Not chained: the decoder's message carries the document, and with it the patient.
        raise _rejected(f"is not strict UTF-8 JSON{_place(body, error)}", "invalid") from None
    if not isinstance(tree, dict):
        raise _rejected("must be a JSON object", "structure")
    if not _every_name_survived(body, tree):
        _refuse_repeated_names(body)
    return tree


def _place(body: bytes, error: orjson.JSONDecodeError) -> str:
    """Where it stops being one; never what stands there."""
    try:
        body.decode()
    except UnicodeDecodeError as bad:
        return f": byte {bad.start} is not UTF-8"
    return f": line {error.lineno}, column {error.colno}"


def has_escapes(body: bytes) -> bool:
    """Whether an escaped code point stands in it, which could spell any name or value otherwise."""
    # One byte is searched for a hundred times faster than two, and most bodies hold no backslash at all.
    return b"\\" in body and b"\\u" in body


def _every_name_survived(body: bytes, tree: dict[str, Any]) -> bool:
    """True when no repeated name was lost in decoding.

    A lost name takes its quotes with it, so a body whose tree writes back with as many quotes lost nothing. A quote
    written as an escaped code point would count once instead of twice, so those bodies take the slow way (False).
    """
    try:
        written = orjson.dumps([[[[[[[[[[[[[[[[tree]]]]]]]]]]]]]]]])[_SPARE:-_SPARE]
    except TypeError:
        # Deeper than orjson writes (254 levels): no FHIR resource comes near. Some are spared for what is built around
        # a resource of it later: facts, suggestions, the record.
        raise _rejected("is nested too deeply", "structure") from None
    if written == body:
        return True  # the usual spelling, as most clients write JSON: the same bytes
    # Most bodies hold no backslash at all, which is ten times quicker to see than its absence before a "u0022".
    return body.count(b'"') == written.count(b'"') and (b"\\" not in body or b"\\u0022" not in body)


def _refuse_repeated_names(body: bytes) -> None:
    """The slow way: decode again with a decoder that shows every pair."""
    try:
        # Numbers stay text: their value does not matter here, and huge ones would be refused by int().
        json.loads(body.decode(), object_pairs_hook=_pairs, parse_int=str, parse_float=str)
    except _Repeated as repeated:
        name = f' "{repeated}"' if _SAFE_NAME.match(str(repeated)) else ""
        raise _rejected(f"repeats a member name{name} within one object", "invalid") from None


def _pairs(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _Repeated(name)
        seen.add(name)


def _rejected(message: str, code: str) -> EnvelopeRejected:
    return EnvelopeRejected((FieldFault("body", message, code),))
