"""Other processes for long work, which end when somebody presses Ctrl-C."""

import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def some_processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """So many, for the body of the ``with``; when it is left by an exception, what was not begun is not done.

    A terminal sends Ctrl-C to all of them. In the others it is no exception: that would end what they are at, and they
    would begin the next.
    """
    ends_them = (signal.SIGINT, signal.SIG_DFL)
    with ProcessPoolExecutor(count, initializer=signal.signal, initargs=ends_them) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
