"""Where the log goes: events with named values, on standard output. A command's own output is its result, and alone
there: while one runs, the log is on standard error. The service, a command too, keeps standard output.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_is_beside_a_result = False


def get_logger(name: str = "") -> Any:
    """A logger of structlog, which is imported no earlier: it takes a fifth of the time that a short command takes."""
    import structlog

    if not structlog.is_configured():
        structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(_stream()))
    return structlog.get_logger(name)


@contextmanager
def on_standard_error() -> Iterator[None]:
    """While a command runs."""
    _choose(beside_a_result=True)
    try:
        yield
    finally:
        _choose(beside_a_result=False)


def on_standard_output() -> None:
    """From now on: the command serves."""
    _choose(beside_a_result=False)


def _choose(*, beside_a_result: bool) -> None:
    global _is_beside_a_result  # noqa: PLW0603 - of the process, as its streams are
    _is_beside_a_result = beside_a_result


def _stream() -> Any:
    return sys.stderr if _is_beside_a_result else sys.stdout
