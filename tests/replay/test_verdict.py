import pytest

from cds.replay.answer import Answer
from cds.replay.topics import Topic
from cds.replay.verdict import highest, judge, not_asked
from tests.replay.telling import card, case

TOPICS = {"t1": Topic("r", frozenset({"a", "b"}))}


def verdict(expect, *cards, topics=TOPICS, **more):
    return judge(case(expect=expect), Answer(200, {"cards": list(cards), **more}), topics)


@pytest.mark.parametrize(
    ("fire", "cards", "standing", "counted"),
    [
        (True, [card()], "agree", "tp"),
        (True, [], "disagree", "fn"),
        (False, [], "agree", "tn"),
        (False, [card()], "disagree", "fp"),
        (True, [card(ruleset="other")], "disagree", "fn"),
        (True, [card(rule="other")], "disagree", "fn"),
        (False, [card(rule="other")], "agree", "tn"),
    ],
)
def test_a_topic_fires_when_one_of_its_rules_shows_a_card(fire, cards, standing, counted):
    outcome = verdict({"type": "fire", "fire": fire}, *cards)
    assert (outcome.standing, outcome.counted) == (standing, counted)


def test_a_topic_that_names_no_rules_means_all_rules_of_its_ruleset():
    assert verdict({"fire": True}, card(rule="any"), topics={"t1": Topic("r")}).standing == "agree"


def test_a_card_without_our_extension_is_no_finding():
    plain = card()
    del plain["extension"]
    assert verdict({"fire": False}, plain).standing == "agree"


def test_an_undecided_label_is_not_counted_and_neither_is_a_topic_that_nobody_answers_for():
    assert verdict({"type": "none", "fire": None}, card()).standing == "undecided"
    assert verdict({"fire": True}, topics={}).standing == "undecided"


def test_for_indicators_the_highest_of_the_topic_must_agree_too():
    expect = {"type": "indicators", "fire": True, "maxIndicator": "critical"}
    right = verdict(expect, card(indicator="info"), card(rule="b", indicator="critical"))
    assert (right.standing, right.indicator) == ("agree", True)
    low = verdict(expect, card(indicator="warning"), card(rule="other", indicator="critical"))
    assert (low.standing, low.indicator, low.counted) == ("disagree", False, "tp")
    assert low.why == "indicator warning instead of critical"


RECOMMENDING = {"t1": Topic("r", recommendations={"Colposcopy": frozenset({"a"})})}


def recommended(words, fire=True):
    return {"type": "results", "fire": fire, "results": {"Recommendation": {"short": words}}}


def test_what_is_recommended_must_be_the_same_where_the_map_names_rules_for_the_words():
    right = verdict(recommended("Colposcopy"), card(rule="a"), topics=RECOMMENDING)
    assert (right.standing, right.recommendation) == ("agree", True)
    other = verdict(recommended("Colposcopy"), card(rule="b"), topics=RECOMMENDING)
    assert (other.standing, other.recommendation, other.counted) == ("disagree", False, "tp")
    assert other.why == "b instead of Colposcopy"
    assert other.expected == {"fire": True, "recommendation": "Colposcopy"}


@pytest.mark.parametrize(
    ("expect", "cards"),
    [
        (recommended("Other words"), [card(rule="b")]),
        (recommended(None), [card(rule="b")]),
        ({"type": "results", "fire": True, "results": {"Recommendation": "Colposcopy"}}, [card(rule="b")]),
        ({"type": "results", "fire": True, "results": None}, [card(rule="b")]),
        (recommended("Colposcopy", fire=False), []),
    ],
    ids=["words that no rule is named for", "no words", "another shape", "no results", "silent, and rightly"],
)
def test_a_recommendation_is_compared_only_where_both_say_one(expect, cards):
    outcome = verdict(expect, *cards, topics=RECOMMENDING)
    assert (outcome.standing, outcome.recommendation) == ("agree", None)


def test_for_cards_the_indicator_is_compared_but_does_not_decide():
    expect = {"type": "cards", "fire": True, "cards": [{"indicator": "info"}, {"indicator": "warning"}]}
    outcome = verdict(expect, card(indicator="critical"))
    assert (outcome.standing, outcome.indicator) == ("agree", False)


@pytest.mark.parametrize(
    ("value", "standing", "agreed"), [(180, "agree", True), (180.5, "agree", True), (180.6, "disagree", False)]
)
def test_a_number_may_be_half_a_unit_off(value, standing, agreed):
    expect = {"type": "value", "fire": True, "totalMME": 180.0}
    outcome = verdict(expect, card(values={"mme-per-day": {"value": value, "unit": "{MME}/d"}}))
    assert (outcome.standing, outcome.value) == (standing, agreed)


def test_a_number_is_compared_only_where_a_finding_carries_it():
    outcome = verdict({"type": "value", "fire": False, "totalMME": 30.0})
    assert (outcome.standing, outcome.value) == ("agree", None)


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_a_status_that_the_adapter_should_never_meet_is_an_error(status):
    assert judge(case(), Answer(status), TOPICS).standing == "error"


def test_a_412_is_not_silence():
    outcome = judge(case(expect={"fire": False}), Answer(412), TOPICS)
    assert (outcome.standing, outcome.counted) == ("disagree", "")
    assert judge(case(expect={"fire": True}), Answer(412), TOPICS).counted == "fn"
    assert judge(case(expect={"fire": None}), Answer(412), TOPICS).standing == "undecided"


@pytest.mark.parametrize(("status", "standing"), [(400, "undecided"), (412, "undecided"), (500, "error")])
def test_a_request_sent_as_it_was_may_be_refused_but_never_break_the_service(status, standing):
    told = case(expect={"type": "none", "fire": None})
    assert judge(told, Answer(status), TOPICS, refusable=True).standing == standing


@pytest.mark.parametrize("body", [None, {}, {"cards": None}, {"cards": [{**card(), "summary": "x" * 140}]}])
def test_an_invalid_answer_is_an_error_even_where_nothing_was_expected(body):
    told = case(expect={"type": "none", "fire": None})
    assert judge(told, Answer(200, body), TOPICS).standing == "error"


def test_a_silence_says_what_was_unknown_to_the_rules_of_the_topic():
    unknown = [
        {"ruleset": "r", "rule": "a", "definitions": ["age"]},
        {"ruleset": "r", "rule": "other", "definitions": ["sex"]},
    ]
    outcome = verdict({"fire": True}, extension={"org.cds-rules.decision": {"unknown": unknown}})
    assert outcome.why == "silent (unknown: age)"


def test_a_label_that_nobody_answered_disagrees_if_we_claim_its_topic():
    assert not_asked(case(), "reason", TOPICS).standing == "disagree"
    assert not_asked(case(), "reason", {}).standing == "undecided"
    assert not_asked(case(expect={}), "reason", TOPICS).standing == "undecided"


def test_the_most_urgent_indicator_wins_and_unknown_words_do_not():
    assert highest(["info", "critical", "warning", "hard-stop"]) == "critical"
    assert highest([None]) == ""
