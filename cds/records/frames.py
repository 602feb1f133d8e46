"""One record as bytes in a spool file, so that a torn or damaged one is known as such.

A file begins with a mark and the id of its stream. Then frames: ``length | CRC-32 | seq | kind | length of the clear
part | clear part (JSON) | sealed part``. The length counts what follows the CRC, and the CRC covers that.
"""

import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from cds.records.packing import checksum

_MARK = b"cds-spool-1\n"
_HEAD = struct.Struct(">II")
_PREFIX = struct.Struct(">QBI")
PREAMBLE_BYTES = len(_MARK) + 16
#: Far above any record (bodies are limited to 1 GiB, and what is recorded of one is packed): more is damage.
_LONGEST = 2**31


class Kind(IntEnum):
    """What a record tells; the numbers are written down and never change."""

    ANSWER = 1
    FEEDBACK = 2
    REFUSALS = 3
    SHADOW = 4


@dataclass(frozen=True, slots=True)
class Frame:
    """One record. ``seq`` counts within ``stream`` (32 hex digits) from 0, without gaps; together they are its name.

    clear: JSON that the store may read. sealed: what only the keys open, bound to stream and seq.
    """

    stream: str
    seq: int
    kind: Kind
    clear: bytes
    sealed: bytes = field(repr=False)


class Damaged(Exception):
    """What stands at ``offset`` of a spool file is no record, and not merely the beginning of one."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def preamble(stream: str) -> bytes:
    """How a file of this stream begins."""
    return _MARK + uuid.UUID(hex=stream).bytes


def pack(seq: int, kind: Kind, clear: bytes, sealed: bytes) -> bytes:
    """The bytes of one record."""
    prefix = _PREFIX.pack(seq, kind, len(clear))
    length = len(prefix) + len(clear) + len(sealed)
    told = checksum(sealed, checksum(clear, checksum(prefix)))
    return b"".join((_HEAD.pack(length, told), prefix, clear, sealed))


def stream_of(preamble_bytes: bytes) -> str:
    """The stream that a file's first bytes name; raises :class:`Damaged`."""
    if len(preamble_bytes) < PREAMBLE_BYTES or not preamble_bytes.startswith(_MARK):
        raise Damaged(0)
    return preamble_bytes[len(_MARK) : PREAMBLE_BYTES].hex()


def unpack(stream: str, content: bytes, start: int = 0) -> Iterator[tuple[Frame, int]]:
    """The whole records in ``content``, each with the offset at which it ends (``start`` is where content begins).

    Stops before a record of which only the beginning is there; raises :class:`Damaged` at one that is not as written.
    """
    at = 0
    while len(content) - at >= _HEAD.size:
        length, told = _HEAD.unpack_from(content, at)
        begin, end = at + _HEAD.size, at + _HEAD.size + length
        if not _PREFIX.size <= length <= _LONGEST:
            raise Damaged(start + at)
        if end > len(content):
            return
        body = content[begin:end]
        if checksum(body) != told:
            raise Damaged(start + at)
        seq, kind, clear = _PREFIX.unpack_from(body)
        if clear > length - _PREFIX.size or kind not in Kind._value2member_map_:
            raise Damaged(start + at)
        split = _PREFIX.size + clear
        at = end
        yield Frame(stream, seq, Kind(kind), body[_PREFIX.size : split], body[split:]), start + at
