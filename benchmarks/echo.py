"""The service against a bare Flask echo, under the same gunicorn settings, in the same run.

    python -m benchmarks.echo [SECONDS] [ROUNDS] [stated|whole]

The echo decodes the stated body with orjson and sends it back: what Flask, gunicorn and JSON cost by themselves. The
service is measured uncached (every request has other facts), cached by facts (other bytes, same facts) and on exact
repeats (same bytes but for hookInstance). Each round runs all four, so that a busy machine slows all alike. Load comes
from wrk (8 connections, closed loop: figures are throughput at saturation), or from a small Python client without it.
CPU is that of the workers alone, from /proc. *stated* (the default) is 100 rules, *whole* the service as it is shipped
(``stated.py``).
"""

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from pathlib import Path

from benchmarks import stated
from cds.api.serving import MALLOC
from cds.settings import Settings

ROOT = Path(__file__).parents[1]
CONNECTIONS = 8
WORKERS = 2
TARGETS = {"uncached": 0.4, "cached by facts": 0.4, "exact repeat": 0.7}  # SETTLED "Targets"
_RESULT = b'"id":"lab-5"'  # the sixth kind of stated.LABS is the eGFR, which the rules read


@dataclass(frozen=True)
class Run:
    per_second: float
    p50: float
    p99: float
    cpu: float  # microseconds of worker CPU a request
    failed: int


def template(kind: str) -> bytes:
    """The stated body with @@ where each request puts its own number (12 digits)."""
    body = stated.request()
    instance = stated.HOOK_INSTANCE.encode()
    assert body.count(instance) == 1
    if kind == "exact repeat":
        return body.replace(instance, b"5ea7ed00-0000-4000-8000-@@")
    if kind == "cached by facts":
        return body.replace(b'{"hook":', b'{"unknownMember":"@@","hook":', 1)
    # Another eGFR result for the rules (its reference is part of every fact), and the same findings.
    assert body.count(_RESULT) == 1
    return body.replace(_RESULT, _RESULT[:-1] + b'-@@"')


LUA = """
local file = io.open("{body}", "rb"); local body = file:read("*a"); file:close()
local before, after = body:match("^(.-)@@(.*)$")
local n = {start}
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["CDS-Now"] = "{moment}"
request = function()
  n = n + 1
  return wrk.format(nil, "{path}", nil, before .. string.format("%012d", n) .. after)
end
done = function(summary, latency)
  io.write(string.format('{{"requests": %d, "micros": %d, "p50": %d, "p99": %d, "failed": %d}}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""
_STARTS = count(1)


def load(port: int, path: str, body: bytes, seconds: int, workers: list[int]) -> Run:
    before = cpu_of(workers)
    told = (wrk if shutil.which("wrk") else python_client)(port, path, body, seconds, next(_STARTS) * 10**8)
    used = cpu_of(workers) - before
    done = max(told["requests"], 1)
    rate = told["requests"] / (told["micros"] / 1e6)
    return Run(rate, told["p50"] / 1000, told["p99"] / 1000, used / done, told["failed"])


def wrk(port: int, path: str, body: bytes, seconds: int, start: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        file, script = Path(folder) / "body", Path(folder) / "load.lua"
        file.write_bytes(body)
        script.write_text(LUA.format(body=file, start=start, moment=stated.MOMENT, path=path))
        command = [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "-s",
            str(script),
            f"http://127.0.0.1:{port}{path}",
        ]
        told = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(told.stdout.strip().splitlines()[-1])


def python_client(port: int, path: str, body: bytes, seconds: int, start: int) -> dict:
    laps, failed = send_all(port, path, body, seconds, count(start))
    cuts = statistics.quantiles(laps, n=100)
    return {
        "requests": len(laps),
        "micros": seconds * 1e6,
        "p50": cuts[49] * 1e3,
        "p99": cuts[98] * 1e3,
        "failed": failed,
    }


def send_all(
    port: int, path: str, body: bytes, seconds: int, numbers: Iterator[int], *, rate: float | None = None
) -> tuple[list[float], int]:
    """The laps in milliseconds, and how many requests failed.

    Without a rate each connection sends as soon as it has its answer. With one, requests are due on a fixed beat and a
    lap counts from when its request was due.
    """
    head, _, tail = body.partition(b"@@")
    beats, laps, failed = count(), [], []
    headers = {"Content-Type": "application/json", "CDS-Now": stated.MOMENT}
    begun = time.perf_counter()

    def send() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        while (due := begun + next(beats) / rate if rate else time.perf_counter()) < begun + seconds:
            if (early := due - time.perf_counter()) > 0:
                time.sleep(early)
            connection.request("POST", path, head + b"%012d" % next(numbers) + tail, headers)
            response = connection.getresponse()
            response.read()
            laps.append((time.perf_counter() - due) * 1e3)
            if response.status != 200:
                failed.append(response.status)

    threads = [threading.Thread(target=send) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return laps, len(failed)


def cpu_of(processes: list[int]) -> float:
    """Microseconds of user and system time so far."""
    ticks = 0
    for process in processes:
        after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(after_name[11]) + int(after_name[12])
    return ticks / os.sysconf("SC_CLK_TCK") * 1e6


def children_of(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    # The cache server is a child too, and no worker.
    return [int(child) for child in listed if b"valkey" not in Path(f"/proc/{child}/cmdline").read_bytes()]


class Server:
    """One of the two servers, in a process of its own."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environ = {**os.environ, **MALLOC, **environ, "CDS_PORT": str(self.port), "CDS_WORKERS": str(WORKERS)}
        self.process = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL)
        limit = time.monotonic() + 300
        while True:
            try:
                HTTPConnection("127.0.0.1", self.port, timeout=1).request("GET", "/livez")
                break
            except OSError:
                assert self.process.poll() is None, "the server ended"
                assert time.monotonic() < limit, "the server does not listen"
                time.sleep(0.1)
        time.sleep(1)
        self.workers = children_of(self.process.pid)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def serve_echo() -> None:
    """The echo, under the settings that the service runs with."""
    import orjson
    from flask import Flask, Response, request

    from cds.api import serving
    from cds.settings import read_settings

    app = Flask("echo")

    @app.post("/echo")
    def echo() -> Response:
        return Response(orjson.dumps(orjson.loads(request.get_data())), content_type="application/json")

    settings = read_settings(os.environ)
    serving._Server(lambda: app, serving._options(settings, lambda _: None, ())).run()


