"""What is live changes while calls come: no error, one version of each ruleset in every answer, live within seconds."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.decisions.folders import SECOND, request, write_services, write_version
from tests.stores.served import Service, running
from tests.stores.servers import Server, binary_of

pytestmark = pytest.mark.stores

DECISION = "org.cds-rules.decision"
#: Seconds within which an act must be live everywhere: with a server that announces it, and without.
ANNOUNCED, LOOKED_FOR = 2.0, 10.0


class Activated(Service):
    """``cds serve`` over a folder of two versions, and the commands beside it."""

    def __init__(self, folder, **environ):
        super().__init__(folder / "state", f"sqlite:///{folder / 'records.db'}")
        # What a busy machine does to a deadline is tried elsewhere (tests/api/test_overload.py).
        usual = {"CDS_TEST_CLOCK": "1", "CDS_WORKERS": "2", "CDS_DEADLINE_MS": "10000"}
        self.environ |= {"CDS_RULESETS": str(folder / "rulesets"), **usual, **environ}

    def cds(self, *arguments):
        command = [sys.executable, "-m", "cds", *arguments, "--json"]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["result"]

    def answer(self, body):
        call = urllib.request.Request(  # noqa: S310 - our own http URL
            f"{self.url}/cds-services/sign", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(call, timeout=30) as response:  # noqa: S310
            return json.loads(response.read())

    def ready(self):
        with urllib.request.urlopen(f"{self.url}/readyz", timeout=30) as response:  # noqa: S310
            return json.loads(response.read())


@contextmanager
def activated(tmp_path, **environ):
    write_services(tmp_path / "rulesets")
    write_version(tmp_path / "rulesets", "1.0.0", "One")
    write_version(tmp_path / "rulesets", "2.0.0", "Two", more=SECOND)
    with running(Activated(tmp_path, **environ)) as service:
        yield service


def versions_of(answer):
    return [one["version"] for one in answer["extension"][DECISION]["rulesets"]]


def told(answer):
    return [(card["summary"], card["detail"], card["indicator"]) for card in answer["cards"]]


class Asking:
    """Asks all the time from some threads, and keeps what came. pause: seconds between the calls of a thread."""

    def __init__(self, service, threads=2, pause=0.02):
        self._service, self._pause = service, pause
        self._ended = threading.Event()
        self.answers, self.faults = [], []
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number):
        count = 0
        while not self._ended.wait(self._pause):
            count += 1
            body = {"patient": f"p{count % 50}", "instance": number * 100_000 + count}
            try:
                self.answers.append((body, self._service.answer(request(**body))))
            except Exception as fault:  # noqa: BLE001 - whatever it is, the test tells it
                self.faults.append(repr(fault))


def switched(service, times):
    """Versions are switched back and forth; how long each act took to be live in both workers."""
    acts = [("activate", "elders@1.0.0", "--only"), ("rollback", "elders")] * (times // 2)
    done = [service.cds(*act)["workers"] for act in acts]
    assert {workers["running"] for workers in done} == {2}
    return [workers["seconds"] for workers in done]


def check(service, asking, *, every):
    assert asking.faults == []
    seen = set()
    for _, answer in asking.answers:
        assert len(versions_of(answer)) == 1
        assert "faults" not in answer["extension"][DECISION]
        seen.add(versions_of(answer)[0])
    assert seen == {"1.0.0", "2.0.0"}
    for body, answer in asking.answers[::every]:
        pinned = service.answer(request(**body, pin={"elders": versions_of(answer)[0]}))
        assert told(pinned) == told(answer)


def environ_of(redis, tmp_path):
    # A Redis where nobody is at home: announcements never come, and the cache rests.
    return {} if redis == "embedded" else {"CDS_REDIS_URL": f"unix://{tmp_path}/nobody.sock"}


@pytest.mark.parametrize(("redis", "most"), [("embedded", ANNOUNCED), ("away", LOOKED_FOR)])
def test_activations_while_calls_come_lose_none_and_every_answer_is_of_one_version(tmp_path, redis, most):
    with activated(tmp_path, **environ_of(redis, tmp_path)) as service:
        with Asking(service) as asking:
            took = switched(service, 2)
        assert min(took) < most, (
            "one of the two may have met a machine that was busy with other tests; the drill asks all"
        )
        check(service, asking, every=10)


@contextmanager
def own_redis():
    """A real Redis of the test's own, on a path that is short enough for a socket."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        server = Server(binary_of("redis"), Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()


@pytest.mark.drill
@pytest.mark.parametrize(("redis", "most"), [("embedded", ANNOUNCED), ("away", LOOKED_FOR)])
def test_twenty_switches_under_a_thousand_calls(tmp_path, redis, most):
    with activated(tmp_path, **environ_of(redis, tmp_path)) as service:
        drilled(service, redis, lambda: switched(service, 20), most)


@pytest.mark.drill
def test_twenty_switches_under_a_thousand_calls_with_a_real_redis(tmp_path):
    with own_redis() as server, activated(tmp_path, CDS_REDIS_URL=server.url) as service:
        drilled(service, "real", lambda: switched(service, 20), ANNOUNCED)


