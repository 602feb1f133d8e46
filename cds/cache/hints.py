"""Which keys a server may hold, told without asking it: one bit for each, set by whoever writes an entry.

The bits lie in the server itself, a string for each hour, so that every worker on every machine, and one that starts
anew, learns within a second what the others wrote. A bit that is set by chance costs one question; a bit that is not
known yet, or that is older than the hour before this, costs one judgement. Neither changes an answer.
"""

import zlib
from collections.abc import Sequence

#: Bits for each hour: a quarter is set after 300,000 entries.
BITS = 1 << 20
_MASK = BITS - 1
_BYTES = BITS // 8
_HOUR = 3600
#: Seconds that the bits of an hour are kept after their last change.
STAY = 2 * _HOUR


class Hints:
    """The bits, as they were when last read. Safe to call from several threads: they are replaced as a whole."""

    def __init__(self) -> None:
        self._bits = bytes(_BYTES)

    def may_hold(self, key: bytes) -> bool:
        """False: nobody wrote it, as far as was known."""
        place = place_of(key)
        return bool(self._bits[place >> 3] & (0x80 >> (place & 7)))

    def load(self, maps: Sequence[bytes]) -> None:
        """Take what the server holds for each of :func:`names`; a string that is shorter ends in zeros."""
        together = 0
        for found in maps:
            together |= int.from_bytes(found[:_BYTES].ljust(_BYTES, b"\0"))
        self._bits = together.to_bytes(_BYTES)


def place_of(key: bytes) -> int:
    """The number of a key's bit, as Redis counts them in a string. Keys are digests: nothing is told by a part."""
    return zlib.crc32(key) & _MASK


def names(seconds: float) -> tuple[bytes, bytes]:
    """Where the bits lie of the hour of this instant (seconds since 1970), and of the hour before."""
    hour = int(seconds // _HOUR)
    return _name(hour), _name(hour - 1)


def _name(hour: int) -> bytes:
    return b"cds:h:%d" % hour
