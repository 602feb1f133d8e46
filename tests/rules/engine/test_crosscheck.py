"""A wrong engine is caught before anyone reads its answer."""

import threading

import pytest

from cds.rules.engine.chain import DurableEngine, make_durable
from cds.rules.engine.crosscheck import CrossCheckedEngine, make_engine
from cds.rules.engine.faults import EngineFault, EnginesDiffer
from cds.rules.engine.reference import ReferenceEngine, make_reference
from tests.rules.engine.compositions import FAILS, HOLDS, UNKNOWN, all_of, any_of, at_least

COMPOSITIONS = [all_of(10, 0, 1), any_of(11, 10, 2), at_least(2, 12, 0, 1, 2)]


class Broken:
    """The reference with one answer changed."""

    def __init__(self, change):
        self.change = change
        self.closed = False
        self.real = make_reference(COMPOSITIONS)

    def solve(self, leaves, goals):
        found = self.real.solve(leaves, goals)
        self.change(found)
        return found

    def close(self):
        self.closed = True


CHANGES = {
    "no for unknown": lambda found: found.update({11: FAILS}),
    "yes for unknown": lambda found: found.update({11: HOLDS}),
    "nothing for unknown": lambda found: found.pop(11),
    "one too many": lambda found: found.update({99: UNKNOWN}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_broken_engine_is_caught(change):
    engine = CrossCheckedEngine(Broken(CHANGES[change]), make_reference(COMPOSITIONS))
    with pytest.raises(EnginesDiffer) as raised:
        engine.solve({0: HOLDS}, [10, 11, 12])
    assert raised.value.symbols == ((99,) if change == "one too many" else (11,))
    assert (engine.solved, engine.checked, engine.differed) == (1, 1, 1)


@pytest.mark.parametrize("mutated", [any_of(10, 0, 1), all_of(10, 0, "not 1"), at_least(1, 10, 0, 1), all_of(10, 0)])
def test_a_composition_compiled_wrongly_is_caught_by_some_patient(mutated):
    engine = CrossCheckedEngine(make_durable([mutated, *COMPOSITIONS[1:]]), make_reference(COMPOSITIONS))
    caught = []
    for first in (HOLDS, FAILS, UNKNOWN):
        for second in (HOLDS, FAILS, UNKNOWN):
            try:
                engine.solve({0: first, 1: second}, [10])
            except EnginesDiffer as differ:
                caught.append(differ.symbols)
    engine.close()
    assert len(caught) == engine.differed > 0
    assert set(caught) == {(10,)}


def test_always_checks_each_and_off_checks_none_and_sample_checks_some():
    for mode, checked in (("always", 50), ("sample", 5), ("off", 0)):
        engine = CrossCheckedEngine(make_durable(COMPOSITIONS), make_reference(COMPOSITIONS), mode, sampled=10)
        for _ in range(50):
            engine.solve({0: HOLDS, 1: HOLDS}, [11])
        assert (engine.solved, engine.checked, engine.differed) == (50, checked, 0)
        engine.close()


def test_sampling_begins_with_the_first_evaluation():
    engine = CrossCheckedEngine(Broken(CHANGES["yes for unknown"]), make_reference(COMPOSITIONS), "sample")
    with pytest.raises(EnginesDiffer):
        engine.solve({}, [11])
    assert engine.solve({}, [11])[11] is HOLDS  # not sampled: the price of this mode


def test_goals_given_as_a_stream_reach_both_engines():
    engine = make_engine("durable", "always")(COMPOSITIONS)
    assert engine.solve({0: HOLDS, 1: HOLDS}, (goal for goal in [10, 12])) == {10: HOLDS, 12: HOLDS}
    engine.close()


def test_counts_are_exact_under_threads():
    engine = make_engine("durable", "always")(COMPOSITIONS)
    threads = [threading.Thread(target=lambda: [engine.solve({0: HOLDS}, [11]) for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (engine.solved, engine.checked) == (800, 800)
    engine.close()


def test_the_settings_choose_the_engine():
    made = {
        ("durable", "always"): CrossCheckedEngine,
        ("durable", "sample"): CrossCheckedEngine,
        ("durable", "off"): DurableEngine,
        ("reference", "always"): ReferenceEngine,
    }
    for (name, cross_check), kind in made.items():
        engine = make_engine(name, cross_check)(COMPOSITIONS)
        assert type(engine) is kind
        assert engine.solve({0: HOLDS, 1: HOLDS}, [10]) == {10: HOLDS}
        engine.close()


def test_closing_closes_both():
    broken, oracle = Broken(lambda found: None), make_reference(COMPOSITIONS)
    CrossCheckedEngine(broken, oracle).close()
    assert broken.closed
    with pytest.raises(EngineFault, match="closed"):
        oracle.solve({}, [10])
