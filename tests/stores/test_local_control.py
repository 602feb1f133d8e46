"""What a site may do at once, asked of a service with two workers: stop a rule, let a card rest, set a value.

With the embedded server, with a real Redis, and where no store answers: then nothing rests, and all else works.
"""

import time
from contextlib import contextmanager

import pytest

from tests.decisions.folders import request, write_services, write_version
from tests.stores.served import running
from tests.stores.servers import Server, binary_of
from tests.stores.test_activation import ANNOUNCED, DECISION, LOOKED_FOR, Activated

pytestmark = pytest.mark.stores

RESTING = """\
  remind:
    when: [ordered]
    when-unknown: stay-silent
    again-after: 24 hours
    then:
      card:
        indicator: info
        summary: Reminder
        detail: Once a day.
        evidence: [label]
"""


@contextmanager
def a_site(tmp_path, store):
    write_services(tmp_path / "rulesets")
    write_version(tmp_path / "rulesets", "1.0.0", "One", more=RESTING)
    server = Server(binary_of("redis"), tmp_path) if store == "redis" else None
    if server is not None:
        server.start()
    environ = {"CDS_REDIS_URL": server.url if server else f"unix://{tmp_path}/nobody.sock"}
    try:
        with running(Activated(tmp_path, **({} if store == "embedded" else environ))) as service:
            yield service
    finally:
        if server is not None:
            server.kill()


def summaries(answer):
    return [card["summary"] for card in answer["cards"]]


@pytest.mark.parametrize(("store", "most"), [("embedded", ANNOUNCED), ("redis", ANNOUNCED), ("away", LOOKED_FOR)])
def test_a_rule_stops_within_seconds_a_card_rests_and_a_value_of_the_site_counts(tmp_path, store, most):
    with a_site(tmp_path, store) as service:
        assert summaries(service.answer(request())) == ["One", "Reminder"]
        again = service.answer(request(instance=2))
        if store == "away":
            assert summaries(again) == ["One", "Reminder"], "what nobody remembers is shown"
        else:
            assert summaries(again) == ["One"]
            (held,) = again["extension"][DECISION]["repeated"]
            assert (held["ruleset"], held["rule"]) == ("elders", "remind")

        workers = service.cds("stop", "elders", "careful", "--why", "false alarms")["workers"]
        assert (workers["running"], workers["behind"]) == (2, 0)
        assert workers["seconds"] < most
        for number in range(8):  # both workers
            answer = service.answer(request(patient=f"q{number}", instance=10 + number))
            assert summaries(answer) == ["Reminder"]
            assert answer["extension"][DECISION]["stopped"] == [{"ruleset": "elders@1.0.0", "rule": "careful"}]
            (stopped,) = service.ready()["activation"]["stopped"]
            assert (stopped["ruleset"], stopped["rule"]) == ("elders", "careful")

        service.cds("resume", "elders", "careful")
        service.cds("activate", "elders@1.0.0", "--set", "age-limit=75 years", "--why", "our patients")
        answer = service.answer(request(patient="set", instance=20))
        assert "stopped" not in answer["extension"][DECISION]
        assert answer["extension"][DECISION]["rulesets"][0]["site"] == {"age-limit": "75 years"}
        assert all("75 years (default 65 years)" in card["detail"] for card in answer["cards"])


def test_a_rule_that_was_stopped_stays_so_after_a_restart(tmp_path):
    with a_site(tmp_path, "embedded") as service:
        service.cds("stop", "elders", "careful", "--why", "false alarms")
        service.stop()
        service.start()
        started = time.monotonic()
        assert summaries(service.answer(request())) == ["Reminder"]
        assert service.ready()["activation"]["stopped"][0]["rule"] == "careful"
        assert time.monotonic() - started < LOOKED_FOR
