"""The adapter against the tables, against the oracle, in threads, over reloads, and after what goes wrong."""

import re
import threading
from itertools import product
from pathlib import Path

import durable_rules_engine
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cds
from cds.rules.engine import chain
from cds.rules.engine.chain import DurableEngine, engine_available, make_durable
from cds.rules.engine.clauses import WIDEST
from cds.rules.engine.faults import EngineFault, EngineUnavailable, NetRefused
from cds.rules.engine.reference import make_reference
from tests.rules.engine.compositions import (
    FAILS,
    HOLDS,
    LEAVES,
    TRUTHS,
    UNKNOWN,
    all_of,
    any_of,
    at_least,
    leaves,
    nets,
    some_leaves,
)
from tests.rules.engine.test_truth import PAIR_ROWS, TRIPLE_ROWS


class Watched:
    """The real C module, with one call that can be made to fail."""

    def __init__(self, failing="", error=MemoryError, after=0):
        self.failing, self.error, self.after = failing, error, after
        self.calls = 0

    def __getattr__(self, name):
        real = getattr(durable_rules_engine, name)
        if name != self.failing:
            return real

        def fail(*given):
            self.calls += 1
            if self.calls <= self.after:
                return real(*given)
            raise self.error

        return fail


@pytest.mark.parametrize(("first", "second", "both", "either"), PAIR_ROWS)
def test_the_engine_follows_the_published_tables(first, second, both, either):
    engine = make_durable([all_of(2, 0, 1), any_of(3, 0, 1), all_of(4, "not 0", "not 1"), any_of(5, "not 2")])
    found = engine.solve({0: TRUTHS[first], 1: TRUTHS[second]}, [2, 3, 4, 5])
    engine.close()
    assert found == {
        2: TRUTHS[both],
        3: TRUTHS[either],
        4: TRUTHS[either].reversed(),  # none of them: de Morgan
        5: TRUTHS[both].reversed(),
    }


@pytest.mark.parametrize(("parts", "expected"), TRIPLE_ROWS)
def test_the_engine_counts_as_the_table_says(parts, expected):
    engine = make_durable([at_least(n, 2 + n, 0, 1, 2) for n in (1, 2, 3)])
    found = engine.solve(leaves(parts), [3, 4, 5])
    engine.close()
    assert found == {3 + n: TRUTHS[letter] for n, letter in enumerate(expected)}


@pytest.mark.parametrize("n", range(1, 13))
def test_every_count_of_twelve_agrees_with_the_oracle(n):
    composition = at_least(n, 20, *range(11), "not 11")
    engine, oracle = make_durable([composition]), make_reference([composition])
    for holding in range(13):
        for failing in range(13 - holding):
            given = leaves("h" * holding + "f" * failing)
            assert engine.solve(given, [20]) == oracle.solve(given, [20])
    engine.close()


@pytest.mark.parametrize("width", range(1, WIDEST + 1))
def test_every_form_of_net_is_right_for_every_input_there_is(width):
    """All that durable-rules is ever asked: 3 ** width inputs of each form, held against Kleene's own definition."""
    compositions = [all_of(20, *range(width)), any_of(21, *range(width))]
    engine = make_durable(compositions)
    assert len(engine.nets) == 2
    for parts in product((HOLDS, FAILS, UNKNOWN), repeat=width):
        weakest = FAILS if FAILS in parts else UNKNOWN if UNKNOWN in parts else HOLDS
        strongest = HOLDS if HOLDS in parts else UNKNOWN if UNKNOWN in parts else FAILS
        assert engine.solve(dict(enumerate(parts)), [20, 21]) == {20: weakest, 21: strongest}
    engine.close()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_net_in_any_order_agrees_with_the_oracle(data):
    compositions = data.draw(nets())
    engine, oracle = make_durable(compositions), make_reference(compositions)
    symbols = [composition.symbol for composition in compositions]
    try:
        for _ in range(6):
            given_leaves = data.draw(some_leaves())
            assert engine.solve(given_leaves, symbols) == oracle.solve(given_leaves, symbols)
        goals = data.draw(st.lists(st.sampled_from(symbols), max_size=3))
        assert engine.solve(given_leaves, goals) == oracle.solve(given_leaves, goals)
    finally:
        engine.close()


