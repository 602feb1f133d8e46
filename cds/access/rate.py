"""How often a client may call: the generic cell rate algorithm (ITU-T I.371), one number per client.

The number is the moment at which the client's allowance would be whole again. It lies in memory that the workers of one
machine share, made before they fork, so the rate is that of the machine and not of each worker. It is read and written
without a lock: two calls at the very same moment may count as one, which a rate can bear.
"""

import mmap
import struct
import time
from collections.abc import Callable, Iterable

from cds.access.client import Client, Rate
from cds.access.faults import TooManyCalls

_MOMENT = struct.Struct("d")


class Rates:
    """The rates of the clients that have one."""

    def __init__(self, clients: Iterable[Client], monotonic: Callable[[], float] = time.monotonic) -> None:
        limited = [(client.id, client.rate) for client in clients if client.rate is not None]
        self._places: dict[str, tuple[int, Rate]] = {
            name: (number * _MOMENT.size, rate) for number, (name, rate) in enumerate(limited)
        }
        self._shared = mmap.mmap(-1, max(1, len(limited)) * _MOMENT.size)
        self._monotonic = monotonic  # of the machine, not of the process, on Linux and macOS

    def count(self, client: Client) -> None:
        """One more call; raises :class:`TooManyCalls`, and then the call does not count."""
        place = self._places.get(client.id)
        if place is None:
            return
        offset, rate = place
        now = self._monotonic()
        (whole_again,) = _MOMENT.unpack_from(self._shared, offset)
        whole_again = max(whole_again, now) + rate.seconds / rate.calls
        wait = whole_again - now - rate.seconds
        if wait > 1e-9:  # sums of fractions: the last call of the allowance must not fail by a rounding
            raise TooManyCalls(wait, client.id)
        _MOMENT.pack_into(self._shared, offset, whole_again)
