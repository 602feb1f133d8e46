"""A recorded decision judged again: the same cards, or it is told."""

from cds.decisions.record import read_kept
from cds.decisions.rerun import cards_again
from tests.decisions.desk import INSTANCE, answered, body, selected
from tests.decisions.test_answer import DEFINITIONS, ONE, RULES, STROKE, marked
from tests.decisions.test_record import THERE, recording
from tests.rules.judge.telling import moment, rule, ruleset

KEY = ("anonymous", "told", INSTANCE)


def kept_of(service, request):
    memory, shell = recording()
    answered(service, request, shell=shell)
    return read_kept(memory.kept[0][2])


def test_the_same_versions_at_the_same_moment_give_the_same_cards():
    for service in (selected(ONE), selected(ruleset(DEFINITIONS, RULES))):
        person, there = marked()
        kept = kept_of(service, body(*there, about=service, person=person))
        assert cards_again(kept, KEY, moment(), service.plan, {})


def test_another_version_gives_other_cards_and_that_is_told():
    kept = kept_of(selected(ONE), body(THERE, about=selected(ONE)))
    other = selected(ruleset(STROKE, {"r": rule(["stroke"], card={"summary": "Other words"})}, name="one"))
    assert not cards_again(kept, KEY, moment(), other.plan, {})


def test_another_hook_instance_is_another_decision():
    kept = kept_of(selected(ONE), body(THERE, about=selected(ONE)))
    assert not cards_again(kept, (*KEY[:2], INSTANCE.replace("1", "2")), moment(), selected(ONE).plan, {})