def test_a_list_of_three_hundred_is_decided_by_its_last_part():
    compositions = [all_of(300, *range(300)), any_of(301, *range(300))]
    engine = make_durable(compositions)
    assert engine.solve(leaves("h" * 299 + "h"), [300])[300] is HOLDS
    assert engine.solve(leaves("h" * 299 + "f"), [300])[300] is FAILS
    assert engine.solve(leaves("h" * 299), [300])[300] is UNKNOWN
    assert engine.solve(leaves("f" * 299 + "h"), [301])[301] is HOLDS
    assert engine.solve(leaves("f" * 299), [301])[301] is UNKNOWN
    assert engine.solve(leaves("f" * 300), [301])[301] is FAILS
    engine.close()


def test_a_chain_of_forty_reaches_its_end():
    engine = make_durable([all_of(symbol, f"not {symbol - 1}") for symbol in range(1, 41)])
    assert engine.solve({0: HOLDS}, [40])[40] is HOLDS
    assert engine.solve({0: FAILS}, [40])[40] is FAILS
    assert engine.solve({}, [40])[40] is UNKNOWN
    engine.close()


def test_a_part_named_twice_is_one_part():
    engine = make_durable([all_of(1, 0, 0), any_of(2, 0, 0), at_least(2, 3, 0, 0, 9)])
    assert engine.solve({0: HOLDS}, [1, 2, 3]) == {1: HOLDS, 2: HOLDS, 3: HOLDS}
    assert engine.solve({0: FAILS}, [1, 2, 3]) == {1: FAILS, 2: FAILS, 3: FAILS}
    engine.close()


def test_a_part_and_its_opposite_stay_unknown_until_one_is_known():
    engine = make_durable([all_of(1, 0, "not 0"), any_of(2, 0, "not 0")])
    assert engine.solve({}, [1, 2]) == {1: UNKNOWN, 2: UNKNOWN}
    assert engine.solve({0: FAILS}, [1, 2]) == {1: FAILS, 2: HOLDS}
    engine.close()


def test_what_a_caller_says_of_a_composition_is_not_believed():
    compositions = [all_of(1, 0), all_of(2, 1)]
    engine, oracle = make_durable(compositions), make_reference(compositions)
    told = {0: FAILS, 1: HOLDS}
    assert engine.solve(told, [2]) == oracle.solve(told, [2]) == {1: FAILS, 2: FAILS}
    engine.close()


def test_only_goals_and_what_they_rest_on_are_told():
    engine = make_durable([all_of(10, 0), any_of(11, 10, 1), all_of(12, 1)])
    assert engine.solve({0: HOLDS, 1: HOLDS}, [11]) == {10: HOLDS, 11: HOLDS}
    assert engine.solve({0: HOLDS, 1: HOLDS}, []) == {}
    engine.close()


def test_goals_beyond_those_that_are_remembered_are_served_too():
    engine = make_durable([any_of(symbol, 0) for symbol in range(1, 40)])
    for first in range(1, 40):
        for second in range(1, 40):
            assert engine.solve({0: HOLDS}, [first, second]) == {first: HOLDS, second: HOLDS}
    engine.close()


def test_two_thousand_patients_for_whom_nothing_fires_leave_no_trace():
    engine = make_durable([all_of(2, 0, 1)])
    for _ in range(2_000):
        assert engine.solve({0: HOLDS}, [2]) == {2: UNKNOWN}
    assert engine.solve({0: HOLDS, 1: HOLDS}, [2]) == {2: HOLDS}
    assert engine.solve({1: HOLDS}, [2]) == {2: UNKNOWN}
    engine.close()


