"""The child's half of vetting, run here without the child."""

import pytest

from cds.rules.engine import trial
from cds.rules.engine.faults import EngineUnavailable
from cds.rules.engine.reference import make_reference
from cds.rules.engine.trial import attempt, from_json, to_json
from tests.rules.engine.compositions import all_of, any_of, at_least

COMPOSITIONS = [all_of(10, 0, "not 1"), any_of(11, 10, 2), at_least(2, 12, 0, 1, 2)]


def test_compositions_survive_the_way_to_the_child():
    sets = [COMPOSITIONS, COMPOSITIONS[:1]]
    assert from_json(to_json(sets)) == sets


def test_sound_compositions_are_accepted():
    assert attempt(COMPOSITIONS) == {"accepted": True, "engine": "2.0.28", "nets": 6}


def test_a_refusal_carries_its_symbol():
    assert attempt([all_of(10)]) == {"accepted": False, "reason": "no-parts", "symbol": 10}
    assert attempt([at_least(15, 90, *range(30))]) == {"accepted": False, "reason": "too-large", "symbol": 90}


@pytest.mark.parametrize("mutated", [any_of(10, 0, "not 1"), all_of(10, 0, 1), all_of(10, 0)])
def test_an_engine_that_differs_is_refused(monkeypatch, mutated):
    monkeypatch.setattr(trial, "make_reference", lambda _: make_reference([mutated, *COMPOSITIONS[1:]]))
    assert attempt(COMPOSITIONS) == {"accepted": False, "reason": "engines-differ", "symbol": 10}


def test_a_missing_engine_accepts_nothing(monkeypatch):
    def missing(_):
        raise EngineUnavailable("not here")

    monkeypatch.setattr(trial, "make_durable", missing)
    assert attempt(COMPOSITIONS) == {"accepted": False, "reason": "not here", "symbol": None}
