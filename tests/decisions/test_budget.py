"""The time for an answer: what it does not reach is named, never silent, and never remembered."""

import pytest

from cds.decisions.budget import Budget
from cds.decisions.faults import OutOfTime
from tests.cache.stores import DictStore
from tests.decisions.desk import DECISION, answered, body, remembering, selected
from tests.decisions.test_answer import ONE, THERE, TWO

SERVICE = selected(ONE, TWO)
REQUEST = body(THERE, about=SERVICE)


class Ticking:
    """A clock that has moved on by a second at each look after the first ones."""

    def __init__(self, still: int) -> None:
        self.looks, self.still = 0, still

    def __call__(self) -> float:
        self.looks += 1
        return float(max(0, self.looks - self.still))


def test_a_budget_ends_when_it_is_due():
    budget = Budget(2.5, Ticking(1))
    assert (budget.left(), budget.is_spent(), budget.is_spent(), budget.left()) == (1.5, False, True, 0.0)


def test_rulesets_that_time_did_not_reach_are_named_and_the_others_answer():
    told = answered(SERVICE, REQUEST, budget=Budget(0.5, Ticking(2)))  # one look at the start, one before each ruleset
    assert [card["extension"]["org.cds-rules.finding"]["ruleset"] for card in told["cards"]] == ["one"]
    assert told["extension"][DECISION]["faults"] == [{"ruleset": "two@1.0.0", "cause": "deadline"}]


def test_an_answer_that_time_cut_short_is_not_remembered():
    shell = remembering(DictStore())
    answered(SERVICE, REQUEST, shell=shell, budget=Budget(0.5, Ticking(2)))
    whole = answered(SERVICE, REQUEST, shell=shell)
    assert len(whole["cards"]) == 2
    assert not whole["extension"][DECISION]["cached"]


def test_when_time_reached_no_ruleset_there_is_no_answer():
    with pytest.raises(OutOfTime):
        answered(SERVICE, REQUEST, budget=Budget(0.5, Ticking(1)))


def test_what_is_remembered_is_answered_however_late_it_is():
    shell = remembering(DictStore())
    whole = answered(SERVICE, REQUEST, shell=shell)
    assert answered(SERVICE, REQUEST, shell=shell, budget=Budget(0.0))["cards"] == whole["cards"]