def test_eight_threads_on_one_engine_get_their_own_answers():
    compositions = [
        at_least(3, 20, *range(6)),
        all_of(21, 20, "not 6", 7),
        any_of(22, 21, 8),
        all_of(23, 22, 20),
        *[any_of(24 + offset, 23, offset, offset + 1) for offset in range(8)],
    ]
    engine, oracle = make_durable(compositions), make_reference(compositions)
    goals = [composition.symbol for composition in compositions]
    wrong = []

    def work(thread):
        for turn in range(300):
            given_leaves = {leaf: list(TRUTHS.values())[(turn * (leaf + 3) + thread + leaf) % 3] for leaf in range(9)}
            if engine.solve(given_leaves, goals) != oracle.solve(given_leaves, goals):
                wrong.append((thread, turn))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.close()
    assert wrong == []


@pytest.mark.parametrize("call", ["assert_facts", "start_action_for_state", "complete_and_start_action"])
def test_after_a_failing_call_the_next_patient_is_judged_right(call):
    native = Watched()
    engine = DurableEngine([all_of(2, 0, 1), all_of(3, 2), any_of(4, 3, 2)], native)
    native.failing, native.calls = call, 0
    with pytest.raises(EngineFault) as raised:
        engine.solve({0: HOLDS, 1: HOLDS}, [3, 4])
    assert raised.value.reason in {"call-failed", "session-kept"}
    native.failing = ""
    assert engine.solve({0: HOLDS}, [3, 4]) == {2: UNKNOWN, 3: UNKNOWN, 4: UNKNOWN}
    assert engine.solve({0: HOLDS, 1: HOLDS}, [3, 4]) == {2: HOLDS, 3: HOLDS, 4: HOLDS}
    engine.close()


def test_a_session_that_cannot_be_deleted_never_meets_the_next_patient(caplog):
    native = Watched("delete_state", after=1)  # the first is the priming
    engine = DurableEngine([all_of(2, 0, 1)], native)
    with pytest.raises(EngineFault) as raised:
        engine.solve({0: HOLDS}, [2])
    assert raised.value.reason == "session-kept"
    native.failing = ""
    assert engine.solve({1: HOLDS}, [2]) == {2: UNKNOWN}  # 0 holds was the other patient
    assert "engine_net_reloaded" in caplog.text
    engine.close()


def test_a_net_that_cannot_be_compiled_anew_answers_nobody_until_it_can():
    native = Watched("delete_state", after=1)
    engine = DurableEngine([all_of(2, 0, 1)], native)
    with pytest.raises(EngineFault):
        engine.solve({0: HOLDS}, [2])
    native.failing = "create_ruleset"
    for _ in range(2):
        with pytest.raises(EngineFault) as raised:
            engine.solve({1: HOLDS}, [2])
        assert raised.value.reason == "call-failed"
    native.failing = ""
    assert engine.solve({1: HOLDS}, [2]) == {2: UNKNOWN}
    engine.close()


def test_an_evaluation_torn_away_by_a_signal_leaves_the_next_one_right():
    native = Watched()
    engine = DurableEngine([all_of(2, 0, 1), any_of(3, 2, 0)], native)
    native.failing, native.error = "start_action_for_state", KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        engine.solve({0: HOLDS}, [3])
    native.failing = ""
    assert engine.solve({1: HOLDS}, [3]) == {2: UNKNOWN, 3: UNKNOWN}
    engine.close()


def test_facts_that_the_engine_did_not_take_fail_the_evaluation():
    class Losing(Watched):
        def assert_facts(self, handle, facts):
            code, slot = durable_rules_engine.assert_facts(handle, facts)
            return (code if '"z"' in facts else 2), slot

    engine = DurableEngine([all_of(2, 0, 1)], Losing())
    with pytest.raises(EngineFault) as raised:
        engine.solve({0: HOLDS}, [2])
    assert raised.value.reason == "facts-lost"
    engine.close()


