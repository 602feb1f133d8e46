"""Run the application under gunicorn: threads in several workers, rulesets compiled once before they fork.

It prints nothing: the caller's ``announce`` does, once the socket is bound. Embedded things (a cache server) are
started and stopped by callables given, in the parent only; they must not be asked of here what they are.
"""

import gc
import os
import ssl
import sys
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from cds.access.gate import Gate
from cds.api.app import create_app
from cds.api.desk import Desk, FeedbackDesk
from cds.api.worker import OPEN
from cds.metrics.meter import UNCOUNTED, Meter
from cds.settings import Settings

#: The engine frees and takes large blocks for each call; glibc's defaults give them back to the kernel every time,
#: which makes it several times slower. They are read when a process starts, so they must be in its environment.
MALLOC = {"MALLOC_TRIM_THRESHOLD_": "268435456", "MALLOC_MMAP_THRESHOLD_": "67108864"}

THREADS = 4
#: Seconds that running requests get to finish at a stop; orchestrators usually kill at 30.
GRACE = 20

Announce = Callable[[str], None]
Step = Callable[[], None]


def serve(
    settings: Settings,
    open_desk: Callable[[], Desk],
    open_gate: Callable[[], Gate | None] = lambda: None,
    open_feedback: Callable[[], FeedbackDesk | None] = lambda: None,
    open_meter: Callable[[], Meter] = lambda: UNCOUNTED,
    *,
    announce: Announce = lambda _: None,
    start: Sequence[Step] = (),
    stop: Sequence[Step] = (),
    after_fork: Sequence[Step] = (),
    before_exit: Sequence[Step] = (),
) -> None:
    """Serve until told to stop; leaves with :class:`SystemExit`.

    open_desk, open_gate, open_feedback, open_meter: make the desk, who says who calls, who takes feedback, and who
    counts, in this order, in the parent, before the workers fork.
    announce: called with the base URL when bound.
    start, stop: run in the parent before and after; stop in reverse order, also when the start failed half-way.
    after_fork: run in each worker (connections and threads do not survive a fork); before_exit: as it ends.
    Restarts the process once, in place, if the memory settings above are missing.
    """
    restart_with_malloc_settings()
    parent = os.getpid()
    try:
        for step in start:
            step()
        _Server(
            lambda: create_app(settings, open_desk(), open_gate(), open_feedback(), open_meter()),
            _options(settings, announce, after_fork, before_exit),
        ).run()
    finally:
        # A worker leaves through here too (gunicorn exits by SystemExit): what is shared is not its to stop.
        if os.getpid() == parent:
            for step in reversed(stop):
                step()


def restart_with_malloc_settings(
    execve: Callable[[str, list[str], dict[str, str]], object] = os.execve,
    environ: dict[str, str] | None = None,
) -> None:
    """Start this very command again with the memory settings in its environment, unless they are there."""
    environ = dict(os.environ) if environ is None else environ
    if all(name in environ for name in MALLOC):
        return
    # What the operator set wins over ours.
    execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**MALLOC, **environ})


def settle() -> None:
    """Take what was loaded out of the garbage collector's sight, once, before the workers fork.

    Rulesets and tables live as long as the process. Collections that walk them cost several times a request, and
    touching their headers would copy the memory that the workers share. A request makes some thousand small objects
    and nearly all die with it: collecting every 700 of them is too often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)
    # Threads wait for the network, not for the processor: taking turns every 5 ms costs twice a request's own work.
    sys.setswitchinterval(0.1)


def _options(
    settings: Settings, announce: Announce, after_fork: Sequence[Step], before_exit: Sequence[Step] = ()
) -> dict[str, Any]:
    def bound(arbiter: Any) -> None:
        host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
        scheme = "https" if settings.tls_certificate else "http"
        announce(f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}")

    def forked(_arbiter: Any, _worker: Any) -> None:
        for step in after_fork:
            step()

    def exits(_arbiter: Any, _worker: Any) -> None:
        for step in before_exit:
            step()

    def ended(_arbiter: Any, worker: Any) -> None:
        OPEN.leave(worker.age)

    return {
        **_tls(settings),
        "bind": _address(settings),
        "workers": settings.workers,
        "worker_class": "cds.api.worker.Worker",
        "threads": THREADS,
        "preload_app": True,
        "graceful_timeout": GRACE,
        "when_ready": bound,
        "post_fork": forked,
        "worker_exit": exits,
        "child_exit": ended,
        "loglevel": "warning",
        "accesslog": None,
        "control_socket_disable": True,
        "proc_name": "cds",
        # Old headers with underscores must not pass for ours (CDS_Now for CDS-Now).
        "header_map": "drop",
    }


def _tls(settings: Settings) -> dict[str, Any]:
    if settings.tls_certificate is None or settings.tls_key is None:
        return {}

    def modern(_config: Any, make_default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        context = make_default()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    return {"certfile": str(settings.tls_certificate), "keyfile": str(settings.tls_key), "ssl_context": modern}


def _address(settings: Settings) -> str:
    host = settings.host
    return f"[{host}]:{settings.port}" if ":" in host and not host.startswith("[") else f"{host}:{settings.port}"


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn, set up from here and not from its own files or command line."""

    def __init__(self, load: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._load = load
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        app = self._load()
        settle()
        return app