def show(name: str, runs: list[Run], echo: list[Run]) -> None:
    ratio = statistics.median(run.per_second / other.per_second for run, other in zip(runs, echo, strict=True))
    cpu_ratio = statistics.median(other.cpu / run.cpu for run, other in zip(runs, echo, strict=True))
    worst = min(runs, key=lambda run: run.per_second)
    target = f"{TARGETS[name]:.1f}" if name in TARGETS else "-"
    failed = sum(run.failed for run in runs)
    print(
        f"{name:<16}{worst.per_second:>9.0f}{worst.p50:>9.2f}{worst.p99:>9.2f}{worst.cpu:>10.0f}"
        f"{ratio:>8.2f}{cpu_ratio:>8.2f}{target:>8}{failed:>8}"
    )


def main(seconds: int = 5, rounds: int = 3, form: stated.Form = "stated") -> None:
    with tempfile.TemporaryDirectory() as folder:
        rules = stated.rulesets(ROOT / "rulesets", Path(folder) / "rulesets", form)
        state = {"CDS_TEST_CLOCK": "1", "CDS_STATE": f"{folder}/state", "CDS_RULESETS": f"{folder}/rulesets"}
        echo = Server([sys.executable, "-m", "benchmarks.echo", "--serve"], {})
        service = Server([sys.executable, "-m", "cds", "serve"], state)
        kinds = ("uncached", "cached by facts", "exact repeat")
        runs: dict[str, list[Run]] = {name: [] for name in ("echo", *kinds)}
        try:
            path = f"/cds-services/{stated.SERVICE}"
            for _ in range(rounds):
                runs["echo"].append(load(echo.port, "/echo", template("uncached"), seconds, echo.workers))
                for kind in kinds:
                    runs[kind].append(load(service.port, path, template(kind), seconds, service.workers))
        finally:
            echo.stop()
            service.stop()
    print(
        f"{form}: {len(stated.request())} bytes, {stated.RESOURCES} resources, {rules} rules, "
        f"cross-check {Settings().cross_check}; {WORKERS} workers, {CONNECTIONS} connections, "
        f"{rounds} rounds of {seconds} s, "
        f"{os.cpu_count()} cores, load by {'wrk' if shutil.which('wrk') else 'a Python client'}"
    )
    headings = ("req/s", "p50 ms", "p99 ms", "cpu us", "ratio", "by cpu", "target", "failed")
    print("worst round     " + "".join(h.rjust(w) for h, w in zip(headings, (9, 9, 9, 10, 8, 8, 8, 8), strict=True)))
    for name, measured in runs.items():
        show(name, measured, runs["echo"])


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve_echo()
    else:
        main(*(convert(word) for convert, word in zip((int, int, str), sys.argv[1:], strict=False)))
