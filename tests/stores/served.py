"""``cds serve`` as a process of its own, for tests that ask it as a client does, and ask its records afterwards."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from cds.settings import Settings
from tests.metrics.telling import read

ROOT = Path(__file__).parents[2]
EXAMPLE = json.loads((ROOT / "docs" / "examples" / "order-sign.json").read_bytes())
SERVICE = "medication-safety-order-sign"
#: What a service starts unless it is told otherwise.
WORKERS = Settings().workers


class Service:
    """The service on ``state``; it can be killed, and started again on the same records."""

    def __init__(self, state: Path, database_url: str | None = None, **more: str) -> None:
        mine = {name: value for name, value in os.environ.items() if not name.startswith("CDS_")}
        self.environ = {
            **mine,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "CDS_STATE": str(state),
            "CDS_RULESETS": str(ROOT / "rulesets"),
            "CDS_PORT": "0",
            **({"CDS_DATABASE_URL": database_url} if database_url else {}),
            **more,
        }
        self.process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        command = [sys.executable, "-m", "cds", "serve"]
        self.process = subprocess.Popen(command, env=self.environ, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if found := re.search(r"listens on (\S+)", line):
                self.url = found[1]
            if line.startswith("try it"):
                break

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self.process.stdout.read()
        self.process.stdout.close()
        return self.process.wait(60)

    def workers(self) -> list[int]:
        """The workers' processes, once all of them are there; the embedded cache server is a child too, and none."""
        limit = time.monotonic() + 30
        while len(found := self._serving_children()) < WORKERS and time.monotonic() < limit:
            time.sleep(0.02)
        return found

    def _serving_children(self) -> list[int]:
        told = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        commands = {int(pid): Path(f"/proc/{int(pid)}/cmdline") for pid in told.stdout.split()}
        return [pid for pid, file in commands.items() if file.exists() and "serve" in file.read_text().split("\0")]

    def ask(self) -> tuple[str, str]:
        """The decision and its first card, by a new hook instance."""
        answer = self.post("", {**EXAMPLE, "hookInstance": str(uuid.uuid4())})
        return answer["extension"]["org.cds-rules.decision"]["id"], answer["cards"][0]["uuid"]

    def post(self, path: str, body: Any) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own http URL
            f"{self.url}/cds-services/{SERVICE}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            return json.loads(response.read())

    def metrics(self) -> dict[str, float]:
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=30) as response:  # noqa: S310
            return read(response.read().decode())

    def told(self, *arguments: str) -> str:
        """What ``cds decisions`` says."""
        command = [sys.executable, "-m", "cds", "decisions", *arguments]
        done = subprocess.run(command, env=self.environ, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def recorded(self) -> set[str]:
        """The decisions on record."""
        return {
            line["decision"]
            for line in json.loads(self.told("list", "--json", "--limit", "10000"))["result"]["answers"]
        }

    def shown(self, name: str) -> dict[str, Any]:
        """The decision of this id, or that showed the card of this id."""
        (decision,) = json.loads(self.told("show", name, "--json"))["result"]["decisions"]
        return decision


_Served = TypeVar("_Served", bound=Service)


@contextmanager
def serving(state: Path, database_url: str | None = None, **more: str) -> Iterator[Service]:
    """A running service, stopped afterwards."""
    with running(Service(state, database_url, **more)) as service:
        yield service


@contextmanager
def running(service: _Served) -> Iterator[_Served]:
    """The service, started, and stopped afterwards if it still runs."""
    service.start()
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.stop()
