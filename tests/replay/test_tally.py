from hypothesis import given
from hypothesis import strategies as st

from cds.replay.tally import Tally, as_json, tally_of
from cds.replay.verdict import Outcome

OUTCOMES = st.lists(
    st.builds(
        Outcome,
        id=st.sampled_from(["a", "b", "c"]),
        topic=st.sampled_from(["t", "u", ""]),
        standing=st.sampled_from(["agree", "disagree", "undecided", "error"]),
        why=st.sampled_from(["", "fired", "silent"]),
        expected=st.fixed_dictionaries({"fire": st.booleans()}),
        got=st.fixed_dictionaries({"fire": st.booleans()}),
        counted=st.sampled_from(["", "tp", "fp", "tn", "fn"]),
        indicator=st.sampled_from([None, True, False]),
        value=st.sampled_from([None, True, False]),
        changes=st.dictionaries(st.sampled_from(["wrapped", "dropped"]), st.integers(1, 3)),
    ),
    max_size=8,
)


@given(OUTCOMES, OUTCOMES)
def test_merging_two_tallies_is_tallying_all_their_outcomes_in_either_order(one, other):
    whole = tally_of(one + other)
    assert tally_of(one).merged(tally_of(other)) == whole
    assert tally_of(other).merged(tally_of(one)) == whole


@given(OUTCOMES, OUTCOMES, OUTCOMES)
def test_merging_does_not_depend_on_the_grouping(one, two, three):
    a, b, c = tally_of(one), tally_of(two), tally_of(three)
    assert a.merged(b).merged(c) == a.merged(b.merged(c))


@given(OUTCOMES)
def test_an_empty_tally_changes_nothing_and_every_case_stands_in_one_column(outcomes):
    tally = tally_of(outcomes)
    assert tally.merged(Tally()) == Tally().merged(tally) == tally
    told = as_json(tally)
    assert told["cases"] == len(outcomes)
    assert told["agree"] + told["disagree"] + told["undecided"] + told["errors"] == told["cases"]
    assert len(told["disagreements"]) == told["disagree"]


def test_the_json_has_the_shape_that_harnesses_rely_on():
    outcomes = [
        Outcome("c1", "t", "agree", counted="tp"),
        Outcome("c2", "t", "disagree", "silent", {"fire": True}, {"fire": False}, "fn"),
        Outcome("c3", "t", "error", "status 500"),
    ]
    assert as_json(tally_of(outcomes)) == {
        "cases": 3,
        "agree": 1,
        "disagree": 1,
        "undecided": 0,
        "errors": 1,
        "topics": {"t": {"cases": 3, "agree": 1, "fire": {"tp": 1, "fp": 0, "tn": 0, "fn": 1}, "errors": 1}},
        "disagreements": [
            {"id": "c2", "topic": "t", "expected": {"fire": True}, "got": {"fire": False}, "why": "silent"}
        ],
    }
