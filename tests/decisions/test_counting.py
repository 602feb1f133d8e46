"""What of an answer is counted."""

import pytest

from cds.access.client import Client
from cds.cache.judgements import JudgementCache
from cds.decisions.answer import Shell
from cds.decisions.counting import count_fetched
from cds.fetching.fetcher import Fetched
from cds.hooks.prefetch import Supplied, Supply, Template
from cds.metrics.meter import COUNTERS
from cds.metrics.prometheus import PrometheusMeter
from cds.rules.engine.faults import EnginesDiffer
from tests.cache.stores import DictStore, keys
from tests.decisions.desk import answered, body, selected, unrecorded
from tests.decisions.test_answer import ONE, THERE, TWO, breaking
from tests.metrics.telling import shown
from tests.patients import condition


def counting(store=None):
    meter = PrometheusMeter()
    cache = JudgementCache(store or DictStore(), keys(), meter=meter)
    return meter, Shell(cache, {}, unrecorded(), meter=meter)


def counted(meter, what):
    """What was counted, by the values of its labels in order."""
    found = {}
    for name, value in shown(meter).items():
        counter, _, told = name.partition("{")
        if counter == f"cds_{what}_total" and value:
            labels = dict(part.split("=", 1) for part in told.rstrip("}").split(",")) if told else {}
            found[tuple(labels[label].strip('"') for label in COUNTERS[what][1])] = value
    return found


def test_cards_are_counted_by_version_rule_and_indicator_cached_or_not():
    meter, shell = counting()
    service = selected(ONE, TWO)
    for _ in range(3):
        answered(service, body(THERE, about=service), shell=shell)
    assert counted(meter, "cards") == {("one", "1.0.0", "r", "info"): 3, ("two", "1.0.0", "r", "info"): 3}


def test_look_ups_are_counted_by_what_came_of_them():
    meter, shell = counting()
    service = selected(ONE)
    answered(service, body(THERE, about=service), shell=shell)
    answered(service, body(THERE, about=service), shell=shell)
    answered(service, body(THERE, about=service, extension={}), shell=shell)
    assert counted(meter, "cache_lookups") == {("misses",): 1, ("repeats",): 1, ("near",): 1}


def test_a_difference_of_the_engines_is_counted_and_answers_nobody():
    meter, shell = counting()
    service = breaking(selected(ONE, TWO), EnginesDiffer((1,)), "one")
    with pytest.raises(EnginesDiffer):
        answered(service, body(THERE, about=service), shell=shell)
    assert counted(meter, "cross_check_differences") == {("told", "order-sign"): 1}
    assert counted(meter, "cards") == {}


def test_rulesets_that_failed_are_counted_with_the_kind_of_fault():
    meter, shell = counting()
    answered(breaking(selected(ONE, TWO), ValueError("boom"), "one"), body(THERE, about=selected(ONE)), shell=shell)
    assert counted(meter, "rulesets_not_judged") == {("one@1.0.0", "ValueError"): 1}


def test_rulesets_that_are_not_in_effect_are_counted():
    meter, shell = counting()
    service = selected(ONE, not_effective=("old",))
    answered(service, body(THERE, about=service), shell=shell)
    assert counted(meter, "rulesets_not_effective") == {("told", "old"): 1}


def test_what_a_client_leaves_out_and_records_of_other_patients_are_counted_by_client():
    meter, shell = counting()
    service = selected(ONE, TWO)
    foreign = condition(id="c9", snomed="230690007", more={"subject": {"reference": "Patient/somebody-else"}})
    answered(service, body(THERE, foreign, about=service), shell=shell, client=Client("east"))
    assert counted(meter, "wrong_subject") == {("east",): 1}
    assert counted(meter, "not_supplied") == {("east", "Condition", "wrong-subject"): 1}


READ, SEARCH = Template("Patient", "Patient/1", "Patient"), Template("Condition", "Condition?x", "Condition")


@pytest.mark.parametrize(
    ("missing", "expected"),
    [({}, {("whole",): 1}), ({"Condition": "deadline"}, {("deadline",): 1})],
)
def test_templates_that_were_fetched_are_counted_by_what_came_of_them(missing, expected):
    meter = PrometheusMeter()
    had, lacked, came = (
        Supplied(READ, Supply.DATA, ()),
        Supplied(SEARCH, Supply.ABSENT, ()),
        Supplied(SEARCH, Supply.DATA, ()),
    )
    count_fetched(meter, (had, lacked), Fetched((had, came), missing, is_of_now=True))
    assert counted(meter, "fetches") == expected


def test_what_nobody_fetched_is_not_counted():
    meter = PrometheusMeter()
    had = Supplied(READ, Supply.DATA, ())
    count_fetched(meter, (had,), Fetched((had,)))
    assert counted(meter, "fetches") == {}