@pytest.mark.parametrize(
    ("message", "reason"), [('{"r1":{}}', "endless"), ('{"r99":{}}', "call-failed"), ("", "call-failed")]
)
def test_firings_without_end_or_meaning_fail_the_evaluation(message, reason):
    class Raving(Watched):
        raving = False

        def complete_and_start_action(self, handle, slot):
            return message if self.raving else durable_rules_engine.complete_and_start_action(handle, slot)

    native = Raving()
    engine = DurableEngine([any_of(2, 0, 1)], native)
    native.raving = True
    with pytest.raises(EngineFault) as raised:
        engine.solve({0: HOLDS}, [2])
    assert raised.value.reason == reason
    engine.close()


def test_both_sides_of_one_symbol_fail_the_evaluation():
    class Contradicting(Watched):
        judging, said = False, False

        def complete_and_start_action(self, handle, slot):
            if self.said:
                return None
            found = durable_rules_engine.complete_and_start_action(handle, slot)
            self.said = self.judging and found is None
            return '{"r1":{}}' if self.said else found  # the clause by which 2 fails

    native = Contradicting()
    engine = DurableEngine([all_of(2, 0, 1)], native)
    native.judging = True
    with pytest.raises(EngineFault) as raised:
        engine.solve({0: HOLDS, 1: HOLDS}, [2])
    assert raised.value.reason == "contradiction"
    engine.close()


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_an_engine_that_remembers_answers_as_one_that_does_not(data):
    compositions = data.draw(nets(most=65))
    engine, oracle = make_durable(compositions, remember=2), make_reference(compositions)
    symbols = [composition.symbol for composition in compositions]
    some = data.draw(st.lists(st.sampled_from(symbols), max_size=3))
    patients = [data.draw(some_leaves()) for _ in range(4)]
    try:
        for turn in (0, 1, 0, 2, 2, 3, 1, 0, 0):
            for goals in (symbols, some, symbols):
                assert engine.solve(patients[turn], goals) == oracle.solve(patients[turn], goals)
    finally:
        engine.close()


def test_an_input_met_again_costs_no_session_and_the_oldest_is_forgotten():
    native = Watched("assert_facts", after=10**9)
    engine = DurableEngine([all_of(2, 0, 1)], native, 2)
    native.calls = 0
    patients = [{0: HOLDS}, {0: FAILS}, {0: HOLDS, 1: HOLDS}]
    expected = [UNKNOWN, FAILS, HOLDS]
    for turn, sessions in [(0, 1), (0, 1), (1, 2), (0, 2), (2, 3), (1, 3), (0, 4)]:
        assert engine.solve(patients[turn], [2]) == {2: expected[turn]}
        assert native.calls == sessions
    engine.close()


def test_what_a_caller_says_of_a_composition_is_neither_believed_nor_remembered():
    engine = make_durable([all_of(2, 0), any_of(3, 2, 1)], remember=5)
    for said in (HOLDS, FAILS, UNKNOWN):
        assert engine.solve({0: FAILS, 1: FAILS, 2: said, 3: said}, [3]) == {2: FAILS, 3: FAILS}
    engine.close()


def test_an_evaluation_that_failed_is_not_remembered():
    native = Watched()
    engine = DurableEngine([all_of(2, 0, 1)], native, 5)
    native.failing = "complete_and_start_action"
    for _ in range(2):
        with pytest.raises(EngineFault):
            engine.solve({0: FAILS}, [2])
    native.failing = ""
    assert engine.solve({0: FAILS}, [2]) == {2: FAILS}
    engine.close()


def test_nets_of_one_shape_are_compiled_once_and_freed_with_the_last():
    native = Watched("create_ruleset", after=10**9)
    one = DurableEngine([all_of(2, 0, 1), any_of(3, 0, "not 1")], native)
    other = DurableEngine([all_of(12, "not 7", 9)], native)
    assert native.calls == 1
    one.close()
    assert other.solve({7: FAILS, 9: HOLDS}, [12]) == {12: HOLDS}
    assert other.solve({7: HOLDS}, [12]) == {12: FAILS}
    other.close()
    again = DurableEngine([all_of(2, 0, 1)], native)
    assert native.calls == 2
    again.close()


