"""The whole service: decisions and feedback of real calls reach the database, whatever is killed meanwhile."""

import json
import os
import signal
import time
import urllib.error
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.published.newest import newest, number
from tests.stores.databases import KINDS, url_of_own
from tests.stores.served import EXAMPLE, SERVICE, serving

pytestmark = pytest.mark.stores


@contextmanager
def service_on(kind, tmp_path):
    with url_of_own(kind, tmp_path) as url, serving(tmp_path / "state", url) as service:
        yield service


@pytest.fixture(params=KINDS)
def service(request, tmp_path):
    with service_on(request.param, tmp_path) as service:
        yield service


def test_a_call_that_was_refused_is_on_record_although_its_workers_were_killed_at_once(service):
    instance = str(uuid.uuid4())
    with pytest.raises(urllib.error.HTTPError) as refused:
        service.post("", {**EXAMPLE, "hookInstance": instance, "prefetch": {"Patient": None}})
    with refused.value as answer:
        assert answer.code == 412
    for worker in service.workers():
        os.kill(worker, signal.SIGKILL)
    service.stop()
    (kept,) = json.loads(service.told("list", "--refused", "--json"))["result"]["refused"]
    assert (kept["status"], kept["fault"], kept["client"]) == (412, "PrefetchMissing", "anonymous")
    assert (kept["service"], kept["hookInstance"], kept["calls"]) == (SERVICE, instance, 1)


def overridden(card, **reason):
    told = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-05-01T10:05:31Z"}
    return {**told, "overrideReason": reason} if reason else told


def test_a_decision_its_card_and_what_became_of_it_are_told_after_an_orderly_stop(service):
    decision, card = service.ask()
    feedback = {"feedback": [overridden(card, userComment="seen\x1b[2J"), overridden("none")]}
    for _ in range(2):
        assert service.post("/feedback", feedback) == {"stored": 2, "unmatched": ["none"]}
    assert service.stop() == 0
    assert list((Path(service.environ["CDS_STATE"]) / "spool").glob("*.spool")) == []
    (told,) = json.loads(service.told("show", decision, "--json", "--facts"))["result"]["decisions"]
    (answer,) = told["answers"]
    assert [shown["uuid"] for shown in answer["cards"]] == [card]
    assert answer["cards"][0]["ruleset"].startswith(f"{newest('warfarin-nsaid')}+sha256.")
    assert answer["facts"][0] == "order-sign"
    assert answer["answer"]["cards"][0]["uuid"] == card
    assert [(outcome["card"], outcome.get("comment")) for outcome in told["feedback"]] == [(card, "seen\x1b[2J")]
    assert service.told("again", decision).rstrip().endswith("  the same cards")
    printed = service.told("show", card)
    assert "\\x1b[2J" in printed
    assert "\x1b" not in printed


def test_the_counts_of_all_workers_are_one_also_of_those_that_were_killed(tmp_path):
    with service_on("sqlite", tmp_path) as service:
        told = f'ruleset="warfarin-nsaid",version="{number("warfarin-nsaid")}"'
        name = f'cds_cards_total{{indicator="critical",rule="high-risk",{told}}}'
        for _ in range(2):
            _, card = service.ask()
        service.post("/feedback", {"feedback": [overridden(card), overridden("none")]})
        os.kill(service.workers()[0], signal.SIGKILL)
        service.ask()
        counted = service.metrics()
        assert counted[name] == 3
        assert counted[f'cds_feedback_total{{service="{SERVICE}",what="unmatched"}}'] == 1
        assert counted[f'cds_request_seconds_count{{kind="hook",service="{SERVICE}",status="200"}}'] == 3
        assert counted[f'cds_cross_check_differences_total{{hook="order-sign",service="{SERVICE}"}}'] == 0
        assert service.stop() == 0
        assert list((tmp_path / "state" / "metrics").iterdir()) == []


def test_killed_workers_and_a_killed_service_lose_no_decision_that_was_answered(service):
    answered = set()
    for _ in range(3):
        for pid in service.workers():
            os.kill(pid, signal.SIGKILL)
            for _ in range(5):
                try:
                    answered.add(service.ask()[0])
                except (urllib.error.URLError, ConnectionError, TimeoutError):
                    time.sleep(0.3)  # the request met the worker that was killed: it was not answered
    answered |= {service.ask()[0] for _ in range(5)}
    workers = service.workers()
    os.kill(service.process.pid, signal.SIGKILL)
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    service.process.stdout.read()
    service.process.stdout.close()
    service.process.wait()
    service.start()
    assert service.stop() == 0
    assert answered
    assert service.recorded() >= answered


def test_a_shipper_that_is_killed_is_replaced_while_calls_come(tmp_path):
    with service_on("sqlite", tmp_path) as service:
        first, _ = service.ask()
        lock = Path(service.environ["CDS_STATE"]) / "spool" / "shipper.lock"
        for pid in holders_of(lock):
            os.kill(pid, signal.SIGKILL)
        time.sleep(5.2)  # a worker looks for one every five seconds
        second, _ = service.ask()
        third, _ = service.ask()
        assert service.stop() == 0
        assert service.recorded() == {first, second, third}


def holders_of(lock):
    """The processes that have this file open. At first the shipper is still starting: no call waits for it."""
    for _ in range(100):
        if found := processes_with(lock):
            return found
        time.sleep(0.1)
    raise AssertionError("nobody has opened it in ten seconds")


def processes_with(lock):
    found = []
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            if any(os.readlink(entry) == str(lock.resolve()) for entry in folder.iterdir()):
                found.append(int(folder.parent.name))
        except (FileNotFoundError, PermissionError):
            continue
    return found
