"""Whatever happens to the child, the verdict is data, and only a whole success is an acceptance."""

import sys
import time

import pytest

from cds.rules.engine.vetting import Accepted, Refused, vet, vet_each
from tests.rules.engine.compositions import all_of, any_of, at_least

COMPOSITIONS = [all_of(10, 0, "not 1"), any_of(11, 10, 2), at_least(2, 12, 0, 1, 2)]


def child(code):
    return [sys.executable, "-c", code]


def test_sound_compositions_are_accepted_by_the_real_child():
    assert vet(COMPOSITIONS) == Accepted(engine="2.0.28", nets=6)


def test_a_refusal_of_the_real_child_names_the_composition():
    assert vet([all_of(3, 4), all_of(4, 3)]) == Refused("cycle", 3)


def test_a_crash_of_the_child_is_a_refusal():
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    assert vet(COMPOSITIONS, command=child(crash)) == Refused("crashed: SIGSEGV")


def test_a_real_crash_inside_the_engine_is_a_refusal():
    # Field guide, section 3: the offset of a session is not checked by the engine.
    crash = """
import durable_rules_engine as engine
handle = engine.create_ruleset("n", '{"r":{"all":[{"a":{"s0":1}}]}}')
engine.start_action_for_state(handle, 2**31 - 1)
"""
    verdict = vet(COMPOSITIONS, command=child(crash))
    assert isinstance(verdict, Refused)
    assert verdict.reason.startswith("crashed: ")


def test_a_hang_of_the_child_ends_at_the_time_limit():
    start = time.monotonic()
    assert vet(COMPOSITIONS, seconds=0.3, command=child("while True: pass")) == Refused("time-limit")
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise SystemExit(3)", "failed: exit status 3"),
        ("raise ValueError", "failed: exit status 1"),
        ("", "no-verdict"),
        ("print('{}')", "no-verdict"),
        ("print('[]')", "no-verdict"),
        ("print('[true]')", "no-verdict"),
        ("""print('{"accepted": true, "engine": "2", "nets": 1}')""", "no-verdict"),
        ("""print('[{"accepted": true}]')""", "no-verdict"),
        ("""print('[{"accepted": "yes", "engine": "2", "nets": 1}]')""", "no-verdict"),
        (
            """print('[{"accepted": true, "engine": "2", "nets": 1}, {"accepted": true, "engine": "2", "nets": 1}]')""",
            "no-verdict",
        ),
    ],
)
def test_a_child_that_says_nothing_sensible_is_a_refusal(code, reason):
    assert vet(COMPOSITIONS, command=child(code)) == Refused(reason)


def test_a_child_that_cannot_be_started_is_a_refusal():
    assert vet(COMPOSITIONS, command=["/nonexistent/python"]) == Refused("failed: FileNotFoundError")


def test_the_child_sees_no_setting_and_no_secret(monkeypatch):
    monkeypatch.setenv("CDS_DATABASE_URL", "postgresql://secret")
    spy = "import os; raise SystemExit('CDS_DATABASE_URL' in os.environ)"
    assert vet(COMPOSITIONS, command=child(spy)) == Refused("no-verdict")


def test_several_rulesets_are_tried_together_with_a_verdict_for_each():
    assert vet_each([COMPOSITIONS, [all_of(1, 0)]]) == [Accepted("2.0.28", 6), Accepted("2.0.28", 1)]


def test_the_one_that_is_refused_among_several_is_named_and_the_others_are_not():
    verdicts = vet_each([COMPOSITIONS, [all_of(3, 4), all_of(4, 3)], [all_of(1, 0)]])
    assert verdicts == [Accepted("2.0.28", 6), Refused("cycle", 3), Accepted("2.0.28", 1)]


@pytest.mark.parametrize(
    ("at_the_culprit", "reason"),
    [("os.kill(os.getpid(), signal.SIGSEGV)", "crashed: SIGSEGV"), ("time.sleep(60)", "time-limit")],
)
def test_one_that_ends_or_holds_up_the_process_of_all_is_found_and_harms_no_other(at_the_culprit, reason):
    # The child dies (or hangs) where symbol 66 is asked for; the others are judged by the real trial.
    code = f"""
import json, os, signal, sys, time
from cds.rules.engine.trial import attempt, from_json
sets = from_json(sys.stdin.read())
if any(composition.symbol == 66 for compositions in sets for composition in compositions):
    {at_the_culprit}
print(json.dumps([attempt(compositions) for compositions in sets]))
"""
    verdicts = vet_each([COMPOSITIONS, [all_of(66, 0)], [all_of(1, 0)]], seconds=2, command=child(code))
    assert verdicts == [Accepted("2.0.28", 6), Refused(reason), Accepted("2.0.28", 1)]
