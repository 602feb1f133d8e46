"""Loading without the garbage collector: it looks again and again at what stays, and finds nothing to free."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """No collections inside, in the whole process; afterwards as before. For work of seconds, not for serving.

    What was made inside counts as old then: the next small collection does not walk through all of it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_freeze_count() == 0:  # what a service has frozen stays so
                gc.freeze()
                gc.unfreeze()
            gc.enable()