def test_what_one_net_met_another_of_its_shape_need_not_evaluate():
    native = Watched("assert_facts", after=10**9)
    conjunction, disjunction = DurableEngine([all_of(2, 0, 1)], native, 5), DurableEngine([any_of(7, 8, 9)], native, 5)
    native.calls = 0
    assert conjunction.solve({0: HOLDS, 1: HOLDS}, [2]) == {2: HOLDS}
    assert disjunction.solve({8: FAILS, 9: FAILS}, [7]) == {7: FAILS}
    assert native.calls == 1
    conjunction.close()
    disjunction.close()


def test_a_caller_that_changes_its_answer_changes_no_memory():
    engine = make_durable([all_of(2, 0, 1)], remember=5)
    engine.solve({0: FAILS}, [2])[2] = HOLDS
    assert engine.solve({0: FAILS}, [2]) == {2: FAILS}
    engine.close()


def test_a_closed_engine_answers_nobody():
    engine = make_durable([all_of(1, 0)])
    engine.close()
    engine.close()
    with pytest.raises(EngineFault) as raised:
        engine.solve({0: HOLDS}, [1])
    assert raised.value.reason == "closed"


def test_closing_waits_for_nobody_but_answers_nobody_wrongly():
    engine = make_durable([all_of(symbol, 0, symbol - 1) for symbol in range(2, 60)])
    found, faults = [], []

    def work():
        try:
            while True:
                found.append(engine.solve({0: HOLDS, 1: HOLDS}, [59])[59])
        except EngineFault as fault:
            faults.append(fault.reason)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    engine.close()
    for thread in threads:
        thread.join()
    assert set(found) <= {HOLDS}
    assert faults == ["closed"] * 4


def test_a_goal_that_is_no_composition_is_a_fault():
    engine = make_durable([all_of(1, 0)])
    for goal in (0, 77):
        with pytest.raises(EngineFault) as raised:
            engine.solve({0: HOLDS}, [goal])
        assert (raised.value.reason, raised.value.detail) == ("unknown-goal", str(goal))
    engine.close()


def test_what_was_compiled_before_a_failing_net_is_freed():
    freed = []

    class Failing(Watched):
        def delete_ruleset(self, handle):
            freed.append(handle)
            durable_rules_engine.delete_ruleset(handle)

    with pytest.raises(MemoryError):
        DurableEngine([all_of(100 + width, *range(width)) for width in range(1, 9)], Failing("create_ruleset", after=2))
    assert len(freed) == 2


def test_the_engine_says_its_version():
    assert engine_available() == chain.EngineStatus(True, "2.0.28")


def test_an_interpreter_without_the_engine_is_told_at_start(monkeypatch):
    def refuse(name):
        raise ImportError("undefined symbol: _PyLong_AsInt")  # as on Python 3.13

    monkeypatch.setattr(chain, "import_module", refuse)
    status = engine_available()
    assert not status.available
    assert "_PyLong_AsInt" in status.reason
    with pytest.raises(EngineUnavailable):
        make_durable([all_of(1, 0)])


def test_an_engine_that_was_never_installed_is_told_at_start(monkeypatch):
    def missing(name):
        raise chain.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(chain.metadata, "version", missing)
    assert engine_available() == chain.EngineStatus(False, "", "durable-rules is not installed")


def test_no_other_module_knows_durable_rules():
    root = Path(cds.__file__).parent
    knowing = re.compile(r"durable_rules_engine|import durable|from durable")
    found = {str(path.relative_to(root)) for path in root.rglob("*.py") if knowing.search(path.read_text("utf-8"))}
    assert found == {"rules/engine/chain.py"}


def test_a_refused_composition_names_itself():
    with pytest.raises(NetRefused) as raised:
        make_durable([all_of(LEAVES, 0), all_of(7)])
    assert (raised.value.symbol, raised.value.reason) == (7, "no-parts")
