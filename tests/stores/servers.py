"""Servers of the tests' own: started on a private unix socket, killed, frozen, started again."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from cds.cache.embedded import find_binary


def missing(what: str) -> None:
    """Skip on a developer's machine; fail where CI promised the server."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} (CI=true: must not be skipped)")
    pytest.skip(what)


def redis_url() -> str:
    url = os.environ.get("TEST_REDIS_URL", "")
    if not url:
        missing("no real Redis: set TEST_REDIS_URL, as .ci/run does")
    return url


def binary_of(kind: str) -> Path:
    binary = find_binary() if kind == "valkey" else shutil.which("redis-server")
    if binary is None:
        missing(f"no {kind} server binary on this machine")
    return Path(str(binary))


class Server:
    """A server that a test may hurt."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.path = folder / "own.sock"
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def start(self) -> None:
        self.path.unlink(missing_ok=True)
        options = ["--port", "0", "--unixsocket", str(self.path), "--save", "", "--dir", str(self.path.parent)]
        self._process = subprocess.Popen([str(self._binary), *options], stdout=subprocess.DEVNULL)
        limit = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < limit, "the test's own server did not start"
            time.sleep(0.01)

    def kill(self) -> None:
        assert self._process is not None
        self.thaw()
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)
        while "T" not in Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]:
            time.sleep(0.001)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.path))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def is_alive(process_id: int) -> bool:
    """Running, and not merely waiting to be reaped."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def ends_soon(process_id: int) -> bool:
    limit = time.monotonic() + 5
    while is_alive(process_id) and time.monotonic() < limit:
        time.sleep(0.01)
    return not is_alive(process_id)