@pytest.mark.drill
def test_twenty_switches_while_a_real_redis_goes_away_and_comes_back(tmp_path):
    with own_redis() as server, activated(tmp_path, CDS_REDIS_URL=server.url) as service:

        def switch():
            took = switched(service, 6)
            server.kill()
            took += switched(service, 8)
            server.start()
            return took + switched(service, 6)

        drilled(service, "real, away in between", switch, LOOKED_FOR)


def drilled(service, redis, switch, most):
    """A thousand calls and more while versions are switched; each judged again by the version that it names."""
    with Asking(service, threads=3, pause=0.1) as asking:
        took = switch()
        limit = time.monotonic() + 120
        while len(asking.answers) < 1_000 and time.monotonic() < limit:
            time.sleep(0.1)
    usual = sorted(took)[len(took) // 2]
    print(
        f"\n{redis}: {len(asking.answers)} answers, live after {min(took):.2f} to {max(took):.2f} s, half {usual:.2f}"
    )
    assert len(asking.answers) >= 1_000
    assert max(took) < most
    check(service, asking, every=len(asking.answers) // 1_000)
    service.stop()
    for _, answer in asking.answers[:: len(asking.answers) // 20]:
        decision = answer["extension"][DECISION]["id"]
        assert {one["said"] for one in service.cds("decisions", "again", decision)["answers"]} == {"the same cards"}


def test_a_new_version_and_a_worker_that_was_killed(tmp_path):
    with activated(tmp_path) as service:
        assert versions_of(service.answer(request())) == ["2.0.0"]
        write_version(tmp_path / "rulesets", "3.0.0", "Three")
        assert service.cds("activate", "elders@3.0.0", "--why", "newer")["workers"]["refused"] == []
        assert versions_of(service.answer(request())) == ["3.0.0"]
        for pid in service.workers():
            os.kill(pid, 9)
        limit = time.monotonic() + 20
        while True:
            try:
                assert versions_of(service.answer(request())) == ["3.0.0"], "a new worker begins with what is live"
                break
            except OSError:
                assert time.monotonic() < limit
                time.sleep(0.2)
        service.cds("stop", "elders", "careful", "--why", "false alarms")
        assert told(service.answer(request())) == []
        assert service.ready()["activation"]["stopped"][0]["rule"] == "careful"
        assert [one["version"] for one in service.cds("status")["live"] if one["answers"]] == ["3.0.0", "3.0.0"]


def test_a_decision_comes_out_as_it_was_given_with_the_values_and_stops_of_then(tmp_path):
    with activated(tmp_path) as service:
        service.cds("activate", "elders@2.0.0", "--set", "age-limit=70 years")
        service.cds("stop", "elders", "mention", "--why", "noise")
        answer = service.answer(request())
        assert [summary for summary, _, _ in told(answer)] == ["Two"]
        decision = answer["extension"][DECISION]["id"]
        service.cds("resume", "elders", "mention")
        service.cds("rollback", "elders")
        assert [summary for summary, _, _ in told(service.answer(request(instance=2)))] == [
            "Two",
            "Ibuprofen is ordered",
        ]
        service.stop()
        assert [one["said"] for one in service.cds("decisions", "again", decision)["answers"]] == ["the same cards"]


def test_a_shadow_is_compared_with_what_was_shown(tmp_path):
    with activated(tmp_path) as service:
        service.cds("activate", "elders@1.0.0", "--only")
        service.cds("shadow", "elders@2.0.0", "--why", "to see")
        decisions = set()
        for number in range(12):
            answer = service.answer(request(f"p{number}", instance=number))
            assert versions_of(answer) == ["1.0.0"]
            decisions.add(answer["extension"][DECISION]["id"])
        limit = time.monotonic() + 20
        while sum(one["decisions"] for one in report(service)) < 12:
            assert time.monotonic() < limit
            time.sleep(0.2)
        (compared,) = report(service)
        kinds = {(one["rule"], one["change"]): one for one in compared["changes"]}
        assert {key: one["decisions"] for key, one in kinds.items()} == {
            ("careful", "reworded"): 12,
            ("mention", "gained"): 12,
        }
        assert set(kinds["mention", "gained"]["witnesses"]) < decisions
        command = [sys.executable, "-m", "cds", "shadow", "report", "elders@2.0.0", "--examples", "1"]
        shown = subprocess.run(command, env=service.environ, capture_output=True, text=True, check=True).stdout
        assert "gained mention, decision " in shown
        assert "  info: Ibuprofen is ordered\n" in shown
        assert "  warning: Two\n" in shown
        service.cds("canary", "elders@2.0.0", "--share", "50%")
        seen = [versions_of(service.answer(request(f"p{number}", instance=100))) for number in range(40)]
        assert ["1.0.0"] in seen
        assert ["2.0.0"] in seen


def report(service):
    command = [sys.executable, "-m", "cds", "shadow", "report", "elders@2.0.0", "--json"]
    done = subprocess.run(command, env=service.environ, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)["result"]["compared"]
