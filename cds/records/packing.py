"""Making records small before they are sealed: JSON of a patient's facts shrinks to about a sixth.

isal writes the same format (zlib) in a third of the time; where it has no wheel, the standard library serves.
"""

import importlib
import importlib.util
import zlib

_fast = importlib.import_module("isal.isal_zlib") if importlib.util.find_spec("isal") else None

#: isal's fastest level, and the standard library's.
_ISAL_LEVEL, _ZLIB_LEVEL = 0, 1


def packed(content: bytes) -> bytes:
    """The content, smaller."""
    if _fast is None:
        return zlib.compress(content, _ZLIB_LEVEL)
    return bytes(_fast.compress(content, _ISAL_LEVEL))


def checksum(content: bytes, start: int = 0) -> int:
    """CRC-32, going on from ``start``; isal's is ten times as fast."""
    return zlib.crc32(content, start) if _fast is None else int(_fast.crc32(content, start))


def unpacked(small: bytes) -> bytes:
    """What was packed; raises ``ValueError`` for what was not."""
    try:
        return zlib.decompress(small)
    except zlib.error:
        raise ValueError("not packed") from None
