"""How many connections each worker has open, in memory that all of them share: so that none takes all of them.

Whichever worker happens to wake first takes a new connection, and a client that keeps it open stays there: eight such
clients have been seen at one of two workers, and half the machine idle.
"""

import mmap

#: More than there are workers; a worker's place is told by its age, which is never used twice.
_PLACES = 1024
_NOBODY = -1


class OpenConnections:
    """Counts by worker. Made before workers fork. Writing and reading one number needs no lock."""

    def __init__(self) -> None:
        self._counts = memoryview(mmap.mmap(-1, 4 * _PLACES)).cast("i")
        for place in range(_PLACES):
            self._counts[place] = _NOBODY

    def tell(self, age: int, count: int) -> None:
        """The worker of this age has so many open."""
        self._counts[age % _PLACES] = count

    def leave(self, age: int) -> None:
        """The worker of this age has ended."""
        self._counts[age % _PLACES] = _NOBODY

    def is_least(self, age: int, count: int) -> bool:
        """Whether no other worker has fewer than ``count``."""
        own = age % _PLACES
        return all(
            other == _NOBODY or other >= count for place, other in enumerate(self._counts.tolist()) if place != own
        )
